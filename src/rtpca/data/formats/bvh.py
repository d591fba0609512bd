"""Read Biovision Hierarchy (BVH) files and compute joint positions.

Three traps of the format, all met in published files:

- Rotation orders differ from joint to joint: the `CHANNELS` line of each joint decides. The matrix of a joint
  is the product of its elementary rotations in the listed order (column vectors).
- Joints other than the root may have position channels. For them the channels *replace* the `OFFSET`; for the
  root they are added to it here, and programs disagree: `root_shift` is what that adds.
- `Frame Time` is often wrong; the caller may know better.

Read by hand: what becomes of such files is decided here, and a damaged one is answered with its line.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NoReturn, TypeVar

import numpy as np

from rtpca.arrays import DoubleArray
from rtpca.data.formats.kinematics import identity_rotation, rotate, turn
from rtpca.errors import InputError

Value = TypeVar("Value", int, str)

END_SUFFIX = "_End"
"""An end site is named after its joint with this suffix, because the format gives it no name."""

_SHORTEST_S, _LONGEST_S = Decimal("0.0005"), Decimal(1)
_USUAL_FPS = (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 72, 75, 90, 100, 120, 144, 150, 180, 200, 240, 250, 300)
_LARGEST = 1e9
"""Numbers beyond it are no length and no angle of a body in any unit."""
MAX_NUMBERS = 100_000_000
"""Longer tables are refused: two hours of a hundred channels at 120 fps are 86 million numbers."""
MAX_JOINTS = 10_000

_CHANNELS = {
    f"{axis}{kind}": (kind, index) for kind in ("position", "rotation") for index, axis in enumerate("xyz")
}


@dataclass(frozen=True)
class BvhJoint:
    """One joint of the hierarchy.

    Attributes:
        name: as in the file; `"<joint>_End"` for an end site.
        parent: index of the parent, -1 for the root.
        offset: translation from the parent, in the file's unit.
        channels: `(kind, axis)` pairs in listed order, kind `"position"` or `"rotation"`, axis 0 to 2.
    """

    name: str
    parent: int
    offset: tuple[float, float, float]
    channels: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class BvhMotion:
    """A parsed file.

    Attributes:
        joints: in the order of the file, end sites included.
        values: `(F, number of channels)`, degrees and length units as in the file.
        frame_time: what the header states, as it is written; see `frame_rate`.
    """

    joints: tuple[BvhJoint, ...]
    values: DoubleArray
    frame_time: str

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names in the order of the positions."""
        return tuple(joint.name for joint in self.joints)

    @property
    def root_shift(self) -> DoubleArray:
        """`(3,)` the root's `OFFSET` along the axes that it has position channels for."""
        root = self.joints[0]
        moved = {axis for kind, axis in root.channels if kind == "position"}
        return np.array([root.offset[axis] if axis in moved else 0.0 for axis in range(3)])

    @property
    def rest(self) -> DoubleArray:
        """`(J, 3)` places of the joints with all angles zero, the root at its `OFFSET`."""
        places = np.array([joint.offset for joint in self.joints])
        for index, joint in enumerate(self.joints):
            if joint.parent >= 0:
                places[index] += places[joint.parent]
        return places


def frame_rate(frame_time: str) -> float:
    """Frames per second from a frame time as it is written, undoing the rounding of its digits.

    Args:
        frame_time: seconds, such as `"0.041667"`.

    Returns:
        The whole rate (24) or video rate (24000 / 1001) whose frame time has these digits; else the inverse.

    Raises:
        ValueError: it is no time between two frames of a recording; the message says what it may be instead.
    """
    try:
        time_s = Decimal(frame_time.strip())
    except InvalidOperation:
        raise ValueError(f"its Frame Time is {_shorten(frame_time.strip())}, which is no number") from None
    if not time_s.is_finite() or time_s <= 0:
        raise ValueError(f"its Frame Time is {_shorten(frame_time.strip())}, which is no time")
    if not _SHORTEST_S <= time_s <= _LONGEST_S:
        raise ValueError(f"its Frame Time is {_shorten(frame_time.strip())} s{_likely_rate(float(time_s))}")
    last_digit_s = 10.0 ** int(time_s.as_tuple().exponent)
    fps = 1.0 / float(time_s)
    for candidate in (float(round(fps)), round(fps) * 1000 / 1001, math.ceil(fps) * 1000 / 1001):
        if candidate > 0 and abs(1.0 / candidate - float(time_s)) <= last_digit_s:
            return candidate
    return fps


