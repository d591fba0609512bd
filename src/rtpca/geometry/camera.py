"""The camera: where it stands, and what it sees: world to camera axes and back, projection to pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rtpca.checks import check_axes
from rtpca.geometry.batch_axes import align_leading, rotate
from rtpca.geometry.intrinsics import Intrinsics


@dataclass(frozen=True, eq=False)
class Camera:
    """One camera or a batch of them; every field may carry the same batch axes `(...)`, as in `Intrinsics`.

    Attributes:
        intrinsics: Lens and picture.
        R_cam_from_world: (..., 3, 3) rotation into camera axes (x right, y down, z forward).
        center_world: (..., 3) camera centre, metres: `p_cam = R_cam_from_world @ (p_world - center_world)`.
        up_world: Unit vector of the way up in the world, where a camera file says it; None where it does not,
            and for prepared data, whose worlds are y up.
        placed: Somebody said where the camera stands; else the world is its own axes.

    Raises:
        ShapeError: a field has the wrong trailing axes.
    """

    intrinsics: Intrinsics
    R_cam_from_world: Tensor
    center_world: Tensor
    up_world: tuple[float, float, float] | None = None
    placed: bool = True

    def __post_init__(self) -> None:
        check_axes("R_cam_from_world", self.R_cam_from_world, 3, 3, leading=True)
        check_axes("center_world", self.center_world, 3, leading=True)

    @classmethod
    def unplaced(cls, intrinsics: Intrinsics) -> Camera:
        """One camera of which only the inside is known."""
        like = intrinsics.focal_px
        return cls(intrinsics, torch.eye(3).to(like), torch.zeros(3).to(like), placed=False)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The batch axes of the camera, `()` for a single one."""
        return tuple(self.center_world.shape[:-1])

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> Camera:
        """The same camera on another device or in another floating dtype."""
        return replace(
            self,
            intrinsics=self.intrinsics.to(device, dtype),
            R_cam_from_world=self.R_cam_from_world.to(device=device, dtype=dtype),
            center_world=self.center_world.to(device=device, dtype=dtype),
        )

    def __getitem__(self, index: int | slice | Tensor) -> Camera:
        """Cameras selected along the first batch axis."""
        return replace(
            self,
            intrinsics=self.intrinsics[index],
            R_cam_from_world=self.R_cam_from_world[index],
            center_world=self.center_world[index],
        )

    def world_to_camera(self, points_world: Tensor) -> Tensor:
        """World points in camera axes.

        Args:
            points_world: (..., 3) metres; leading axes start with the camera's batch axes.

        Returns:
            (..., 3) metres, camera axes.
        """
        center = align_leading(self.center_world, points_world, trailing=1)
        return rotate(self.R_cam_from_world, points_world - center)

    def camera_to_world(self, points_cam: Tensor) -> Tensor:
        """The inverse of `world_to_camera`.

        Args:
            points_cam: (..., 3) metres, camera axes.

        Returns:
            (..., 3) metres, world.
        """
        center = align_leading(self.center_world, points_cam, trailing=1)
        return rotate(self.R_cam_from_world.transpose(-1, -2), points_cam) + center

    def project(self, points_cam: Tensor) -> Tensor:
        """Pixels (..., 2) of points (..., 3) in camera axes; see `Intrinsics.project`."""
        return self.intrinsics.project(points_cam)
