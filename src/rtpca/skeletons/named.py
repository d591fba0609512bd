"""Joints that a file names: which skeleton they are, and which of the file's columns make it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rtpca.arrays import AnyFloatArray
from rtpca.errors import InputError
from rtpca.skeletons.base import Skeleton
from rtpca.skeletons.named_body import SKELETON as NAMED_BODY
from rtpca.skeletons.registry import image_skeletons
from rtpca.skeletons.spelling import point_of

_SHOWN = 12
# What a tool calls a joint that our set of the same points calls something else.
_CALLED: dict[str, dict[str, tuple[str, ...]]] = {
    "h36m17": {
        "left_ankle": ("left_foot",),
        "right_ankle": ("right_foot",),
        "left_wrist": ("left_hand",),
        "right_wrist": ("right_hand",),
        "thorax": ("neck", "chest"),
        "neck": ("neck_nose", "nose", "chin", "upper_neck"),
        "head": ("head_top",),
    },
    "h36m16": {
        "left_ankle": ("left_foot",),
        "right_ankle": ("right_foot",),
        "left_wrist": ("left_hand",),
        "right_wrist": ("right_hand",),
        "thorax": ("neck", "chest"),
        "head": ("head_top",),
    },
    "halpe26": {"head_top": ("head",)},
    "halpe136": {"head_top": ("head",)},
    "mpii16": {"upper_neck": ("neck",), "head_top": ("head",)},
    "body25": {"neck": ("mid_shoulder",)},
    "coco25": {"neck": ("mid_shoulder",)},
    "coco18": {"neck": ("mid_shoulder",)},
    "body25b": {"upper_neck": ("neck",), "head_top": ("head",)},
    "mpi15": {"head_top": ("head",)},
    "crowdpose14": {"head_top": ("head",)},
    "aic14": {"head_top": ("head",)},
    "lsp14": {"head_top": ("head",)},
    "penn_action13": {"head_top": ("head",)},
    "posetrack15": {"head_bottom": ("neck",)},
    "posetrack17": {"head_bottom": ("neck",)},
    "jhmdb15": {"belly": ("pelvis", "spine")},
}
# A set with so many joints has points without names of their own; the place in the list decides there.
_BODY_WITH_HANDS = 100
# Bones of motion capture, each named for the joint where it begins, and what else they are where a file has
# `up_leg`.
_BONES = {
    "up_leg": "hip",
    "leg": "knee",
    "foot": "ankle",
    "arm": "shoulder",
    "forearm": "elbow",
    "hand": "wrist",
}
# What stands for a point that a file does not have, joint names as they are used.
_STAND_INS = {
    "left_ankle": "left_foot",
    "right_ankle": "right_foot",
    "left_wrist": "left_hand",
    "right_wrist": "right_hand",
    "mid_shoulder": "neck",
    "head_top": "head",
}
_TRUNK = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_ARMS = ("left_elbow", "right_elbow", "left_wrist", "right_wrist")
_LEGS = ("left_knee", "right_knee", "left_ankle", "right_ankle")


@dataclass(frozen=True)
class NamedJoints:
    """What the joints of a file are, by the names that it gives them.

    Attributes:
        skeleton: A known set, or one that was put together from those of the names that are known.
        columns: (J,) place in the file of each joint of the skeleton.
        note: What was recognised and what is not used, for the user.
    """

    skeleton: Skeleton
    columns: tuple[int, ...]
    note: str

    def of(self, joints: AnyFloatArray) -> AnyFloatArray:
        """The skeleton's joints out of the (F, J_file, ...) joints of the file."""
        return joints[:, list(self.columns)]


def named_joints(names: Sequence[str]) -> NamedJoints:
    """Which joints a file has, by the names that it gives them, in any of the usual spellings.

    Names that together are those of a known set are that set, in whatever order. Otherwise each known name is
    a joint of its own, as long as they show enough of a body: shoulders, hips, and all of the legs or arms.

    Args:
        names: One for each joint, in the order of the file.

    Returns:
        The skeleton, and how to come by it.

    Raises:
        InputError: the names do not show a body, or two are the same joint; the message has the names.

    Example:
        >>> named = named_joints(
        ...     "LHip RHip LKnee RKnee LAnkle RAnkle ball LShoulder RShoulder".split()
        ... )
        >>> named.skeleton.joints[0], named.columns[0], named.note
        ('left_shoulder', 7, '9 joints, by the names in the file: 8 of them are used; not used: ball')
    """
    points = tuple(point_of(name) for name in names)
    known = [_as_known_set(points, skeleton) for skeleton in image_skeletons()]
    fitting = [one for one in known if one is not None]
    if fitting:
        # Sets of the same points differ in their order only; the file's own is the plainest.
        return min(fitting, key=lambda one: one.columns != tuple(range(len(names))))
    return _put_together(names, points)


