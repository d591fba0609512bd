"""What a skeleton is: named joints, parents, and which joint mirrors which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rtpca.errors import ConfigError

_SIDE_WORDS = (("left", "right"), ("Left", "Right"), ("LEFT", "RIGHT"))
_SIDE_SUFFIXES = ((".L", ".R"), ("_L", "_R"), ("_l", "_r"))
_SIDE_PREFIXES = (("l", "r"), ("L", "R"))


@dataclass(frozen=True)
class Skeleton:
    """Named joints in a fixed order, with parents and mirror partners.

    Attributes:
        name: short name, as the command line takes it.
        joints: (J,) joint names, unique. Left and right are the person's own.
        parents: (J,) index of each joint's parent; -1 for a root. A parent may come after its child.
        mirror: (J,) index of each joint's partner on the other side of the body; a middle joint is its own.
        description: one line for people.

    Raises:
        ConfigError: names repeat, lengths differ, parents form a ring, or `mirror` is no pairing of lefts and
            rights.
    """

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    mirror: tuple[int, ...]
    description: str = ""

    def __post_init__(self) -> None:
        count = len(self.joints)
        if not len(self.parents) == len(self.mirror) == count:
            raise ConfigError(
                f"skeleton {self.name}: {count} joints, {len(self.parents)} parents and {len(self.mirror)} "
                "mirror entries; all three must be as many"
            )
        repeated = sorted({joint for joint in self.joints if self.joints.count(joint) > 1})
        if repeated:
            raise ConfigError(
                f"skeleton {self.name}: joint names must be unique, repeated: {', '.join(repeated)}"
            )
        for index, joint in enumerate(self.joints):
            if not (0 <= self.mirror[index] < count and self.mirror[self.mirror[index]] == index):
                raise ConfigError(f"skeleton {self.name}: the mirror of {joint!r} does not point back to it")
            ancestor, steps = index, 0
            while ancestor != -1:
                if not 0 <= ancestor < count or steps > count:
                    raise ConfigError(f"skeleton {self.name}: the parents of {joint!r} lead to no root")
                ancestor, steps = self.parents[ancestor], steps + 1
        for index, partner in enumerate(self.mirror):
            if index < partner and self._left_of(index, partner) is None:
                raise ConfigError(
                    f"skeleton {self.name}: {self.joints[index]!r} mirrors {self.joints[partner]!r}, "
                    "but the names do not say which one is left"
                )

    @classmethod
    def from_parents(cls, name: str, parents: Mapping[str, str | None], description: str = "") -> Skeleton:
        """A skeleton from joint name -> parent name, in joint order; mirror partners are found by name.

        Args:
            name: short name.
            parents: joint name -> name of its parent, None for a root.
            description: one line for people.

        Returns:
            The skeleton.

        Raises:
            ConfigError: a parent is no joint, or the parents form a ring.
        """
        joints = tuple(parents)
        index = {joint: i for i, joint in enumerate(joints)}
        unknown = sorted({p for p in parents.values() if p is not None and p not in index})
        if unknown:
            raise ConfigError(f"skeleton {name}: parents that are no joints: {', '.join(unknown)}")
        return cls(
            name=name,
            joints=joints,
            parents=tuple(-1 if p is None else index[p] for p in parents.values()),
            mirror=mirror_by_name(joints),
            description=description,
        )

    @property
    def num_joints(self) -> int:
        """Number of joints J."""
        return len(self.joints)

    @cached_property
    def root(self) -> int:
        """Index of the first joint that has no parent: the pelvis."""
        return self.parents.index(-1)

    @cached_property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """(parent, child) of every joint that has a parent, in joint order."""
        return tuple((parent, child) for child, parent in enumerate(self.parents) if parent >= 0)

    @cached_property
    def left(self) -> tuple[int, ...]:
        """Indices of the joints on the person's left, in joint order."""
        return tuple(i for i, p in enumerate(self.mirror) if i != p and self._left_of(i, p) == i)

    @cached_property
    def right(self) -> tuple[int, ...]:
        """Indices of the mirror partners of `left`, in the order of `left`."""
        return tuple(self.mirror[i] for i in self.left)

    def index(self, joint: str) -> int:
        """Index of a joint.

        Raises:
            ConfigError: there is no such joint; the message lists them.
        """
        if joint not in self.joints:
            raise ConfigError(
                f"skeleton {self.name} has no joint {joint!r}; it has: {', '.join(self.joints)}"
            )
        return self.joints.index(joint)

    def _left_of(self, a: int, b: int) -> int | None:
        """Which of two mirror partners is the left one, by name; None where the names do not say."""
        for left, right in ((a, b), (b, a)):
            if self.joints[right] in _right_side_names(self.joints[left]):
                return left
        return None


def mirror_by_name(joints: Sequence[str]) -> tuple[int, ...]:
    """Mirror partners found by name.

    Left and right in words (left_hip, LeftUpLeg), as a suffix (thigh.L) or as a prefix (lfemur).

    Args:
        joints: joint names.

    Returns:
        (J,) index of each joint's partner; a joint without one is its own.
    """
    index = {joint: i for i, joint in enumerate(joints)}
    mirror = list(range(len(joints)))
    for i, joint in enumerate(joints):
        for other in _right_side_names(joint):
            if other in index and mirror[i] == i:
                mirror[i], mirror[index[other]] = index[other], i
    return tuple(mirror)


def _right_side_names(left_joint: str) -> list[str]:
    """Names that the right-hand partner of a left joint could have, most telling first."""
    names = [left_joint.replace(left, right, 1) for left, right in _SIDE_WORDS if left in left_joint]
    for left, right in _SIDE_SUFFIXES:
        stem, mark, end = left_joint.partition(left)
        if mark and (not end or end.startswith(("_", "."))):
            names.append(stem + right + end)
    names += [right + left_joint[1:] for left, right in _SIDE_PREFIXES if left_joint.startswith(left)]
    return names
