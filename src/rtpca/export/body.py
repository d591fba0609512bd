"""The skeleton that is animated: h36m17's joints with a collar on each side, and lengths that stay fixed.

In the rest pose the person stands upright in a T: y up, facing along z, the left hand along x. The collars
start where the thorax is, so that the shoulders can move against the neck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rtpca.arrays import DoubleArray
from rtpca.geometry.body_axes import cross_axes
from rtpca.skeletons import get_skeleton

DOWN, UP, LEFT, RIGHT, FORWARD = (
    np.array(axis, dtype=np.float64) for axis in ((0, -1, 0), (0, 1, 0), (1, 0, 0), (-1, 0, 0), (0, 0, 1))
)


@dataclass(frozen=True, eq=False)
class BodyJoint:
    """One joint of the animated skeleton.

    Attributes:
        name: As in h36m17, or `left_collar`, `right_collar`.
        parent: Index of the parent, -1 for the pelvis. Parents come before their children.
        aim: The h36m17 joint that the bone from here ends at; "" where no rotation can be seen.
        hinge: Axis in the rest pose about which the next joint down the limb bends; None for no hinge.
        order: Order of the Euler angles, outermost first, chosen so that gimbal lock is out of the usual
            range of the joint: the middle angle is the one that stays small.
        tip_m: Offset of the end site for a joint without child, metres; None for the others.
    """

    name: str
    parent: int
    aim: str
    hinge: DoubleArray | None
    order: str
    tip_m: DoubleArray | None = None


def _joints() -> tuple[BodyJoint, ...]:
    toes, hand = 0.15 * FORWARD + 0.06 * DOWN, 0.1  # no joint says where they are: a usual foot and hand
    table: list[tuple[str, str, str, DoubleArray | None, str, DoubleArray | None]] = [
        ("pelvis", "", "", None, "YXZ", None),
        ("right_hip", "pelvis", "right_knee", LEFT, "XZY", None),
        ("right_knee", "right_hip", "right_ankle", None, "XZY", None),
        ("right_ankle", "right_knee", "", None, "XZY", toes),
        ("left_hip", "pelvis", "left_knee", LEFT, "XZY", None),
        ("left_knee", "left_hip", "left_ankle", None, "XZY", None),
        ("left_ankle", "left_knee", "", None, "XZY", toes),
        ("spine", "pelvis", "thorax", None, "ZXY", None),
        ("thorax", "spine", "neck", None, "ZXY", None),
        ("neck", "thorax", "head", None, "ZXY", None),
        ("head", "neck", "", None, "ZXY", 0.05 * UP),
        ("left_collar", "thorax", "left_shoulder", None, "ZXY", None),
        ("left_shoulder", "left_collar", "left_elbow", DOWN, "ZXY", None),
        ("left_elbow", "left_shoulder", "left_wrist", None, "ZXY", None),
        ("left_wrist", "left_elbow", "", None, "ZXY", hand * LEFT),
        ("right_collar", "thorax", "right_shoulder", None, "ZXY", None),
        ("right_shoulder", "right_collar", "right_elbow", UP, "ZXY", None),
        ("right_elbow", "right_shoulder", "right_wrist", None, "ZXY", None),
        ("right_wrist", "right_elbow", "", None, "ZXY", hand * RIGHT),
    ]
    index = {row[0]: number for number, row in enumerate(table)}
    return tuple(
        BodyJoint(name, index.get(parent, -1), aim, hinge, order, tip)
        for name, parent, aim, hinge, order, tip in table
    )


BODY = _joints()
"""The animated skeleton, depth first."""
BODY_INDEX = {joint.name: number for number, joint in enumerate(BODY)}
"""Name of a joint and its place in `BODY`."""
H36M_IN_BODY = tuple(BODY_INDEX[name] for name in get_skeleton("h36m17").joints)
"""(17,) places of h36m17's joints in `BODY`."""
CHILDREN = tuple(
    tuple(child for child, other in enumerate(BODY) if other.parent == number) for number in range(len(BODY))
)
"""Places of the joints below each joint."""
CHILD = tuple(
    next((number for number, joint in enumerate(BODY) if joint.name == parent.aim), -1) for parent in BODY
)
"""Place of the joint that each joint aims at, -1 for none."""

_H36M = get_skeleton("h36m17")
_SHORTEST_M = 1e-3
_MIRROR, _IN_THE_MIDDLE = np.array([-1.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0])


def fit_offsets(joints_m: DoubleArray) -> DoubleArray:
    """Offsets of the rest pose: median lengths over all frames, left and right alike.

    Args:
        joints_m: (F, 17, 3) joints of one person, metres, finite.

    Returns:
        (19, 3) metres from each joint's parent; 0 for the pelvis and the collars.
    """
    at = {name: joints_m[:, number] for number, name in enumerate(_H36M.joints)}

    def length(*bones: tuple[str, str]) -> float:
        medians = [np.median(np.linalg.norm(at[end] - at[start], axis=-1)) for start, end in bones]
        return max(float(np.mean(medians)), _SHORTEST_M)

    def of_both_sides(start: str, end: str) -> float:
        return length((f"left_{start}", f"left_{end}"), (f"right_{start}", f"right_{end}"))

    def sideways(axes: DoubleArray, start: str, end: str) -> DoubleArray:
        """Offset of a left joint from a middle one, the right one mirrored and averaged in."""
        left, right = (_seen_from(axes, at[f"{side}_{end}"] - at[start]) for side in ("left", "right"))
        return _with_length(
            (left + right * _MIRROR) / 2, length((start, f"left_{end}"), (start, f"right_{end}"))
        )

    pelvis_axes = cross_axes(at["left_hip"] - at["right_hip"], at["spine"] - at["pelvis"])
    thorax_axes = cross_axes(at["left_shoulder"] - at["right_shoulder"], at["thorax"] - at["spine"])
    hip, shoulder = sideways(pelvis_axes, "pelvis", "hip"), sideways(thorax_axes, "thorax", "shoulder")
    neck = _seen_from(thorax_axes, at["neck"] - at["thorax"]) * _IN_THE_MIDDLE
    offsets = {
        "left_hip": hip,
        "right_hip": hip * _MIRROR,
        "spine": UP * length(("pelvis", "spine")),
        "thorax": UP * length(("spine", "thorax")),
        "neck": _with_length(neck, length(("thorax", "neck"))),
        "head": UP * length(("neck", "head")),
        "left_shoulder": shoulder,
        "right_shoulder": shoulder * _MIRROR,
    }
    for side, out in (("left", LEFT), ("right", RIGHT)):
        offsets[f"{side}_knee"] = DOWN * of_both_sides("hip", "knee")
        offsets[f"{side}_ankle"] = DOWN * of_both_sides("knee", "ankle")
        offsets[f"{side}_elbow"] = out * of_both_sides("shoulder", "elbow")
        offsets[f"{side}_wrist"] = out * of_both_sides("elbow", "wrist")
    return np.array([offsets.get(joint.name, np.zeros(3)) for joint in BODY])


def _seen_from(axes: DoubleArray, vectors: DoubleArray) -> DoubleArray:
    """(3,) median over the frames of vectors (F, 3) in the coordinates of axes (F, 3, 3)."""
    return np.median(np.einsum("fji,fj->fi", axes, vectors), axis=0)


def _with_length(vector: DoubleArray, length_m: float) -> DoubleArray:
    norm = float(np.linalg.norm(vector))
    return vector * (length_m / norm) if norm > _SHORTEST_M else UP * length_m
