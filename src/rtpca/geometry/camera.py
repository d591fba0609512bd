"""The camera: world to camera axes and back, projection to pixels with and without lens distortion."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rtpca.checks import check_axes, shape_text
from rtpca.errors import ShapeError


@dataclass(frozen=True, eq=False)
class Camera:
    """One camera or a batch of them; every field may carry the same batch axes `(...)`.

    The batch axes are the leading axes of the points: 4 cameras project points `(4, F, J, 3)`, or `(1, F, J,
    3)` by broadcasting; a single camera projects points of any shape `(..., 3)`.

    Attributes:
        R_cam_from_world: (..., 3, 3) rotation into camera axes (x right, y down, z forward).
        center_world: (..., 3) camera centre, metres: `p_cam = R_cam_from_world @ (p_world - center_world)`.
        focal_px: (..., 2) focal length in x and y, pixels.
        principal_px: (..., 2) principal point, pixels.
        size_wh: (..., 2) image width and height, pixels.
        distortion: (..., 5) k1, k2, k3 radial and p1, p2 tangential, or None for a pinhole. The formula is
            that of VideoPose3D's Human3.6M camera (see `distort`), not OpenCV's.

    Raises:
        ShapeError: a field has the wrong trailing axes.
    """

    R_cam_from_world: Tensor
    center_world: Tensor
    focal_px: Tensor
    principal_px: Tensor
    size_wh: Tensor
    distortion: Tensor | None = None

    def __post_init__(self) -> None:
        check_axes("R_cam_from_world", self.R_cam_from_world, 3, 3, leading=True)
        check_axes("center_world", self.center_world, 3, leading=True)
        check_axes("focal_px", self.focal_px, 2, leading=True)
        check_axes("principal_px", self.principal_px, 2, leading=True)
        check_axes("size_wh", self.size_wh, 2, leading=True)
        if self.distortion is not None:
            check_axes("distortion", self.distortion, 5, leading=True, hint="k1, k2, k3, p1, p2")

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The batch axes of the camera, `()` for a single one."""
        return tuple(self.center_world.shape[:-1])

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> Camera:
        """The same camera on another device or in another floating dtype."""
        return Camera(
            R_cam_from_world=self.R_cam_from_world.to(device=device, dtype=dtype),
            center_world=self.center_world.to(device=device, dtype=dtype),
            focal_px=self.focal_px.to(device=device, dtype=dtype),
            principal_px=self.principal_px.to(device=device, dtype=dtype),
            size_wh=self.size_wh.to(device=device, dtype=dtype),
            distortion=None if self.distortion is None else self.distortion.to(device=device, dtype=dtype),
        )

    def __getitem__(self, index: int | slice | Tensor) -> Camera:
        """Cameras selected along the first batch axis."""
        if not self.batch_shape:
            raise IndexError("a single camera cannot be indexed")
        return Camera(
            R_cam_from_world=self.R_cam_from_world[index],
            center_world=self.center_world[index],
            focal_px=self.focal_px[index],
            principal_px=self.principal_px[index],
            size_wh=self.size_wh[index],
            distortion=None if self.distortion is None else self.distortion[index],
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


def assumed_focal_px(size_wh: Tensor) -> Tensor:
    """Focal length to assume for an unknown camera: 0.809 x the image diagonal.

    That is a 35 mm lens on full frame.

    Args:
        size_wh: (..., 2) image width and height, pixels.

    Returns:
        (..., 2) focal length in x and y, pixels, both the same.
    """
    diagonal = torch.linalg.vector_norm(size_wh.to(torch.promote_types(size_wh.dtype, torch.float32)), dim=-1)
    return (0.809 * diagonal).unsqueeze(-1).expand(*size_wh.shape[:-1], 2)


def rotate(R: Tensor, points: Tensor) -> Tensor:
    """`R @ p` for each point p, the axes of R's batch being the leading axes of the points.

    Args:
        R: (*batch, 3, 3) matrices.
        points: (*batch, ..., 3) points; axes after the batch are free.

    Returns:
        (*batch, ..., 3) points.

    Raises:
        ShapeError: the points have fewer axes than R's batch.
    """
    free = points.ndim - (R.ndim - 2) - 1
    if free < 0:
        raise ShapeError(
            f"points have shape {shape_text(points.shape)}, rotations {shape_text(R.shape)}: "
            "the points need the rotations' batch axes in front"
        )
    if free == 0:
        return (R @ points.unsqueeze(-1)).squeeze(-1)
    # One matrix product per rotation instead of one per point: (*batch, 1.., N, 3) @ (*batch, 1.., 3, 3).
    R_per_batch = R.reshape(*R.shape[:-2], *(1,) * (free - 1), 3, 3)
    return points @ R_per_batch.transpose(-1, -2)


def align_leading(parameter: Tensor, points: Tensor, trailing: int) -> Tensor:
    """A per-batch parameter with axes of length 1 put in, so that it broadcasts against points.

    Args:
        parameter: (*batch, <trailing axes>), e.g. (B, 2).
        points: (*batch, ..., <trailing axes>), e.g. (B, F, J, 2).
        trailing: number of trailing axes that are no batch axes.

    Returns:
        The parameter as (*batch, 1, ..., <trailing axes>).

    Raises:
        ShapeError: the points have fewer axes than the parameter.
    """
    free = points.ndim - parameter.ndim
    if free < 0:
        raise ShapeError(
            f"points have shape {shape_text(points.shape)}, parameters {shape_text(parameter.shape)}: "
            "the points need the parameters' batch axes in front"
        )
    batch = parameter.ndim - trailing
    return parameter.reshape(*parameter.shape[:batch], *(1,) * free, *parameter.shape[batch:])
