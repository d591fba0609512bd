"""Optimiser, learning-rate schedule and running mean of the weights.

The schedule is a function of the step and not PyTorch's `LambdaLR`: that keeps a state to be resumed, and in
it the full rates, which a resumed run may change.
"""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from rtpca.errors import ConfigError
from rtpca.models import LiftingNetwork
from rtpca.training.config import OptimConfig
from rtpca.training.muon import Muon


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
                "optim.optimizer=muon is for the matrices of transformer blocks, which "
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
        optimizers.append(Muon(matrices, lr=config.muon_lr, weight_decay=decay))
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


def running_mean(model: nn.Module, decay: float) -> AveragedModel:
    """A copy of a model for the exponential running mean of its weights; `update_parameters` takes in a step.

    The decay grows from 0 as (1 + n) / (10 + n) after n steps, so that early means are not held back by the
    initial weights.
    """

    def mean(values: tuple[Tensor, ...], new: tuple[Tensor, ...], count: Tensor | int) -> None:
        n = int(count) - 1
        share = 1.0 - min(decay, (1.0 + n) / (10.0 + n))
        for value, latest in zip(values, new, strict=True):
            if value.is_floating_point():
                value.lerp_(latest, share)
            else:  # a counter of BatchNorm
                value.copy_(latest)

    averaged = AveragedModel(model, multi_avg_fn=cast(Any, mean), use_buffers=True)
    resume_mean(averaged, 0)
    return averaged


def resume_mean(averaged: AveragedModel, steps: int) -> None:
    """Go on after some steps; one is counted too many, as at 0 PyTorch would take the next weights whole."""
    averaged.n_averaged.fill_(steps + 1)
