"""Trained weights of RTPCA in a wider model that computes the same.

After Net2Net (T. Chen, I. Goodfellow, J. Shlens, ICLR 2016), which copies channels drawn at random; here
every channel and every head is there equally often. A matrix that reads the copies of a channel weighs them
differently, by random parts that sum up to the old weight: copies that are read alike would get the same
gradients, and never become different.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from rtpca.models import ModelConfig, RTPCAConfig

_SPREAD = 0.5
"""Standard deviation of the random parts before their mean is taken off, in that of the matrix."""


def width_factor(new: ModelConfig, old: ModelConfig) -> int | None:
    """How many times wider `new` is than `old`, or None if widening does not lead from one to the other."""
    if not (isinstance(new, RTPCAConfig) and isinstance(old, RTPCAConfig)):
        return None
    factor, rest = divmod(new.dim, old.dim)
    if rest or factor < 2 or new.heads != factor * old.heads or new.hidden != factor * old.hidden:
        return None
    return factor


def widened(
    weights: Mapping[str, Tensor], wider: Mapping[str, Tensor], generator: torch.Generator
) -> dict[str, Tensor]:
    """Weights of a wider model that computes the same.

    Args:
        weights: State of a model.
        wider: State of the wider model, for its shapes.
        generator: Source of the random parts, on the CPU.

    Returns:
        A state for the wider model.
    """
    return {key: _widen(key, tensor, wider[key].shape, generator) for key, tensor in weights.items()}


def _widen(key: str, tensor: Tensor, shape: torch.Size, generator: torch.Generator) -> Tensor:
    """One tensor: repeated along the channels that it gives, split up along those that it reads."""
    if key.endswith("_position"):  # (1, 1, J, C) or (1, F, 1, C)
        return tensor.repeat(1, 1, 1, shape[-1] // tensor.shape[-1])
    # Queries, keys and values are one tensor, each with its own heads.
    parts = tensor.chunk(3 if ".qkv." in key else 1)
    tensor = torch.cat([part for part in parts for _ in range(shape[0] // tensor.shape[0])])
    if tensor.shape != shape:
        return _split_up(tensor, shape[1] // tensor.shape[1], generator)
    return tensor


def _split_up(matrix: Tensor, factor: int, generator: torch.Generator) -> Tensor:
    """(out, in) to (out, factor * in): parts that sum up to the matrix."""
    noise = torch.randn((factor, *matrix.shape), generator=generator) * (_SPREAD * matrix.std())
    return torch.cat(list(matrix / factor + noise - noise.mean(0)), dim=1)
