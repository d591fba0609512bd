"""What the report of each data set looks like: its rows, how they are averaged, its measures.

A data set is recognised by the `source` of its recordings. Which frames and which roots are compared is the
matter of a protocol (`protocols.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Average = Literal["rows", "frames"]


class Labelled(Protocol):
    """What rows are made from: a sequence, what a file says about one, or its errors."""

    @property
    def name(self) -> str:
        """Of the sequence."""
        ...

    @property
    def subject(self) -> str:
        """The person."""
        ...

    @property
    def action(self) -> str:
        """What is done."""
        ...

    @property
    def source(self) -> str:
        """Where it comes from."""
        ...


@dataclass(frozen=True)
class ReportLayout:
    """How a data set is reported.

    Attributes:
        name: The `source` of its recordings.
        row: Label of the row that a sequence belongs to.
        order: Key by which rows are sorted.
        averaged: Whether a row counts in the average.
        average: Plain mean over the rows, or each row weighted with its frames.
        average_label: What the average is called.
        measures: Columns, by the names of `report.Row`.
        left_out: Why a sequence is not evaluated; None where it is.
    """

    name: str
    row: Callable[[Labelled], str]
    order: Callable[[str], tuple[int, str]]
    averaged: Callable[[str], bool]
    average: Average
    average_label: str
    measures: tuple[str, ...]
    left_out: Callable[[Labelled], str | None]


_POSITION = ("mpjpe_mm", "p_mpjpe_mm")
_MOTION = ("mpjve_mm", "acceleration_mm", "acceleration_mm_s2")


def _by_name(row: str) -> tuple[int, str]:
    return (0, row)


def _always(row: str) -> bool:
    return True


def _never(sequence: Labelled) -> str | None:
    return None


def _action(sequence: Labelled) -> str:
    return sequence.action


def _corrupted_video(sequence: Labelled) -> str | None:
    """S11's first "Directions", whose video is damaged; the second one is called "Directions 1"."""
    if sequence.subject == "S11" and re.search(r"(^|\W)Directions$", sequence.name):
        return "its video is corrupted"
    return None


def _action_and_subject(sequence: Labelled) -> str:
    """`Walk S1` of HumanEva's "Walking 1 chunk2" by "Validate/S1"."""
    word = sequence.action.split()[0]
    return f"{'Walk' if word.startswith('Walk') else word} {sequence.subject.rsplit('/')[-1]}"


_TABLE_2 = ("Walk", "Jog")


def _as_table_2(row: str) -> tuple[int, str]:
    action = row.partition(" ")[0]
    return (_TABLE_2.index(action) if action in _TABLE_2 else len(_TABLE_2), row)


def _in_table_2(row: str) -> bool:
    return row.partition(" ")[0] in _TABLE_2


def _damaged_capture(sequence: Labelled) -> str | None:
    if sequence.subject.endswith("S3") and sequence.action.startswith("ThrowCatch"):
        return "its motion capture is damaged"
    return None


def _sequence(sequence: Labelled) -> str:
    """`TS1` of a test sequence, `S1 Seq2` of a training one."""
    same = sequence.subject == sequence.action
    return sequence.action if same else f"{sequence.subject} {sequence.action}"


OPEN = ReportLayout(
    "open mocap", _action, _by_name, _always, "rows", "average over actions", _POSITION + _MOTION, _never
)
H36M = ReportLayout(
    "h36m",
    _action,
    _by_name,
    _always,
    "rows",
    "average over actions",
    (*_POSITION, "n_mpjpe_mm", *_MOTION),
    _corrupted_video,
)
HUMANEVA = ReportLayout(
    "humaneva",
    _action_and_subject,
    _as_table_2,
    _in_table_2,
    "rows",
    "average of Walk and Jog",
    _POSITION,
    _damaged_capture,
)
MPI_INF_3DHP = ReportLayout(
    "mpi-inf-3dhp",
    _sequence,
    _by_name,
    _always,
    "frames",
    "average by frames",
    ("pck_14", "auc_14", "mpjpe_14_mm", "pck_17", "auc_17", "mpjpe_mm"),
    _never,
)
LAYOUTS = {layout.name: layout for layout in (H36M, HUMANEVA, MPI_INF_3DHP)}


def layout_of(sources: Sequence[str]) -> ReportLayout:
    """The layout for sequences from these sources; that of open motion capture where they are mixed."""
    only = set(sources)
    return LAYOUTS.get(only.pop(), OPEN) if len(only) == 1 else OPEN
