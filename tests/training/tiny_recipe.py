"""A recipe for a model so small that a run takes a moment."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from rtpca.training import TrainConfig, load_config, train

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


VARIED = (
    "optim.optimizer=muon",
    "optim.ema=0.9",
    "optim.schedule=stable",
    "optim.cooldown_steps=3",
    "model.drop_path=0.3",
    "model.dropout=0.1",
    "model.in_channels=3",
    "input.normalisation=person",
    "augment={}",
)


# In place of the model of the tiny recipe: another architecture, with BatchNorm and its running statistics.
MHFORMER = {"arch": "mhformer", "frames": 9, "dim": 8, "hidden": 12, "layers": 2, "heads": 2}


# 3 clips of 60 frames in 4 cameras: 84 chunks of 9, plain and mirrored, in 5 steps an epoch.
CHUNKS = (
    "data.windows=chunks",
    "data.cameras=fixed",
    "input.fps=null",
    "augment={flip_probability: 0.5, body: none, landmarks: none, noise: none}",
    "steps=null",
    "epochs=2",
    "batch=40",
    "val_every=epoch",
    "optim.warmup_steps=0",
    "optim.decay=0.5",
    "optim.decay_every=epoch",
    "model.drop_path=0.3",
    "select=best",
    "data.val_cameras=all",
    "loss.scaled_by_value=true",
)


RECIPES = pytest.mark.parametrize(
    "overrides", [(), VARIED, CHUNKS], ids=["plain", "varied", "chunks and epochs"]
)


def run(data, out, *overrides: str, **options):
    return train(tiny_config(*overrides), data, out, accelerator="cpu", **options)


def losses(out: Path) -> list[tuple[str, ...]]:
    """Every number of the curves that time has no part in, as it is written."""
    with (out / "curves.csv").open(newline="") as file:
        return [tuple(row[key] for key in row if key != "seconds") for row in csv.DictReader(file)]
