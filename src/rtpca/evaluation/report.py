"""From errors per frame to the numbers of a table: averaged per action, then over actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from rtpca.errors import InputError
from rtpca.evaluation.runner import SequenceErrors


@dataclass(frozen=True)
class Row:
    """One line of a report; millimetres, frames counted once per camera.

    Attributes:
        label: Action, or what the line averages.
        frames: Frames behind the line.
        mpjpe_mm: Mean per joint position error (protocol 1).
        p_mpjpe_mm: After similarity alignment of each frame (protocol 2).
        mpjve_mm: Mean per joint velocity error, mm per frame.
        acceleration_mm: Acceleration error, mm per frame squared.
        acceleration_mm_s2: Acceleration error, mm per second squared.
    """

    label: str
    frames: int
    mpjpe_mm: float
    p_mpjpe_mm: float
    mpjve_mm: float
    acceleration_mm: float
    acceleration_mm_s2: float


@dataclass(frozen=True)
class Report:
    """A table of errors.

    Attributes:
        actions: One row per action, all its frames together.
        average: Plain mean over the actions, as the paper averages.
        all_frames: Mean over all frames.
    """

    actions: tuple[Row, ...]
    average: Row
    all_frames: Row

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def summarise(errors: Iterable[SequenceErrors]) -> Report:
    """Average.

    Raises:
        InputError: If there is nothing to average.
    """
    sequences = list(errors)
    if not sequences:
        raise InputError("nothing to evaluate: the split has no sequence")
    by_action: dict[str, list[SequenceErrors]] = {}
    for sequence in sequences:
        by_action.setdefault(sequence.action, []).append(sequence)
    rows = tuple(_row(action, by_action[action]) for action in sorted(by_action))
    return Report(rows, _mean(rows), _row("all frames", sequences))


def _row(label: str, sequences: Sequence[SequenceErrors]) -> Row:
    acceleration_s2 = [sequence.acceleration_m * sequence.fps**2 for sequence in sequences]
    return Row(
        label,
        sum(len(sequence.mpjpe_m) for sequence in sequences),
        _mean_mm(sequence.mpjpe_m for sequence in sequences),
        _mean_mm(sequence.p_mpjpe_m for sequence in sequences),
        _mean_mm(sequence.velocity_m for sequence in sequences),
        _mean_mm(sequence.acceleration_m for sequence in sequences),
        _mean_mm(acceleration_s2),
    )


def _mean_mm(values: Iterable[Tensor]) -> float:
    """Mean over all values in millimetres; NaN where there are none (clips of one or two frames)."""
    return float(torch.cat(list(values)).mean() * 1000.0)


def _mean(rows: Sequence[Row]) -> Row:
    def mean(name: str) -> float:
        values = torch.tensor([getattr(row, name) for row in rows], dtype=torch.float64)
        return float(values[values.isfinite()].mean())

    names = ("mpjpe_mm", "p_mpjpe_mm", "mpjve_mm", "acceleration_mm", "acceleration_mm_s2")
    return Row("average over actions", sum(row.frames for row in rows), *(mean(name) for name in names))
