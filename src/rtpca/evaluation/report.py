"""From errors per frame to the numbers of a table: rows of a data set, and their average."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rtpca.errors import InputError
from rtpca.evaluation.layouts import ReportLayout, layout_of
from rtpca.evaluation.protocols import STANDARD, Protocol, Weighting
from rtpca.evaluation.sequence import SequenceErrors
from rtpca.models import ScaleCalibration

NOT_MEASURED = math.nan


@dataclass(frozen=True)
class Row:
    """One line of a report, frames counted once per camera; NaN where nothing is measured.

    Attributes:
        label: Row of the data set (an action, a sequence), or what the line averages.
        frames: Frames behind the line.
        mpjpe_mm: Mean per joint position error (protocol 1), millimetres.
        p_mpjpe_mm: After similarity alignment of each frame (protocol 2).
        mpjve_mm: Mean per joint velocity error, mm per frame.
        acceleration_mm: Acceleration error, mm per frame squared.
        acceleration_mm_s2: Acceleration error, mm per second squared.
        n_mpjpe_mm: After scaling of each frame (protocol 3).
        pck_14: Correct keypoints within 150 mm, percent of MPI-INF-3DHP's 14 joints.
        auc_14: Mean of PCK over 0, 5, ..., 150 mm, percent.
        mpjpe_14_mm: MPJPE over these 14 joints.
        pck_17: PCK over all joints.
        auc_17: AUC over all joints.
        within_50: Joints whose error lies within the radius that the weights claim for 50 %, percent; the
            root, which is the origin, is not counted.
        within_90: The same of 90 %.
        radius_90_mm: Mean of that radius, millimetres.
    """

    label: str
    frames: int
    mpjpe_mm: float
    p_mpjpe_mm: float
    mpjve_mm: float
    acceleration_mm: float
    acceleration_mm_s2: float
    n_mpjpe_mm: float = NOT_MEASURED
    pck_14: float = NOT_MEASURED
    auc_14: float = NOT_MEASURED
    mpjpe_14_mm: float = NOT_MEASURED
    pck_17: float = NOT_MEASURED
    auc_17: float = NOT_MEASURED
    within_50: float = NOT_MEASURED
    within_90: float = NOT_MEASURED
    radius_90_mm: float = NOT_MEASURED

    def numbers(self, measures: Sequence[str]) -> dict[str, float]:
        """The named measures."""
        return {measure: getattr(self, measure) for measure in measures}


COVERAGE = ("within_50", "within_90", "radius_90_mm")
MEASURES = tuple(field.name for field in fields(Row) if field.name not in ("label", "frames"))


@dataclass(frozen=True)
class Report:
    """A table of errors.

    Attributes:
        protocol: Name of the protocol.
        data_set: The data set whose layout it has.
        measures: The columns.
        rows: One per action, sequence, or subject and action.
        average: The data set's average of the rows.
        all_frames: Mean over all frames.
    """

    protocol: str
    data_set: str
    measures: tuple[str, ...]
    rows: tuple[Row, ...]
    average: Row
    all_frames: Row

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; None for what is not measured, such as the velocity of single frames."""

        def plain(row: Row) -> dict[str, Any]:
            numbers = row.numbers(self.measures).items()
            known = {name: value if math.isfinite(value) else None for name, value in numbers}
            return {"label": row.label, "frames": row.frames, **known}

        return {
            "protocol": self.protocol,
            "data_set": self.data_set,
            "rows": [plain(row) for row in self.rows],
            "average": plain(self.average),
            "all_frames": plain(self.all_frames),
        }


