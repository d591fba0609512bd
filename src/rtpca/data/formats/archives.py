"""Find and read the pickled `.npz` files in which the lifting literature hands its data sets round.

What a file holds is told by its arrays and by the first name in its pickle, not by its own name. Files are
read by `rtpca.files`, which runs nothing.
"""

from __future__ import annotations

import io
import json
import pickletools
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rtpca.arrays import AnyFloatArray, FloatArray
from rtpca.data.attribution import Attribution
from rtpca.errors import InputError
from rtpca.files.damage import ARCHIVE_DAMAGE
from rtpca.files.npz import npz_names, read_npy_header, read_npz

MAX_UNPACKED_BYTES = 4 << 30
"""Larger archives are refused unread; the largest published one unpacks to a third of it."""

METADATA_ARRAY = "metadata"
"""What the files of VideoPose3D's family say about their arrays."""
NOTE_ARRAY = "imitation"
"""An array that only imitated files have: the terms of the motion that they were made from (JSON)."""


class _Known(NamedTuple):
    title: str
    arrays: tuple[str, ...]
    first_key: re.Pattern[str]
    files: str


_KNOWN = {
    "h36m": _Known(
        "Human3.6M",
        ("positions_3d", "positions_2d"),
        re.compile(r"S\d+"),
        "data_3d_h36m.npz and data_2d_h36m_*.npz",
    ),
    "humaneva": _Known(
        "HumanEva-I",
        ("positions_3d", "positions_2d"),
        re.compile(r"(Train|Validate|Unlabeled)(/.*)?"),
        "data_3d_humaneva15.npz and data_2d_humaneva15_*.npz",
    ),
    "mpi-inf-3dhp": _Known(
        "MPI-INF-3DHP",
        ("data",),
        re.compile(r"S\d+ Seq\d+|TS\d+"),
        "data_train_3dhp.npz and data_test_3dhp.npz, or annot.mat and annot_data.mat",
    ),
}
"""By the verb of `rtpca prepare`: what people call a data set, and what its archives hold."""

_FARTHEST_M, _FARTHEST_PX = 1e4, 1e6
_PEEK_BYTES = 1 << 16
_PEEK_OPCODES = 100


@dataclass(frozen=True)
class Archive:
    """One `.npz` of a dataset and its main array: `positions_3d`, `positions_2d` or `data`."""

    path: Path
    array: str


def files_of(sources: Sequence[Path], suffixes: tuple[str, ...]) -> list[tuple[Path, bool]]:
    """The files that the user named or that lie in the folders that the user named, and which of both.

    Args:
        sources: files or folders.
        suffixes: endings of the files to look for in folders.

    Returns:
        (path, whether it was named itself), sorted within each folder.

    Raises:
        InputError: there is no such file or folder.
    """
    found: dict[Path, tuple[Path, bool]] = {}
    for source in sources:
        if source.is_dir():
            inside = sorted(path for path in source.rglob("*") if path.suffix.lower() in suffixes)
            for path in inside:
                if path.is_file() and not path.name.startswith("."):
                    found.setdefault(path.resolve(), (path, False))
        elif source.is_file():
            found[source.resolve()] = (source, True)
        else:
            raise InputError(f"{source}: no such file or folder; give the dataset's files or their folder")
    return list(found.values())


def find_archives(sources: Sequence[Path], dataset: str) -> list[Archive]:
    """The archives of one dataset among the sources; in folders, files of others are passed over.

    Raises:
        InputError: a file is missing or damaged, or a file that the user named holds something else.
    """
    archives: list[Archive] = []
    needed = f"needed are files like {_KNOWN[dataset].files}"
    arrays = dict.fromkeys(array for known in _KNOWN.values() for array in known.arrays)
    for path, named in files_of(sources, (".npz",)):
        if path.suffix.lower() != ".npz" and not zipfile.is_zipfile(path):
            if not named or path.suffix.lower() == ".mat":
                continue
            raise InputError(f"{path}: not an .npz archive, or truncated; {needed}")
        names = npz_names(path)
        array = next((name for name in arrays if name in names), None)
        holds = None if array is None else _dataset_of(path, array)
        if holds is None and array in _KNOWN[dataset].arrays and (named or array != "data"):
            holds = dataset  # cannot be told without reading it, and reading says what is wrong
        if array is not None and holds == dataset:
            archives.append(Archive(path, array))
        elif named and holds is not None:
            raise InputError(f"{path}: holds {_KNOWN[holds].title}; prepare it with `rtpca prepare {holds}`")
        elif named:
            listed = ", ".join(sorted(names)[:6]) or "nothing"
            raise InputError(f"{path}: an archive of other data (its arrays: {listed}); {needed}")
    return archives


