"""Joint angles of lifted poses over time, and how far each may be off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rtpca.arrays import BoolArray, DoubleArray, FloatArray
from rtpca.errors import InputError
from rtpca.geometry.angles import ANGLES, body_angles, follow_angles, without_side

_STEP_M = 1e-4
_FRAMES_AT_ONCE = 1024
# Errors of joints that hang together are alike, and a part that moves as a whole keeps its angles: so much of
# what follows from errors that know nothing of each other holds the true angle in 9 of 10 cases. Fitted on
# the validation split, without and with a detector's errors: benchmarks/angles.py --split val.
_SHARE_OF_INDEPENDENT = {
    "pelvis_tilt": 0.65,
    "pelvis_list": 0.77,
    "pelvis_rotation": 1.03,
    "hip_flexion": 0.81,
    "hip_adduction": 0.63,
    "hip_rotation": 0.41,
    "lumbar_extension": 0.47,
    "lumbar_bending": 0.43,
    "lumbar_rotation": 0.47,
    "neck_flexion": 0.32,
    "neck_bending": 0.23,
    "arm_flex": 0.49,
    "arm_add": 0.56,
    "arm_rot": 0.47,
    "knee_angle": 0.45,
    "elbow_flex": 0.48,
}


@dataclass(frozen=True, eq=False)
class JointAngles:
    """Joint angles of one person over time, by OpenSim's names and signs.

    Attributes:
        names: (A,) what each angle is called: `rtpca.geometry.angles.ANGLES`.
        values_rad: (F, A) radians, without jumps; NaN where 17 joints do not determine the angle, and in
            frames that are not valid.
        half_width_rad: (F, A) radians: the true angle lies within so much in `level` of all cases. None where
            the weights had no uncertainty head.
        level: Share of cases that the interval is made for.
        fps: Frames per second.
    """

    names: tuple[str, ...]
    values_rad: DoubleArray
    half_width_rad: DoubleArray | None
    level: float
    fps: float

    @property
    def times_s(self) -> DoubleArray:
        """(F,) seconds since the first frame."""
        return np.arange(len(self.values_rad)) / self.fps

    def degrees(self, name: str) -> DoubleArray:
        """(F,) one angle in degrees.

        Raises:
            InputError: there is no such angle; the message lists them.
        """
        return np.degrees(self.values_rad[:, self._place(name)])

    def half_width_degrees(self, name: str) -> DoubleArray:
        """(F,) how far the angle may be off, in degrees.

        Raises:
            InputError: there is no such angle, or the weights had no uncertainty head.
        """
        place = self._place(name)
        if self.half_width_rad is None:
            raise InputError(
                "the angles have no interval: lift with weights that have a head for it (docs/lifting.md)"
            )
        return np.degrees(self.half_width_rad[:, place])

    def _place(self, name: str) -> int:
        if name not in self.names:
            raise InputError(f"there is no angle {name!r}: choose of {', '.join(self.names)}")
        return self.names.index(name)


def joint_angles(
    poses_m: FloatArray,
    R_world_from_cam: DoubleArray,
    valid: BoolArray,
    fps: float,
    radius_m: FloatArray | None = None,
    level: float = 0.9,
) -> JointAngles:
    """Angles of a clip.

    The interval is what follows from the radii by the angles' derivatives (first order, each joint by itself,
    in all directions alike), times a share for each angle that was fitted to errors of `rtpca-s`; close to
    where an angle stops being determined the derivatives grow, and so does the interval.

    Args:
        poses_m: (F, 17, 3) metres, camera axes.
        R_world_from_cam: (3, 3) rotation into the axes that the pelvis is measured in, y up.
        valid: (F,) frames in which the person was seen.
        fps: Frames per second.
        radius_m: (F, 17) metres round each joint that hold its true place in `level` of all cases.
        level: Between 0 and 1.

    Returns:
        The angles.
    """
    joints = poses_m.astype(np.float64) @ R_world_from_cam.T
    values = np.where(valid[:, None], body_angles(joints), np.nan)
    width = None
    if radius_m is not None:
        shares = np.array([_SHARE_OF_INDEPENDENT.get(without_side(name), np.nan) for name in ANGLES])
        width = np.minimum(shares * independent_spread(joints, radius_m.astype(np.float64)), np.pi)
        width = np.where(np.isfinite(values), width, np.nan)
    return JointAngles(ANGLES, follow_angles(values), width, level, fps)


def independent_spread(joints_m: DoubleArray, radius_m: DoubleArray) -> DoubleArray:
    """(F, A) radians that errors of joints (F, 17, 3) spread into angles, if each joint errs by itself.

    The root of the sum over the joints of (radius times the length of the angle's gradient) squared, radii
    (F, 17) in metres.
    """
    frames, joints = joints_m.shape[:2]
    spread = np.empty((frames, len(ANGLES)))
    steps = _STEP_M * np.eye(3 * joints).reshape(3 * joints, 1, joints, 3)
    for start in range(0, frames, _FRAMES_AT_ONCE):
        part = slice(start, start + _FRAMES_AT_ONCE)
        here = joints_m[part]
        moved = body_angles(here + steps) - body_angles(here)  # (3 J, F, A)
        moved = (moved + np.pi) % (2 * np.pi) - np.pi
        squared = (moved / _STEP_M) ** 2
        gradient = np.nan_to_num(squared).reshape(joints, 3, len(here), -1).sum(axis=1)  # (J, F, A)
        spread[part] = np.sqrt(np.einsum("fj,jfa->fa", radius_m[part] ** 2, gradient))
    return spread