def _likely_rate(time_s: float) -> str:
    """What somebody may have meant who wrote a time that none is."""
    if time_s < _SHORTEST_S:
        return ", which is too short for a recording"
    in_ms = 1000.0 / time_s
    usual = next((rate for rate in _USUAL_FPS if abs(in_ms - rate) < 0.01 * rate), None)
    if usual is not None and time_s not in _USUAL_FPS:
        return f", {1 / time_s:.2g} frames a second; it seems to be in milliseconds, for {usual:g} fps"
    if _USUAL_FPS[0] <= time_s <= _USUAL_FPS[-1]:
        return f", {1 / time_s:.2g} frames a second; it seems to be the rate itself, {time_s:g} fps"
    return f", {1 / time_s:.2g} frames a second"


def parse_bvh(text: str, label: str) -> BvhMotion:
    """Parse the text of a BVH file.

    Args:
        text: the whole file.
        label: how error messages name the file.

    Raises:
        InputError: the text is no BVH file, or damaged; the message names file and line.
    """
    lines = text.splitlines()
    parser = _HierarchyParser(lines, label)
    joints = parser.parse()
    width = sum(len(joint.channels) for joint in joints)
    values, frame_time = _parse_motion(lines, parser.line, width, label)
    return BvhMotion(tuple(joints), values, frame_time)


class _HierarchyParser:
    """Recursive structure read with an explicit stack, token by token, remembering the line of each token."""

    def __init__(self, lines: list[str], label: str) -> None:
        self._label = label
        self._tokens = ((token, number) for number, line in enumerate(lines, 1) for token in line.split())
        self.line = 1
        self._end = max(len(lines), 1)

    def _fail(self, message: str) -> NoReturn:
        raise InputError(f"{self._label}, line {self.line}: {message}")

    def _next(self, wanted: str) -> str:
        found = next(self._tokens, None)
        if found is not None:
            token, self.line = found
            return token
        self.line = self._end
        self._fail(f"the file ends here, but {wanted} is still to come; it was cut short")

    def _expect(self, word: str) -> None:
        token = self._next(word)
        if token.upper() != word.upper():
            self._fail(f"found {_shorten(token)}, where a BVH file has {word}")

    def _number(self, wanted: str) -> float:
        token = self._next(wanted)
        try:
            value = float(token)
        except ValueError:
            self._fail(f"found {_shorten(token)}, where {wanted} is needed")
        if not abs(value) < _LARGEST:
            self._fail(f"{wanted} is {_shorten(token)}; it must be finite and of a body")
        return value

    def _name(self) -> str:
        words: list[str] = []
        while (token := self._next("'{'")) != "{":
            words.append(token)
        if not words:
            self._fail("a joint without a name")
        return " ".join(words)

    def parse(self) -> list[BvhJoint]:
        """Read from HIERARCHY up to and including the word MOTION."""
        self._expect("HIERARCHY")
        self._expect("ROOT")
        names, parents = [self._name()], [-1]
        offsets: list[tuple[float, float, float] | None] = [None]
        channels: list[tuple[tuple[str, int], ...] | None] = [None]
        stack = [0]
        while stack:
            current = stack[-1]
            token = self._next("'}'").upper()
            if token == "OFFSET":
                x, y, z = (self._number(f"a number of the OFFSET of {names[current]!r}") for _ in range(3))
                offsets[current] = (x, y, z)
            elif token == "CHANNELS":
                if channels[current] is not None:
                    self._fail(
                        f"{names[current]!r} has two lines of CHANNELS or is an end site, which has none"
                    )
                channels[current] = self._read_channels(names[current])
            elif token in ("JOINT", "END"):
                if token == "JOINT":
                    names.append(self._name())
                    channels.append(None)
                else:
                    self._expect("Site")
                    self._expect("{")
                    names.append(names[current] + END_SUFFIX)
                    channels.append(())
                parents.append(current)
                offsets.append(None)
                if len(names) > MAX_JOINTS:
                    self._fail(f"more than {MAX_JOINTS} joints are read from no file")
                stack.append(len(names) - 1)
            elif token == "}":
                if offsets[current] is None:
                    self._fail(f"{names[current]!r} has no OFFSET")
                stack.pop()
            else:
                self._fail(
                    f"found {_shorten(token)}, where OFFSET, CHANNELS, JOINT, End Site or '}}' is needed"
                )
        repeated = sorted(name for name, count in Counter(names).items() if count > 1)
        if repeated:
            self._fail(
                f"the joint name {repeated[0]!r} occurs twice; joints are found by name, rename one of them"
            )
        token = self._next("MOTION")
        if token.upper() == "ROOT":
            self._fail("a second ROOT; files with several people cannot be read, save one person per file")
        if token.upper() != "MOTION":
            self._fail(f"found {_shorten(token)}, where MOTION is needed")
        return [
            BvhJoint(name, parent, offset or (0.0, 0.0, 0.0), channel or ())
            for name, parent, offset, channel in zip(names, parents, offsets, channels, strict=True)
        ]

    def _read_channels(self, joint: str) -> tuple[tuple[str, int], ...]:
        count = self._number(f"the number of channels of {joint!r}")
        if count != int(count) or not 0 <= count <= 6:
            self._fail(f"{joint!r} has {count:g} channels; 0 to 6 are possible")
        channels: list[tuple[str, int]] = []
        for _ in range(int(count)):
            token = self._next("a channel name")
            if token.lower() not in _CHANNELS:
                self._fail(
                    f"channel {_shorten(token)} of {joint!r} is unknown; known: Xposition ... Zrotation"
                )
            channels.append(_CHANNELS[token.lower()])
        return tuple(channels)


