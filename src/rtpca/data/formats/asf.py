"""Read Acclaim skeletons (ASF), one half of the raw form of CMU's database; the other half is in `amc`.

Read by hand: we know of no package that is kept up and reads this format.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np

from rtpca.arrays import DoubleArray
from rtpca.data.formats.kinematics import euler_matrix
from rtpca.errors import InputError

INCH_M = 0.0254
LARGEST = 1e9
"""Numbers beyond it are no length and no angle of a body in any unit."""
MAX_BONES = 10_000
_DEGREES_OF_FREEDOM = {"tx", "ty", "tz", "rx", "ry", "rz"}


@dataclass(frozen=True)
class AsfBone:
    """One bone, or the root.

    Attributes:
        name: as in the file; "root" for the root.
        parent: index of the parent, -1 for the root.
        offset: from the parent's end to this bone's end in the rest pose, length units; root: its rest
            position.
        axis_matrix: `C`, `(3, 3)`.
        dof: names of the values in a line of the motion, such as `("rx", "rz")`.
    """

    name: str
    parent: int
    offset: DoubleArray
    axis_matrix: DoubleArray
    dof: tuple[str, ...]


@dataclass(frozen=True)
class AsfSkeleton:
    """A parsed skeleton; every parent precedes its children.

    Attributes:
        bones: the root first.
        metres_per_unit: `(1 / length) * 0.0254`: CMU's length unit is a scaled inch.
        degrees: whether angles are in degrees.
    """

    bones: tuple[AsfBone, ...]
    metres_per_unit: float
    degrees: bool

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names in the order of the positions."""
        return tuple(bone.name for bone in self.bones)


@dataclass
class _RawBone:
    """What a `begin ... end` block (or `:root`) states, before the hierarchy is known."""

    line: int
    name: str = ""
    direction: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    length: float = 0.0
    axis: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    axis_order: str = "XYZ"
    dof: tuple[str, ...] = ()


def parse_asf(text: str, label: str) -> AsfSkeleton:
    """Parse the text of an ASF skeleton.

    Args:
        text: the whole file.
        label: how error messages name the file.

    Raises:
        InputError: the text is no ASF file, or damaged; the message names file and line.
    """
    return _AsfParser(text, label).parse()


