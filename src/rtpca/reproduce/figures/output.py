"""What is written beside each picture: the numbers as CSV or NPZ, and a caption that says how they arose."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtpca.files import write_lines, written_whole
from rtpca.reproduce.machine import machine_text

Cell = str | int | float | None


@dataclass(frozen=True)
class Caption:
    """The words under a figure.

    Attributes:
        title: Of the page.
        text: What the picture shows, paragraph by paragraph.
        header: Of the table.
        rows: Of the table; floats are written with two decimals.
        narrow: Which columns a terminal shows; empty shows all.
        facts: Command, scale, seeds, data, split, weights, hardware: name to value.
    """

    title: str
    text: Sequence[str]
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    narrow: Sequence[int] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Path:
    """Write a table, whole or not at all; None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    with written_whole(path) as scratch:
        scratch.write_text(text.getvalue(), encoding="utf-8")
    return path


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Write arrays, compressed, whole or not at all."""
    with written_whole(path) as scratch, scratch.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **dict(arrays))
    return path


def write_caption(path: Path, caption: Caption, pictures: Sequence[Path]) -> Path:
    """Write a caption as Markdown, with the pictures of its folder in it."""
    lines = [f"# {caption.title}", ""]
    for picture in pictures:
        lines += [f"![{caption.title}]({picture.name})", ""]
    for paragraph in caption.text:
        lines += [paragraph, ""]
    lines += [*markdown_table(caption.header, caption.rows), ""]
    lines += [f"- {name}: {value}" for name, value in caption.facts.items()]
    return write_lines(path, lines)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[str]:
    """A table as lines of Markdown; numbers stand to the right."""
    numeric = [
        all(isinstance(row[i], int | float | None) for row in rows) if rows else False
        for i in range(len(header))
    ]
    lines = [_line(header), _line(["---:" if right else "---" for right in numeric])]
    return lines + [_line([shown(cell) for cell in row]) for row in rows]


def shown(cell: Cell) -> str:
    """A cell as it is printed."""
    if cell is None:
        return "-"
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)


def hardware(device: str) -> str:
    """The machine in words, and how busy it is."""
    if not hasattr(os, "getloadavg"):
        return machine_text(device)
    return f"{machine_text(device)}; load average {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def weights_fact(weights: Mapping[str, str | Path]) -> str:
    """Which weights stand for which name; of a path its last two parts."""
    return ", ".join(f"{name}: {'/'.join(Path(path).parts[-2:])}" for name, path in weights.items())
