"""An experiment: one configuration trained with one seed on one data file, in a folder that all tables share.

It lies in `OUT/runs/SCALE/NAME-seedK/` as `rtpca train` writes it. A finished one is taken, an unfinished one
goes on where it stopped, and one with another recipe or other data is never mixed in: that is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from rtpca.errors import InputError, RtpcaError, TrainingError
from rtpca.files.yaml_text import read_yaml
from rtpca.options import from_plain
from rtpca.reproduce.datafile import DataFile
from rtpca.reproduce.paper import NamedRun
from rtpca.reproduce.setup import Setup
from rtpca.training import TrainConfig
from rtpca.training.config import flat_values
from rtpca.training.curves import read_curves

# What no result depends on: how often something is written.
_FREE = {"log_every", "checkpoint_every", "val_every", "compile"}


@dataclass(frozen=True)
class Experiment:
    """One training of one named run.

    Attributes:
        run: The configuration.
        seed: Its seed.
        data: What it is trained and measured on.
        config: The whole recipe.
        folder: Its run folder.
    """

    run: NamedRun
    seed: int
    data: DataFile
    config: TrainConfig
    folder: Path

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.run.name}, seed {self.seed}"

    @property
    def weights(self) -> Path:
        """The weights file, there once it is trained."""
        return self.folder / "weights.safetensors"

    @property
    def origin(self) -> dict[str, Any]:
        """Data and machine it was trained on, and its steps; empty where it was not trained from here."""
        try:
            return json.loads((self.folder / "origin.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    @property
    def total_steps(self) -> int:
        """Steps of the whole run; 0 where a recipe counts in epochs and the run was never begun."""
        return self.config.steps or int(self.origin.get("steps", 0))

    @property
    def step(self) -> int:
        """The last step in its curves."""
        rows = read_curves(self.folder / "curves.csv")
        return int(rows[-1]["step"]) if rows else 0

    @property
    def saved_step(self) -> int:
        """Steps behind its weights; 0 where there are none.

        Raises:
            InputError: The weights are damaged.
        """
        if not self.weights.is_file():
            return 0
        try:
            with safe_open(self.weights, framework="pt") as file:
                about: dict[str, Any] = json.loads((file.metadata() or {}).get("about", "{}"))
        except (SafetensorError, OSError, ValueError) as error:
            raise InputError(
                f"{self.weights}: not a readable weights file ({error}); delete {self.folder} to train it "
                "again"
            ) from error
        return int(about.get("steps", 0))

    @property
    def finished(self) -> bool:
        """Whether all its steps are done."""
        return 0 < self.total_steps <= self.saved_step

    @property
    def standing(self) -> str:
        """How far it is, for people."""
        return f"{self.title}: {min(self.step, self.total_steps)} of {self.total_steps} steps"

    def check(self) -> None:
        """Check that what lies in its folder is this experiment.

        Raises:
            TrainingError: It was trained with another recipe or on other data.
        """
        path = self.folder / "config.yaml"
        if not path.is_file() or not ((self.folder / "state.pt").exists() or self.weights.exists()):
            return  # nothing, or nothing that was saved
        remedy = f"choose another `out`, or delete {self.folder} to train it again"
        try:
            old = from_plain(TrainConfig, read_yaml(path))
        except RtpcaError as error:
            raise TrainingError(f"{path}: cannot be read as a recipe ({error}); {remedy}") from error
        before, now = flat_values(old.to_dict()), flat_values(self.config.to_dict())
        changed = [key for key in now if key not in _FREE and before.get(key) != now[key]]
        if changed:
            listed = ", ".join(f"{key} {before.get(key)} (now {now[key]})" for key in changed)
            raise TrainingError(f"{self.folder} was trained with another recipe: {listed}; {remedy}")
        if self.origin.get("sha256", self.data.sha256) != self.data.sha256:
            raise TrainingError(f"{self.folder} was trained on other data than {self.data.path}; {remedy}")


def plan(setup: Setup, runs: Iterable[NamedRun]) -> tuple[Experiment, ...]:
    """The experiments of some runs on each data file: all with seed 0, then all with seed 1, and so on.

    A run that is given twice is trained once. With the authors' protocol the paper's scale has own folders.
    """
    quirks = "-authors" if (setup.scale, setup.protocol) == ("paper", "authors") else ""
    return tuple(
        Experiment(
            run,
            seed,
            data,
            setup.recipe(run, data, seed),
            setup.out / "runs" / setup.scale / f"{run.name}{data.tag}{quirks}-seed{seed}",
        )
        for data in setup.data
        for seed in range(setup.seeds)
        for run in {run.name: run for run in runs}.values()
    )
