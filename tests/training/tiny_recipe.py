"""A recipe for a model so small that a run takes a moment."""

from __future__ import annotations

from rtpca.training import TrainConfig, load_config

TINY = (
    "model.frames=9",
    "model.dim=8",
    "model.depth=2",
    "model.heads=2",
    "input.fps=25",
    "batch=4",
    "steps=8",
    "log_every=1",
    "checkpoint_every=3",
    "val_every=4",
    "optim.lr=0.003",
    "optim.warmup_steps=2",
)


def tiny_config(*overrides: str) -> TrainConfig:
    """The tiny recipe with changes."""
    return load_config(None, [*TINY, *overrides])
