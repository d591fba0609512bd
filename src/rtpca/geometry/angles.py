"""Angles between the parts of the body, as far as Human3.6M's 17 joints determine them.

Names and signs are OpenSim's (Rajagopal et al., 2016), and so is the order of the rotations: about the axis
to the right (flexion), to the front (adduction, bending), then about the part itself (rotation). The axes of
the parts follow the International Society of Biomechanics (Wu et al., 2002 and 2005) where the joints allow
it: y up along the part, x to the front, z to the right. The ISB finds the pelvis by four points of its bone
and the thorax by four others; here the line of the hips and the way from the pelvis to `spine` stand for the
one, the way from `spine` to `thorax` and the line of the shoulders for the other.

The one sign to know about is `neck_flexion`: in Pose2Sim's full-body model, whose name it is, a neck that
bends backwards is positive, as a trunk is.

What the joints do not determine is NaN: how far a straight arm or leg is turned about itself, which way a
limb points forward that points straight to the side, the ankle, and how far the head is turned.
"""

from __future__ import annotations

import numpy as np

from rtpca.arrays import BoolArray, DoubleArray
from rtpca.checks import check_axes
from rtpca.geometry.body_axes import cross_axes
from rtpca.skeletons import get_skeleton

BALLS = ("pelvis", "hip_r", "hip_l", "lumbar", "neck", "arm_r", "arm_l")
"""Where a part turns about three axes against the one that carries it; the pelvis against the world."""

_NAMES = {
    "pelvis": ("pelvis_tilt", "pelvis_list", "pelvis_rotation"),
    "hip_r": ("hip_flexion_r", "hip_adduction_r", "hip_rotation_r"),
    "hip_l": ("hip_flexion_l", "hip_adduction_l", "hip_rotation_l"),
    "lumbar": ("lumbar_extension", "lumbar_bending", "lumbar_rotation"),
    "neck": ("neck_flexion", "neck_bending", "neck_rotation"),
    "arm_r": ("arm_flex_r", "arm_add_r", "arm_rot_r"),
    "arm_l": ("arm_flex_l", "arm_add_l", "arm_rot_l"),
}
_HINGES = ("knee_angle_r", "knee_angle_l", "elbow_flex_r", "elbow_flex_l")
_UNKNOWN = ("ankle_angle_r", "ankle_angle_l")

ANGLES = (*(name for ball in BALLS for name in _NAMES[ball]), *_HINGES, *_UNKNOWN)
"""(A,) names of the angles, in the order of the last axis of `body_angles`."""

POLE_RAD = np.radians(10.0)
"""Nearer than this to the axis of flexion, a part's direction does not tell its flexion."""
STRAIGHT_RAD = np.radians(20.0)
"""Bent less than this, or folded up to less, a limb does not tell how far it is turned about itself."""

_SHORTEST_M = 0.01
_J = {name: number for number, name in enumerate(get_skeleton("h36m17").joints)}
_SIDES = (("r", "right", np.array([1.0, 1.0, 1.0])), ("l", "left", np.array([1.0, 1.0, -1.0])))


def without_side(name: str) -> str:
    """The name of an angle without its side: `knee_angle_r` is a `knee_angle`."""
    return name.removesuffix("_r").removesuffix("_l")


