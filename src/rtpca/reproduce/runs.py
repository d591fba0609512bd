"""Train the named runs of a table, or take them where they are: one folder per run, shared by all tables.

A run lies in `OUT/runs/SCALE/NAME-seedK/` as `rtpca train` writes it. A finished one is taken, an unfinished
one goes on where it stopped, and one with another recipe or other data is never mixed in: that is an error.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import yaml
from safetensors import SafetensorError, safe_open

from rtpca.errors import InputError, RtpcaError, TrainingError
from rtpca.files import written_whole
from rtpca.options import from_plain
from rtpca.reproduce.datafile import DataFile
from rtpca.reproduce.machine import machine_text
from rtpca.reproduce.rows import NamedRun
from rtpca.reproduce.scales import recipe
from rtpca.reproduce.workers import Task, run_tasks
from rtpca.training import StepReport, TrainConfig, train
from rtpca.training.config import flat_values
from rtpca.training.curves import read_curves

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

# What no result depends on: how often something is written.
_FREE = {"log_every", "checkpoint_every", "val_every", "compile"}


@dataclass(frozen=True)
class Run:
    """One training of one configuration.

    Attributes:
        name: Of the configuration.
        seed: Its seed.
        config: The whole recipe.
        folder: Its run folder.
    """

    name: str
    seed: int
    config: TrainConfig
    folder: Path

    @property
    def weights(self) -> Path:
        """The weights file, there once it is trained."""
        return self.folder / "weights.safetensors"


class Update(Protocol):
    """Told how far the training of all runs is."""

    def __call__(self, done: int, total: int, note: str = "", /) -> None:
        """Steps done of the steps that were to do, and what is being trained."""
        ...


def plan_runs(
    scale: str,
    rows: Sequence[NamedRun],
    seeds: int,
    data: DataFile,
    out: str | Path,
    overrides: Sequence[str] = (),
    protocol: str = "standard",
) -> list[Run]:
    """The runs of some rows with seeds 0, 1, ...: all rows with the first seed, then all with the second.

    Args:
        scale: "small" or "paper".
        rows: Configurations; one that is named twice is trained once.
        seeds: How many.
        data: What they are trained on.
        out: Folder that holds all runs.
        overrides: `key=value` for the recipes of all of them.
        protocol: With "authors", the paper's scale is trained with the quirks of the authors' script.
    """
    unique = {row.name: row for row in rows}
    folder = Path(out) / "runs" / scale
    tag = f"-{data.tag}" if data.tag else ""
    if scale == "paper" and protocol == "authors":
        tag += "-authors"
    return [
        Run(
            row.name,
            seed,
            recipe(scale, row, data, seed, overrides, protocol),
            folder / f"{row.name}{tag}-seed{seed}",
        )
        for seed in range(seeds)
        for row in unique.values()
    ]


def steps_done(run: Run) -> int:
    """Steps behind the weights of a run; 0 where there are none."""
    if not run.weights.is_file():
        return 0
    try:
        with safe_open(run.weights, framework="pt") as file:
            about: dict[str, Any] = json.loads((file.metadata() or {}).get("about", "{}"))
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(
            f"{run.weights}: not a readable weights file ({error}); delete {run.folder} to train it again"
        ) from error
    return int(about.get("steps", 0))


def total_steps(run: Run) -> int:
    """Steps of the whole run; 0 where a recipe counts in epochs and the run was never begun."""
    return run.config.steps or int(origin(run).get("steps", 0))


def is_finished(run: Run) -> bool:
    """Whether all steps of a run are done."""
    return 0 < total_steps(run) <= steps_done(run)


def check_run(run: Run, data: DataFile) -> None:
    """Check that what lies in the folder of a run is this run.

    Raises:
        TrainingError: It was trained with another recipe or on other data.
    """
    path = run.folder / "config.yaml"
    if not path.is_file() or not ((run.folder / "state.pt").exists() or run.weights.exists()):
        return  # nothing, or nothing that was saved
    remedy = f"choose another --out, or delete {run.folder} to train it again"
    try:
        old = from_plain(TrainConfig, yaml.safe_load(path.read_text(encoding="utf-8")))
    except (RtpcaError, yaml.YAMLError, OSError) as error:
        raise TrainingError(f"{path}: cannot be read as a recipe ({error}); {remedy}") from error
    before, now = flat_values(old.to_dict()), flat_values(run.config.to_dict())
    changed = [key for key in now if key not in _FREE and before.get(key) != now[key]]
    if changed:
        listed = ", ".join(f"{key} {before.get(key)} (now {now[key]})" for key in changed)
        raise TrainingError(f"{run.folder} was trained with another recipe: {listed}; {remedy}")
    if origin(run).get("sha256", data.sha256) != data.sha256:
        raise TrainingError(f"{run.folder} was trained on other data than {data.path}; {remedy}")


def train_runs(
    runs: Sequence[Run],
    data: DataFile,
    *,
    jobs: int = 1,
    deadline_s: float = math.inf,
    accelerator: str = "auto",
    report: Update = lambda done, total, note="": None,
) -> None:
    """Train what is not finished, in order.

    Args:
        runs: From `plan_runs`.
        data: The data file.
        jobs: How many at once; with more than 1 each has a process and one thread of the CPU.
        deadline_s: `time.monotonic()` at which to stop cleanly; what was begun goes on with the next call.
        accelerator: auto, cpu or cuda.
        report: Told how far it is.

    Raises:
        TrainingError: A folder holds another run, or a run cannot be trained.
        KeyboardInterrupt: Interrupted; what was trained is saved.
    """
    for run in runs:
        check_run(run, data)
    unfinished = [run for run in runs if not is_finished(run)]
    before = {run.folder: current_step(run) for run in unfinished}
    total = sum(total_steps(run) - before[run.folder] for run in unfinished)

    def tell(run: Run) -> None:
        now = sum(current_step(other) - before[other.folder] for other in unfinished)
        report(max(now, 0), total, f"{run.name}, seed {run.seed}")

    if jobs == 1:
        for run in unfinished:
            if time.monotonic() >= deadline_s:
                return
            finished = train_one(
                run, data, deadline_s - time.monotonic(), accelerator, lambda _, r=run: tell(r)
            )
            if not finished and time.monotonic() < deadline_s:
                raise KeyboardInterrupt
        return
    tasks = [Task(_train_until, (run, data, _wall(deadline_s))) for run in unfinished]
    run_tasks(
        tasks,
        jobs,
        begin=lambda: time.monotonic() < deadline_s,
        poll=lambda done: tell(unfinished[min(done, len(unfinished) - 1)]),
    )


def train_one(
    run: Run,
    data: DataFile,
    max_time_s: float = math.inf,
    accelerator: str = "auto",
    report: Callable[[StepReport], None] = lambda progress: None,
) -> bool:
    """Train one run, or go on with it.

    Returns:
        Whether it is finished.
    """
    run.folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, Any] = {
        "data": data.path.name,
        "sha256": data.sha256,
        "machine": machine_text(accelerator),
        "steps": total_steps(run),
    }

    def note(steps: int) -> None:
        made["steps"] = steps
        with written_whole(_origin_file(run)) as partial:
            partial.write_text(json.dumps(made, indent=1), encoding="utf-8")

    def reported(progress: StepReport) -> None:
        if made["steps"] != progress.steps:
            note(progress.steps)
        report(progress)

    with _locked(run.folder):
        note(total_steps(run))
        result = train(
            run.config,
            data.path,
            run.folder,
            resume=(run.folder / "state.pt").exists(),
            max_time_s=max_time_s,
            accelerator=accelerator,
            report=reported,
        )
        if result.finished:
            note(result.step)
    return result.finished


def _train_until(run: Run, data: DataFile, deadline_s: float) -> bool:
    """`train_one` in a process of its own, with the deadline as time of day."""
    return train_one(run, data, deadline_s - time.time(), "cpu")


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Keep a second command out of a run folder that is being written; the lock ends with its process.

    Raises:
        TrainingError: Another command trains this run.
    """
    with (folder / ".lock").open("w") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise TrainingError(
                    f"{folder} is being trained by another command; wait for it, or choose another --out"
                ) from error
        try:
            yield
        finally:
            (folder / ".lock").unlink(missing_ok=True)


def _wall(deadline_s: float) -> float:
    """A deadline of `time.monotonic()` as one of `time.time()`, which processes share."""
    return deadline_s - time.monotonic() + time.time()


def origin(run: Run) -> dict[str, Any]:
    """Data and machine that a run was trained on, and its steps; empty where it was not trained from here."""
    try:
        return json.loads(_origin_file(run).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _origin_file(run: Run) -> Path:
    return run.folder / "origin.json"


def current_step(run: Run) -> int:
    """The last step in the curves of a run."""
    rows = read_curves(run.folder / "curves.csv")
    return int(rows[-1]["step"]) if rows else 0
