"""MPI-INF-3DHP's own annotation files: `annot.mat` of training sequences, `annot_data.mat` of test sequences.

The first is a MATLAB 5 file with a cell per camera, the second an HDF5 file (MATLAB 7.3) or a MATLAB 5 one.
Only arrays of numbers are taken from them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from rtpca.arrays import BoolArray
from rtpca.data.formats.matlab5 import Value, read_variables, variable_names
from rtpca.errors import InputError

MAX_NUMBERS = 50_000_000
"""Larger HDF5 arrays are refused unread; the longest published test sequence has 313,701 numbers."""

TRAIN_FIELDS, TEST_FIELDS = ("annot2", "univ_annot3"), ("annot2", "univ_annot3", "valid_frame")
_NOTE_FIELD = "imitation"

_HDF5_DAMAGE = (
    OSError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
    OverflowError,
    MemoryError,
)
"""What h5py raises on damaged files."""


def fields_of(path: Path) -> set[str] | None:
    """Names of the variables of a MATLAB file; None where it is no readable one."""
    try:
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                return set(file)
        return set(variable_names(path))
    except (*_HDF5_DAMAGE, InputError):
        return None


def read_train(path: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Read an `annot.mat`: 28 joints, all cameras.

    Returns:
        For each camera (F, 28, 2) pixels; for each (F, 28, 3) camera axes, millimetres.

    Raises:
        InputError: the file is damaged or lacks something.
    """
    values = _read(path, TRAIN_FIELDS)
    points: dict[str, list[np.ndarray]] = {}
    for field, axes in zip(TRAIN_FIELDS, (2, 3), strict=True):
        cells = values[field]
        if not isinstance(cells, list):
            raise InputError(
                f"{path}: '{field}' is no list of cameras; needed is the annot.mat of a sequence"
            )
        points[field] = [
            _flat_points(cell, axes, f"{path}: {field} of camera {i}") for i, cell in enumerate(cells)
        ]
    return points["annot2"], points["univ_annot3"]


def read_test(path: Path) -> tuple[np.ndarray, np.ndarray, BoolArray]:
    """Read an `annot_data.mat`: 17 joints, one camera.

    Returns:
        (F, 17, 2) pixels; (F, 17, 3) camera axes, millimetres; (F,) which frames count.

    Raises:
        InputError: the file is damaged or lacks something.
    """
    values = _read(path, TEST_FIELDS)
    points_px = _test_points(values["annot2"], 2, f"{path}: annot2")
    points_mm = _test_points(values["univ_annot3"], 3, f"{path}: univ_annot3")
    valid = values["valid_frame"]
    if not isinstance(valid, np.ndarray) or valid.dtype.kind not in "fiub":
        raise InputError(f"{path}: 'valid_frame' is no array of numbers; the file is damaged")
    return points_px, points_mm, np.ravel(valid) != 0


def read_note(path: Path) -> str | None:
    """The note of an imitated file; None in real ones.

    Raises:
        InputError: the file is damaged.
    """
    note = _read(path, (_NOTE_FIELD,)).get(_NOTE_FIELD)
    if isinstance(note, np.ndarray) and note.dtype.kind == "S":
        return note.tobytes().decode(errors="replace")
    return note if isinstance(note, str) else None


def _read(path: Path, fields: tuple[str, ...]) -> dict[str, Value]:
    values: dict[str, Value]
    try:
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                values = {name: _hdf5_array(file, name) for name in fields if name in file}
        else:
            values = read_variables(path, fields)
    except _HDF5_DAMAGE as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(f"{path}: damaged or no MATLAB file ({reason}); get it again") from error
    missing = [name for name in fields if name not in values and name != _NOTE_FIELD]
    if missing:
        raise InputError(f"{path}: has no {', '.join(missing)}; is it an annotation file of MPI-INF-3DHP?")
    return values


def _hdf5_array(file: h5py.File, name: str) -> np.ndarray:
    """An array that lies in the file itself: links to other files are not followed."""
    link: Any = file.get(name, getlink=True)
    array = file[name] if isinstance(link, h5py.HardLink) else None
    if not isinstance(array, h5py.Dataset) or array.external or array.is_virtual:
        raise ValueError(f"'{name}' is no array of this file")
    if array.dtype.kind not in "fiubS" or array.size is None or array.size > MAX_NUMBERS:
        raise ValueError(f"'{name}' is {array.dtype} of shape {array.shape}")
    return np.asarray(array[()])


def _flat_points(array: np.ndarray, axes: int, label: str) -> np.ndarray:
    """(F, 28 * axes) numbers as (F, 28, axes)."""
    if array.dtype.kind not in "fiu" or array.ndim != 2 or array.shape[1] != 28 * axes or not len(array):
        raise InputError(f"{label}: {array.dtype} of shape {array.shape}, needed is (F, {28 * axes}) numbers")
    return array.reshape(len(array), 28, axes)


def _test_points(array: Value, axes: int, label: str) -> np.ndarray:
    """(F, 17, axes) from HDF5's (F, 1, 17, axes) or MATLAB's (axes, 17, 1, F)."""
    if not isinstance(array, np.ndarray):
        raise InputError(f"{label}: no array of numbers; the file is damaged")
    if array.dtype.kind in "fiu" and array.ndim == 4 and array.size:
        if array.shape[1:] == (1, 17, axes):
            return array[:, 0]
        if array.shape[:3] == (axes, 17, 1):
            return array[:, :, 0].transpose(2, 1, 0)
    raise InputError(f"{label}: {array.dtype} of shape {array.shape}, needed is (F, 1, 17, {axes}) numbers")
