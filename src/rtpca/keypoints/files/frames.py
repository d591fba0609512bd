"""Which frame of which clip a file name or a frame number stands for.

A name counts as a whole: its folder and its words say which video a picture belongs to, its numbers when it
was taken. Nothing is ordered by a part of a name that starts again, such as the fraction of a time stamp.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rtpca.errors import InputError

_LONGEST_NAME = 4096
_MOSTLY_EMPTY = 20
"""Numbers more than so many times as far apart as frames would be do not count frames."""
_EVEN_STEPS = 0.9
"""Numbers are evenly spaced where this part of their steps are multiples of the usual one,"""
_UNEVEN = 0.25
"""by so much of it at most beside the multiple."""
_NUMBER = re.compile(r"([0-9]{1,30})")
_ENDINGS = re.compile(
    r"(_keypoints)?(\.(json|txt|jpe?g|png|bmp|tiff?|webp|gif))*(_(jpe?g|png)\.rf\.[0-9a-f]+)?"
    r"(\.(json|txt|jpe?g|png))?$",
    re.IGNORECASE,
)
"""What names of files end with that says nothing about the frame; the last but one is Roboflow's."""


@dataclass(frozen=True)
class ClipFrames:
    """One clip of a file: where what is called so lies in it.

    Attributes:
        places: What the file calls a frame -> its index from 0.
        frames: Frames F of the clip.
        label: What to call the clip where the file has several.
        note: What was assumed; empty for nothing.
        scattered: Whether the numbers lie so unevenly apart that these may be photographs.
    """

    places: Mapping[Hashable, int]
    frames: int
    label: str = ""
    note: str = ""
    scattered: bool = False


def numbered_frames(numbers: Iterable[float], known: Iterable[float] = ()) -> ClipFrames:
    """The clip whose frames have these numbers.

    Whole numbers count frames from the lowest one on, so that frames without anybody leave a gap. Numbers far
    apart are time stamps, or every n-th frame, where they are evenly spaced: their usual step is one frame.
    Otherwise only their order counts.

    Args:
        numbers: What frames are called, in any order, repeated or not.
        known: Further frames that exist.
    """
    used = sorted({*numbers, *known})
    if not used:
        return ClipFrames({}, 0)
    whole = all(isinstance(number, int) or number.is_integer() for number in used)
    span = math.floor(used[-1] - used[0]) + 1
    if len(used) == 1 or (whole and span <= _MOSTLY_EMPTY * len(used)):
        return ClipFrames({number: int(number - used[0]) for number in used}, span)
    between = f"frame numbers from {used[0]} to {used[-1]} for {len(used)} frames"
    steps = np.array([float(after - before) for before, after in pairwise(used)])
    usual = float(np.median(steps))
    with np.errstate(all="ignore"):
        counted = np.maximum(1, np.round(steps / usual))
        even = np.abs(steps / usual - counted) <= _UNEVEN
    if len(steps) > 1 and even.mean() >= _EVEN_STEPS and counted.sum() < _MOSTLY_EMPTY * len(used):
        places = np.concatenate([[0], np.cumsum(counted)]).astype(int).tolist()
        note = f"{between}, {usual:g} apart: each {usual:g} is a frame; `fps` says how many are in a second"
        stamped: dict[Hashable, int] = dict(zip(used, places, strict=True))
        return ClipFrames(stamped, places[-1] + 1, note=note)
    in_order: dict[Hashable, int] = {number: index for index, number in enumerate(used)}
    return ClipFrames(in_order, len(used), note=f"{between}: taken in order, without gaps", scattered=True)


def named_clips(names: Iterable[str]) -> list[ClipFrames]:
    """The clips whose frames are in files of these names, in natural order.

    Names that differ in their folder or their words belong to different clips, and so do those with a number
    that tells cameras or takes apart, beside one that counts the frames of each. A number with a fraction is
    a time stamp. Names of one frame each are photographs: clips of their own.
    """
    names = set(names)
    longest = max(map(len, names), default=0)
    if longest > _LONGEST_NAME:
        raise InputError(f"an image is called by a name of {longest:,} characters: no file has such a name")
    alike: dict[str, list[str]] = {}
    for name in in_natural_order(names):
        folder, _, own = name.replace("\\", "/").rpartition("/")
        words = "#".join(_parts(own)[::2]).replace("#.#", "#")
        alike.setdefault(f"{folder}/{words}", []).append(name)
    clips = [clip for group in alike.values() for clip in _clips_of_alike(group)]
    return sorted(clips, key=lambda clip: _natural_key(clip.label))


def in_natural_order(names: Iterable[str]) -> list[str]:
    """Names sorted so that "frame2" comes before "frame10"."""
    return sorted(names, key=_natural_key)


def _natural_key(name: str) -> list[tuple[int, str]]:
    parts = _NUMBER.split(name)
    return [(int(part), part) if place % 2 else (-1, part) for place, part in enumerate(parts)]


