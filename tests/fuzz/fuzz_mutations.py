"""What is done to good files: bytes and numbers replaced, and each format changed from within, so that what
is changed is what its reader gets to see.
"""

from __future__ import annotations

import io
import json
import pickletools
import random
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

_NUMBERS: tuple[Any, ...] = (0, -1, 1, 2**31, 2**32 + 1, 2**63, -(2**63), 10**18, 10**60, 1e30, 1e-320, -0.0)
_ODD: tuple[Any, ...] = (
    *_NUMBERS,
    *(
        float("nan"),
        float("inf"),
        -float("inf"),
        None,
        True,
        "",
        "0",
        "NaN",
        "\ud800",
        "\x1b[31m",
        "9" * 5000,
    ),
    *([], {}, [[]], [None], {"x": 1}, [1, 2, 3], ["a"], "a/../../b", "1.5.2", [[[[1]]]]),
)
_TOKENS = (
    "NaN",
    "1e400",
    "-1",
    "0",
    "9" * 400,
    "Infinity",
    "1e-320",
    "2147483648",
    '"\\ud800"',
    "",
    "null",
    "[[",
)
_WORDS = tuple(
    struct.pack("<Q", number % 2**64) for number in (0, 1, 2**31 - 1, 2**32, 2**40, 2**63, 2**64 - 1)
)
_TEXTS = {".json", ".jsonl", ".yaml", ".csv", ".txt", ".trc", ".bvh", ".asf", ".amc"}


def mutate(path: Path, random: random.Random) -> None:
    """Change a file, or one of a folder, in one to three places.

    Args:
        path: What is changed.
        random: Decides how.
    """
    if path.is_dir():
        path = random.choice(sorted(path.iterdir()))
    for _ in range(random.choice((1, 1, 2, 3))):
        change = random.choice(_changes(path))
        try:
            change(path, random)
        except Exception:  # what is broken already may not be what this change is for
            _bytes(path, random)


def _changes(path: Path) -> list[Callable[[Path, random.Random], None]]:
    changes = [_bytes]
    ending = path.suffix
    if ending in _TEXTS:
        changes += [_tokens, _tokens, _lines]
    if ending == ".json":
        changes += [_json] * 4
    if ending == ".npz":
        changes += [_member] * 4
    if ending == ".npy":
        changes += [_npy_file] * 3
    if ending in (".pkl", ".bin"):
        changes += [_opcodes] * 3
    if ending == ".h5":
        changes += [_hdf5] * 4
    if ending in (".mp4", ".mov"):
        changes += [_boxes] * 3
    if ending == ".safetensors":
        changes += [_safetensors] * 4
    return changes


def _bytes(path: Path, random: random.Random) -> None:
    path.write_bytes(changed_bytes(path.read_bytes(), random))


def changed_bytes(content: bytes, random: random.Random) -> bytes:
    """Some bytes flipped, cut, doubled, moved or replaced by numbers that are edges."""
    data = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8))):
        at, length = random.randrange(len(data) + 1), random.choice((1, 2, 4, 8, 64, 1000))
        what = random.randrange(7)
        if what == 0:
            del data[at:]
        elif what == 1:
            del data[at : at + length]
        elif what == 2:
            data[at:at] = data[at : at + length]
        elif what == 3:
            data[at:at] = random.randbytes(length)
        elif what == 4:
            word = random.choice(_WORDS)[: random.choice((1, 2, 4, 8))]
            data[at : at + len(word)] = word if random.random() < 0.8 else word[::-1]
        elif what == 5 and data:
            data[at % len(data)] ^= 1 << random.randrange(8)
        else:
            data[at : at + length] = random.randbytes(min(length, max(0, len(data) - at)))
    return bytes(data)


def _tokens(path: Path, random: random.Random) -> None:
    text = path.read_text("latin-1")
    places = list(re.finditer(r"-?\d+(\.\d+)?(e-?\d+)?|[A-Za-z_]+", text))
    place = random.choice(places)
    other = random.choice((*_TOKENS, random.choice(places)[0]))
    path.write_text(text[: place.start()] + other + text[place.end() :], "latin-1")


def _lines(path: Path, random: random.Random) -> None:
    lines = path.read_text("latin-1").split("\n")
    at = random.randrange(len(lines))
    if random.random() < 0.5:
        lines[at:at] = [random.choice(lines)]
    else:
        del lines[at]
    path.write_text("\n".join(lines), "latin-1")


def _json(path: Path, random: random.Random) -> None:
    document = changed_value(json.loads(path.read_text()), random)
    path.write_text(json.dumps(document))


def changed_value(value: Any, random: random.Random, odds: float = 0.25) -> Any:
    """A nested value with something within it replaced, doubled, left out or called otherwise."""
    if random.random() < odds or not isinstance(value, list | dict) or not value:
        return random.choice(_ODD)
    if isinstance(value, list):
        at, copied = random.randrange(len(value)), list(value)
        if random.random() < 0.8:
            copied[at] = changed_value(value[at], random, odds)
        elif random.random() < 0.5:
            del copied[at]
        else:
            copied.append(value[at])
        return copied
    key, copied = random.choice(sorted(value, key=str)), dict(value)
    if random.random() < 0.8:
        copied[key] = changed_value(value[key], random, odds)
    else:
        moved = copied.pop(key)
        if random.random() < 0.5:
            copied[random.choice((*sorted(value, key=str), "x", ""))] = moved
    return copied


