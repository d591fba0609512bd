"""Settings that make a run of the small scale take a moment."""

from __future__ import annotations

TINY = (
    "model.frames=9",
    "model.dim=8",
    "model.heads=2",
    "steps=4",
    "log_every=1",
    "checkpoint_every=2",
    "val_every=4",
    "optim.warmup_steps=1",
    "precision=32-true",
)