def _parts(name: str) -> list[str]:
    """Words and numbers of a name in turn, words first, without its ending: "a_01.jpg" is "a_", "01", ""."""
    return _NUMBER.split(_ENDINGS.sub("", name.replace("\\", "/"), count=1))


def _clips_of_alike(names: Sequence[str]) -> list[ClipFrames]:
    """The clips of names that have the same words and numbers in the same places, or a fraction more."""
    rows = [_parts(name) for name in names]
    if len({len(row) for row in rows}) > 1:
        longest = max(rows, key=len)
        at = longest.index(".") + 1 if "." in longest else 0
        rows = [
            row if len(row) == len(longest) else [*row[: at - 1], ".", "0", *row[at - 1 :]] for row in rows
        ]
    if len({tuple(row[::2]) for row in rows}) > 1:
        places: dict[Hashable, int] = {name: index for index, name in enumerate(names)}
        return [ClipFrames(places, len(names), names[0], "file names of several kinds: taken in order")]
    changing = [place for place in range(1, len(rows[0]), 2) if len({row[place] for row in rows}) > 1]
    label = _label(names[0], rows[0], changing)
    if len(changing) <= 1:
        if not changing:
            return [ClipFrames({names[0]: 0}, 1, label=names[0])]
        before = rows[0][changing[0] - 1] if changing[0] > 1 else ""
        stamps = _stamps(rows, changing[0] - 2) if before == "." else None
        return [_numbered(names, stamps or [int(row[changing[0]]) for row in rows], label)]
    stamps = _stamps(rows, changing[-2]) if len(changing) == 2 and changing[1] == changing[0] + 2 else None
    if stamps is not None:
        return [_numbered(names, stamps, label)]
    counter = _counter(rows, changing)
    if counter is not None:
        return [_numbered(names, [int(row[counter]) for row in rows], label)]
    split = _split(names, rows, changing)
    if split is not None:
        return [clip for group in split for clip in _clips_of_alike(group)]
    in_order = sorted(zip(rows, names, strict=True), key=lambda pair: _time_key(pair[0]))
    places: dict[Hashable, int] = {name: index for index, (_, name) in enumerate(in_order)}
    note = f"file names with {len(changing)} numbers that change: taken in order, without gaps"
    return [ClipFrames(places, len(names), label, note)]


def _numbered(names: Sequence[str], numbers: Sequence[float], label: str) -> ClipFrames:
    clip = numbered_frames(numbers)
    places: dict[Hashable, int] = {
        name: clip.places[number] for name, number in zip(names, numbers, strict=True)
    }
    return ClipFrames(places, clip.frames, label, clip.note, clip.scattered)


def _label(name: str, row: Sequence[str], changing: Sequence[int]) -> str:
    """What all names of a clip begin with; a photograph's own name."""
    return "".join(row[: changing[0]]) or name if changing else name


def _stamps(rows: Sequence[Sequence[str]], place: int) -> list[float] | None:
    """Time stamps with a fraction, "12.0333"; None where these are two numbers with a point between them.

    Two names cannot be of the same time: "1.1" and "1.10" count frames.
    """
    if place < 1 or any(row[place + 1] != "." for row in rows):
        return None
    counted = [int(row[place + 2]) for row in rows]
    if len({row[place] for row in rows}) == 1 and _consecutive(counted):
        return None
    stamps = [float(f"{row[place]}.{row[place + 2]}") for row in rows]
    return stamps if len(set(stamps)) == len(stamps) else None


def _time_key(row: Sequence[str]) -> list[float]:
    """The numbers of a name in order, what follows a point as a fraction: "12-00-1.5"."""
    return [
        float(f"0.{row[place]}") if place > 1 and row[place - 1] == "." else float(row[place])
        for place in range(1, len(row), 2)
    ]


def _counter(rows: Sequence[Sequence[str]], changing: Sequence[int]) -> int | None:
    """The place of a number that goes on, one by one, through all names, whatever else changes beside it."""
    for place in reversed(changing):
        numbers = [int(row[place]) for row in rows]
        if all(before < after <= before + _MOSTLY_EMPTY for before, after in pairwise(numbers)):
            return place
    return None


def _split(
    names: Sequence[str], rows: Sequence[Sequence[str]], changing: Sequence[int]
) -> list[list[str]] | None:
    """The names of each clip, where one number counts the frames of every clip; None where none does."""
    best: list[list[str]] | None = None
    for place in changing:
        groups: dict[tuple[str, ...], list[tuple[int, str]]] = {}
        for name, row in zip(names, rows, strict=True):
            others = tuple(part for at, part in enumerate(row) if at != place)
            groups.setdefault(others, []).append((int(row[place]), name))
        found = list(groups.values())
        if all(_consecutive([number for number, _ in group]) for group in found) and (
            best is None or len(found) < len(best)
        ):
            best = [[name for _, name in group] for group in found]
    return best


def _consecutive(numbers: Sequence[int]) -> bool:
    """Whether numbers count frames: several, hardly a gap."""
    return len(set(numbers)) == len(numbers) > 1 and max(numbers) - min(numbers) < 2 * len(numbers)
