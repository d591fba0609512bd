"""Numpy's `.npz` and `.npy` from strangers; what is pickled in them goes through `rtpca.files.pickled`."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy_format

from rtpca.errors import InputError
from rtpca.files.damage import ARRAY_DAMAGE, reason
from rtpca.files.pickled import unpickle

_PIECE_BYTES = 1 << 22


def read_npy(file: IO[bytes], source: str, objects: bool = True) -> np.ndarray:
    """One array in numpy's `.npy` format.

    Args:
        file: Open binary file at the start of the array.
        source: What to call the file in error messages.
        objects: Whether a pickled object array may be read; if not, it is refused unread.

    Raises:
        InputError: the data are damaged, or there is a pickle that holds more than arrays and plain
            containers, or is not wanted at all.
    """
    try:
        version = npy_format.read_magic(file)
        reader = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
        shape, column_major, dtype = reader(file)
        if not dtype.hasobject:
            flat = np.empty(math.prod(shape), dtype=dtype)
            _fill(flat, file)
            return flat.reshape(shape, order="F" if column_major else "C")
    except ARRAY_DAMAGE as error:
        raise InputError(f"{source}: damaged or truncated ({reason(error)})") from error
    if not objects:
        raise InputError(
            f"{source}: holds pickled Python objects, which are not read here; save it as a plain "
            "array of numbers"
        )
    content = unpickle(file, source)
    if not isinstance(content, np.ndarray) or content.shape != tuple(shape):
        raise InputError(
            f"{source}: the pickled array does not have the shape {shape} that its header announces"
        )
    return content


def _fill(flat: np.ndarray, file: IO[bytes]) -> None:
    """Fill an array from a file piece by piece: an hour of keypoints is not held twice."""
    if flat.nbytes == 0:
        return
    target = flat.view(np.uint8)
    for start in range(0, len(target), _PIECE_BYTES):
        piece = target[start : start + _PIECE_BYTES]
        content = file.read(len(piece))
        if len(content) != len(piece):
            raise ValueError(f"{start + len(content)} of {len(target)} bytes are there")
        piece[:] = np.frombuffer(content, dtype=np.uint8)


def read_npz(path: str | Path, objects: bool = True) -> dict[str, np.ndarray]:
    """All arrays of a numpy `.npz` archive.

    Args:
        path: The archive.
        objects: Whether pickled object arrays may be read; if not, they are refused unread.

    Raises:
        InputError: the file is missing, not an archive, damaged, or holds anything but arrays and plain
            containers. Nothing of it is run.
    """
    arrays: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".npy"):
                    with archive.open(name) as member:
                        arrays[name[:-4]] = read_npy(member, f"{path}, array '{name[:-4]}'", objects)
    except ARRAY_DAMAGE as error:
        raise InputError(_archive_message(path, error)) from error
    return arrays


def npz_names(path: str | Path) -> list[str]:
    """Names of the arrays of an `.npz` archive, without reading them.

    Raises:
        InputError: the file is missing, or no archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [name[:-4] for name in archive.namelist() if name.endswith(".npy")]
    except ARRAY_DAMAGE as error:
        raise InputError(_archive_message(path, error)) from error


def _archive_message(path: str | Path, error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path}: no such file"
    if isinstance(error, zipfile.BadZipFile):
        return f"{path}: not an .npz archive, or truncated ({reason(error)})"
    return f"{path}: cannot be read ({reason(error)})"