def _dataset_of(path: Path, array: str) -> str | None:
    """The dataset whose first key the pickle shows; None where it shows none. Nothing is unpickled."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{array}.npy") as member:
            read_npy_header(member)
            beginning = member.read(_PEEK_BYTES)
    except (*ARCHIVE_DAMAGE, KeyError):
        return None
    try:
        for count, (_, text, _) in enumerate(pickletools.genops(io.BytesIO(beginning))):
            if count > _PEEK_OPCODES:
                break
            for dataset, known in _KNOWN.items():
                if array in known.arrays and isinstance(text, str) and known.first_key.fullmatch(text):
                    return dataset
    except (ValueError, TypeError, IndexError, OverflowError):
        pass  # cut off after the first bytes, or no pickle at all
    return None


def read_archive(archive: Archive) -> dict[str, Any]:
    """The main array of an archive, its metadata and its note by name; pickled ones as what they wrap.

    Raises:
        InputError: it is damaged, too large, or holds more than arrays and plain containers; nothing of it
            is run then.
    """
    names = (archive.array, METADATA_ARRAY, NOTE_ARRAY)
    arrays = read_npz(archive.path, names, most_bytes=MAX_UNPACKED_BYTES)
    contents = {name: array.item() if array.ndim == 0 else array for name, array in arrays.items()}
    main = contents.get(archive.array)
    if not isinstance(main, dict) or not all(isinstance(key, str) for key in main):
        raise InputError(
            f"{archive.path}: '{archive.array}' is no dictionary by names; is it the file of another project?"
        )
    return contents


def named_entries(value: Any, label: str) -> dict[str, Any]:
    """`value` where it is a dictionary by names; raises `InputError` where it is not."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise InputError(f"{label}: no dictionary by names; the file is damaged or of another kind")
    return value


def points_of(value: Any, coordinates: tuple[int, ...], joints: tuple[int, ...], label: str) -> np.ndarray:
    """An array of points (F, J, C), checked, in its own type.

    Args:
        value: what the file holds.
        coordinates: numbers of coordinates C that are known.
        joints: numbers of joints J that are known.
        label: how messages name it.

    Raises:
        InputError: it is no such array.
    """
    wanted = f"(F, {' or '.join(map(str, joints))}, {' or '.join(map(str, coordinates))})"
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiu":
        raise InputError(f"{label}: no array of numbers; needed is {wanted}")
    if value.ndim != 3 or not len(value) or value.shape[1] not in joints or value.shape[2] not in coordinates:
        raise InputError(f"{label}: has shape {value.shape}, needed is {wanted}")
    return value


def finite_metres(points: AnyFloatArray, label: str) -> FloatArray:
    """Positions in metres as float32.

    Raises:
        InputError: some are not finite, or further away than anybody was ever recorded.
    """
    if not (np.abs(points) < _FARTHEST_M).all():
        raise InputError(f"{label}: holds positions that are not finite or kilometres away; it is damaged")
    return points.astype(np.float32)


def pixels(points: AnyFloatArray) -> FloatArray:
    """2D keypoints as float32; what is no place in a picture becomes NaN, a missing keypoint."""
    return np.where(np.abs(points) < _FARTHEST_PX, points, np.nan).astype(np.float32)


def imitation_terms(text: Any, attribution: Attribution) -> Attribution:
    """The terms of an imitated file; the real dataset's where `text` is None.

    Raises:
        InputError: the file's note cannot be read.
    """
    if text is None:
        return attribution
    try:
        return Attribution.from_dict({**json.loads(str(text)), "source": attribution.source})
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"the note '{NOTE_ARRAY}' of the imitated files is damaged ({error})") from error
