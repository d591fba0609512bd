"""Errors of trained runs, measured once: each evaluation is kept as JSON beside its run.

What is kept is valid for one content of the weights, one of the data and one way to evaluate; anything else
is measured again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rtpca.data.store import open_dataset
from rtpca.evaluation import EvalConfig, evaluate, get_protocol, summarise
from rtpca.files import written_whole
from rtpca.models import load_checkpoint
from rtpca.reproduce.datafile import DataFile, content_hash
from rtpca.reproduce.runs import Run, Update
from rtpca.reproduce.workers import Task, run_tasks

# Counts up when evaluation changes what it computes, so that older results are not taken for new ones.
VERSION = 2


@dataclass(frozen=True)
class Measurement:
    """One way to evaluate.

    Attributes:
        noise_px: Standard deviation of Gaussian noise on the 2D keypoints.
        flip: Average with the mirror image.
        split: Which sequences.
        protocol: What is compared (docs/protocols.md).
        all_cameras: Every camera of a sequence; else one, taking turns from sequence to sequence.
    """

    noise_px: float = 0.0
    flip: bool = False
    split: str = "test"
    protocol: str = "standard"
    all_cameras: bool = True

    @property
    def label(self) -> str:
        """The name of its file."""
        parts = (
            self.split,
            f"noise{self.noise_px:g}",
            "flip" if self.flip else "",
            self.protocol,
            "" if self.all_cameras else "one-camera",
        )
        return "-".join(part for part in parts if part)


@dataclass(frozen=True)
class Evaluation:
    """What was measured: rows as `rtpca eval --json` has them.

    Attributes:
        rows: One per row of the benchmark: an action, as a rule.
        average: Plain mean over actions.
        all_frames: Mean over all frames.
    """

    rows: tuple[dict[str, Any], ...]
    average: dict[str, Any]
    all_frames: dict[str, Any]

    def mean(self, key: str) -> float | None:
        """A number of the average; None where it is not measured."""
        return self.average.get(key)

    def row(self, label: str, key: str) -> float | None:
        """A number of one row; None where the data do not have it."""
        return next((row.get(key) for row in self.rows if row["label"] == label), None)


def measure_runs(
    runs: Sequence[Run],
    data: DataFile,
    measurements: Sequence[Measurement],
    *,
    jobs: int = 1,
    device: str = "cpu",
    report: Update = lambda done, total, note="": None,
) -> dict[tuple[str, int, Measurement], Evaluation]:
    """Evaluate finished runs, each in each way, or take what was measured before.

    Args:
        runs: Finished ones.
        data: The data file.
        measurements: Ways to evaluate.
        jobs: How many at once.
        device: Where to compute; with more than one job the CPU.
        report: Told how far it is.

    Returns:
        By name, seed and measurement.
    """
    wanted = [(run, measurement) for run in runs for measurement in measurements]
    hashes = {run.folder: content_hash(run.weights) for run in runs}
    found = {pair: _kept(*pair, data, hashes[pair[0].folder]) for pair in wanted}
    missing = [pair for pair in wanted if found[pair] is None]
    if jobs > 1 and len(missing) > 1:
        tasks = [Task(measure, (run, data, how, "cpu")) for run, how in missing]
        results = run_tasks(tasks, jobs, poll=lambda done: report(done, len(missing), "evaluating"))
        found |= dict(zip(missing, results, strict=True))
    else:
        for number, (run, how) in enumerate(missing):
            report(number, len(missing), f"{run.name}, seed {run.seed}, {how.noise_px:g} px noise")
            found[run, how] = measure(run, data, how, device)
    return {(run.name, run.seed, how): result for (run, how), result in found.items() if result is not None}


def measure(run: Run, data: DataFile, how: Measurement, device: str = "cpu") -> Evaluation:
    """Evaluate one run in one way, and keep the result.

    Raises:
        InputError: The split has no sequences.
    """
    checkpoint = load_checkpoint(run.weights)
    checkpoint.model.to(device)
    protocol = get_protocol(how.protocol)
    config = EvalConfig(noise_px=how.noise_px, flip=how.flip, all_cameras=how.all_cameras, protocol=protocol)
    with open_dataset(data.path) as dataset:
        dataset.require_split(how.split)
        errors = evaluate(checkpoint.model, checkpoint.input, dataset.iterate(how.split), config)
        report = summarise(errors, protocol).to_dict()
    result = Evaluation(tuple(report["rows"]), report["average"], report["all_frames"])
    path = _path(run, how)
    path.parent.mkdir(exist_ok=True)
    kept = {"key": _key(how, data, content_hash(run.weights)), "result": asdict(result)}
    with written_whole(path) as partial:
        partial.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return result


def _kept(run: Run, how: Measurement, data: DataFile, weights_sha256: str) -> Evaluation | None:
    """What was measured before with the same weights and data."""
    try:
        kept = json.loads(_path(run, how).read_text(encoding="utf-8"))
        if kept["key"] != _key(how, data, weights_sha256):
            return None
        return Evaluation(**kept["result"] | {"rows": tuple(kept["result"]["rows"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not there, or damaged: measured again


def _key(how: Measurement, data: DataFile, weights_sha256: str) -> dict[str, Any]:
    return {"version": VERSION, **asdict(how), "data": data.sha256, "weights": weights_sha256}


def _path(run: Run, how: Measurement) -> Path:
    return run.folder / "evaluations" / f"{how.label}.json"
