"""Arrays of numbers, text, and lists (cells) of arrays from MATLAB 5 files; nothing else is read.

Written for files of strangers: sizes are checked before anything is read or unpacked, and cells may not hold
cells (a reader that follows them can be driven to crash). The format is the one that MathWorks documents as
"MAT-File Level 5".
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from rtpca.errors import InputError

MAX_VARIABLE_BYTES = 1 << 30
"""Larger variables are refused; the largest published one, 14 cameras of 12,820 frames, has a ninth of it."""

_MATRIX, _COMPRESSED = 14, 15
_CELL, _CHAR, _NUMERIC = 1, 4, range(6, 16)
_TYPES = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
    16: "u1",
    17: "u2",
    18: "u4",
}
_HEADER_BYTES, _NAME_BYTES = 128, 512
_COMPLEX = 0x800

Value = np.ndarray | list[np.ndarray] | str


class _Damaged(Exception):
    """The file breaks the rules of its format."""


def variable_names(path: Path) -> list[str]:
    """Names of the variables, without reading them.

    Raises:
        InputError: the file is damaged or none of MATLAB 5.
    """
    return list(_read(path, ()))


def read_variables(path: Path, names: Collection[str]) -> dict[str, Value]:
    """The named variables that the file has: arrays, cells as lists in column order, text.

    Raises:
        InputError: the file is damaged or none of MATLAB 5, or a variable is of another kind.
    """
    return {name: value for name, value in _read(path, names).items() if value is not None}


def _read(path: Path, wanted: Collection[str]) -> dict[str, Value | None]:
    try:
        with open(path, "rb") as file:
            return dict(_variables(file, path.stat().st_size, wanted))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (_Damaged, struct.error, zlib.error, ValueError, MemoryError, OverflowError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(f"{path}: damaged or no MATLAB 5 file ({reason}); get it again") from error


def _variables(file: BinaryIO, size: int, wanted: Collection[str]) -> Iterator[tuple[str, Value | None]]:
    """Name and value of each variable; None for those that are not wanted."""
    header = file.read(_HEADER_BYTES)
    order = {b"IM": "<", b"MI": ">"}.get(header[126:128])
    if order is None or struct.unpack(order + "H", header[124:126])[0] != 0x0100:
        raise _Damaged("its header is not that of MATLAB 5")
    position = _HEADER_BYTES
    while position + 8 <= size:
        file.seek(position)
        kind, count = struct.unpack(order + "II", file.read(8))
        position += 8 + count
        if position > size:
            raise _Damaged("it ends in the middle of a variable")
        if kind not in (_MATRIX, _COMPRESSED):
            raise _Damaged(f"an element of type {kind} where a variable belongs")
        content = file.read(min(count, _NAME_BYTES))
        beginning = content if kind == _MATRIX else zlib.decompressobj().decompress(content, _NAME_BYTES)[8:]
        matrix = _Matrix(beginning, order)
        if matrix.name not in wanted:
            yield matrix.name, None
            continue
        content += file.read(count - len(content))
        yield matrix.name, _Matrix(content if kind == _MATRIX else _unpacked(content), order).value()


def _unpacked(content: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    unpacked = unpacker.decompress(content, MAX_VARIABLE_BYTES)
    if unpacker.unconsumed_tail:
        raise _Damaged(f"a variable of more than {MAX_VARIABLE_BYTES >> 30} GiB")
    if not unpacker.eof:
        raise _Damaged("a variable is cut short")
    return unpacked[8:]


class _Matrix:
    """One array: its header is read at once, its content by `value`."""

    def __init__(self, content: bytes | memoryview, order: str) -> None:
        self._content, self._order, self._position = memoryview(content), order, 0
        flags = self._numbers()
        if len(flags) != 2:
            raise _Damaged("an array without its flags")
        self._kind, self._flags = int(flags[0]) & 0xFF, int(flags[0])
        self._shape = tuple(int(n) for n in self._numbers())
        self.name = self._numbers().astype(np.uint8).tobytes().decode("latin-1")

    def value(self) -> Value:
        """The content."""
        if self._kind == _CELL:
            return [self._member() for _ in range(self._count())]
        if self._kind == _CHAR:
            codes = self._numbers()
            if codes.itemsize == 1:
                return codes.tobytes().decode(errors="replace")
            return "".join(map(chr, codes.tolist()))
        return self._array()

    def _count(self) -> int:
        count = math.prod(self._shape)
        if min(self._shape, default=0) < 0 or count > MAX_VARIABLE_BYTES:
            raise _Damaged(f"an array of shape {self._shape}")
        return count

    def _array(self) -> np.ndarray:
        if self._kind not in _NUMERIC or self._flags & _COMPLEX:
            raise _Damaged(f"{self.name or 'a member of a list'} is no array of real numbers")
        numbers = self._numbers()
        if len(numbers) != self._count():
            raise _Damaged(f"{len(numbers)} numbers for an array of shape {self._shape}")
        return numbers.reshape(self._shape, order="F")

    def _member(self) -> np.ndarray:
        kind, content = self._element()
        if kind != _MATRIX:
            raise _Damaged(f"an element of type {kind} in a list of arrays")
        return _Matrix(content, self._order)._array() if len(content) else np.zeros((0, 0))

    def _numbers(self) -> np.ndarray:
        kind, content = self._element()
        if kind not in _TYPES:
            raise _Damaged(f"an element of type {kind} where numbers belong")
        return np.frombuffer(content, dtype=self._order + _TYPES[kind])

    def _element(self) -> tuple[int, memoryview]:
        start = self._position
        kind, count = struct.unpack_from(self._order + "II", self._content, start)
        if kind >> 16:  # a small element: both halves of the first word, then up to four bytes
            kind, count, begin, following = kind & 0xFFFF, kind >> 16, start + 4, start + 8
        else:
            begin, following = start + 8, start + 8 + count + -count % 8
        if begin + count > len(self._content):
            raise _Damaged("an element reaches beyond its array")
        self._position = following
        return kind, self._content[begin : begin + count]
