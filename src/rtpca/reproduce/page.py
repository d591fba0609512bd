"""A table or figure as data with what is said around it; as Markdown, CSV, JSON and for the terminal.

A cell holds words, one number, or one number per seed, which is written as mean ± sample standard deviation;
"–" where there is nothing. The best of a column is bold, ours and the paper's each for themselves.
"""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rtpca.files import make_folder, written_whole

if TYPE_CHECKING:
    from rich.table import Table

MISSING = "–"
Cell = str | int | float | tuple[float, ...] | None


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: Its name in CSV and JSON, unit included, e.g. `mpjpe_mm`.
        title: For people.
        decimals: Digits after the point.
        better: Which value is best; None where none is.
        seeds: Whether it holds one number per seed.
        terminal: Whether a terminal has room for it.
    """

    key: str
    title: str
    decimals: int = 2
    better: Literal["lower", "higher"] | None = None
    seeds: bool = False
    terminal: bool = True


@dataclass(frozen=True)
class Line:
    """One row: its label, the run behind it ("" for the paper's figures), and cells by key of the column."""

    label: str
    run: str
    cells: dict[str, Cell]


@dataclass(frozen=True)
class Grid:
    """One block: what stands above it, its columns and rows.

    Its CSV file is called `file` behind the page's name; blocks of the same columns may share one, and None
    writes none.
    """

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    file: str | None = ""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything that is printed and written of a table or figure.

    Attributes:
        name: What its files begin with, e.g. `table4`.
        title: What it shows.
        grids: Its blocks.
        text: What a picture shows, paragraph by paragraph.
        files: Pictures and data that are written already.
        readings: Label and one sentence: how each row was read.
        notes: What to know about the numbers.
        made: How they came about.
        unfinished: Runs that are not trained yet, with steps done and to do.
    """

    name: str
    title: str
    grids: tuple[Grid, ...]
    text: Sequence[str] = ()
    files: Sequence[Path] = ()
    readings: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    made: Sequence[str] = ()
    unfinished: Sequence[str] = ()


def cell_text(cell: Cell, decimals: int) -> str:
    """A cell as it is printed.

    Example:
        >>> cell_text((41.0, 41.4), 1), cell_text(41.0, 1), cell_text((), 1)
        ('41.2 ± 0.3', '41.0', '–')
    """
    if cell is None or cell == ():
        return MISSING
    if isinstance(cell, str | int):
        return str(cell)
    values = cell if isinstance(cell, tuple) else (cell,)
    mean = f"{statistics.fmean(values):.{decimals}f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.{decimals}f}"


def best_cells(grid: Grid) -> set[tuple[int, str]]:
    """Row number and column of the best values; figures that are printed equal are equally good."""
    best: set[tuple[int, str]] = set()
    for column in grid.columns:
        for measured in (True, False):
            means = {
                number: round(mean, column.decimals)
                for number, line in enumerate(grid.lines)
                if bool(line.run) == measured and (mean := _mean(line.cells.get(column.key))) is not None
            }
            if column.better and len(means) > 1:
                top = (min if column.better == "lower" else max)(means.values())
                best |= {(number, column.key) for number, mean in means.items() if mean == top}
    return best


def write_page(page: Page, folder: Path) -> list[Path]:
    """Write Markdown and CSV, each whole or not at all; the paths of these and of `page.files`."""
    make_folder(folder)
    texts = to_csv(page) | {f"{page.name}.md": to_markdown(page)}
    for name, text in texts.items():
        with written_whole(folder / name) as scratch:
            scratch.write_text(text, encoding="utf-8")
    return [*page.files, *(folder / name for name in texts)]


def to_markdown(page: Page) -> str:
    """The whole page."""
    parts = [f"# {page.title}"]
    parts += [f"![{page.title}]({path.name})" for path in page.files if path.suffix == ".png"]
    parts += page.text
    for grid in page.grids:
        parts += [f"**{grid.title}**"] * bool(grid.title)
        parts.append(_markdown_grid(grid))
    parts += ["Not trained yet: " + "; ".join(page.unfinished) + "."] * bool(page.unfinished)
    for heading, lines in (
        ("How the rows were read", [f"{label}: {sentence}" for label, sentence in page.readings]),
        ("Notes", page.notes),
        ("How it was made", page.made),
    ):
        parts += [f"{heading}:\n\n" + "\n".join(f"- {line}" for line in lines)] * bool(lines)
    return "\n\n".join(parts) + "\n"


def _markdown_grid(grid: Grid) -> str:
    rows = [["", *(column.title for column in grid.columns)], ["---", *("---:" for _ in grid.columns)]]
    for line, cells in zip(grid.lines, _texts(grid, grid.columns), strict=True):
        rows.append([line.label, *(f"**{text}**" if best else text for text, best in cells)])
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def _texts(grid: Grid, columns: Sequence[Column]) -> list[list[tuple[str, bool]]]:
    """Of each row and column the text, and whether it is the best."""
    best = best_cells(grid)
    return [
        [(cell_text(line.cells.get(c.key), c.decimals), (number, c.key) in best) for c in columns]
        for number, line in enumerate(grid.lines)
    ]


def to_csv(page: Page) -> dict[str, str]:
    """CSV texts by file name; columns of seeds have mean, standard deviation (of two or more), number."""
    texts: dict[str, str] = {}
    for file in dict.fromkeys(grid.file for grid in page.grids if grid.file is not None):
        grids = [grid for grid in page.grids if grid.file == file]
        rows: list[list[object]] = [["block", "row", "run"]]
        for column in grids[0].columns:
            rows[0] += [column.key, f"{column.key}_std", f"{column.key}_seeds"][: 3 if column.seeds else 1]
        for grid in grids:
            for line in grid.lines:
                cells = (cell for c in grid.columns for cell in _csv_cells(c, line.cells.get(c.key)))
                rows.append([grid.title, line.label, line.run, *cells])
        texts[f"{'-'.join(filter(None, (page.name, file)))}.csv"] = csv_text(rows)
    return texts


def _csv_cells(column: Column, cell: Cell) -> list[str]:
    mean = _mean(cell)
    if isinstance(cell, float | tuple):
        first = "" if mean is None else f"{mean:.6g}"
    else:
        first = "" if cell is None else str(cell)
    if not column.seeds:
        return [first]
    seeds = cell if isinstance(cell, tuple) else ()
    return [first, f"{statistics.stdev(seeds):.6g}" if len(seeds) > 1 else "", str(len(seeds) or "")]


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV, the first being the header."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    """Write rows that are too many for a page, whole or not at all."""
    with written_whole(path) as scratch:
        scratch.write_text(csv_text(rows), encoding="utf-8")
    return path


def _mean(cell: Cell) -> float | None:
    if isinstance(cell, tuple):
        return statistics.fmean(cell) if cell else None
    return None if isinstance(cell, str) else cell


def to_dict(page: Page) -> dict[str, Any]:
    """Plain values for JSON, one number per seed."""
    return {
        "name": page.name,
        "title": page.title,
        "blocks": [
            {
                "title": grid.title,
                "rows": [
                    {"row": line.label, "run": line.run}
                    | {c.key: line.cells.get(c.key, [] if c.seeds else None) for c in grid.columns}
                    for line in grid.lines
                ],
            }
            for grid in page.grids
        ],
        "readings": dict(page.readings),
        "notes": list(page.notes),
        "made": list(page.made),
        "unfinished": list(page.unfinished),
    }


def to_rich(grid: Grid, title: str, widest: int = 6) -> Table:
    """A block for the terminal; one of many columns is turned, so that its columns become rows."""
    from rich.table import Table
    from rich.text import Text

    columns = [column for column in grid.columns if column.terminal]
    heads, labels = [column.title for column in columns], [line.label for line in grid.lines]
    cells = [
        [Text(text, style="bold" if best else "") for text, best in row] for row in _texts(grid, columns)
    ]
    if len(heads) > widest:
        heads, labels, cells = labels, heads, [list(row) for row in zip(*cells, strict=True)]
    table = Table(title=Text(title))
    table.add_column("", no_wrap=True)
    for head in heads:
        table.add_column(Text(head), justify="right")
    for label, row in zip(labels, cells, strict=True):
        table.add_row(Text(label), *row)
    return table
