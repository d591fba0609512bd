"""Numpy's `.npz` and `.npy` from strangers; what is pickled in them goes through `rtpca.files.pickled`.

What a header announces is compared with what can be there before memory is taken for it.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy_format

from rtpca.errors import InputError
from rtpca.files.damage import ARRAY_DAMAGE, check_texts, reason
from rtpca.files.pickled import unpickle
from rtpca.files.reading import check_file, opened, unreadable

MAX_ARRAY_BYTES = 1 << 30
"""Largest array that is read where nothing else is said: a day of 17 keypoints, 30 times a second."""

_PIECE_BYTES = 1 << 22
_MAX_TEXTS = 1 << 16
_NUMBERS, _TEXTS = "biuf", "SU"
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNSUSPICIOUS_BYTES, _MOST_TIMES_PACKED = 1 << 28, 200
"""What unpacks to more than this many times its size is no measurement; small files may."""


def read_npy(
    file: IO[bytes], source: str, objects: bool = True, most_bytes: int = MAX_ARRAY_BYTES
) -> np.ndarray:
    """One array of numbers or texts in numpy's `.npy` format.

    Args:
        file: Open binary file at the start of the array.
        source: What to call the file in error messages.
        objects: Whether a pickled object array may be read; if not, it is refused unread.
        most_bytes: Bytes that the file can have at most; an array that announces more is damaged.

    Raises:
        InputError: the data are damaged or of another kind, or there is a pickle that holds more than arrays
            and plain containers, or is not wanted at all.
    """
    try:
        shape, column_major, dtype = read_npy_header(file)
        if not dtype.hasobject:
            return _read_plain(file, shape, column_major, dtype, most_bytes)
    except ARRAY_DAMAGE as error:
        raise InputError(f"{source}: damaged or truncated ({reason(error)})") from error
    if not objects:
        raise InputError(
            f"{source}: holds pickled Python objects, which are not read here; save it as a plain "
            "array of numbers"
        )
    content = unpickle(file, source, most_bytes)
    if not isinstance(content, np.ndarray) or content.shape != shape:
        raise InputError(
            f"{source}: the pickled array does not have the shape {shape} that its header announces"
        )
    return content


def read_npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether the first axis runs fastest, and type of an array: of numbers, texts or objects.

    Raises:
        ValueError: there is no such header.
    """
    version = npy_format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"a .npy file of version {version[0]}.{version[1]}")
    reader = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
    try:
        shape, column_major, dtype = reader(file)
    except Exception as error:  # numpy hands the header to Python's parser, which raises whatever it likes
        raise ValueError(f"its header cannot be read: {reason(error)}") from error
    if dtype.names or dtype.subdtype or dtype.kind not in _NUMBERS + _TEXTS + "O":
        raise ValueError(f"an array of type {dtype}; needed are numbers")
    if any(n < 0 for n in shape):
        raise ValueError(f"an array of shape {shape}")
    return shape, column_major, dtype


def _read_plain(
    file: IO[bytes], shape: tuple[int, ...], column_major: bool, dtype: np.dtype, most_bytes: int
) -> np.ndarray:
    count = math.prod(shape)
    if count * dtype.itemsize > most_bytes or (dtype.kind in _TEXTS and count > _MAX_TEXTS):
        raise ValueError(f"its header announces {count:,} numbers or texts, more than can be there")
    # A text of no length takes no bytes in a file, and some in memory.
    flat = np.zeros(count, dtype=dtype) if dtype.itemsize == 0 else np.empty(count, dtype=dtype)
    if dtype.itemsize and count:
        _fill(flat, file)
    if dtype.kind == "U":
        check_texts(flat)
    return flat.reshape(shape, order="F" if column_major else "C")


def _fill(flat: np.ndarray, file: IO[bytes]) -> None:
    """Fill an array from a file piece by piece: an hour of keypoints is not held twice."""
    target = flat.view(np.uint8)
    for start in range(0, len(target), _PIECE_BYTES):
        piece = target[start : start + _PIECE_BYTES]
        content = file.read(len(piece))
        if len(content) != len(piece):
            raise ValueError(f"{start + len(content)} of {len(target)} bytes are there")
        piece[:] = np.frombuffer(content, dtype=np.uint8)


def read_npy_file(path: str | Path) -> np.ndarray:
    """The array of numbers or texts in a `.npy` file; a pickle is refused unread.

    Raises:
        InputError: the file is missing, damaged, too large, or holds something else.
    """
    size = check_file(path)
    with opened(path) as file:
        return read_npy(file, str(path), objects=False, most_bytes=min(size, MAX_ARRAY_BYTES))


def read_npz(
    path: str | Path, names: Collection[str], objects: bool = True, most_bytes: int = MAX_ARRAY_BYTES
) -> dict[str, np.ndarray]:
    """Some arrays of a numpy `.npz` archive; others in it are not touched.

    Args:
        path: The archive.
        names: Which arrays; those that it lacks are left out.
        objects: Whether pickled object arrays may be read; if not, they are refused unread.
        most_bytes: Bytes that they may unpack to, all together.

    Raises:
        InputError: the file is missing, not an archive, damaged, too large, or these arrays hold anything but
            arrays and plain containers. Nothing of it is run.
    """
    with _archive(path) as archive:
        members = {info.filename[:-4]: info for info in archive.infolist() if info.filename.endswith(".npy")}
        wanted = {name: members[name] for name in members if name in names}
        _check_sizes(path, wanted.values(), most_bytes)
        arrays: dict[str, np.ndarray] = {}
        for name, info in wanted.items():
            source = f"{path}, array '{name}'"
            with archive.open(info) as member:
                arrays[name] = read_npy(member, source, objects, info.file_size)
        return arrays


def _check_sizes(path: str | Path, members: Collection[zipfile.ZipInfo], most_bytes: int) -> None:
    """Refuse archives that unpack to too much; what these sizes say is the most that is unpacked."""
    size = sum(info.file_size for info in members)
    packed = sum(info.compress_size for info in members)
    if size > most_bytes:
        raise InputError(
            f"{path}: its arrays unpack to {size:,} bytes, and files of its kind are read up to "
            f"{most_bytes:,}; cut it into parts"
        )
    if size > _UNSUSPICIOUS_BYTES and size > _MOST_TIMES_PACKED * packed:
        raise InputError(
            f"{path}: its arrays unpack to {size:,} bytes, {size // max(packed, 1)} times their size in the "
            "file: no measured numbers do; save them unpacked (numpy.savez) if they are right"
        )
    for info in members:
        if info.compress_type not in _PACKED:
            raise InputError(f"{path}: {info.filename} is packed in a way that numpy does not use")


def npz_names(path: str | Path) -> list[str]:
    """Names of the arrays of an `.npz` archive, without reading them.

    Raises:
        InputError: the file is missing, or no archive.
    """
    with _archive(path) as archive:
        return [name[:-4] for name in archive.namelist() if name.endswith(".npy")]


@contextmanager
def _archive(path: str | Path) -> Generator[zipfile.ZipFile]:
    check_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except zipfile.BadZipFile as error:
        raise InputError(f"{path}: not an .npz archive, or truncated ({reason(error)})") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except ARRAY_DAMAGE as error:
        raise InputError(f"{path}: cannot be read ({reason(error)})") from error