def summarise(
    errors: Iterable[SequenceErrors],
    protocol: Protocol = STANDARD,
    calibration: ScaleCalibration | None = None,
) -> Report:
    """Average.

    Args:
        errors: Of every sequence and camera.
        protocol: The one that they were made with.
        calibration: What the scales of the network mean, where it has some: how often the truth lies within
            the radius that is claimed is reported too.

    Raises:
        InputError: If there is nothing to average.
    """
    sequences = list(errors)
    if not sequences:
        raise InputError("nothing to evaluate: the split has no sequence")
    layout = layout_of([sequence.source for sequence in sequences])
    by_row: dict[str, list[SequenceErrors]] = {}
    for sequence in sequences:
        by_row.setdefault(layout.row(sequence), []).append(sequence)
    labels = sorted(by_row, key=layout.order)
    rows = tuple(_row(label, by_row[label], protocol.weighting, calibration) for label in labels)
    measures = protocol.measures(layout) + (() if calibration is None else COVERAGE)
    return Report(
        protocol.name,
        layout.name,
        measures,
        rows,
        _average(rows, layout),
        _row("all frames", sequences, protocol.weighting, calibration),
    )


# What one unit of the values is in the unit of the report, and the values.
_VALUES: dict[str, tuple[float, Callable[[SequenceErrors], Tensor]]] = {
    "mpjpe_mm": (1000.0, lambda errors: errors.mpjpe_m),
    "p_mpjpe_mm": (1000.0, lambda errors: errors.p_mpjpe_m),
    "mpjve_mm": (1000.0, lambda errors: errors.velocity_m),
    "acceleration_mm": (1000.0, lambda errors: errors.acceleration_m),
    "acceleration_mm_s2": (1000.0, lambda errors: errors.acceleration_m * errors.fps**2),
    "n_mpjpe_mm": (1000.0, lambda errors: errors.n_mpjpe_m),
    "pck_14": (100.0, lambda errors: errors.pck_14),
    "auc_14": (100.0, lambda errors: errors.auc_14),
    "mpjpe_14_mm": (1000.0, lambda errors: errors.mpjpe_14_m),
    "pck_17": (100.0, lambda errors: errors.pck_17),
    "auc_17": (100.0, lambda errors: errors.auc_17),
}


def _row(
    label: str,
    sequences: Sequence[SequenceErrors],
    weighting: Weighting,
    calibration: ScaleCalibration | None,
) -> Row:
    frames = [len(sequence.mpjpe_m) for sequence in sequences]
    means = {
        measure: unit * _mean([values(sequence) for sequence in sequences], frames, weighting)
        for measure, (unit, values) in _VALUES.items()
    }
    if calibration is not None:
        means |= _coverage(sequences, calibration)
    return Row(label, sum(frames), **means)


def _coverage(sequences: Sequence[SequenceErrors], calibration: ScaleCalibration) -> dict[str, float]:
    """How often the truth is within the radius, over all frames and joints but the root."""
    error_m = torch.cat([sequence.joint_error_m for sequence in sequences]).numpy()  # (N, J)
    scale_m = torch.cat([sequence.scale_m for sequence in sequences]).numpy()
    moving = np.array(calibration.factor) > 0
    half, nine = (calibration.radius_m(scale_m, level)[:, moving] for level in (0.5, 0.9))
    within = (float(100 * (error_m[:, moving] <= radius).mean()) for radius in (half, nine))
    return dict(zip(COVERAGE, (*within, float(1000 * nine.mean())), strict=True))


def _mean(values: Sequence[Tensor], frames: Sequence[int], weighting: Weighting) -> float:
    """Mean over videos or all values; NaN where there are none (clips of one or two frames)."""
    if weighting == "values":
        return float(torch.cat(list(values)).mean())
    weighted = [(float(v.mean()) * count, count) for v, count in zip(values, frames, strict=True) if len(v)]
    total = sum(count for _, count in weighted)
    return sum(value for value, _ in weighted) / total if total else math.nan


def _average(rows: Sequence[Row], layout: ReportLayout) -> Row:
    """The data set's average; of all rows where none of those that it averages is there."""
    counted = [row for row in rows if layout.averaged(row.label)] or list(rows)
    frames = torch.tensor([row.frames for row in counted], dtype=torch.float64)
    weight = frames if layout.average == "frames" else torch.ones_like(frames)

    def mean(measure: str) -> float:
        values = torch.tensor([getattr(row, measure) for row in counted], dtype=torch.float64)
        there = values.isfinite()
        return float((values * weight)[there].sum() / weight[there].sum())

    total = sum(row.frames for row in counted)
    return Row(layout.average_label, total, **{measure: mean(measure) for measure in MEASURES})