def _parse_motion(lines: list[str], start: int, width: int, label: str) -> tuple[DoubleArray, str]:
    """Read `Frames:`, `Frame Time:` and the table that follows line `start` (1-based, the line of MOTION)."""
    rows = [
        (number, line) for number, line in enumerate(lines[start:], start + 1) if line and not line.isspace()
    ]
    frames = _header_value(rows, 0, "Frames:", int, start, label)
    frame_time = _header_value(rows, 1, "Frame Time:", str.strip, start, label)
    if frames < 1:
        raise InputError(f"{label}, line {rows[0][0]}: {_count(frames)} frames; at least one is needed")
    table = rows[2:]
    if len(table) != frames:
        last = rows[-1][0]
        what = "it was cut short" if len(table) < frames else "the file was altered, or its header is wrong"
        raise InputError(
            f"{label}, line {last}: the header states {_count(frames)} frames, "
            f"but {len(table)} lines of numbers follow; {what}"
        )
    if len(table) * width > MAX_NUMBERS:
        raise InputError(
            f"{label}: {len(table)} frames of {width} channels are more than the {MAX_NUMBERS} numbers that "
            "are read; cut the recording"
        )
    values = np.empty((len(table), width))
    for index, (number, line) in enumerate(table):
        tokens = line.split()
        if len(tokens) != width:
            raise InputError(
                f"{label}, line {number}: {len(tokens)} numbers, but the hierarchy has {width} channels; "
                "the line is damaged"
            )
        try:
            values[index] = tokens
        except ValueError as error:
            raise InputError(f"{label}, line {number}: {error}; the line is damaged") from error
    bad = np.flatnonzero(~(np.abs(values) < _LARGEST).all(axis=1))
    if bad.size:
        raise InputError(
            f"{label}, line {table[bad[0]][0]}: a number that is not finite, or too large for a body; "
            "the line is damaged"
        )
    return values, frame_time


def _header_value(
    rows: list[tuple[int, str]], index: int, word: str, read: Callable[[str], Value], start: int, label: str
) -> Value:
    if index >= len(rows):
        raise InputError(f"{label}, line {start + index}: the file ends before {word!r}; it was cut short")
    number, line = rows[index]
    head, _, tail = line.strip().partition(":")
    try:
        if " ".join(head.split()).lower() + ":" != word.lower():
            raise ValueError
        return read(tail)
    except ValueError:
        found = _shorten(line.strip())
        raise InputError(
            f"{label}, line {number}: found {found}, where {word!r} and a number are needed"
        ) from None


def _count(number: int) -> str:
    """A count as a message shows it, whatever a file claims."""
    return str(number) if abs(number) < 10**12 else "more than 10^12"


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 30 else text[:27] + "...")


def bvh_positions(motion: BvhMotion) -> DoubleArray:
    """World positions of all joints and end sites.

    Args:
        motion: a parsed file.

    Returns:
        `(F, J, 3)` in the file's own length unit and axes.
    """
    frames = len(motion.values)
    columns = np.ascontiguousarray(motion.values.T)
    positions = np.empty((len(motion.joints), 3, frames))
    # Kept while joints hang from them: those of all joints at once would be thrice the positions.
    last_child = {joint.parent: index for index, joint in enumerate(motion.joints)}
    rotations: dict[int, DoubleArray] = {}
    first = 0
    for index, joint in enumerate(motion.joints):
        local = np.repeat(np.array(joint.offset)[:, None], frames, axis=1)
        rotation = identity_rotation(frames) if joint.parent < 0 else rotations[joint.parent]
        parent_rotation = rotation
        for column, (kind, axis) in zip(
            columns[first : first + len(joint.channels)], joint.channels, strict=True
        ):
            if kind == "rotation":
                rotation = turn(rotation, axis, np.deg2rad(column))
            elif joint.parent < 0:
                local[axis] = joint.offset[axis] + column
            else:
                local[axis] = column
        first += len(joint.channels)
        if index in last_child:
            rotations[index] = rotation
        positions[index] = (
            local if joint.parent < 0 else positions[joint.parent] + rotate(parent_rotation, local)
        )
        if last_child.get(joint.parent) == index:
            rotations.pop(joint.parent, None)
    return np.ascontiguousarray(positions.transpose(2, 0, 1))
