"""What every metric does first: arrays to tensors, shapes checked."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rtpca.checks import check_axes, check_same_shape


def as_pair(pred: Any, target: Any) -> tuple[Tensor, Tensor]:
    """Predicted and true positions as tensors of one floating dtype.

    Args:
        pred: (..., F, J, 3) array or tensor.
        target: the same shape.

    Returns:
        Both as tensors, float64 where one of them is, float32 otherwise.

    Raises:
        ShapeError: the shapes differ or are no pose sequence.
    """
    pred, target = torch.as_tensor(pred), torch.as_tensor(target)
    check_axes("pred", pred, "F", "J", 3, leading=True)
    check_same_shape("pred", pred, "target", target)
    dtype = torch.promote_types(torch.promote_types(pred.dtype, target.dtype), torch.float32)
    return pred.to(dtype), target.to(dtype)
