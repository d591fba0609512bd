"""A table as data, and the same table as Markdown, CSV and for the terminal.

A cell holds one value per seed. It is written as mean ± sample standard deviation, "–" where there is
nothing; the best of a column is bold, ours and the paper's each for themselves.
"""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.table import Table as RichTable

MISSING = "–"

Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: Its name in CSV and JSON, unit included, e.g. `mpjpe_mm`.
        title: For people.
        decimals: Digits after the point.
        better: Which value is best.
        single: Whether it holds one figure, not one per seed: the paper's, or a count.
    """

    key: str
    title: str
    decimals: int = 1
    better: Better = "lower"
    single: bool = False


@dataclass(frozen=True)
class Line:
    """One row.

    Attributes:
        label: As the paper has it.
        run: The run behind it; empty for a row of the paper's figures.
        cells: Values by key of the column, one per seed; a column left out is empty.
    """

    label: str
    run: str
    cells: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class Grid:
    """One block of a table.

    Attributes:
        title: Above it.
        columns: Its columns.
        lines: Its rows.
        file: What its CSV file is called behind the table's name; blocks of the same columns may share one.
    """

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    file: str = ""


@dataclass(frozen=True)
class ResultTable:
    """A table with everything that is printed around it.

    Attributes:
        number: As the paper numbers it.
        title: What it shows.
        grids: Its blocks.
        readings: Label and one sentence: how each row was read.
        notes: What to know about the numbers.
        caption: How they came about.
        unfinished: Runs that are not trained yet, with steps done and to do.
    """

    number: int
    title: str
    grids: tuple[Grid, ...]
    readings: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    caption: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = field(default=())


def cell_text(values: Sequence[float], decimals: int) -> str:
    """`41.2 ± 0.3` from one value per seed, `41.2` from a single one.

    Example:
        >>> cell_text((41.0, 41.4), 1), cell_text((), 1)
        ('41.2 ± 0.3', '–')
    """
    if not values:
        return MISSING
    mean = f"{statistics.fmean(values):.{decimals}f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.{decimals}f}"


def best_cells(grid: Grid) -> set[tuple[int, str]]:
    """Row number and column of the best values; figures that are printed equal are equally good."""
    best: set[tuple[int, str]] = set()
    for column in grid.columns:
        if column.better == "neither":
            continue
        choose = min if column.better == "lower" else max
        for measured in (True, False):
            means = {
                number: round(statistics.fmean(line.cells[column.key]), column.decimals)
                for number, line in enumerate(grid.lines)
                if line.cells.get(column.key) and bool(line.run) == measured
            }
            if len(means) > 1:
                top = choose(means.values())
                best |= {(number, column.key) for number, mean in means.items() if mean == top}
    return best


def to_markdown(table: ResultTable) -> str:
    """The whole table as a Markdown page."""
    parts = [f"# Table {table.number}: {table.title}"]
    for grid in table.grids:
        parts += [f"**{grid.title}**"] * bool(grid.title)
        parts.append(_markdown_grid(grid))
    if table.readings:
        parts.append("How the rows were read:\n\n" + _bullets(f"{a}: {b}" for a, b in table.readings))
    if table.unfinished:
        parts.append("Not trained yet: " + "; ".join(table.unfinished) + ".")
    if table.notes:
        parts.append("Notes:\n\n" + _bullets(table.notes))
    if table.caption:
        parts.append("How it was made:\n\n" + _bullets(table.caption))
    return "\n\n".join(parts) + "\n"


def _markdown_grid(grid: Grid) -> str:
    best = best_cells(grid)
    rows = [["", *(column.title for column in grid.columns)], ["---", *("---:" for _ in grid.columns)]]
    for number, line in enumerate(grid.lines):
        row = [line.label]
        for column in grid.columns:
            text = cell_text(line.cells.get(column.key, ()), column.decimals)
            row.append(f"**{text}**" if (number, column.key) in best else text)
        rows.append(row)
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def to_csv(table: ResultTable) -> dict[str, str]:
    """CSV texts by file name; measured columns have mean, standard deviation (of two or more) and seeds."""
    texts: dict[str, str] = {}
    for name in dict.fromkeys(grid.file for grid in table.grids):
        grids = [grid for grid in table.grids if grid.file == name]
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        header = ["block", "row", "run"]
        for column in grids[0].columns:
            more = () if column.single else (f"{column.key}_std", f"{column.key}_seeds")
            header += [column.key, *more]
        writer.writerow(header)
        for grid in grids:
            for line in grid.lines:
                cells = [cell for column in grid.columns for cell in _csv_cells(column, line)]
                writer.writerow([grid.title, line.label, line.run, *cells])
        texts[f"table{table.number}{'-' if name else ''}{name}.csv"] = buffer.getvalue()
    return texts


def _csv_cells(column: Column, line: Line) -> list[str]:
    values = line.cells.get(column.key, ())
    mean = f"{statistics.fmean(values):.6g}" if values else ""
    if column.single:
        return [mean]
    return [mean, f"{statistics.stdev(values):.6g}" if len(values) > 1 else "", str(len(values) or "")]


def to_dict(table: ResultTable) -> dict[str, Any]:
    """Plain values for JSON, one number per seed."""
    return {
        "table": table.number,
        "title": table.title,
        "blocks": [
            {
                "title": grid.title,
                "rows": [
                    {"row": line.label, "run": line.run}
                    | {column.key: list(line.cells.get(column.key, ())) for column in grid.columns}
                    for line in grid.lines
                ],
            }
            for grid in table.grids
        ],
        "readings": dict(table.readings),
        "notes": list(table.notes),
        "caption": list(table.caption),
        "unfinished": list(table.unfinished),
    }


def to_rich(grid: Grid, title: str, widest: int = 6) -> RichTable:
    """A block for the terminal; one of many columns is turned, so that its columns become rows."""
    from rich.table import Table
    from rich.text import Text

    best = best_cells(grid)
    cells = [
        [
            Text(
                cell_text(line.cells.get(column.key, ()), column.decimals),
                style="bold" if (number, column.key) in best else "",
            )
            for column in grid.columns
        ]
        for number, line in enumerate(grid.lines)
    ]
    heads, labels = [column.title for column in grid.columns], [line.label for line in grid.lines]
    if len(heads) > widest:
        heads, labels, cells = labels, heads, [list(row) for row in zip(*cells, strict=True)]
    rich = Table(title=Text(title))
    rich.add_column("", no_wrap=True)
    for head in heads:
        rich.add_column(Text(head), justify="right")
    for label, row in zip(labels, cells, strict=True):
        rich.add_row(Text(label), *row)
    return rich
