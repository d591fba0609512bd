"""What a figure is asked for with, and the networks behind it: trained or taken runs, or weights by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rtpca.devices import resolve_device
from rtpca.errors import InputError, TrainingError
from rtpca.models import Checkpoint, load_checkpoint
from rtpca.reproduce.datafile import DataFile, read_data_file
from rtpca.reproduce.figures.lifted import Update, in_silence
from rtpca.reproduce.figures.output import hardware, weights_fact
from rtpca.reproduce.rows import RUNS
from rtpca.reproduce.runs import Run, is_finished, plan_runs, steps_done, total_steps, train_runs

OURS, BASELINE = "rtpca", "ste"


@dataclass(frozen=True)
class FigureRequest:
    """Options of `rtpca figure`.

    Attributes:
        scale: "small" or "paper".
        data: Prepared data file; None only for the latency part of Figure 1.
        out: Folder of runs and figures.
        seeds: Trained seeds in Figure 1; the others show seed 0.
        weights: Weights to show in place of runs, by name (Figures 3, 4 and 5).
        action: Which action (Figures 4 and 5); None chooses.
        split: Which sequences are shown.
        device: auto, cpu or cuda.
        jobs: Runs that are trained, or evaluated, at once.
        deadline_s: `time.monotonic()` at which training stops cleanly.
        overrides: `key=value` for all recipes.
        command: As it was typed, for the caption.
        latency_only: Figure 1 without errors.
        models: Networks of Figure 1; empty takes all.
        frames: Window lengths of Figure 1; empty takes those of the scale.
        rounds: Timed passes of Figure 1.
        batch_frames: Input frames of its large batch; None: 1024 on a CPU, 16384 on a GPU.
    """

    scale: str = "small"
    data: Path | None = None
    out: Path = Path("reproduced")
    seeds: int = 2
    weights: Mapping[str, str] = field(default_factory=dict)
    action: str | None = None
    split: str = "test"
    device: str = "auto"
    jobs: int = 1
    deadline_s: float = math.inf
    overrides: tuple[str, ...] = ()
    command: str = ""
    latency_only: bool = False
    models: tuple[str, ...] = ()
    frames: tuple[int, ...] = ()
    rounds: int = 20
    batch_frames: int | None = None

    @property
    def data_path(self) -> Path:
        """The data file.

        Raises:
            InputError: None was given.
        """
        if self.data is None:
            raise InputError("this figure needs data: give --data DATA.h5, made by `rtpca prepare`")
        return self.data


def networks_of(
    request: FigureRequest, update: Update = in_silence
) -> tuple[dict[str, Checkpoint], dict[str, str]]:
    """RTPCA and its baseline, in this order, on the device; and facts about them for the caption.

    Raises:
        TrainingError: If time was up before a run was finished.
    """
    device = resolve_device(request.device)
    facts = {"command": f"`{request.command}`"}
    if request.weights:
        paths: dict[str, str | Path] = dict(request.weights)
        facts |= {"weights": weights_fact(paths)}
    else:
        data = read_data_file(request.data_path)
        rows = [RUNS[OURS], RUNS[BASELINE]]
        runs = plan_runs(request.scale, rows, 1, data, request.out, request.overrides)
        finished_runs(request, runs, data, update, need_all=True)
        paths = {run.name: run.weights for run in runs}
        facts |= {"scale": f"{request.scale} ({total_steps(runs[0])} steps)", "seed": "0"}
        facts |= {"runs": ", ".join(run.folder.name for run in runs)}
    networks = {name: load_checkpoint(path) for name, path in paths.items()}
    for checkpoint in networks.values():
        checkpoint.model.to(device)
    first = next(iter(networks.values()))
    facts |= {
        "data": f"{request.data_path.name}, split {request.split}",
        "frames": f"windows of {first.config.frames}, {first.input.fps or 'any'} per second",
        "hardware": hardware(device),
    }
    return networks, facts


def finished_runs(
    request: FigureRequest, runs: list[Run], data: DataFile, update: Update, need_all: bool = False
) -> list[Run]:
    """Train what is missing; the runs that are finished.

    Raises:
        TrainingError: If `need_all` and time was up before.
    """
    train_runs(
        runs,
        data,
        jobs=request.jobs,
        deadline_s=request.deadline_s,
        accelerator=request.device,
        report=update,
    )
    open_runs = [run for run in runs if not is_finished(run)]
    if open_runs and need_all:
        listed = ", ".join(
            f"{run.folder.name} ({steps_done(run)} of {total_steps(run)} steps)" for run in open_runs
        )
        raise TrainingError(
            f"time was up before these runs were finished: {listed}; the same command goes on there"
        )
    return [run for run in runs if run not in open_runs]
