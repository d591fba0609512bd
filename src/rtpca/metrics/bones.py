"""Bone lengths and their errors: whether a predicted body keeps its proportions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from rtpca.checks import check_axes
from rtpca.metrics.arrays import as_pair


def bone_lengths(positions: Any, bones: Sequence[tuple[int, int]]) -> Tensor:
    """Length of each bone in each frame.

    Args:
        positions: (..., F, J, 3) positions.
        bones: (parent, child) joint indices, as in `Skeleton.bones`.

    Returns:
        (..., F, N) lengths of the N bones, in the unit of the input.

    Raises:
        ShapeError: `positions` is no pose sequence.
    """
    positions = torch.as_tensor(positions)
    check_axes("positions", positions, "F", "J", 3, leading=True)
    parents, children = [parent for parent, _ in bones], [child for _, child in bones]
    return torch.linalg.vector_norm(positions[..., children, :] - positions[..., parents, :], dim=-1)


def bone_length_error(pred: Any, target: Any, bones: Sequence[tuple[int, int]]) -> Tensor:
    """Mean absolute difference of the bone lengths.

    Args:
        pred: (..., F, J, 3) predicted positions.
        target: (..., F, J, 3) true positions, in the same unit.
        bones: (parent, child) joint indices, as in `Skeleton.bones`.

    Returns:
        (..., F) mean over the bones of each frame, in the unit of the input.

    Raises:
        ShapeError: the shapes differ.
    """
    pred, target = as_pair(pred, target)
    return (bone_lengths(pred, bones) - bone_lengths(target, bones)).abs().mean(dim=-1)
