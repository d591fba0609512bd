"""The people of a clip in one 3D scene: upright, on the floor of the exports, each on their own path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtpca.arrays import BoolArray, DoubleArray, FloatArray
from rtpca.errors import InputError
from rtpca.inference import LiftResult, estimate_ground
from rtpca.skeletons import Skeleton, get_skeleton

_OUTLIERS = 0.5  # per cent of positions at each end that do not count for the size of the scene
_MARGIN_M = 0.3


@dataclass(frozen=True, eq=False)
class Scene:
    """People in common axes: x right, y away from the camera, z up, metres; the floor is at z = 0.

    Attributes:
        turn_from_cam: (3, 3) rotation of camera axes into these.
        joints_m: One (F, J, 3) per person.
        shown: One (F,) bool per person: in view in this frame.
        skeleton: Joints and bones of everybody.
        low_m: (3,) corner of the upright box that holds everybody at all times; its z is 0.
        high_m: (3,) the opposite corner.
    """

    turn_from_cam: DoubleArray
    joints_m: tuple[FloatArray, ...]
    shown: tuple[BoolArray, ...]
    skeleton: Skeleton
    low_m: DoubleArray
    high_m: DoubleArray

    def everywhere_m(self) -> DoubleArray:
        """Every joint at every time, while in view, and its shadow on the floor: (N, 3)."""
        pairs = zip(self.joints_m, self.shown, strict=True)
        seen = [joints[shown].reshape(-1, 3) for joints, shown in pairs if shown.any()]
        # Nobody in view in any frame: nothing will be drawn, but the view wants a size.
        joints = np.concatenate(seen or [joints.reshape(-1, 3) for joints in self.joints_m]).astype(
            np.float64
        )
        return np.concatenate([joints, joints * [1.0, 1.0, 0.0]])


def check_people(people: Sequence[LiftResult]) -> None:
    """Check that results belong to one clip: as many frames, one frame rate, image size and skeleton.

    Raises:
        InputError: There is nobody, a clip has no frames, or the results differ.
    """
    if not people:
        raise InputError("there is nobody to draw: give at least one result")
    first = people[0]
    if first.frames == 0:
        raise InputError("there is nothing to draw: the result has no frames")
    for number, person in enumerate(people[1:], start=2):
        for name in ("frames", "fps", "image_size", "skeleton"):
            ours, theirs = getattr(first, name), getattr(person, name)
            if ours != theirs:
                raise InputError(
                    f"person 1 has {name} {ours}, person {number} has {theirs}: give the people of one clip, "
                    "each with all of its frames"
                )


def build_scene(people: Sequence[LiftResult]) -> Scene:
    """Stand everybody on one floor, where `estimate_ground` finds it and `Ground.place` puts them.

    Args:
        people: Results of one clip, one per person.

    Returns:
        The scene.

    Raises:
        InputError: See `check_people`.
    """
    check_people(people)
    ground = estimate_ground(*people).facing_camera(*people)
    joints = [_to_scene_axes(ground.place(person)).astype(np.float32) for person in people]
    shown = [person.valid.copy() for person in people]
    seen = [points[mask] for points, mask in zip(joints, shown, strict=True) if mask.any()]
    # Nobody in view in any frame: the held pose gives the scene its size all the same.
    points = np.concatenate(seen or joints)  # (frames of all people, J, 3)
    low = np.percentile(points.min(axis=1), _OUTLIERS, axis=0) - _MARGIN_M
    high = np.percentile(points.max(axis=1), 100 - _OUTLIERS, axis=0) + _MARGIN_M
    low[2] = 0.0
    return Scene(
        turn_from_cam=_to_scene_axes(ground.R_world_from_cam.T).T,
        joints_m=tuple(joints),
        shown=tuple(shown),
        skeleton=get_skeleton(people[0].skeleton),
        low_m=low,
        high_m=np.maximum(high, low + 2 * _MARGIN_M),
    )


def _to_scene_axes(world: DoubleArray) -> DoubleArray:
    """Points (..., 3) with x right, y up, z towards the camera to x right, y away, z up."""
    return np.stack([world[..., 0], -world[..., 2], world[..., 1]], axis=-1)
