"""The paper's seven tables as printed, the named runs behind their rows, captions: `assets/paper.yaml`.

And one that is not the paper's, of newer lifters: `assets/newer.yaml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import yaml
from pydantic import TypeAdapter

from rtpca.checks import check_choice
from rtpca.errors import ConfigError

_ITEM = re.compile(r",(?=[\w.]+=)")  # a comma that begins another key=value, not one inside a list
_NAME = re.compile(r"[A-Za-z0-9][\w.+-]*")


@dataclass(frozen=True)
class NamedRun:
    """One configuration: one recipe with a few options changed.

    Attributes:
        name: Also what the run's folder begins with.
        overrides: What it changes in the recipe, `key=value` as `rtpca train --set` takes it.
        reading: One sentence: how the paper's row was read.
        at_scale: What it changes first, by scale: the whole `model` of another architecture.
    """

    name: str
    overrides: tuple[str, ...]
    reading: str
    at_scale: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True)
class PaperBlock:
    """One block of a table: its title, columns, and by label of a row one figure per column (or None)."""

    title: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[float | None, ...]]

    def value(self, row: str, column: str) -> float | None:
        """One figure; None where the paper has none."""
        return self.rows[row][self.columns.index(column)] if row in self.rows else None


@dataclass(frozen=True)
class PaperTable:
    """One table: its title, the runs behind its rows by label, its blocks, and what is odd in it."""

    title: str
    runs: dict[str, str]
    blocks: tuple[PaperBlock, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PaperFigure:
    """The words of one figure: its title, and what is said under it."""

    title: str
    text: dict[str, str]


def _read(name: str) -> dict[str, Any]:
    return yaml.safe_load(resources.files("rtpca").joinpath("assets", name).read_text(encoding="utf-8"))


def _runs(values: dict[str, Any]) -> dict[str, NamedRun]:
    runs = {name: {"name": name, **run} for name, run in values.items()}
    return TypeAdapter(dict[str, NamedRun]).validate_python(runs)


_PAPER, _NEWER = _read("paper.yaml"), _read("newer.yaml")
TABLES = TypeAdapter(dict[int, PaperTable]).validate_python(_PAPER["tables"])
FIGURES = TypeAdapter(dict[int, PaperFigure]).validate_python(_PAPER["figures"])
RUNS = _runs(_PAPER["runs"])
NEWER = "newer"
"""What the table of newer lifters is called where the paper's have numbers."""
NEWER_TABLE = TypeAdapter(PaperTable).validate_python(_NEWER["table"])
NEWER_RUNS = _runs(_NEWER["runs"])


def table_of(number: int | str) -> PaperTable:
    """A table of the paper by its number, or `NEWER`.

    Raises:
        ConfigError: There is none.
    """
    tables: dict[int | str, PaperTable] = {**TABLES, NEWER: NEWER_TABLE}
    check_choice("the table", number, list(tables))
    return tables[number]


def named_run(name: str) -> NamedRun:
    """The run of that name.

    Raises:
        ConfigError: There is none.
    """
    runs = RUNS | NEWER_RUNS
    if name not in runs:
        raise ConfigError(f"there is no run {name!r}; the runs are {', '.join(runs)}")
    return runs[name]


def parse_row(text: str) -> NamedRun:
    """A row of the user's own: `NAME=KEY=VALUE,...` on top of the run `rtpca`, or of one named first.

    Raises:
        ConfigError: The text is no such row, or the name is taken.

    Example:
        >>> parse_row("two-stages=model.stages=2").overrides
        ('model.stages=2',)
        >>> parse_row("no-xlr=ste+tpca,model.ratio=3").overrides
        ('model.cross_layer=none', 'model.ratio=3')
    """
    name, _, rest = text.partition("=")
    if not rest or not _NAME.fullmatch(name):
        raise ConfigError(
            f"`row` {text}: give NAME=KEY=VALUE,... e.g. two-stages=model.stages=2, or "
            "name=ste+tpca,model.ratio=3 to start from another run"
        )
    if name in RUNS | NEWER_RUNS:
        owner = "the paper" if name in RUNS else "the table of newer lifters"
        raise ConfigError(f"`row` {text}: {owner} has a run {name!r} already; choose another name")
    items = _ITEM.split(rest)
    base = named_run("rtpca" if "=" in items[0] else items.pop(0))
    changed = ", ".join(items) or "nothing changed"
    reading = f"A row of your own: {base.name} with {changed}."
    return NamedRun(name, (*base.overrides, *items), reading, base.at_scale)