class _AsfParser:
    """Line by line: each `:section` has its own handler."""

    def __init__(self, text: str, label: str) -> None:
        self._lines = text.splitlines()
        self._label = label
        self._line = 1
        self._length_unit: float | None = None
        self._degrees = True
        self._root = _RawBone(line=1, name="root")
        self._raw: dict[str, _RawBone] = {}
        self._open: _RawBone | None = None
        self._children: list[tuple[int, str, list[str]]] = []

    def _fail(self, message: str) -> NoReturn:
        raise InputError(f"{self._label}, line {self._line}: {message}")

    def _floats(self, words: list[str], count: int, what: str) -> list[float]:
        try:
            values = [float(word) for word in words[:count]]
        except ValueError:
            self._fail(f"{what} holds {' '.join(words[:count])!r}, where {count} numbers are needed")
        if len(values) != count or not all(abs(value) < LARGEST for value in values):
            self._fail(f"{what} needs {count} numbers of a body, found {' '.join(words)[:40]!r}")
        return values

    def parse(self) -> AsfSkeleton:
        section = ""
        seen: set[str] = set()
        for number, line in enumerate(self._lines, 1):
            self._line = number
            words = line.split("#", 1)[0].split()
            if not words:
                continue
            if words[0].startswith(":"):
                if self._open is not None:
                    self._fail(
                        f"{words[0]} begins inside the block of {self._open.name!r}, whose 'end' is missing"
                    )
                section = words[0].lower()
                seen.add(section)
            elif not section:
                self._fail(f"found {line.strip()[:30]!r} before any ':' section; this is no ASF skeleton")
            elif section == ":units":
                self._read_units(words)
            elif section == ":root":
                self._read_root(words)
            elif section == ":bonedata":
                self._read_bone(words)
            elif section == ":hierarchy" and words[0].lower() not in ("begin", "end"):
                self._children.append((self._line, words[0], words[1:]))
        self._line = max(len(self._lines), 1)
        if self._open is not None:
            self._fail(f"the file ends inside the block of bone {self._open.name!r}; it was cut short")
        for needed in (":units", ":root", ":bonedata", ":hierarchy"):
            if needed not in seen:
                self._fail(
                    f"the file ends and has no section {needed}; it was cut short or is no ASF skeleton"
                )
        if self._length_unit is None:
            self._fail("section :units states no length")
        return AsfSkeleton(self._assemble(), INCH_M / self._length_unit, self._degrees)

    def _read_units(self, words: list[str]) -> None:
        if words[0] == "length":
            (self._length_unit,) = self._floats(words[1:], 1, "the length unit")
            if not self._length_unit > 1 / LARGEST:
                self._fail(f"the length unit is {self._length_unit:g}; it must be above zero")
        elif words[0] == "angle":
            unit = words[1].lower() if len(words) > 1 else ""
            if unit not in ("deg", "rad"):
                self._fail(f"the angle unit is {unit!r}; deg and rad are known")
            self._degrees = unit == "deg"

    def _read_root(self, words: list[str]) -> None:
        self._root.line = self._line
        if words[0] == "order":
            self._root.dof = self._read_dof(words[1:])
        elif words[0] == "axis":
            self._root.axis_order = self._axis_order(words[-1])
        elif words[0] == "position":
            self._root.direction, self._root.length = self._floats(words[1:], 3, "the root position"), 1.0
        elif words[0] == "orientation":
            self._root.axis = self._floats(words[1:], 3, "the root orientation")

    def _read_bone(self, words: list[str]) -> None:
        keyword = words[0].lower()
        if keyword == "begin":
            if self._open is not None:
                self._fail(f"'begin' inside the block of {self._open.name!r}; its 'end' is missing")
            self._open = _RawBone(line=self._line)
            return
        bone = self._open
        if bone is None:
            self._fail(f"found {words[0]!r}, where 'begin' is needed")
        if keyword == "name":
            bone.name = words[1] if len(words) > 1 else ""
        elif keyword == "direction":
            bone.direction = self._floats(words[1:], 3, f"the direction of {bone.name!r}")
        elif keyword == "length":
            (bone.length,) = self._floats(words[1:], 1, f"the length of {bone.name!r}")
        elif keyword == "axis":
            bone.axis = self._floats(words[1:4], 3, f"the axis of {bone.name!r}")
            bone.axis_order = self._axis_order(words[4] if len(words) > 4 else "")
        elif keyword == "dof":
            bone.dof = self._read_dof(words[1:])
        elif keyword == "end":
            if not bone.name or bone.name in self._raw or bone.name == "root":
                self._fail(f"the bone that ends here has the name {bone.name!r}, which is empty or taken")
            if len(self._raw) >= MAX_BONES:
                self._fail(f"more than {MAX_BONES} bones are read from no skeleton")
            self._raw[bone.name] = bone
            self._open = None

    def _axis_order(self, order: str) -> str:
        if sorted(order.upper()) != ["X", "Y", "Z"]:
            self._fail(f"the axis order {order!r} is not an arrangement of XYZ")
        return order.upper()

    def _read_dof(self, words: list[str]) -> tuple[str, ...]:
        dof = tuple(word.lower() for word in words)
        unknown = [name for name in dof if name not in _DEGREES_OF_FREEDOM]
        if unknown or len(set(dof)) != len(dof):
            self._fail(
                f"degrees of freedom {' '.join(words)[:40]!r}: possible, once each, are "
                f"{' '.join(sorted(_DEGREES_OF_FREEDOM))}"
            )
        return dof

    def _assemble(self) -> tuple[AsfBone, ...]:
        parent_of: dict[str, str] = {}
        order = {"root": 0}  # place by name, parents first
        for number, parent, children in self._children:
            self._line = number
            if parent not in order:
                self._fail(f"the hierarchy names {parent!r} as a parent before it is anybody's child")
            for child in children:
                if child not in self._raw:
                    self._fail(f"the hierarchy names the bone {child!r}, which :bonedata does not describe")
                if child in parent_of:
                    self._fail(f"the hierarchy gives {child!r} a second parent")
                parent_of[child] = parent
                order[child] = len(order)
        self._line = max(len(self._lines), 1)
        loose = sorted(set(self._raw) - set(parent_of))
        if loose:
            self._fail(
                f"the hierarchy does not connect the bone {loose[0]!r}; the file was cut short or altered"
            )
        if len(order) == 1:
            self._fail("the hierarchy is empty; the file was cut short or altered")
        return tuple(self._bone(name, order, parent_of) for name in order)

    def _bone(self, name: str, order: dict[str, int], parent_of: dict[str, str]) -> AsfBone:
        raw = self._root if name == "root" else self._raw[name]
        parent = -1 if name == "root" else order[parent_of[name]]
        axis = np.deg2rad(raw.axis) if self._degrees else np.asarray(raw.axis)
        offset = np.asarray(raw.direction) * raw.length
        return AsfBone(name, parent, offset, euler_matrix(axis, raw.axis_order), raw.dof)
