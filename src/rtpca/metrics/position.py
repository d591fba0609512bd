"""Position errors per frame: MPJPE (protocol 1), P-MPJPE (protocol 2), N-MPJPE (protocol 3)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rtpca.geometry.align import similarity_align
from rtpca.metrics.arrays import as_pair


def mpjpe(pred: Any, target: Any) -> Tensor:
    """Mean per-joint position error, protocol 1 of Human3.6M.

    Args:
        pred: (..., F, J, 3) predicted positions, relative to the same root as the target.
        target: (..., F, J, 3) true positions, in the same unit.

    Returns:
        (..., F) mean distance over the joints of each frame, in the unit of the input.

    Raises:
        ShapeError: the shapes differ.
    """
    pred, target = as_pair(pred, target)
    return _mean_distance(pred, target)


def p_mpjpe(pred: Any, target: Any) -> Tensor:
    """MPJPE after each pose is scaled, turned and shifted onto its target (protocol 2); reflections excluded.

    Args:
        pred: (..., F, J, 3) predicted positions.
        target: (..., F, J, 3) true positions, in the same unit.

    Returns:
        (..., F) error of each frame, in the unit of the input.

    Raises:
        ShapeError: the shapes differ.
    """
    pred, target = as_pair(pred, target)
    return _mean_distance(similarity_align(pred, target), target)


def n_mpjpe(pred: Any, target: Any) -> Tensor:
    """MPJPE after each pose is scaled about the root to fit its target best (protocol 3).

    Rhodin et al., 2018; only the scale is fitted, neither rotation nor shift.

    Args:
        pred: (..., F, J, 3) predicted positions, root-relative.
        target: (..., F, J, 3) true positions, in the same unit.

    Returns:
        (..., F) error of each frame, in the unit of the input.

    Raises:
        ShapeError: the shapes differ.
    """
    pred, target = as_pair(pred, target)
    power = pred.square().sum(dim=(-1, -2), keepdim=True)
    overlap = (pred * target).sum(dim=(-1, -2), keepdim=True)
    return _mean_distance(pred * (overlap / torch.where(power > 0, power, 1)), target)


def _mean_distance(pred: Tensor, target: Tensor) -> Tensor:
    return torch.linalg.vector_norm(pred - target, dim=-1).mean(dim=-1)