def body_angles(joints_m: DoubleArray) -> DoubleArray:
    """Angles of each pose.

    Turning or moving the whole body changes the three angles of the pelvis and nothing else; its mirror image
    has the angles of the sides exchanged, and bending and rotation of pelvis, lumbar and neck negated.

    Args:
        joints_m: (..., 17, 3) joints of h36m17, metres, in axes with y up, x and z level.

    Returns:
        (..., A) radians in the order of `ANGLES`. Flexion and rotation lie in [-pi, pi], adduction and
        bending in [-pi/2, pi/2], knees and elbows in [0, pi]; NaN where the joints do not determine them. A
        knee that is stretched beyond straight cannot be told from one that is bent.

    Raises:
        ShapeError: the joints are not (..., 17, 3).
    """
    check_axes("joints_m", joints_m, ("J", 17), 3, leading=True)

    def bone(start: str, end: str) -> DoubleArray:
        return joints_m[..., _J[end], :] - joints_m[..., _J[start], :]

    # The line of the hips is a bone; the shoulders are moved by the arms, so the spine leads there.
    right, up, back = _columns(bone("left_hip", "right_hip"), bone("pelvis", "spine"))
    pelvis = np.stack([-back, up, right], axis=-1)
    up, right, front = _columns(bone("spine", "thorax"), bone("left_shoulder", "right_shoulder"))
    thorax = np.stack([front, up, right], axis=-1)
    within = _seen_from(pelvis, thorax)
    found = {
        "pelvis": _turn(pelvis[..., 1], pelvis[..., 0]),
        "lumbar": _turn(within[..., 1], within[..., 0]),
        "neck": _turn(_seen_from(thorax, _unit(bone("thorax", "head"))[..., None])[..., 0], None),
    }
    hinges: dict[str, DoubleArray] = {}
    for letter, side, mirror in _SIDES:
        for ball, hinge, axes, (start, middle, end), forward in (
            (f"hip_{letter}", f"knee_angle_{letter}", pelvis, ("hip", "knee", "ankle"), -1.0),
            (f"arm_{letter}", f"elbow_flex_{letter}", thorax, ("shoulder", "elbow", "wrist"), 1.0),
        ):
            upper = _unit(bone(f"{side}_{start}", f"{side}_{middle}"))
            lower = _unit(bone(f"{side}_{middle}", f"{side}_{end}"))
            # A left limb is a right one in the mirror. Shanks go back where they bend, forearms forward.
            limb = _seen_from(axes, np.stack([upper, lower], axis=-1)) * mirror[:, None]
            found[ball] = _turn(-limb[..., 0], forward * limb[..., 1])
            hinges[hinge] = _between(upper, lower)
    nothing = np.full(joints_m.shape[:-2], np.nan)
    return np.stack(
        [
            *(found[ball][..., axis] for ball in BALLS for axis in range(3)),
            *(hinges[name] for name in _HINGES),
            *(nothing for _ in _UNKNOWN),
        ],
        axis=-1,
    )


def follow_angles(angles_rad: DoubleArray) -> DoubleArray:
    """Angles over time without the jumps that come of their ranges.

    The same direction has two descriptions, (flexion, adduction, rotation) and (flexion + pi, pi - adduction,
    rotation + pi), and each angle any number of full turns. From frame to frame the nearest is taken; the
    clip as a whole is described so that adduction stays within a right angle in most frames, and each angle
    is within half a turn in the middle. Reversed in time, the clip gets the same angles.

    Args:
        angles_rad: (F, A) from `body_angles`; NaN where not determined, which stays.

    Returns:
        (F, A) radians.
    """
    followed = angles_rad.copy()
    for number in range(len(BALLS)):
        part = followed[:, 3 * number : 3 * number + 3]
        part[:] = _described_otherwise(part, _other_branch(part))
    for column in followed.T[: 3 * len(BALLS)]:
        known = np.isfinite(column)
        if known.any():
            smooth = np.unwrap(column[known])
            column[known] = smooth - 2 * np.pi * np.round(np.median(smooth) / (2 * np.pi))
    return followed


