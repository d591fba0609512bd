"""Pickled numpy data from strangers, read without running anything of theirs.

VideoPose3D's `.npz` files and several dataset releases hold pickled object arrays. Unpickling runs whatever
the file names, and even numpy's own helpers can be led to read memory through a forged dtype. So this reader
admits arrays, numpy scalars and plain containers only, and builds the arrays itself: the names in the stream
lead to small builders below that check each piece, never to numpy's own functions. Any other name is refused
before it is looked up, and any instruction that such data do not need before it is carried out.

A few bytes can also ask for endless work or memory: by a place in a table far beyond its end, by copying what
was read again and again, by keys whose hash takes years. So the stream is read by Python's own unpickler in
Python, which keeps that table sparse, with a limit on its instructions and on the bytes that are made.
"""

from __future__ import annotations

import math
import pickle
import pickletools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from rtpca.errors import InputError
from rtpca.files.damage import ARRAY_DAMAGE, check_texts, reason
from rtpca.files.reading import check_file, opened

_NEEDLESS = {
    *("PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"),
    *("NEXT_BUFFER", "READONLY_BUFFER"),
}
_OPCODES = {ord(each.code) for each in pickletools.opcodes if each.name not in _NEEDLESS}
_MAX_OPCODES = 20_000_000
"""An hour of a detector's lists, frame by frame, takes a third of them."""
_MOST_TIMES_MADE, _UNSUSPICIOUS_BYTES = 4, 1 << 20
"""What is made of a stream has a few times its size; each number is in it once."""
_MOST_AXES = 64
_LARGEST_KEY = 1 << 60

_PLAIN_DTYPE = re.compile(r"[<>|=]?(?:[?bBhHiIlLqQefdgFDGO]|[biufc]\d{1,2}|b1|O[48]|[SUa]\d+)$")


class _Refused(pickle.UnpicklingError):
    """The stream asks for something that is neither an array nor a plain container."""


class _Admitted:
    """A callable handed to the stream; without attributes, so the stream cannot alter it."""

    __slots__ = ("_build",)

    def __init__(self, build: Callable[..., Any]) -> None:
        self._build = build

    def __call__(self, *args: Any) -> Any:
        return self._build(*args)


class _Dtype:
    """Stands for a numpy dtype: a plain type code and a byte order, nothing structured."""

    __slots__ = ("dtype",)

    def __init__(self, code: object, *_: object) -> None:
        text = code.decode("latin1") if isinstance(code, bytes) else code
        if not isinstance(text, str) or not _PLAIN_DTYPE.match(text):
            raise _Refused("an array of a type that is no plain one")
        self.dtype = np.dtype("O") if text.lstrip("<>|=").startswith("O") else np.dtype(text)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, order, subarray, names, fields = state[:5]
        if subarray is not None or names or fields:
            raise _Refused("an array with a structured type")
        order = order.decode("latin1") if isinstance(order, bytes) else order
        if order in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """Stands for an array until its content has arrived; `_resolve` puts the array in its place."""

    __slots__ = ("array",)

    def __init__(self, *_: object) -> None:
        self.array = np.empty(0)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        shape, kind, column_major, content = state[-4:]
        self.array = _array_from(content, kind, shape, "F" if column_major else "C")


def _array_from(content: object, kind: object, shape: object, order: object = "C", *_: object) -> np.ndarray:
    """An array from its raw bytes, or from a list of objects, with its size checked against its shape."""
    if not isinstance(kind, _Dtype):
        raise _Refused("an array without a type")
    dims = (shape,) if isinstance(shape, int) else shape
    if (
        not isinstance(dims, tuple)
        or len(dims) > _MOST_AXES
        or not all(isinstance(n, int) and 0 <= n < 1 << 63 for n in dims)
    ):
        raise _Refused("an array of a shape that is none")
    count = math.prod(dims)
    layout = "F" if order == "F" else "C"
    if kind.dtype.hasobject:
        if not isinstance(content, list) or len(content) != count:
            raise _Refused("an object array whose content does not fit its shape")
        flat = np.empty(count, dtype=object)
        for index, item in enumerate(content):
            flat[index] = item
        return flat.reshape(dims, order=layout)
    # Pickles of Python 2, read as Latin-1, hold the raw bytes as text.
    raw = content.encode("latin1") if isinstance(content, str) else content
    if not isinstance(raw, bytes | bytearray) or len(raw) != count * kind.dtype.itemsize:
        raise _Refused("an array whose content does not fit its shape")
    flat = np.frombuffer(raw, dtype=kind.dtype)
    if kind.dtype.kind == "U":
        check_texts(flat)
    return flat.reshape(dims, order=layout).copy(order="K")


def _scalar(kind: object, content: object = b"") -> Any:
    return _array_from(content, kind, (1,))[0]


