"""Errors of trained experiments, measured once: each evaluation is kept as JSON beside its run.

What is kept is valid for one content of the weights, one of the data and one way to evaluate; anything else
is measured again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rtpca.data.store import open_dataset
from rtpca.evaluation import EvalConfig, evaluate, summarise
from rtpca.files import make_folder, written_whole
from rtpca.models import load_checkpoint
from rtpca.progress import Progress, in_silence
from rtpca.reproduce.datafile import content_hash
from rtpca.reproduce.experiment import Experiment
from rtpca.reproduce.processes import in_processes
from rtpca.reproduce.setup import SPLIT, Setup

# Counts up when evaluation changes what it computes, so that older results are not taken for new ones.
VERSION = 3


@dataclass(frozen=True)
class Evaluation:
    """One experiment, measured on the test split in one way: `report` is what `rtpca eval --json` writes."""

    experiment: Experiment
    how: EvalConfig
    report: dict[str, Any]

    def value(self, measure: str, row: str | None = None) -> float | None:
        """A number of the average, or of the row of that label; None where it is not measured."""
        rows = {each["label"]: each for each in self.report["rows"]}
        return (self.report["average"] if row is None else rows.get(row, {})).get(measure)


def values(
    evaluations: Iterable[Evaluation], run: str, measure: str, row: str | None = None, noise_px: float = 0.0
) -> tuple[float, ...]:
    """One number per seed that was measured, at one level of noise."""
    found = [
        each.value(measure, row)
        for each in evaluations
        if (each.experiment.run.name, each.how.noise_px) == (run, noise_px)
    ]
    return tuple(value for value in found if value is not None)


def measure_all(
    experiments: Sequence[Experiment],
    ways: Sequence[EvalConfig],
    setup: Setup,
    progress: Progress = in_silence,
) -> list[Evaluation]:
    """Measure finished experiments, each in each way, or take what was measured before.

    Args:
        experiments: Finished ones.
        ways: How.
        setup: How many at once, and where.
        progress: Told how many evaluations are done.

    Raises:
        InputError: The data have no test split.
    """
    hashes = {each.weights: content_hash(each.weights) for each in experiments}
    wanted = [(each, how, _key(each, how, hashes[each.weights])) for each in experiments for how in ways]
    found = [_kept(*each) for each in wanted]
    missing = [number for number, report in enumerate(found) if report is None]
    if setup.jobs > 1 and len(missing) > 1:
        calls = [partial(measure, *wanted[number]) for number in missing]
        reports = in_processes(calls, setup.jobs, lambda done: progress(done, len(calls), "evaluating"))
        for number, report in zip(missing, reports, strict=True):
            found[number] = report
    else:
        for done, number in enumerate(missing):
            each, how, key = wanted[number]
            progress(done, len(missing), f"{each.title}, {how.noise_px:g} px noise")
            found[number] = measure(each, how, key, setup.device)
        progress(len(missing), len(missing))
    return [
        Evaluation(each, how, report)
        for (each, how, _), report in zip(wanted, found, strict=True)
        if report is not None
    ]


def measure(
    experiment: Experiment, how: EvalConfig, key: dict[str, Any], device: str = "cpu"
) -> dict[str, Any]:
    """Measure one experiment in one way, and keep the report under its key."""
    checkpoint = load_checkpoint(experiment.weights)
    checkpoint.model.to(device)
    with open_dataset(experiment.data.path) as dataset:
        dataset.require_split(SPLIT)
        errors = evaluate(checkpoint.model, checkpoint.input, dataset.iterate(SPLIT), how)
        report = summarise(errors, how.protocol).to_dict()
    path = _path(experiment, how)
    make_folder(path.parent)
    with written_whole(path) as scratch:
        scratch.write_text(json.dumps({"key": key, "report": report}, indent=1), encoding="utf-8")
    return report


def _kept(experiment: Experiment, how: EvalConfig, key: dict[str, Any]) -> dict[str, Any] | None:
    """What was measured before with the same weights and data."""
    try:
        kept = json.loads(_path(experiment, how).read_text(encoding="utf-8"))
        return kept["report"] if kept["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not there, or damaged: measured again


def _key(experiment: Experiment, how: EvalConfig, weights_sha256: str) -> dict[str, Any]:
    given = asdict(how) | {"protocol": how.protocol.name, "data": experiment.data.sha256}
    return given | {"version": VERSION, "weights": weights_sha256}


def _path(experiment: Experiment, how: EvalConfig) -> Path:
    parts = [SPLIT, f"noise{how.noise_px:g}", "flip" * how.flip, how.protocol.name]
    parts.append("" if how.all_cameras else "one-camera")
    return experiment.folder / "evaluations" / f"{'-'.join(filter(None, parts))}.json"
