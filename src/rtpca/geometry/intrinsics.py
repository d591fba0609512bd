"""What a camera's lens and picture do: points in camera axes to pixels, and pixels to viewing rays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rtpca.checks import check_axes, check_focal, check_pixels
from rtpca.errors import InputError
from rtpca.geometry.batch_axes import align_leading


@dataclass(frozen=True, eq=False)
class Intrinsics:
    """The inside of one camera or of a batch of them; every field may carry the same batch axes `(...)`.

    The batch axes are the leading axes of the points: 4 cameras project points `(4, F, J, 3)`, or `(1, F, J,
    3)` by broadcasting; a single camera projects points of any shape `(..., 3)`.

    Attributes:
        focal_px: (..., 2) focal length in x and y, pixels.
        principal_px: (..., 2) principal point, where the optical axis meets the image, pixels.
        image_size: (..., 2) image width and height, pixels.
        distortion: (..., 5) k1, k2, k3 radial and p1, p2 tangential, or None for a pinhole. The formula is
            that of VideoPose3D's Human3.6M camera (see `distort`), not OpenCV's.

    Raises:
        ShapeError: a field has the wrong trailing axes.
    """

    focal_px: Tensor
    principal_px: Tensor
    image_size: Tensor
    distortion: Tensor | None = None

    def __post_init__(self) -> None:
        check_axes("focal_px", self.focal_px, 2, leading=True)
        check_axes("principal_px", self.principal_px, 2, leading=True)
        check_axes("image_size", self.image_size, 2, leading=True)
        if self.distortion is not None:
            check_axes("distortion", self.distortion, 5, leading=True, hint="k1, k2, k3, p1, p2")

    @classmethod
    def of_image(
        cls, image_size: tuple[float, float], focal_px: float | tuple[float, float] | None = None
    ) -> Intrinsics:
        """A camera of which no more is known than its pictures: a pinhole with its axis in their middle.

        Args:
            image_size: Width and height, pixels.
            focal_px: Focal length, or two in x and y, pixels; None assumes that of a usual lens.

        Returns:
            One camera, float32.

        Raises:
            InputError: a size or focal length is no number above zero.
        """
        size = torch.tensor([check_pixels("image size", side) for side in image_size])
        focal = assumed_focal_px(size) if focal_px is None else torch.tensor(focal_pair(focal_px))
        return cls(focal.float(), size.float() / 2, size.float())

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The batch axes, `()` for a single camera."""
        return tuple(self.focal_px.shape[:-1])

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> Intrinsics:
        """The same on another device or in another floating dtype."""
        return Intrinsics(
            self.focal_px.to(device=device, dtype=dtype),
            self.principal_px.to(device=device, dtype=dtype),
            self.image_size.to(device=device, dtype=dtype),
            None if self.distortion is None else self.distortion.to(device=device, dtype=dtype),
        )

    def __getitem__(self, index: int | slice | Tensor) -> Intrinsics:
        """Those of the cameras selected along the first batch axis."""
        if not self.batch_shape:
            raise IndexError("a single camera cannot be indexed")
        return Intrinsics(
            self.focal_px[index],
            self.principal_px[index],
            self.image_size[index],
            None if self.distortion is None else self.distortion[index],
        )

    def project(self, points_cam: Tensor) -> Tensor:
        """Pixels of points in camera axes.

        Args:
            points_cam: (..., 3) metres, camera axes; leading axes start with the camera's batch axes.

        Returns:
            (..., 2) pixels; NaN for points that are not in front of the camera. Points outside of the image
            keep their coordinates.
        """
        depth = points_cam[..., 2:]
        rays = points_cam[..., :2] / torch.where(depth > 0, depth, torch.nan)
        if self.distortion is not None:
            rays = distort(rays, align_leading(self.distortion, points_cam, trailing=1))
        focal = align_leading(self.focal_px, points_cam, trailing=1)
        return rays * focal + align_leading(self.principal_px, points_cam, trailing=1)

    def rays(self, points_px: Tensor) -> Tensor:
        """Viewing rays of pixels: the inverse of `project`, but for lens distortion, which is not taken out.

        Args:
            points_px: (..., 2) pixels without lens distortion; leading axes start with the camera's.

        Returns:
            (..., 2) x/z and y/z, in the dtype and on the device of the pixels.
        """
        shift = align_leading(self.principal_px.to(points_px), points_px, trailing=1)
        return (points_px - shift) / align_leading(self.focal_px.to(points_px), points_px, trailing=1)


def distort(rays: Tensor, distortion: Tensor) -> Tensor:
    """Lens distortion as VideoPose3D applies it to Human3.6M.

    With r2 = a^2 + b^2 the point (a, b) becomes
    `(a, b) (1 + k1 r2 + k2 r2^2 + k3 r2^3 + p1 a + p2 b) + (p1, p2) r2`: neither the crossing nor the factor
    2 of OpenCV's tangential term. Beyond 45 degrees the polynomial means nothing, so rays are clamped to [-1,
    1] first.

    Args:
        rays: (..., 2) x/z and y/z.
        distortion: (..., 5) k1, k2, k3, p1, p2, broadcast against `rays`.

    Returns:
        (..., 2) distorted x/z and y/z.
    """
    rays = rays.clamp(-1, 1)
    radial, tangential = distortion[..., :3], distortion[..., 3:]
    r2 = rays.square().sum(dim=-1, keepdim=True)
    factor = 1 + (radial * torch.cat([r2, r2.square(), r2 * r2.square()], dim=-1)).sum(dim=-1, keepdim=True)
    factor = factor + (tangential * rays).sum(dim=-1, keepdim=True)
    return rays * factor + tangential * r2


def assumed_focal_px(image_size: Tensor) -> Tensor:
    """Focal length to assume for an unknown camera: 0.809 x the image diagonal.

    That is a 35 mm lens on full frame.

    Args:
        image_size: (..., 2) image width and height, pixels.

    Returns:
        (..., 2) focal length in x and y, pixels, both the same.
    """
    size = image_size.to(torch.promote_types(image_size.dtype, torch.float32))
    diagonal = torch.linalg.vector_norm(size, dim=-1)
    return (0.809 * diagonal).unsqueeze(-1).expand(*image_size.shape[:-1], 2)


def focal_pair(focal_px: float | tuple[float, float]) -> tuple[float, float]:
    """Focal lengths in x and y, pixels, from one number or two.

    Raises:
        InputError: that is no number above zero.
    """
    try:
        x, y = np.broadcast_to(np.asarray(focal_px, dtype=np.float64), 2).tolist()
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"focal length is {focal_px!r}: give one number in pixels, or two (x, y)") from error
    return check_focal("`focal_px`", x), check_focal("`focal_px`", y)
