"""Where the joints are in the world that is exported: y up, the camera or the floor at the origin."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from rtpca.arrays import BoolArray, DoubleArray
from rtpca.errors import InputError
from rtpca.inference import Ground, LiftResult
from rtpca.inference.ground import LEVEL_CAMERA, camera_world

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class WorldMotion:
    """One person's joints in the world.

    Attributes:
        joints_m: (F, 17, 3) metres, y up; finite in every frame.
        valid: (F,) frames in which the person was seen; the others are filled from their neighbours.
        fps: Frames per second.
        names: (17,) names of the joints.
    """

    joints_m: DoubleArray
    valid: BoolArray
    fps: float
    names: tuple[str, ...]

    @property
    def frames(self) -> int:
        """Number of frames F."""
        return len(self.joints_m)

    @property
    def times_s(self) -> DoubleArray:
        """(F,) seconds since the first frame."""
        return np.arange(self.frames) / self.fps


def check_exportable(result: LiftResult) -> None:
    """Refuse what no format can hold.

    Raises:
        InputError: the result is of another skeleton than h36m17, or has no frames.
    """
    if result.skeleton != "h36m17":
        raise InputError(f"skeleton {result.skeleton!r} cannot be exported: give a result in h36m17")
    if not result.frames:
        raise InputError("the result has no frames: there is nothing to export")


def world_motion(result: LiftResult, ground: Ground | None = None) -> WorldMotion:
    """Absolute joint positions, y up.

    Args:
        result: What the lifter gave. A root that is not known (NaN) stays in one place: at the origin
            without ground, above it with the lower foot on the floor with one.
        ground: The floor; None takes the world that the camera is known to stand in, or turns the camera's
            axes upright and leaves the camera at the origin.

    Returns:
        The joints.

    Raises:
        InputError: the result is of another skeleton than h36m17, or has no frames.
    """
    check_exportable(result)
    joints = (ground or camera_world(result) or LEVEL_CAMERA).place(result)
    return WorldMotion(joints, result.valid, result.fps, result.joint_names)
