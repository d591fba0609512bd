"""Optimiser, learning-rate schedule and running mean of the weights."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from rtpca.training.config import OptimConfig


def build_optimizer(model: nn.Module, config: OptimConfig) -> torch.optim.AdamW:
    """AdamW on all parameters alike, as the authors have it."""
    return torch.optim.AdamW(
        model.parameters(),
        lr=config.lr,
        betas=config.betas,
        weight_decay=config.weight_decay,
        fused=True,
    )


def learning_rate(config: OptimConfig, step: int, steps: int) -> float:
    """Learning rate of step `step` (from 0) of `steps`."""
    if step < config.warmup_steps:
        return config.lr * (step + 1) / config.warmup_steps
    if config.schedule == "exponential":
        return config.lr * config.decay ** (step // config.decay_every)
    if config.schedule == "stable":
        return config.lr * min(1.0, (steps - step) / max(1, config.cooldown_steps))
    done = (step - config.warmup_steps) / max(1, steps - config.warmup_steps)
    return config.lr * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))


class WeightAverage:
    """Exponential running mean of a model's weights.

    The decay grows from 0 as (1 + n) / (10 + n), so that early means are not held back by the initial weights.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.values = {key: tensor.detach().clone() for key, tensor in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Take in the weights after step `step` (from 0)."""
        share = 1.0 - min(self.decay, (1.0 + step) / (10.0 + step))
        for key, tensor in model.state_dict().items():
            self.values[key].lerp_(tensor, share)

    def load(self, values: Mapping[str, Tensor]) -> None:
        """Go on from saved values."""
        for key, tensor in values.items():
            self.values[key].copy_(tensor)