def _encode(text: object, encoding: object = "latin1") -> bytes:
    """What Python 3 writes in old protocols in place of a bytes constant."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise _Refused("an encoding other than Latin-1")
    return text.encode("latin1")


def _byte_string(content: object = b"", encoding: object = None) -> bytearray:
    if isinstance(content, str) and encoding in ("latin1", "latin-1"):
        return bytearray(content, "latin1")
    if not isinstance(content, bytes | bytearray):
        raise _Refused("a byte array made from something else than bytes")
    return bytearray(content)


def _collect(kind: type[Any]) -> Callable[..., Any]:
    def build(content: object = ()) -> Any:
        if not isinstance(content, list | tuple | dict | set | frozenset):
            raise _Refused(f"a {kind.__name__} made from something else than a container")
        if kind in (set, frozenset):
            return kind(map(_key, content))
        if kind is dict and not isinstance(content, dict):
            return {_key(key): value for key, value in content}
        return kind(content)

    return build


def _builders() -> dict[tuple[str, str], Callable[..., Any]]:
    builders: dict[tuple[str, str], Callable[..., Any]] = {
        ("numpy", "dtype"): _Dtype,
        ("numpy", "ndarray"): _Array,
        ("_codecs", "encode"): _encode,
        ("collections", "OrderedDict"): _collect(dict),
        ("collections", "defaultdict"): lambda *_: {},
    }
    for core in ("numpy.core", "numpy._core"):
        builders[f"{core}.multiarray", "_reconstruct"] = _Array
        builders[f"{core}.multiarray", "scalar"] = _scalar
        builders[f"{core}.numeric", "_frombuffer"] = _array_from
    for builtins in ("builtins", "__builtin__"):
        builders[builtins, "bytearray"] = _byte_string
        builders[builtins, "bytes"] = lambda *parts: bytes(_byte_string(*parts))
        for kind in (dict, list, tuple, set, frozenset):
            builders[builtins, kind.__name__] = _collect(kind)
    return builders


class _Opcodes(dict[int, Callable[["_Unpickler"], None]]):
    """What carries out each instruction; those that data do not need, and too many, are refused."""

    def __init__(self, known: Mapping[int, Callable[[Any], None]]) -> None:
        super().__init__({code: known[code] for code in _OPCODES})
        self._left = _MAX_OPCODES

    def __getitem__(self, code: int) -> Callable[[_Unpickler], None]:
        self._left -= 1
        if self._left < 0:
            raise _Refused(f"more than {_MAX_OPCODES:,} instructions")
        return super().__getitem__(code)

    def __missing__(self, code: int) -> Callable[[_Unpickler], None]:
        raise _Refused(f"the instruction {bytes([code])!r}")


class _Unpickler(pickle._Unpickler):  # pyright: ignore  # the one in Python: of the stream's words, all are ours
    """An unpickler whose every global name is one of the builders above, and that builds nothing else."""

    stack: list[Any]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]

    def __init__(self, file: IO[bytes], most_bytes: int) -> None:
        super().__init__(file, encoding="latin1")

        def read(count: int) -> bytes:
            if count > most_bytes:  # as much would be reserved
                raise EOFError(f"{count:,} bytes are announced in {most_bytes:,}")
            return file.read(count)

        self._file_read = read
        self._left = _MOST_TIMES_MADE * most_bytes + _UNSUSPICIOUS_BYTES
        self._admitted = {name: _Admitted(build) for name, build in _builders().items()}
        known = pickle._Unpickler.dispatch  # pyright: ignore
        self.dispatch = _Opcodes({**known, **_CHECKED})  # pyright: ignore

    def find_class(self, module: str, name: str) -> Any:
        """The builder for a name of the stream.

        Raises:
            _Refused: for every name that is not on the list; nothing is imported.
        """
        try:
            return self._admitted[module, name]
        except (KeyError, TypeError):
            raise _Refused(f"{module}.{name}") from None

    def reduce(self) -> None:
        """Call a builder."""
        arguments, build = self.stack.pop(), self.stack[-1]
        if not isinstance(build, _Admitted) or not isinstance(arguments, tuple):
            raise _Refused("a call of something that is no function")
        self._count(arguments)
        self.stack[-1] = build(*arguments)

    def build(self) -> None:
        """Hand an array or a type its content."""
        state, made = self.stack.pop(), self.stack[-1]
        if not isinstance(made, _Array | _Dtype) or not isinstance(state, tuple):
            raise _Refused("a state for something that has none")
        self._count(state)
        made.__setstate__(state)

    def append_one(self) -> None:
        """Append to a list."""
        item, target = self.stack.pop(), self.stack[-1]
        _of_kind(target, list).append(item)

    def append_many(self) -> None:
        """Extend a list."""
        items, target = self.pop_mark(), self.stack[-1]
        _of_kind(target, list).extend(items)

    def set_one(self) -> None:
        """Put an entry into a dictionary."""
        value, key = self.stack.pop(), self.stack.pop()
        _of_kind(self.stack[-1], dict)[_key(key)] = value

    def set_many(self) -> None:
        """Put entries into a dictionary."""
        items = self.pop_mark()
        _of_kind(self.stack[-1], dict).update(_entries(items))

    def make_dict(self) -> None:
        """A dictionary of entries."""
        items = self.pop_mark()  # which puts another stack in place
        self.append(_entries(items))

    def add_many(self) -> None:
        """Put members into a set."""
        items = self.pop_mark()
        _of_kind(self.stack[-1], set).update(map(_key, items))

    def make_frozenset(self) -> None:
        """A frozen set of members."""
        items = self.pop_mark()
        self.append(frozenset(map(_key, items)))

    def _count(self, parts: tuple[Any, ...]) -> None:
        """Count what a builder is about to copy."""
        for part in parts:
            if isinstance(part, str | bytes | bytearray):
                self._left -= len(part)
            elif isinstance(part, list | tuple | dict | set | frozenset):
                self._left -= 8 * len(part)
        if self._left < 0:
            raise _Refused("the same content many times over")


_CHECKED: dict[int, Callable[[Any], None]] = {
    pickle.REDUCE[0]: _Unpickler.reduce,
    pickle.BUILD[0]: _Unpickler.build,
    pickle.APPEND[0]: _Unpickler.append_one,
    pickle.APPENDS[0]: _Unpickler.append_many,
    pickle.SETITEM[0]: _Unpickler.set_one,
    pickle.SETITEMS[0]: _Unpickler.set_many,
    pickle.DICT[0]: _Unpickler.make_dict,
    pickle.ADDITEMS[0]: _Unpickler.add_many,
    pickle.FROZENSET[0]: _Unpickler.make_frozenset,
}


def _of_kind(value: object, kind: type[Any]) -> Any:
    if type(value) is not kind:
        raise _Refused(f"a {type(value).__name__} where a {kind.__name__} belongs")
    return value


def _entries(items: list[Any]) -> dict[Any, Any]:
    return {_key(items[at]): items[at + 1] for at in range(0, len(items), 2)}


def _key(value: Any) -> Any:
    """A key or a member of a set, which may only be of kinds whose hashes are made fast, and differ.

    Of keys in keys in keys, the hash alone can take for ever; numbers beyond the range of hashes can be
    chosen to share one, and so can complex ones.
    """
    for part in value if isinstance(value, tuple) else (value,):
        if isinstance(part, int):
            if abs(part) > _LARGEST_KEY:
                raise _Refused("a number of so many digits as a name")
        elif part is not None and not isinstance(
            part, str | bytes | float | np.integer | np.floating | np.bool_
        ):
            raise _Refused(f"a {type(part).__name__} as a name")
    return value


def _resolve(value: Any, done: dict[int, tuple[Any, Any]]) -> Any:
    """`value` with every stand-in replaced by what it stands for; containers are changed in place.

    `done` maps the identity of a visited object to that object (kept alive, so that no identity is used
    twice) and its replacement.
    """
    if id(value) in done:
        return done[id(value)][1]
    if isinstance(value, _Admitted):
        raise _Refused("a function where data belongs")
    if isinstance(value, tuple | set | frozenset):
        result = type(value)(_resolve(item, done) for item in value)
        done[id(value)] = (value, result)
        return result
    stand_in = (
        value.dtype if isinstance(value, _Dtype) else value.array if isinstance(value, _Array) else value
    )
    if not isinstance(stand_in, list | dict | np.ndarray):
        return stand_in
    done[id(value)] = (value, stand_in)
    if isinstance(stand_in, list):
        stand_in[:] = [_resolve(item, done) for item in stand_in]
    elif isinstance(stand_in, dict):
        items = [(_resolve(key, done), _resolve(item, done)) for key, item in stand_in.items()]
        stand_in.clear()
        stand_in.update(items)
    elif stand_in.dtype.hasobject:
        for index in np.ndindex(stand_in.shape):
            stand_in[index] = _resolve(stand_in[index], done)
    return stand_in


def unpickle(file: IO[bytes], source: str, most_bytes: int) -> Any:
    """What a stream of pickled numpy arrays and plain containers holds.

    Args:
        file: Open binary file at the start of the pickle.
        source: What to call the file in error messages.
        most_bytes: Bytes that the file can have at most.

    Raises:
        InputError: it is damaged, or holds anything else. Nothing of it is run.
    """
    try:
        return _resolve(_Unpickler(file, most_bytes).load(), {})
    except _Refused as error:
        raise InputError(
            f"{source}: its pickle holds {reason(error)}; only numpy arrays and plain containers are read, "
            "and nothing of the file was run. Save the data as plain arrays if you trust its origin."
        ) from error
    except ARRAY_DAMAGE as error:
        raise InputError(f"{source}: the pickled data are damaged or truncated ({reason(error)})") from error


def read_pickle(path: str | Path) -> Any:
    """A pickle file that holds numpy arrays and plain containers (dict, list, tuple, set, numbers, text).

    Reads protocols 0 to 5, from numpy 1 and 2, and from Python 2 (byte strings come out as Latin-1 text).

    Raises:
        InputError: the file is missing or damaged, or holds anything else. Nothing of it is run.
    """
    size = check_file(path)
    with opened(path) as file:
        return unpickle(file, str(path), size)
