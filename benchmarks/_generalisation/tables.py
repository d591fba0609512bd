"""What was measured, as tables and for JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from _generalisation.rows import Measured


def print_lines(measured: Sequence[Measured]) -> None:
    """Rows are conditions, columns are weights."""
    columns = ("frames", "all frames", "mean of actions", "accel")
    titles = (f"{one.weights}: {' | '.join(columns)}" for one in measured)
    print(f"| | {' | '.join(titles)} |")
    print("|---|" + "---|" * len(columns) * len(measured))
    by_row = [{(line.group, line.label): line for line in one.lines} for one in measured]
    groups: dict[str, dict[str, None]] = {}
    for group, label in (row for lines in by_row for row in lines):
        groups.setdefault(group, {})[label] = None
    for group, labels in groups.items():
        print(f"| **{group}** |" + " |" * len(columns) * len(measured))
        for label in labels:
            found = (lines.get((group, label)) for lines in by_row)
            cells = (" | | | " if line is None else line.cells() for line in found)
            print(f"| {label} | {' | '.join(cells)} |")


def print_parts(measured: Sequence[Measured]) -> None:
    """What the clean error is made of."""
    bones = list(measured[0].parts[0].bones_mm)
    titles = ("weights, sequences", "frames", "MPJPE", "N-MPJPE", "P-MPJPE", "size", "size, absolute", *bones)
    print(f"| {' | '.join(titles)} |")
    print("|" + "---|" * len(titles))
    for one in measured:
        for parts in one.parts:
            cells = [f"{one.weights}, {parts.label}", f"{parts.frames}"]
            cells += [f"{value:.1f}" for value in (parts.mpjpe_mm, parts.n_mpjpe_mm, parts.p_mpjpe_mm)]
            cells += [f"{parts.size_percent:+.1f} %", f"{parts.size_off_percent:.1f} %"]
            cells += [f"{parts.bones_mm[bone]:+.0f}" for bone in bones]
            print(f"| {' | '.join(cells)} |")


def plain(measured: Measured) -> dict[str, Any]:
    """Values for JSON; None for what is not measured."""

    def known(values: dict[str, Any]) -> dict[str, Any]:
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}

    return {
        "weights": measured.weights,
        "rows": [known(asdict(line)) for line in measured.lines],
        "parts": [known(asdict(parts)) for parts in measured.parts],
    }
