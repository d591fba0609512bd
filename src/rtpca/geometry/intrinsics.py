"""What a camera's lens and picture do: points in camera axes to pixels, and pixels to viewing rays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from rtpca.checks import check_axes, check_focal, check_pixels
from rtpca.errors import InputError
from rtpca.geometry.batch_axes import align_leading
from rtpca.geometry.lens import check_coefficients, distort, undistort


@dataclass(frozen=True, eq=False)
class Intrinsics:
    """The inside of one camera or of a batch of them; every field may carry the same batch axes `(...)`.

    The batch axes are the leading axes of the points: 4 cameras project points `(4, F, J, 3)`, or `(1, F, J,
    3)` by broadcasting; a single camera projects points of any shape `(..., 3)`.

    Attributes:
        focal_px: (..., 2) focal length in x and y, pixels.
        principal_px: (..., 2) principal point, where the optical axis meets the image, pixels.
        image_size: (..., 2) image width and height, pixels; NaN where a camera file does not say.
        distortion: Coefficients in OpenCV's order: (..., 4, 5, 8 or 12) k1, k2, p1, p2[, k3[, k4, k5, k6[,
            s1, s2, s3, s4]]], or (..., 4) k1, k2, k3, k4 of a fisheye lens; None for a pinhole. See
            `rtpca.geometry.lens`.
        fisheye: The distortion is that of a fisheye lens.

    Raises:
        ShapeError: a field has the wrong trailing axes.
        InputError: a lens has another number of coefficients, or they are no numbers.
    """

    focal_px: Tensor
    principal_px: Tensor
    image_size: Tensor
    distortion: Tensor | None = None
    fisheye: bool = False

    def __post_init__(self) -> None:
        check_axes("focal_px", self.focal_px, 2, leading=True)
        check_axes("principal_px", self.principal_px, 2, leading=True)
        check_axes("image_size", self.image_size, 2, leading=True)
        if self.distortion is not None:
            check_coefficients(self.distortion, self.fisheye)

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
            self.fisheye,
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
            self.fisheye,
        )

    @property
    def size_wh(self) -> tuple[int, int] | None:
        """Width and height of one camera's pictures in whole pixels, or None where nobody said."""
        if not bool(self.image_size.isfinite().all()):
            return None
        width, height = self.image_size.tolist()
        return round(width), round(height)

    def pinhole(self) -> Intrinsics:
        """The same camera without its lens: what sees the keypoints that `undistorted` gives."""
        return replace(self, distortion=None, fisheye=False)

    def project(self, points_cam: Tensor) -> Tensor:
        """Pixels of points in camera axes.

        Args:
            points_cam: (..., 3) metres, camera axes; leading axes start with the camera's batch axes.

        Returns:
            (..., 2) pixels; NaN for points that are not in front of the camera, or further from its axis than
            its lens sees. Points outside of the image keep their coordinates.
        """
        depth = points_cam[..., 2:]
        rays = points_cam[..., :2] / torch.where(depth > 0, depth, torch.nan)
        if self.distortion is not None:
            rays = distort(rays, align_leading(self.distortion, points_cam, trailing=1), self.fisheye)
        return self._pixels(rays)

    def rays(self, points_px: Tensor) -> Tensor:
        """Viewing rays of pixels: the inverse of `project`, but for lens distortion, which is not taken out.

        Args:
            points_px: (..., 2) pixels without lens distortion; leading axes start with the camera's.

        Returns:
            (..., 2) x/z and y/z, in the dtype and on the device of the pixels.
        """
        shift = align_leading(self.principal_px.to(points_px), points_px, trailing=1)
        return (points_px - shift) / align_leading(self.focal_px.to(points_px), points_px, trailing=1)

    def undistorted(self, points_px: Tensor) -> Tensor:
        """Pixels as the same camera would see them without its lens.

        Args:
            points_px: (..., 2) pixels of the picture; leading axes start with the camera's.

        Returns:
            (..., 2) pixels, which may lie outside of the image; NaN where no ray that the lens sees comes to
            lie there. As they are if there is no distortion.
        """
        if self.distortion is None:
            return points_px
        exact = self.to(dtype=torch.float64)
        assert exact.distortion is not None
        points = exact.rays(points_px.double())
        lens = align_leading(exact.distortion, points, trailing=1)
        return exact._pixels(undistort(points, lens, self.fisheye)).to(points_px)

    def distorted(self, points_px: Tensor) -> Tensor:
        """Pixels of the picture: the inverse of `undistorted`."""
        if self.distortion is None:
            return points_px
        exact = self.to(dtype=torch.float64)
        assert exact.distortion is not None
        rays = exact.rays(points_px.double())
        lens = align_leading(exact.distortion, rays, trailing=1)
        return exact._pixels(distort(rays, lens, self.fisheye)).to(points_px)

    def _pixels(self, rays: Tensor) -> Tensor:
        """Where x/z and y/z behind the lens come to lie in the picture."""
        focal = align_leading(self.focal_px, rays, trailing=1)
        return rays * focal + align_leading(self.principal_px, rays, trailing=1)


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
