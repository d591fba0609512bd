"""DeepLabCut's tables, `.csv` and `.h5`: header rows of scorer, individuals, bodyparts and coords."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.files.pickled import unpickle
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import named_clips, numbered_frames
from rtpca.keypoints.files.parsing import frame_number
from rtpca.keypoints.files.tables import cell_number, read_rows
from rtpca.keypoints.people import People

_LEVELS = ("scorer", "individuals", "bodyparts", "coords")
_MOST_COLUMNS = 20_000


def is_deeplabcut(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first rows of a table are DeepLabCut's header."""
    named = [row[0].lower() for row in rows[:4] if row]
    return named[:1] == ["scorer"] and "bodyparts" in named and "coords" in named


def table_in(file: Any) -> Any:
    """The first table of pandas in an open HDF5 file, as DeepLabCut writes it, or None."""
    import h5py

    for name in file:
        inside = isinstance(file.get(name, getlink=True), h5py.HardLink)
        if inside and isinstance(group := file[name], h5py.Group) and {"table", "axis0_level0"} & set(group):
            return group
    return None


def read_csv(path: Path) -> People:
    """DeepLabCut's `.csv`, of one animal or several.

    Raises:
        InputError: header rows are missing, or cells are no numbers.
    """
    header: dict[str, list[str]] = {}
    keys: list[str] = []
    values: list[FloatArray] = []
    before = 1
    for number, row in enumerate(read_rows(path), start=1):
        level = row[0].lower()
        if level in _LEVELS and not keys:
            header[level] = row
            continue
        if not keys:
            # Labelled pictures have the parts of their path in columns of their own, without a header.
            before = next((at for at, name in enumerate(header.get("coords", [])) if name.lower() == "x"), 1)
        keys.append("/".join(row[:before]))
        row += [""] * (len(header.get("coords", [])) - len(row))
        numbers = [cell_number(cell, f"{path}, row {number}") for cell in row[before:]]
        values.append(np.array(numbers, dtype=np.float32))
    if not {"bodyparts", "coords"} <= set(header) or not values:
        raise InputError(
            f"{path}: DeepLabCut's header rows (scorer, bodyparts, coords), or frames, are missing"
        )
    columns = [
        tuple(
            header[level][at] if level in header and at < len(header[level]) else "" for level in _LEVELS[1:]
        )
        for at in range(before, len(header["coords"]))
    ]
    if len({len(row) for row in values}) > 1:
        raise InputError(f"{path}: rows of different lengths; as many cells as the header are needed")
    return _people(path, keys, columns, np.array(values, dtype=np.float32))


def read_h5(path: Path, table: Any) -> People:
    """DeepLabCut's `.h5`, a table of pandas in an open HDF5 file.

    The names of the columns may be a pickle in it, which is read without running anything.

    Raises:
        InputError: the pickle holds something else.
        KeyError, ValueError, TypeError, IndexError: it is no such table, or damaged.
    """
    labels, keys, values = _stored_as_table(path, table) if "table" in table else _stored_fixed(table)
    columns = [
        tuple(str(part) for part in (label[1:] if len(label) > 3 else ("", *label[-2:]))) for label in labels
    ]
    return _people(path, [str(key) for key in keys], columns, values.astype(np.float32))


def _stored_as_table(path: Path, group: Any) -> tuple[list[tuple[Any, ...]], list[Any], np.ndarray]:
    """Labels of columns, of rows, and values of a table in pandas' format "table"."""
    from rtpca.files.hdf5 import array_in, attributes_of

    stored = attributes_of(group)["non_index_axes"]
    raw = bytes(stored) if isinstance(stored, np.bytes_ | bytes) else np.asarray(stored).tobytes()
    axes = unpickle(io.BytesIO(raw), str(path), len(raw))
    labels = [tuple(label) for label in axes[0][1]]
    if len(labels) > _MOST_COLUMNS:
        raise ValueError(f"{len(labels)} columns")
    table = array_in(group, "table")[()]
    blocks = sorted(name for name in table.dtype.names if name.startswith("values_block_"))
    values = np.concatenate([table[name].reshape(len(table), -1) for name in blocks], axis=1)
    if values.shape[1] != len(labels):
        raise ValueError(f"{values.shape[1]} values for {len(labels)} columns")
    return labels, [_plain(key) for key in table["index"]], values


def _stored_fixed(group: Any) -> tuple[list[tuple[Any, ...]], list[Any], np.ndarray]:
    """The same of a table in pandas' format "fixed"."""
    from rtpca.files.hdf5 import array_in

    def levels(axis: str) -> list[list[Any]]:
        """What each level of a label says, for every row or column."""
        count = sum(name.startswith(f"{axis}_level") for name in group)
        names = [
            [_plain(part) for part in array_in(group, f"{axis}_level{level}")[()]] for level in range(count)
        ]
        codes = [array_in(group, f"{axis}_label{level}")[()].tolist() for level in range(count)]
        return [[part[code] for code in place] for part, place in zip(names, codes, strict=True)]

    columns = list(zip(*levels("axis0"), strict=True))
    if "axis1" in group:
        rows = [_plain(key) for key in array_in(group, "axis1")[()]]
    else:
        rows = ["/".join(map(str, parts)) for parts in zip(*levels("axis1"), strict=True)]
    values = array_in(group, "block0_values")[()]
    if values.shape != (len(rows), len(columns)):
        raise ValueError(f"{values.shape} values for {len(rows)} frames and {len(columns)} columns")
    return columns, rows, values


def _plain(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _people(
    path: Path, keys: Sequence[str], columns: Sequence[tuple[str, ...]], values: FloatArray
) -> People:
    """The people of rows of values, whose columns are (individual, body part, coordinate)."""
    parts = list(dict.fromkeys(part for _, part, _ in columns))
    individuals = list(dict.fromkeys(individual for individual, _, _ in columns if individual != "single"))
    at = {(who, part, coordinate.lower()): index for index, (who, part, coordinate) in enumerate(columns)}
    numbers = [frame_number(key) for key in keys]
    if None in numbers:
        clips = named_clips(keys)
        where = {
            name: (index, place) for index, clip in enumerate(clips) for name, place in clip.places.items()
        }
        places = [where[key] for key in keys]
    else:
        known = [number for number in numbers if number is not None]
        clips = [numbered_frames(known)]
        places = [(0, clips[0].places[number]) for number in known]
    found: list[Found] = []
    for who in individuals or [""]:
        there = [part for part in parts if (who, part, "x") in at and (who, part, "y") in at]
        if not there:
            continue
        joints = np.full((len(values), len(parts), 3), np.nan, dtype=np.float32)
        for index, part in enumerate(parts):
            if part in there:
                joints[:, index, 0], joints[:, index, 1] = (
                    values[:, at[who, part, "x"]],
                    values[:, at[who, part, "y"]],
                )
                score = at.get((who, part, "likelihood"))
                joints[:, index, 2] = 1 if score is None else values[:, score]
        identity = (who,) if who else ()
        found += [
            Found(place, body, identity, clip)
            for (clip, place), body in zip(places, joints, strict=True)
            if np.isfinite(body[:, :2]).any()
        ]
    return people_of(path, "DeepLabCut keypoints", found, clips, joint_names=parts)
