"""The floor: which way is up and where the feet stand, from one person's lifted poses.

A single view shows no gravity. Two signs of it are weighed against each other: people are upright on average,
and the ankles of standing feet lie in one plane. The first is always there and good to a few degrees; the
second counts as far as the person covers ground, for feet in one place fix no plane.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, median_filter, minimum_filter1d

from rtpca.inference.result import LiftResult
from rtpca.skeletons import get_skeleton

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

ANKLE_HEIGHT_M = 0.07
"""Height of the ankle joint of a standing foot above the floor: the median of the motion capture that the
weights were trained on, where the floor is known, is 0.065 to 0.085."""

_ANKLES = tuple(get_skeleton("h36m17").index(name) for name in ("right_ankle", "left_ankle"))
_THORAX = get_skeleton("h36m17").index("thorax")
_LEVEL_UP = np.array([0.0, -1.0, 0.0])
_STANDING_M_PER_S = 0.5
_ROOT_SMOOTHING_S = 0.25
_SETTLING_S = 0.3
# How far each sign is trusted: the mean lean of people, in radians, and the height of one step, in metres.
_LEAN_RAD, _STEP_HEIGHT_M = 0.08, 0.05
_STEP_S = 0.5
_ROUNDS = 5
_MOST_ABOVE_M, _LOW_WITHIN_S = 0.1, 1.0


@dataclass(frozen=True, eq=False)
class Ground:
    """A world whose y points up and whose floor, if one was found, is at y = 0.

    Attributes:
        R_world_from_cam: (3, 3) rotation of camera axes (x right, y down, z forward) into world axes (x
            right, y up, z towards the camera).
        origin_cam: (3,) the world's origin in camera axes, metres: on the floor, below where the person was
            on average.
        is_floor: The feet are put onto y = 0; else the origin is only a place.
    """

    R_world_from_cam: Array
    origin_cam: Array
    is_floor: bool = True

    @property
    def up_cam(self) -> Array:
        """(3,) the world's up in camera axes."""
        return self.R_world_from_cam[1]

    def to_world(self, points_cam: npt.NDArray[np.floating]) -> Array:
        """World coordinates of points (..., 3) in camera axes, metres."""
        return (np.asarray(points_cam, dtype=np.float64) - self.origin_cam) @ self.R_world_from_cam.T

    def place(self, result: LiftResult) -> Array:
        """Absolute joint positions in the world.

        On a floor the depth of the pelvis is smoothed (from a single view it trembles), and the person
        is moved up or down as a whole, so that standing feet keep the height of the floor.

        Args:
            result: One person's poses. A root that is not known stays in one place.

        Returns:
            (F, J, 3) metres.
        """
        known = bool(np.isfinite(result.root).all())
        root = result.root.astype(np.float64) if known else np.tile(self.origin_cam, (result.frames, 1))
        if not self.is_floor:
            return self.to_world(result.poses3d + root[:, None])
        if known:
            root = _smoothed(root, result.fps)
        joints = self.to_world(result.poses3d + root[:, None])
        heights = joints[:, _ANKLES, 1].min(axis=1) - ANKLE_HEIGHT_M
        # The lower foot stands, if it is about as low as at any time within a second: not so in a jump.
        span = max(1, round(_LOW_WITHIN_S * result.fps))
        standing = heights < minimum_filter1d(heights, span, mode="nearest") + _MOST_ABOVE_M
        standing &= result.valid
        if not known or not standing.any():
            standing = np.ones(result.frames, dtype=bool)
        joints[..., 1] -= _settling(heights, standing, result.fps, known)[:, None]
        return joints


LEVEL_CAMERA = Ground(np.diag([1.0, -1.0, -1.0]), np.zeros(3), is_floor=False)
"""The camera at the origin, taken to be level: what is used without a floor."""


def estimate_ground(result: LiftResult) -> Ground:
    """Find up and the floor from the poses of a person who stands or walks, on the whole.

    Args:
        result: One person's poses; frames that are not valid do not count.

    Returns:
        The floor. If the path of the root is not known, it lies below a root at the camera.
    """
    used = result.valid if result.valid.any() else np.ones(result.frames, dtype=bool)
    poses = result.poses3d.astype(np.float64)
    up = _upright(poses[used])
    known = bool(np.isfinite(result.root).all())
    root = _smoothed(result.root.astype(np.float64), result.fps) if known else np.zeros((len(poses), 3))
    ankles = poses[:, _ANKLES] + root[:, None]  # (F, 2, 3) camera axes
    standing = _standing(ankles, result.fps) & used[:, None]
    if known:
        leaning = up
        for _ in range(_ROUNDS):
            steps = standing | (_stepping(ankles, up, result.fps) & used[:, None])
            up = _with_plane(leaning, ankles, steps, result.fps)
    rotation = _axes(up)
    floor = Ground(rotation, np.zeros(3))
    feet = floor.to_world(ankles)[..., 1]
    lowest = feet[standing] if standing.any() else feet[used].min(axis=1)
    pelvis = floor.to_world(root[used])
    middle = np.array([np.median(pelvis[:, 0]), np.median(lowest) - ANKLE_HEIGHT_M, np.median(pelvis[:, 2])])
    return replace(floor, origin_cam=middle @ rotation)


