"""Screen normalisation: x to [-1, 1] by the image width, aspect kept, and its inverse."""

from __future__ import annotations

import torch
from torch import Tensor

from rtpca.geometry.batch_axes import align_leading


def normalise_screen(points_px: Tensor, image_size: Tensor | tuple[int, int]) -> Tensor:
    """Pixels to screen units: `x_norm = 2 x / w - 1`, `y_norm = 2 y / w - h / w`.

    Args:
        points_px: (..., 2) pixels; leading axes start with the batch axes of `image_size`.
        image_size: (..., 2) image width and height.

    Returns:
        (..., 2) screen units; NaN stays NaN.
    """
    width, offset = _width_and_offset(points_px, image_size)
    return points_px * (2 / width) - offset


def denormalise_screen(points_norm: Tensor, image_size: Tensor | tuple[int, int]) -> Tensor:
    """Screen units to pixels, the inverse of `normalise_screen`.

    Args:
        points_norm: (..., 2) screen units; leading axes start with the batch axes of `image_size`.
        image_size: (..., 2) image width and height.

    Returns:
        (..., 2) pixels.
    """
    width, offset = _width_and_offset(points_norm, image_size)
    return (points_norm + offset) * (width / 2)


def _width_and_offset(points: Tensor, image_size: Tensor | tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Image width (..., 1) and (1, h / w) (..., 2), broadcastable against the points."""
    size = align_leading(
        torch.as_tensor(image_size, dtype=points.dtype, device=points.device), points, trailing=1
    )
    width = size[..., :1]
    return width, size / width
