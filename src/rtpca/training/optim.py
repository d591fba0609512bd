"""Optimiser, learning-rate schedule and running mean of the weights."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from rtpca.errors import ConfigError
from rtpca.models import LiftingNetwork
from rtpca.training.config import OptimConfig


def build_optimizers(model: LiftingNetwork, config: OptimConfig) -> list[torch.optim.Optimizer]:
    """The optimisers of what is trained of a model; each group remembers its full learning rate as `full_lr`.

    Raises:
        ConfigError: If Muon is asked for, and the model has no transformer blocks.
    """
    matrices: list[nn.Parameter] = []
    if config.optimizer == "muon":
        matrices = [p for block in model.transformer_blocks() for p in block.parameters() if p.ndim == 2]
        if not matrices:
            raise ConfigError(
                "optim: optimizer='muon' is for the matrices of transformer blocks, which "
                f"{model.config.arch} does not have; use adamw"
            )
    taken = {id(parameter) for parameter in matrices}
    rest = [p for p in model.parameters() if p.requires_grad and id(p) not in taken]
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(
            rest, lr=config.lr, betas=config.betas, weight_decay=config.weight_decay, fused=True
        )
    ]
    if matrices:
        # Decay per step is lr * weight_decay in both, so the same decay needs the ratio of the rates.
        decay = config.weight_decay * config.lr / config.muon_lr
        optimizers.append(torch.optim.Muon(matrices, lr=config.muon_lr, weight_decay=decay))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["full_lr"] = group["lr"]
    return optimizers


def schedule_factor(config: OptimConfig, step: int, steps: int, epoch_steps: int = 0) -> float:
    """Share of the full learning rate in step `step` (from 0) of `steps`, with `epoch_steps` an epoch."""
    if step < config.warmup_steps:
        return (step + 1) / config.warmup_steps
    if config.schedule == "exponential":
        every = epoch_steps if config.decay_every == "epoch" else config.decay_every
        return config.decay ** (step // every)
    if config.schedule == "stable":
        return min(1.0, (steps - step) / max(1, config.cooldown_steps))
    done = (step - config.warmup_steps) / max(1, steps - config.warmup_steps)
    return 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))


class WeightAverage:
    """Exponential running mean of a model's weights.

    The decay grows from 0 as (1 + n) / (10 + n), so that early means are not held back by the initial
    weights.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.values = {key: tensor.detach().clone() for key, tensor in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Take in the weights after step `step` (from 0)."""
        share = 1.0 - min(self.decay, (1.0 + step) / (10.0 + step))
        for key, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                self.values[key].lerp_(tensor, share)
            else:  # a counter of BatchNorm
                self.values[key].copy_(tensor)

    def load(self, values: Mapping[str, Tensor]) -> None:
        """Go on from saved values."""
        for key, tensor in values.items():
            self.values[key].copy_(tensor)