def _upright(poses: Array) -> Array:
    """(3,) mean direction from between the feet to the thorax, without the frames that lean most."""
    axis = poses[:, _THORAX] - poses[:, _ANKLES].mean(axis=1)
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-9)
    middle = np.median(axis, axis=0)
    middle = _LEVEL_UP if np.linalg.norm(middle) < 0.3 else middle / np.linalg.norm(middle)
    return middle


def _with_plane(up: Array, ankles: Array, standing: BoolArray, fps: float) -> Array:
    """`up`, turned towards the normal of the plane of the standing ankles, as far as that is known.

    Least squares over a small turn (a, b) of `up`: each step of the person gives one height with
    `_STEP_HEIGHT_M` of error, uprightness gives both angles with `_LEAN_RAD`. Heights that
    do not fit count less.
    """
    points = ankles[standing]
    if len(points) < 3:
        return up
    steps = standing.sum() / fps / _STEP_S
    right = _axes(up)[0]
    forward = np.cross(up, right)
    slope = np.stack([points @ right, points @ forward, np.ones(len(points))], axis=1)  # (n, 3)
    height = points @ up
    weight = np.ones(len(points))
    prior = np.diag([1.0, 1.0, 0.0]) / _LEAN_RAD**2
    turn = np.zeros(3)
    for _ in range(_ROUNDS):
        scaled = slope * (weight * steps / len(points) / _STEP_HEIGHT_M**2)[:, None]
        turn = np.linalg.solve(slope.T @ scaled + prior + 1e-9 * np.eye(3), scaled.T @ height)
        above = (height - slope @ turn) / _STEP_HEIGHT_M
        # A foot can be slow in the air, but not below the floor: what lies above counts even less.
        weight = 1 / np.maximum(1.0, np.where(above > 0, above**2, -above))
    tilted = up - turn[0] * right - turn[1] * forward
    return tilted / np.linalg.norm(tilted)


def _axes(up: Array) -> Array:
    """(3, 3) rotation into the world with this up and z towards the camera."""
    back = np.array([0.0, 0.0, -1.0])
    back = back - (back @ up) * up
    if np.linalg.norm(back) < 1e-3:  # the camera looks straight down or up: the image's top is far away
        back = np.array([0.0, 1.0, 0.0]) - up[1] * up
    back /= np.linalg.norm(back)
    return np.stack([np.cross(up, back), up, back])


def _smoothed(root: Array, fps: float) -> Array:
    """The path without the tremble of its depth: single-frame jumps by a median, the rest by a Gaussian.

    Where the pelvis is in the image is known well, so it stays on its line of sight, and a jump stays a jump.
    """
    if len(root) < 3:
        return root
    depth = np.maximum(root[:, 2], 1e-3)
    calm = median_filter(depth, size=min(5, len(root)), mode="nearest")
    calm = gaussian_filter1d(calm, _ROOT_SMOOTHING_S * fps, mode="nearest")
    return root * (calm / depth)[:, None]


def _standing(ankles: Array, fps: float) -> BoolArray:
    """(F, 2) which foot stands: slower than `_STANDING_M_PER_S`, or in the slowest tenth of a runner."""
    if len(ankles) < 2:
        return np.ones(ankles.shape[:2], dtype=bool)
    calm = gaussian_filter1d(ankles, 0.03 * fps, axis=0, mode="nearest")
    speed = np.linalg.norm(np.gradient(calm, axis=0), axis=-1) * fps
    return speed <= max(_STANDING_M_PER_S, float(np.percentile(speed, 10)))


def _stepping(ankles: Array, up: Array, fps: float) -> BoolArray:
    """(F, 2) which foot is the lower one, and as low as ever within half a second: a runner's steps."""
    heights = ankles @ up
    lower = heights.min(axis=1, keepdims=True)
    span = max(1, round(_STEP_S * fps))
    lowest = minimum_filter1d(lower, span, axis=0, mode="nearest")
    return (heights == lower) & (lower < lowest + _STEP_HEIGHT_M / 2)


def _settling(heights: Array, standing: BoolArray, fps: float, known: bool) -> Array:
    """(F,) how far the person is above the floor while standing, smooth, and in between for other frames."""
    frames = np.arange(len(heights))
    above = np.interp(frames, frames[standing], heights[standing])
    return gaussian_filter1d(above, _SETTLING_S * fps, mode="nearest") if known else above
