"""Alignment of one point set to another: rigid, and with scale; reflections excluded."""

from __future__ import annotations

import torch
from torch import Tensor

from rtpca.checks import check_axes, check_same_shape


def similarity_align(pred: Tensor, target: Tensor) -> Tensor:
    """Scale, rotate and shift each pose to fit its target best, by least squares (Umeyama, 1991).

    Args:
        pred: (..., J, 3) poses.
        target: (..., J, 3) targets, in the same unit.

    Returns:
        (..., J, 3) aligned poses; NaN throughout where a pose or its target holds NaN.

    Raises:
        ShapeError: the shapes differ.
    """
    return _align(pred, target, with_scale=True)


def rigid_align(pred: Tensor, target: Tensor) -> Tensor:
    """As `similarity_align`, but without scaling: rotation and shift only (Kabsch, 1976)."""
    return _align(pred, target, with_scale=False)


def _align(pred: Tensor, target: Tensor, with_scale: bool) -> Tensor:
    check_axes("pred", pred, "J", 3, leading=True)
    check_same_shape("pred", pred, "target", target)
    finite = (pred.isfinite() & target.isfinite()).all(dim=-1).all(dim=-1)[..., None, None]
    pred, target = torch.where(finite, pred, 0), torch.where(finite, target, 0)
    target_middle = target.mean(dim=-2, keepdim=True)
    centred = pred - pred.mean(dim=-2, keepdim=True)
    wanted = target - target_middle
    # R minimises |centred R - wanted|: R = U diag(1, 1, d) Vh with d = -1 where U Vh would be a reflection.
    U, singular, Vh = torch.linalg.svd(centred.transpose(-1, -2) @ wanted)
    sign = torch.ones_like(singular)
    sign[..., 2] = torch.linalg.det(U @ Vh).sign()
    R = (U * sign.unsqueeze(-2)) @ Vh
    aligned = centred @ R
    if with_scale:
        spread = centred.square().sum(dim=(-1, -2))
        # All joints in one point: any scale is as good, and 0 / 0 must not spoil the batch.
        scale = (singular * sign).sum(dim=-1) / torch.where(spread > 0, spread, 1)
        aligned = aligned * scale[..., None, None]
    return torch.where(finite, aligned + target_middle, torch.nan)
