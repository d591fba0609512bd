"""What comes with a collection of takes: which split a take is in, which of its frames are bad, whose it is.

All are JSON files. The first two name takes as `"<file>:<member>"`. A take is found under it also after the
zip was unpacked: the two paths are compared from their ends, and the shorter must be the tail of the longer
(at least folder and file name).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import Any, Generic, TypeVar, cast

from rtpca.data.attribution import Attribution
from rtpca.data.datasets.mappings import read_json
from rtpca.errors import InputError

T = TypeVar("T")

NO_SPLIT = "none"
"""The split of takes that no list names; training and evaluation leave them alone."""


class TakeTable(Generic[T]):
    """Values by take name, found by comparing paths from their ends."""

    def __init__(self, path: Path | None = None) -> None:
        """An empty table; `path` is the file that messages name."""
        self._path = path
        self._by_file: dict[str, list[tuple[tuple[str, ...], T]]] = {}

    def add(self, key: str, value: T) -> None:
        """Add a take by its `"<file>:<member>"` name; naming one twice is an error."""
        parts = _parts(key)
        if not parts:
            raise InputError(f"{self._path}: {key!r} is no name of a take")
        entries = self._by_file.setdefault(parts[-1], [])
        if any(known == parts for known, _ in entries):
            raise InputError(f"{self._path}: the take {key!r} is listed twice; remove one")
        entries.append((parts, value))

    def find(self, parts: Sequence[str], default: T) -> T:
        """The value of the take whose path has these components.

        Raises:
            InputError: several listed takes fit the path.
        """
        found = [
            (known, value)
            for known, value in self._by_file.get(parts[-1], [])
            if _same_take(known, tuple(parts))
        ]
        if len(found) > 1:
            exact = [(known, value) for known, value in found if known == tuple(parts)]
            if not exact:
                names = ", ".join("/".join(known) for known, _ in found[:3])
                raise InputError(
                    f"{self._path}: {'/'.join(parts)} fits several entries ({names}); keep the folder names"
                )
            found = exact
        return found[0][1] if found else default


def _parts(key: str) -> tuple[str, ...]:
    file, colon, member = key.partition(":")
    if not colon:
        return PurePosixPath(key).parts
    top = PurePosixPath(file)
    return (top.stem if top.suffix.lower() in (".zip", ".npz") else top.name, *PurePosixPath(member).parts)


def _same_take(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    common = min(len(first), len(second))
    return common >= 2 and first[-common:] == second[-common:]


def read_splits(path: Path) -> TakeTable[str]:
    """Read `{"train": ["<file>:<member>", ...], "val": [...], ...}`.

    Raises:
        InputError: another shape, a damaged file, or a take in two splits.
    """
    content: Any = read_json(path)
    table: TakeTable[str] = TakeTable(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: needed is an object of split name -> list of takes")
    for split, keys in cast("dict[str, Any]", content).items():
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in cast("list[Any]", keys)):
            raise InputError(f"{path}: split {split!r} is no list of take names")
        for key in cast("list[str]", keys):
            table.add(key, split)
    return table


def read_bad_frames(path: Path) -> TakeTable[tuple[tuple[int, int], ...]]:
    """Read `{"<file>:<member>": [[first, last], ...], ...}`: 0-based, both ends included.

    Raises:
        InputError: another shape or a damaged file.
    """
    content: Any = read_json(path)
    table: TakeTable[tuple[tuple[int, int], ...]] = TakeTable(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: needed is an object of take -> list of [first, last] frames")
    for key, ranges in cast("dict[str, Any]", content).items():
        table.add(
            key,
            tuple(
                _frame_range(pair, f"{path}: take {key!r}")
                for pair in _as_list(ranges, f"{path}: take {key!r}")
            ),
        )
    return table


def read_attributions(path: Path) -> dict[str, Attribution]:
    """Read `{"<file>": {"licence": "...", "title": "...", "acknowledgement": "...", ...}, ...}`.

    Returns:
        The terms of each file by its name; `source` is that without its ending, if the entry says no other.

    Raises:
        InputError: another shape, an entry without a licence, or a damaged file.
    """
    content: Any = read_json(path)
    known = [field.name for field in fields(Attribution)]
    found: dict[str, Attribution] = {}
    for file, entry in cast("dict[str, Any]", content if isinstance(content, dict) else {"": None}).items():
        values = cast("dict[str, Any]", entry if isinstance(entry, dict) else {})
        fits = values.keys() <= set(known) and all(isinstance(text, str) for text in values.values())
        if not fits or not values.get("licence"):
            raise InputError(
                f"{path}: the entry of {file!r} needs 'licence', and may have {', '.join(known)}, all texts"
            )
        stem = PurePosixPath(file).stem
        found[file] = Attribution.from_dict({"source": stem, "title": stem, **values})
    return found


def _as_list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{where} holds {value!r:.40}, needed is a list of [first, last] pairs")
    return cast("list[Any]", value)


def _frame_range(pair: Any, where: str) -> tuple[int, int]:
    ends = _as_list(pair, where)
    if (
        len(ends) != 2
        or any(isinstance(end, bool) or not isinstance(end, int) for end in ends)
        or not 0 <= ends[0] <= ends[1]
    ):
        raise InputError(
            f"{where} holds the frame range {pair!r}; needed is [first, last] with 0 <= first <= last"
        )
    return ends[0], ends[1]


def good_segments(frames: int, bad: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest runs without bad frames.

    Args:
        frames: length of the take.
        bad: ranges to leave out, 0-based, both ends included; they may overlap and reach beyond the end.

    Returns:
        `(first, last)` of each run, both ends included, in order.

    Example:
        >>> good_segments(10, [(0, 1), (5, 6)])
        [(2, 4), (7, 9)]
    """
    segments: list[tuple[int, int]] = []
    start = 0
    for first, last in sorted(bad):
        if first > start:
            segments.append((start, min(first, frames) - 1))
        start = max(start, last + 1)
        if start >= frames:
            break
    if start < frames:
        segments.append((start, frames - 1))
    return [(first, last) for first, last in segments if first <= last]
