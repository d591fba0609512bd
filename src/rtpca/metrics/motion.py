"""Errors of velocity and acceleration, per step between frames."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rtpca.checks import check_positive, shape_text
from rtpca.errors import ShapeError
from rtpca.metrics.arrays import as_pair


def mpjve(pred: Any, target: Any, fps: float | None = None) -> Tensor:
    """Mean per-joint velocity error: distance of the first differences over time (VideoPose3D, 2019).

    Args:
        pred: (..., F, J, 3) predicted positions; frames of one clip, without gaps.
        target: (..., F, J, 3) true positions, in the same unit.
        fps: frame rate; without it velocities are per frame, as the literature reports them.

    Returns:
        (..., F - 1) error of each step, in the input's unit per frame, or per second where `fps` is given.

    Raises:
        ShapeError: the shapes differ, or there are fewer than 2 frames.
        InputError: `fps` is not above 0.
    """
    return _difference_error(pred, target, order=1, fps=fps)


def acceleration_error(pred: Any, target: Any, fps: float | None = None) -> Tensor:
    """Acceleration error: distance of the second differences over time (Kanazawa et al., 2019).

    Args:
        pred: (..., F, J, 3) predicted positions; frames of one clip, without gaps.
        target: (..., F, J, 3) true positions, in the same unit.
        fps: frame rate; without it accelerations are per frame squared.

    Returns:
        (..., F - 2) error around each inner frame, in the input's unit per frame squared, or per second
        squared where `fps` is given.

    Raises:
        ShapeError: the shapes differ, or there are fewer than 3 frames.
        InputError: `fps` is not above 0.
    """
    return _difference_error(pred, target, order=2, fps=fps)


def _difference_error(pred: Any, target: Any, order: int, fps: float | None) -> Tensor:
    pred, target = as_pair(pred, target)
    if pred.shape[-3] <= order:
        raise ShapeError(
            f"pred has shape {shape_text(pred.shape)}, (..., F, J, 3): "
            f"differences of order {order} need at least {order + 1} frames"
        )
    error = torch.linalg.vector_norm((pred - target).diff(n=order, dim=-3), dim=-1).mean(dim=-1)
    return error if fps is None else error * check_positive("fps", fps) ** order