def _as_known_set(points: tuple[str | None, ...], skeleton: Skeleton) -> NamedJoints | None:
    if len(points) != skeleton.num_joints:
        return None
    accepted = _accepted_points(skeleton)
    if skeleton.num_joints >= _BODY_WITH_HANDS:
        body = [i for i, point in enumerate(points) if point is not None and accepted[i]]
        alike = len(body) >= len(_TRUNK + _ARMS + _LEGS) and all(points[i] in accepted[i] for i in body)
        columns = tuple(range(len(points))) if alike else None
    else:
        columns = _one_to_one([[i for i, point in enumerate(points) if point in may] for may in accepted])
    if columns is None:
        return None
    return NamedJoints(skeleton, columns, f"{len(points)} joints: {skeleton.name}, by the names in the file")


def _one_to_one(choices: Sequence[Sequence[int]]) -> tuple[int, ...] | None:
    """A choice for each, no two alike, or None if there is none (Kuhn's augmenting paths)."""
    taken: dict[int, int] = {}

    def place(who: int, tried: set[int]) -> bool:
        for choice in choices[who]:
            if choice not in tried:
                tried.add(choice)
                if choice not in taken or place(taken[choice], tried):
                    taken[choice] = who
                    return True
        return False

    if not all(place(who, set()) for who in range(len(choices))):
        return None
    return tuple(sorted(taken, key=taken.__getitem__))


@cache
def _accepted_points(skeleton: Skeleton) -> tuple[frozenset[str], ...]:
    """What each joint may be called, after `point_of`."""
    called = _CALLED.get(skeleton.name, {})
    own = [point_of(joint) for joint in skeleton.joints]
    return tuple(
        frozenset((*([point] if point else []), *called.get(joint, ())))
        for joint, point in zip(skeleton.joints, own, strict=True)
    )


def _put_together(names: Sequence[str], points: tuple[str | None, ...]) -> NamedJoints:
    places = _places(names, points)
    used = {joint: places[joint] for joint in NAMED_BODY.joints if joint in places}
    lacking = [joint for joint in _TRUNK if joint not in used]
    if lacking or not ({*_ARMS} <= set(used) or {*_LEGS} <= set(used)):
        unknown = [name for name, point in zip(names, points, strict=True) if point is None]
        lacking += [joint for joint in (*_ARMS, *_LEGS) if joint not in used]
        said = f"names that are not known: {_listed(unknown)}" if unknown else f"names: {_listed(names)}"
        raise InputError(
            f"the names of the {len(names)} joints do not show a body: {_listed(lacking)} are missing; "
            f"{said}; if the joints are a known set in its order, say it with `skeleton`"
        )
    parents = {joint: _nearest_present(joint, list(used)) for joint in used}
    ignored = [name for i, name in enumerate(names) if i not in used.values()]
    note = f"{len(names)} joints, by the names in the file: {len(used)} of them are used"
    note += f"; not used: {_listed(ignored)}" if ignored else ""
    skeleton = Skeleton.from_parents(NAMED_BODY.name, parents, NAMED_BODY.description)
    return NamedJoints(skeleton, tuple(used.values()), note)


def _places(names: Sequence[str], points: tuple[str | None, ...]) -> dict[str, int]:
    """Joint -> place in the file, after what the other names say about doubtful ones."""
    found: dict[str, int] = {}
    bones = {"left_up_leg", "left_leg"} <= set(points)
    upper_arms = bones and "left_arm" in points
    for place, point in enumerate(points):
        if point is None:
            continue
        side, _, part = point.partition("_")
        if upper_arms and part == "shoulder":
            point = f"{side}_clavicle"
        elif bones and part in _BONES:
            point = f"{side}_{_BONES[part]}"
        if point in found and point in NAMED_BODY.joints:
            raise InputError(f"joints {names[found[point]]!r} and {names[place]!r} are both {point}")
        found.setdefault(point, place)
    for joint, other in _STAND_INS.items():
        if joint not in found and other in found:
            found[joint] = found[other]
    return found


def _nearest_present(joint: str, present: Sequence[str]) -> str | None:
    """The nearest ancestor that a body has; its first joint where it has none, None for that joint."""
    ancestor = NAMED_BODY.parents[NAMED_BODY.index(joint)]
    while ancestor >= 0 and NAMED_BODY.joints[ancestor] not in present:
        ancestor = NAMED_BODY.parents[ancestor]
    if ancestor >= 0:
        return NAMED_BODY.joints[ancestor]
    return None if joint == present[0] else present[0]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