def _other_branch(part_rad: DoubleArray) -> BoolArray:
    """(F,) where a ball's angles (F, 3) are to be described in the other way."""
    other = np.zeros(len(part_rad), dtype=bool)
    known = np.flatnonzero(np.isfinite(part_rad[:, :2]).all(axis=1))
    if len(known) < 2:
        return other
    flexion, adduction = part_rad[known, 0], part_rad[known, 1]
    same = np.abs(_wrapped(np.diff(flexion))) + np.abs(np.diff(adduction))
    turned = np.abs(_wrapped(np.diff(flexion) + np.pi))
    turned += np.abs(_wrapped(np.pi - adduction[1:] - adduction[:-1]))
    changes = turned < same
    branch = np.concatenate([[False], np.cumsum(changes) % 2 == 1])
    if branch.mean() > 0.5:
        branch = ~branch
    # Between frames that tell the flexion, the way over the pole is made where it is nearest.
    before = np.clip(np.searchsorted(known, np.arange(len(part_rad)), side="right") - 1, 0, None)
    other[:] = branch[before]
    height = np.nan_to_num(np.abs(part_rad[:, 1]))
    for place in np.flatnonzero(changes):
        start, end = known[place] + 1, known[place + 1]
        if start < end:
            top = start + int(np.argmax(height[start:end]))
            after = top if height[top - 1] > height[top + 1] else top + 1
            other[after:end] = branch[place + 1]
    return other


def _described_otherwise(part_rad: DoubleArray, where: BoolArray) -> DoubleArray:
    flexion, adduction, rotation = part_rad.T
    turned = np.stack([flexion + np.pi, np.pi - adduction, rotation + np.pi], axis=-1)
    return np.where(where[:, None], _wrapped(turned), part_rad)


def _wrapped(angle_rad: DoubleArray) -> DoubleArray:
    return (angle_rad + np.pi) % (2 * np.pi) - np.pi


def _turn(up: DoubleArray, front: DoubleArray | None) -> DoubleArray:
    """Angles of a part in the axes of the one that carries it: R = Rz(flexion) Rx(adduction) Ry(rotation).

    Args:
        up: (..., 3) unit direction of the part's y.
        front: (..., 3) any direction in the plane of its x and y, on the side of x; its length across `up` is
            the sine of the angle between the two. None where nothing tells it.

    Returns:
        (..., 3) radians.
    """
    flexion = np.arctan2(-up[..., 0], up[..., 1])
    adduction = np.arcsin(np.clip(up[..., 2], -1.0, 1.0))
    clear = np.abs(adduction) < np.pi / 2 - POLE_RAD
    rotation = np.full_like(flexion, np.nan)
    if front is not None:
        x = front - (front * up).sum(axis=-1, keepdims=True) * up
        turned = np.arctan2(-x[..., 2], x[..., 0] * up[..., 1] - x[..., 1] * up[..., 0])
        bent = np.linalg.norm(x, axis=-1) > np.sin(STRAIGHT_RAD)
        rotation = np.where(clear & bent, turned, np.nan)
    return np.stack([np.where(clear, flexion, np.nan), adduction, rotation], axis=-1)


def _between(first: DoubleArray, second: DoubleArray) -> DoubleArray:
    """(...) angle between unit directions (..., 3), exact for small ones too."""
    across = np.linalg.norm(first - second, axis=-1), np.linalg.norm(first + second, axis=-1)
    return 2 * np.arctan2(*across)


def _columns(first: DoubleArray, second: DoubleArray) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """Unit directions along the first, along what of the second is across it, and across both."""
    axes = cross_axes(first, second)
    fixed = np.linalg.norm(np.cross(_unit(first), _unit(second)), axis=-1) > np.sin(POLE_RAD)
    axes = np.where(fixed[..., None, None], axes, np.nan)
    return axes[..., 0], axes[..., 1], axes[..., 2]


def _seen_from(axes: DoubleArray, columns: DoubleArray) -> DoubleArray:
    """Columns (..., 3, N) in the coordinates of axes (..., 3, 3)."""
    return np.swapaxes(axes, -1, -2) @ columns


def _unit(vectors: DoubleArray) -> DoubleArray:
    """Directions (..., 3); NaN where a bone has hardly any length."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > _SHORTEST_M, length, np.nan)
