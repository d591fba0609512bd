"""A jointed figure: joint angles in, h36m17 joints out, with feet that stay where they touch the floor.

It serves `rtpca.data.synthetic`. Segment lengths are fractions of stature after Drillis and Contini, as
printed in D. A. Winter, Biomechanics and Motor Control of Human Movement, 4th ed., 2009, figure 4.1; the
trunk is divided as Human3.6M's joints divide it. Axes of the figure: x to its left, y up, z forward.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rtpca.arrays import DoubleArray

_SIDES = (1.0, -1.0)  # left, right
_JOINTS_OF_LEG = ((4, 5, 6), (1, 2, 3))
_JOINTS_OF_ARM = ((11, 12, 13), (14, 15, 16))
_SOFTNESS_M = 0.006  # how sharply the lowest point of the feet takes over as the point of contact


@dataclass(frozen=True)
class BodyLengths:
    """Segment lengths in metres."""

    thigh: float
    shin: float
    ankle_height: float
    heel_back: float
    toe_ahead: float
    hip_half_width: float
    lower_trunk: float
    upper_trunk: float
    shoulder_half_width: float
    shoulder_drop: float
    upper_arm: float
    forearm: float
    neck_up: float
    neck_ahead: float
    head_up: float

    @classmethod
    def of_stature(cls, stature_m: float) -> BodyLengths:
        """Average proportions for a stature in metres."""
        return cls(
            thigh=0.245 * stature_m,
            shin=0.246 * stature_m,
            ankle_height=0.039 * stature_m,
            heel_back=0.030 * stature_m,
            toe_ahead=0.095 * stature_m,
            hip_half_width=0.060 * stature_m,
            lower_trunk=0.140 * stature_m,
            upper_trunk=0.160 * stature_m,
            shoulder_half_width=0.105 * stature_m,
            shoulder_drop=0.030 * stature_m,
            upper_arm=0.186 * stature_m,
            forearm=0.146 * stature_m,
            neck_up=0.058 * stature_m,
            neck_ahead=0.022 * stature_m,
            head_up=0.065 * stature_m,
        )


@dataclass(frozen=True)
class BodyAngles:
    """Joint angles of F frames in radians; pairs of sides are (F, 2), left first.

    Legs and trunk are measured against the vertical in the figure's heading, arms against the trunk. An
    `_out` angle leads away from the body, a `twist` turns a limb about itself, outwards.
    """

    heading: DoubleArray
    """(F,) where the figure faces: from +z towards +x of the world."""
    pelvis_yaw: DoubleArray
    """(F,) left hip backwards, relative to the heading."""
    pelvis_list: DoubleArray
    """(F,) left hip up."""
    trunk_lean: DoubleArray
    """(F,) forward."""
    trunk_yaw: DoubleArray
    """(F,) left shoulder backwards, relative to the heading."""
    trunk_bend: DoubleArray
    """(F,) to the right."""
    thigh: DoubleArray
    """(F, 2) forward."""
    thigh_out: DoubleArray
    knee: DoubleArray
    """(F, 2) flexion: heel towards the seat."""
    ankle: DoubleArray
    """(F, 2) dorsiflexion: toes towards the shin."""
    arm: DoubleArray
    """(F, 2) upper arm forward."""
    arm_out: DoubleArray
    arm_twist: DoubleArray
    elbow: DoubleArray
    """(F, 2) flexion: hand towards the shoulder."""
    load: DoubleArray
    """(F, 2) share of the weight on each foot, no angle; sums to 1."""


def pose_body(angles: BodyAngles, lengths: BodyLengths) -> tuple[DoubleArray, DoubleArray]:
    """Forward kinematics with the pelvis at the origin.

    Args:
        angles: Joint angles of F frames.
        lengths: Segment lengths.

    Returns:
        h36m17 joints (F, 17, 3) and points of the soles (F, 4, 3): left heel, left ball, right heel, right
        ball; metres, relative to the pelvis, world axes.
    """
    frames = angles.heading.shape[0]
    joints = np.zeros((frames, 17, 3))
    soles = np.zeros((frames, 4, 3))
    heading = about_y(angles.heading)
    pelvis = heading @ about_y(angles.pelvis_yaw) @ about_z(angles.pelvis_list)
    trunk = heading @ about_y(angles.trunk_yaw) @ about_z(angles.trunk_bend) @ about_x(angles.trunk_lean)
    waist = heading @ about_y((angles.pelvis_yaw + angles.trunk_yaw) / 2)
    waist = waist @ about_z((angles.pelvis_list + angles.trunk_bend) / 2) @ about_x(angles.trunk_lean / 2)

    joints[:, 7] = waist @ (0.0, lengths.lower_trunk, 0.0)
    joints[:, 8] = joints[:, 7] + trunk @ (0.0, lengths.upper_trunk, 0.0)
    # The head stays more upright than the trunk.
    skull = heading @ about_y(angles.trunk_yaw / 3) @ about_x(angles.trunk_lean / 2)
    joints[:, 9] = joints[:, 8] + skull @ (0.0, lengths.neck_up, lengths.neck_ahead)
    joints[:, 10] = joints[:, 9] + skull @ (0.0, lengths.head_up, -lengths.neck_ahead)

    for side, sign in enumerate(_SIDES):
        hip, knee, ankle = _JOINTS_OF_LEG[side]
        joints[:, hip] = pelvis @ (sign * lengths.hip_half_width, 0.0, 0.0)
        thigh = heading @ about_z(sign * angles.thigh_out[:, side]) @ about_x(-angles.thigh[:, side])
        shin = thigh @ about_x(angles.knee[:, side])
        foot = shin @ about_x(-angles.ankle[:, side])
        joints[:, knee] = joints[:, hip] + thigh @ (0.0, -lengths.thigh, 0.0)
        joints[:, ankle] = joints[:, knee] + shin @ (0.0, -lengths.shin, 0.0)
        soles[:, 2 * side] = joints[:, ankle] + foot @ (0.0, -lengths.ankle_height, -lengths.heel_back)
        soles[:, 2 * side + 1] = joints[:, ankle] + foot @ (0.0, -lengths.ankle_height, lengths.toe_ahead)

        shoulder, elbow, wrist = _JOINTS_OF_ARM[side]
        socket = (sign * lengths.shoulder_half_width, -lengths.shoulder_drop, 0.0)
        joints[:, shoulder] = joints[:, 8] + trunk @ socket
        upper = trunk @ about_z(sign * angles.arm_out[:, side]) @ about_x(-angles.arm[:, side])
        upper = upper @ about_y(sign * angles.arm_twist[:, side])
        fore = upper @ about_x(-angles.elbow[:, side])
        joints[:, elbow] = joints[:, shoulder] + upper @ (0.0, -lengths.upper_arm, 0.0)
        joints[:, wrist] = joints[:, elbow] + fore @ (0.0, -lengths.forearm, 0.0)
    return joints, soles


def pelvis_path(soles: DoubleArray, load: DoubleArray) -> DoubleArray:
    """Path of the pelvis that keeps the loaded soles on the floor, rolling instead of sliding.

    The lower end of each sole carries what the foot carries. Weighted by load, the carrying points have
    height zero and do not move between two frames.

    Args:
        soles: Points of the soles relative to the pelvis, (F, 4, 3), closely spaced in time.
        load: Share of the weight on the left and right foot, (F, 2).

    Returns:
        Pelvis positions, (F, 3), starting above the origin.
    """
    height = soles[..., 1].reshape(-1, 2, 2)  # (F, side, heel and ball)
    share = np.exp((height.min(-1, keepdims=True) - height) / _SOFTNESS_M)
    share = (share / share.sum(-1, keepdims=True) * load[..., None]).reshape(-1, 4)
    path = np.zeros((len(soles), 3))
    step = -(share[:-1, :, None] * np.diff(soles, axis=0)).sum(1)
    path[1:] = np.cumsum(step, 0)
    path[:, 1] = -(share * soles[..., 1]).sum(1)
    return path


def about_x(angle: DoubleArray) -> DoubleArray:
    """Rotation matrices (F, 3, 3) that turn y towards z."""
    return _rotation(angle, 1, 2)


def about_y(angle: DoubleArray) -> DoubleArray:
    """Rotation matrices (F, 3, 3) that turn z towards x."""
    return _rotation(angle, 2, 0)


def about_z(angle: DoubleArray) -> DoubleArray:
    """Rotation matrices (F, 3, 3) that turn x towards y."""
    return _rotation(angle, 0, 1)


def _rotation(angle: DoubleArray, start: int, end: int) -> DoubleArray:
    matrix = np.zeros((len(angle), 3, 3))
    rest = 3 - start - end
    matrix[:, rest, rest] = 1.0
    matrix[:, start, start] = matrix[:, end, end] = np.cos(angle)
    matrix[:, end, start] = np.sin(angle)
    matrix[:, start, end] = -np.sin(angle)
    return matrix
