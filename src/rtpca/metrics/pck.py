"""3D PCK and AUC as MPI-INF-3DHP defines them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from rtpca.checks import check_positive, shape_text
from rtpca.errors import ShapeError
from rtpca.metrics.arrays import as_pair

AUC_THRESHOLDS_M = tuple(0.005 * step for step in range(31))
"""0, 5, ..., 150 mm in metres; the first never counts anything."""

MPI_INF_3DHP_JOINTS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
"""The 14 joints of mpi_inf_3dhp17 that its PCK and AUC count: all but pelvis, spine and head."""


def pck(pred: Any, target: Any, threshold: float, joints: Sequence[int] | None = None) -> Tensor:
    """Share of correct keypoints: joints closer to the truth than a threshold (Mehta et al., 2017).

    Args:
        pred: (..., F, J, 3) predicted positions.
        target: (..., F, J, 3) true positions, in the same unit.
        threshold: distance, in the unit of the positions; usually 150 mm. Strictly below counts.
        joints: indices of the joints that count; all by default.

    Returns:
        (..., F) share of the joints of each frame, 0 to 1.

    Raises:
        ShapeError: the shapes differ, or a joint index is out of range.
        InputError: the threshold is not above 0.
    """
    check_positive("threshold", threshold)
    return (_distances(pred, target, joints) < threshold).double().mean(dim=-1)


def auc(
    pred: Any,
    target: Any,
    thresholds: Sequence[float] = AUC_THRESHOLDS_M,
    joints: Sequence[int] | None = None,
) -> Tensor:
    """Area under the PCK curve: the mean PCK over thresholds (Mehta et al., 2017).

    Args:
        pred: (..., F, J, 3) predicted positions.
        target: (..., F, J, 3) true positions, in the same unit.
        thresholds: distances, in the unit of the positions; by default 0, 5, ..., 150 mm in metres.
        joints: indices of the joints that count; all by default.

    Returns:
        (..., F) mean share over the thresholds for each frame, 0 to 1.

    Raises:
        ShapeError: the shapes differ, or a joint index is out of range.
    """
    distances = _distances(pred, target, joints)
    limits = torch.as_tensor(tuple(thresholds), dtype=distances.dtype, device=distances.device)
    return (distances.unsqueeze(-1) < limits).double().mean(dim=(-1, -2))


def _distances(pred: Any, target: Any, joints: Sequence[int] | None) -> Tensor:
    """Distances (..., F, J) of the counted joints."""
    pred, target = as_pair(pred, target)
    distances = torch.linalg.vector_norm(pred - target, dim=-1)
    if joints is None:
        return distances
    if not joints or max(joints) >= distances.shape[-1] or min(joints) < 0:
        raise ShapeError(f"joints {tuple(joints)} do not index the joints of poses {shape_text(pred.shape)}")
    return distances[..., list(joints)]
