"""Train the experiments that are not finished, one after another or several at once."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from filelock import FileLock, Timeout

from rtpca.errors import TrainingError
from rtpca.files import make_folder, written_whole
from rtpca.progress import Progress, in_silence
from rtpca.reproduce.experiment import Experiment
from rtpca.reproduce.made import machine_text
from rtpca.reproduce.processes import in_processes
from rtpca.reproduce.setup import Setup
from rtpca.training import StepReport, train


def train_all(experiments: Sequence[Experiment], setup: Setup, progress: Progress = in_silence) -> None:
    """Train what is not finished, in order.

    Args:
        experiments: From `plan`.
        setup: How many at once, where, and until when; what was begun then goes on with the next call.
        progress: Told how many steps are done.

    Raises:
        TrainingError: A folder holds another run, or a run cannot be trained.
        KeyboardInterrupt: Interrupted; what was trained is saved.
    """
    for each in experiments:
        each.check()
    unfinished = [each for each in experiments if not each.finished]
    before = sum(each.step for each in unfinished)
    total = sum(each.total_steps for each in unfinished) - before

    def tell(current: Experiment) -> None:
        progress(max(sum(each.step for each in unfinished) - before, 0), total, current.title)

    # Processes share the time of day, not the monotonic clock.
    deadline_s = setup.deadline_s + time.time() - time.monotonic()
    if setup.jobs > 1:
        calls = [partial(train_one, each, deadline_s, "cpu") for each in unfinished]
        in_processes(calls, setup.jobs, lambda done: tell(unfinished[min(done, len(unfinished) - 1)]))
        return
    for each in unfinished:
        finished = train_one(each, deadline_s, setup.device, partial(tell, each))
        if not finished and time.time() < deadline_s:
            raise KeyboardInterrupt


def train_one(
    experiment: Experiment,
    deadline_s: float = math.inf,
    device: str = "cpu",
    report: Callable[[], None] = lambda: None,
) -> bool:
    """Train one, or go on with it, unless it is too late to begin.

    Args:
        experiment: Which.
        deadline_s: `time.time()` at which to stop cleanly.
        device: cpu or cuda.
        report: Called after each row of its curves.

    Returns:
        Whether it is finished.

    Raises:
        TrainingError: Another command trains it, or it cannot be trained.
    """
    max_time_s = deadline_s - time.time()
    if max_time_s <= 0:
        return False
    folder, data = experiment.folder, experiment.data
    make_folder(folder)
    made: dict[str, Any] = {"data": data.path.name, "sha256": data.sha256, "machine": machine_text(device)}

    def note(steps: int) -> None:
        if steps != made.get("steps"):
            made["steps"] = steps
            with written_whole(folder / "origin.json") as scratch:
                scratch.write_text(json.dumps(made, indent=1), encoding="utf-8")

    def reported(at: StepReport) -> None:
        note(at.steps)  # of a recipe that counts in epochs they are known now
        report()

    try:
        with FileLock(folder / ".lock", timeout=0):
            note(experiment.total_steps)
            try:
                return train(
                    experiment.config,
                    data.path,
                    folder,
                    resume=(folder / "state.pt").exists(),
                    max_time_s=max_time_s,
                    accelerator=device,
                    report=reported,
                ).finished
            finally:
                with suppress(OSError):  # a system that deletes no open file keeps it
                    (folder / ".lock").unlink()
    except Timeout as error:
        raise TrainingError(
            f"{folder} is being trained by another command; wait for it, or choose another `out`"
        ) from error
