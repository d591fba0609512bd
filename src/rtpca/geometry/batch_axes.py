"""Matrices and parameters of a batch against points that have more axes than the batch."""

from __future__ import annotations

from torch import Tensor

from rtpca.checks import shape_text
from rtpca.errors import ShapeError


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