def _member(path: Path, random: random.Random) -> None:
    """One array of an archive, which is packed again."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = random.choice(sorted(members))
    members[name] = _changed_npy(members[name], random)
    if random.random() < 0.1:
        del members[random.choice(sorted(members))]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _npy_file(path: Path, random: random.Random) -> None:
    path.write_bytes(_changed_npy(path.read_bytes(), random))


def _changed_npy(content: bytes, random: random.Random) -> bytes:
    """An array with another header, other numbers, another shape or type."""
    what = random.randrange(4)
    begin = 10 + int.from_bytes(content[8:10], "little")
    if what == 0:
        header = changed_bytes(content[10:begin], random)[: begin - 10].ljust(begin - 10)
        return content[:10] + header + content[begin:]
    if b"'O'" in content[:begin] or b"|O" in content[:begin]:
        return content[:begin] + _changed_stream(content[begin:], random)
    if what == 1:
        return content[:begin] + changed_bytes(content[begin:], random)
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if what == 2 and array.size and array.dtype.kind in "fiu":
        array = array.copy()
        number = random.choice([number for number in _NUMBERS if abs(number) < 2**31])
        array.reshape(-1)[random.randrange(array.size) :: random.choice((1, 3, 10**9))] = number
    else:
        kinds = ("f8", "i1", "u8", "U3", "S2", "?", "c8", "f2", "M8[s]", [("a", "f4")])
        with np.errstate(all="ignore"):
            array = random.choice(
                (
                    lambda: array.reshape(-1),
                    lambda: array[None],
                    lambda: array[:0],
                    lambda: array[..., :1],
                    lambda: np.zeros(array.shape, random.choice(kinds)),
                    lambda: np.array(random.choice(_ODD[:17])),
                )
            )()
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)
    return file.getvalue()


def _opcodes(path: Path, random: random.Random) -> None:
    path.write_bytes(_changed_stream(path.read_bytes(), random))


def _changed_stream(content: bytes, random: random.Random) -> bytes:
    """A pickle with an instruction doubled, left out, moved, or put in."""
    places = [place for _, _, place in pickletools.genops(content) if place is not None]
    index = random.randrange(len(places) - 1)
    begin, end, at = places[index], places[index + 1], random.choice(places)
    what = random.randrange(5)
    if what == 0:
        return content[:begin] + content[end:]
    if what == 1:
        return content[:at] + content[begin:end] + content[at:]
    if what == 2:
        return content[:at] + random.choice(pickletools.opcodes).code.encode("latin-1") + content[at:]
    if what == 3:
        bombs = (
            b"r\xff\xff\xff\x7f",
            b"p2000000000\n",
            b"\x8e" + _WORDS[4],
            b"\x95" + _WORDS[4],
            b"2\x86" * 60,
        )
        return content[:at] + random.choice(bombs) + content[at:]
    return content[:begin] + changed_bytes(content[begin:end], random) + content[end:]


def _hdf5(path: Path, random: random.Random) -> None:
    """Something in the file replaced, taken out, led elsewhere, or claimed to be larger."""
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        name = random.choice(names)
        what = random.randrange(7)
        if what < 2:
            holder = file[name]
            if not len(holder.attrs):
                holder = file
            key = random.choice(sorted(holder.attrs))
            holder.attrs[key] = random.choice(
                (np.nan, -1.0, 1e300, "", "\x00x", "[" * 3000, "9" * 5000, np.zeros(3), b"x", 10**18, "walk")
            )
            return
        shape = getattr(file[name], "shape", (3, 2))
        del file[name]
        if what == 2:
            file[name] = h5py.ExternalLink("/etc/passwd", "/x")
        elif what == 3:
            file[name] = h5py.SoftLink(random.choice(names))
        elif what == 4:
            file.create_dataset(name, (10**7, 17, 3), "f4", chunks=(1000, 17, 3))
        elif what == 5:
            kind = random.choice(("f8", "i2", "S4", "u8", [("a", "f4")], h5py.string_dtype()))
            file.create_dataset(name, shape, kind)
        elif random.random() < 0.5:
            file[name] = np.full(shape, random.choice((np.nan, np.inf, 1e30, -1.0)))
        else:
            file.create_group(name)


def _boxes(path: Path, random: random.Random) -> None:
    """One of a film's boxes taken out, doubled, or with other numbers or another length; not its pictures."""
    content = path.read_bytes()
    places = [found.start() for found in re.finditer(rb"(?<=\x00\x00.{2})[a-z]{4}", content, re.DOTALL)]
    kinds = [at for at in places if content[at : at + 4] != b"mdat"]
    at = random.choice(kinds) - 4
    length = max(8, int.from_bytes(content[at : at + 4]))
    what = random.randrange(4)
    if what == 0:
        content = content[:at] + content[at + length :]
    elif what == 1:
        content = content[:at] + content[at : at + length] + content[at:]
    elif what == 2:
        content = content[:at] + random.choice(_WORDS)[:4] + content[at + 4 :]
    else:
        inside = random.randrange(at + 8, at + length + 1)
        word = random.choice(_WORDS)[: random.choice((1, 2, 4, 8))]
        content = content[:inside] + word + content[inside + len(word) :]
    path.write_bytes(content)


def _safetensors(path: Path, random: random.Random) -> None:
    """Something in the header, whose length is put right."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    if random.random() < 0.7:
        key = random.choice(sorted(header["__metadata__"]))
        try:
            value = json.dumps(changed_value(json.loads(header["__metadata__"][key]), random, 0.1))
        except ValueError:
            value = str(random.choice(_ODD))
        header["__metadata__"][key] = value
    else:
        header = changed_value(header, random, 0.05)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])
