"""The floor: which way is up and where the feet stand, from the lifted poses of one person or several.

A single view shows no gravity. Two signs of it are weighed against each other: people are upright on average,
and the ankles of standing feet lie in one plane. The first is always there and good to a few degrees; the
second counts as far as the person covers ground, for feet in one place fix no plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter, minimum_filter1d

from rtpca.arrays import AnyFloatArray, BoolArray, DoubleArray
from rtpca.errors import InputError
from rtpca.geometry import Camera
from rtpca.inference.result import R_LEVEL_FROM_CAM, LiftResult
from rtpca.skeletons import get_skeleton

ANKLE_HEIGHT_M = 0.07
"""Height of the ankle joint of a standing foot above the floor: the median of the motion capture that the
weights were trained on, where the floor is known, is 0.065 to 0.085."""

_SETTLED_M, _RAISED_M = 0.35, 0.7
# Who is lower stands on the floor, for distances are not exact; who is higher, on something else.

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
_NEXT_TO_AXIS_DEG, _MOST_LEAN_DEG = 25.0, 45.0
# Up is wrong by 6.5 degrees in nine of ten takes, and axes are 90 degrees apart.
_MOST_ABOVE_M, _LOW_WITHIN_S = 0.1, 1.0
_FLOOR_QUANTILE = 0.15  # part of the time that standing feet may be below the floor, by noise


@dataclass(frozen=True, eq=False)
class Ground:
    """A world whose y points up and whose floor, if one was found, is at y = 0.

    Attributes:
        R_world_from_cam: (3, 3) rotation of camera axes (x right, y down, z forward) into world axes: x
            right, y up, z towards the camera; or those of the world that the camera is known to stand in,
            turned so that y is up.
        origin_cam: (3,) the world's origin in camera axes, metres: on the floor, below where the person was
            on average; or that of the camera's world.
        is_floor: The feet are put onto y = 0; else the origin is only a place.
    """

    R_world_from_cam: DoubleArray
    origin_cam: DoubleArray
    is_floor: bool = True

    @property
    def up_cam(self) -> DoubleArray:
        """(3,) the world's up in camera axes."""
        return self.R_world_from_cam[1]

    def facing_camera(self, *people: LiftResult) -> Ground:
        """The same floor and way up, with z towards the camera and the origin below where people are.

        Args:
            people: The people.
        """
        rotation, middle = _axes(self.up_cam), _middle(_Walker.all_of(people))
        below = middle - self.up_cam * (self.up_cam @ (middle - self.origin_cam))
        return replace(self, R_world_from_cam=rotation, origin_cam=below)

    def to_world(self, points_cam: AnyFloatArray) -> DoubleArray:
        """World coordinates of points (..., 3) in camera axes, metres."""
        return (np.asarray(points_cam, dtype=np.float64) - self.origin_cam) @ self.R_world_from_cam.T

    def place(self, result: LiftResult) -> DoubleArray:
        """Absolute joint positions in the world.

        On a floor the depth of the pelvis is smoothed (from a single view it trembles), and the person
        is moved up or down as a whole, so that standing feet keep the height of the floor; who stays
        0.7 m or more above it stands on something else and keeps that height.

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
        if known:  # a distance that is off for a moment is no step down
            heights = median_filter(heights, size=max(1, round(_SETTLING_S * result.fps)), mode="nearest")
        # The lower foot stands, if it is about as low as at any time within a second: not so in a jump.
        span = max(1, round(_LOW_WITHIN_S * result.fps))
        standing = heights < minimum_filter1d(heights, span, mode="nearest") + _MOST_ABOVE_M
        standing &= result.valid
        if not known or not standing.any():
            standing = np.ones(result.frames, dtype=bool)
        level = _settling(heights, standing, result.fps, known)
        # Nothing is below the floor; without a path there is no height to keep.
        share = np.clip((_RAISED_M - np.maximum(level, 0)) / (_RAISED_M - _SETTLED_M), 0, 1) if known else 1.0
        joints[..., 1] -= (level * share)[:, None]
        return joints


LEVEL_CAMERA = Ground(R_LEVEL_FROM_CAM, np.zeros(3), is_floor=False)
"""The camera at the origin, taken to be level: what is used without a floor."""


def estimate_ground(*people: LiftResult) -> Ground:
    """Find up and the floor from the poses of people who stand or walk, on the whole.

    Several people of one clip share one up and one floor: the lowest that somebody stands on for a good part
    of the time, so that who is on a roof or a stage stays above it. Where the camera stands in a known world,
    it is that world: with y up, and its height 0 for the floor if people stand within 0.35 m of it.

    Args:
        people: One result per person of a clip; frames that are not valid do not count.

    Returns:
        The floor. If the path of nobody's root is known, it lies below a root at the camera.

    Raises:
        InputError: there is nobody.
    """
    if not people:
        raise InputError("there is nobody to find a floor under: give at least one result")
    walkers = _Walker.all_of(people)
    up = _up_of(walkers)
    known = _known_world(people, walkers, up)
    if known is not None:
        return known
    rotation = _axes(up)
    middle = rotation @ _middle(walkers)
    middle[1] = _floor_height(walkers, up)
    return Ground(rotation, middle @ rotation)


def camera_world(*people: LiftResult) -> Ground | None:
    """The world that the camera of some people stands in, with y up; nobody is moved onto its floor.

    Returns:
        The world; None where nobody said where the camera stands, or none of its axes points up.
    """
    if _placed_camera(people) is None:
        return None
    walkers = _Walker.all_of(people)
    known = _known_world(people, walkers, _up_of(walkers))
    return None if known is None else replace(known, is_floor=False)


def world_notes(*people: LiftResult) -> tuple[str, ...]:
    """What there is to say about the world that the camera stands in, and how people fit into it."""
    camera = _placed_camera(people)
    if camera is None:
        return ()
    walkers = _Walker.all_of(people)
    if not walkers[0].known:
        return ()
    up = _up_of(walkers)
    up_world = _up_in_world(camera, up)
    if up_world is None:
        return (
            "the camera stands in a world of which no axis points up, as people stand: up and the floor are "
            "found from the people",
        )
    notes: list[str] = []
    axis = _axis_name(up_world)
    if camera.up_world is None:
        notes.append(f"the world of the camera has {axis} up: it does not say so, but people stand that way")
    up_cam = _R_cam_from_world(camera) @ up_world
    lean_deg = float(np.degrees(np.arccos(np.clip(up_cam @ up, -1, 1))))
    if lean_deg > _MOST_LEAN_DEG:
        notes.append(
            f"warning: people lean by {lean_deg:.0f} degrees from the way up in the camera's world ({axis}): "
            "do they lie, or is another axis up, or the camera another?"
        )
    above_m = _floor_height(walkers, up_cam) - float(up_cam @ _world_origin(camera))
    if abs(above_m) > _SETTLED_M:
        side = "above" if above_m > 0 else "below"
        notes.append(
            f"warning: people stand {abs(above_m):.2f} m {side} the height 0 of the camera's world: is its "
            "unit right (`camera_unit`), its origin on the floor, and the stature true (`height_m`)? The "
            "floor is put under their feet"
        )
    return tuple(notes)


def _placed_camera(people: Sequence[LiftResult]) -> Camera | None:
    """The camera of the first of whom it is known where it stands."""
    cameras = [person.camera for person in people if person.camera is not None]
    return next((camera for camera in cameras if camera.placed), None)


def _known_world(people: Sequence[LiftResult], walkers: Sequence[_Walker], up: DoubleArray) -> Ground | None:
    """The camera's world with its floor; None if there is none, or it is askew and nobody said how.

    Args:
        people: The people.
        walkers: The same.
        up: (3,) where people point, camera axes.
    """
    camera = _placed_camera(people)
    if camera is None or not walkers[0].known:
        return None
    up_world = _up_in_world(camera, up)
    if up_world is None:
        return None
    R_cam_from_world = _R_cam_from_world(camera)
    right: DoubleArray = np.eye(3)[np.abs(up_world).argmin()]
    right = right - (right @ up_world) * up_world
    right /= np.linalg.norm(right)
    upright: DoubleArray = np.stack([right, up_world, np.cross(right, up_world)]).astype(np.float64)
    up_cam, origin = R_cam_from_world @ up_world, _world_origin(camera)
    above_m = _floor_height(walkers, up_cam) - up_cam @ origin
    if abs(above_m) > _SETTLED_M:  # the world's height 0 is no floor of these people
        origin = origin + above_m * up_cam
    return Ground(upright @ R_cam_from_world.T, origin)


def _up_in_world(camera: Camera, up: DoubleArray) -> DoubleArray | None:
    """The way up in the camera's world: as it says, or its axis that is next to `up` (3,) in camera axes."""
    if camera.up_world is not None:
        return np.array(camera.up_world)
    along = _R_cam_from_world(camera).T @ up
    axis = int(np.abs(along).argmax())
    if np.degrees(np.arccos(min(1.0, abs(along[axis])))) > _NEXT_TO_AXIS_DEG:
        return None
    return np.sign(along[axis]) * np.eye(3)[axis]


def _R_cam_from_world(camera: Camera) -> DoubleArray:
    return camera.R_cam_from_world.double().cpu().numpy()


def _world_origin(camera: Camera) -> DoubleArray:
    """(3,) the origin of the camera's world in camera axes."""
    return -_R_cam_from_world(camera) @ camera.center_world.double().cpu().numpy()


def _axis_name(direction: DoubleArray) -> str:
    axis = int(np.abs(direction).argmax())
    return ("-" if direction[axis] < 0 else "") + "xyz"[axis]


@dataclass(frozen=True, eq=False)
class _Walker:
    """A person as the floor sees them: camera axes, metres; the root smoothed, at the camera if unknown."""

    poses: DoubleArray
    root: DoubleArray
    used: BoolArray
    known: bool
    fps: float

    @classmethod
    def of(cls, person: LiftResult) -> _Walker:
        used = person.valid if person.valid.any() else np.ones(person.frames, dtype=bool)
        poses = person.poses3d.astype(np.float64)
        known = bool(np.isfinite(person.root).all())
        root = _smoothed(person.root.astype(np.float64), person.fps) if known else np.zeros((len(poses), 3))
        return cls(poses, root, used, known, person.fps)

    @classmethod
    def all_of(cls, people: Sequence[LiftResult]) -> list[_Walker]:
        """Those whose path is known; everybody if nobody's is."""
        walkers = [cls.of(person) for person in people]
        return [one for one in walkers if one.known] or walkers

    @property
    def ankles(self) -> DoubleArray:
        """(F, 2, 3) metres."""
        return self.poses[:, _ANKLES] + self.root[:, None]

    @property
    def standing(self) -> BoolArray:
        """(F, 2) which foot stands."""
        return _standing(self.ankles, self.fps) & self.used[:, None]

    def steps(self, up: DoubleArray) -> DoubleArray:
        """(n, 3) ankles of feet that stand, or of a runner's steps."""
        stepping = _stepping(self.ankles, up, self.fps) & self.used[:, None]
        return self.ankles[self.standing | stepping]


def _up_of(walkers: Sequence[_Walker]) -> DoubleArray:
    """(3,) the way up in camera axes, from how people stand and where they step."""
    up = _upright(np.concatenate([one.poses[one.used] for one in walkers]))
    if walkers[0].known:
        leaning = up
        for _ in range(_ROUNDS):
            up = _with_plane(leaning, [one.steps(up) for one in walkers], walkers[0].fps)
    return up


def _floor_height(walkers: Sequence[_Walker], up: DoubleArray) -> float:
    """How high along `up` the lowest is that somebody stands on for a good part of the time."""
    levels = np.concatenate([_levels(one, up) for one in walkers])
    low = np.quantile(levels, _FLOOR_QUANTILE)
    return float(np.median(levels[levels <= low + _SETTLED_M]))


def _middle(walkers: Sequence[_Walker]) -> DoubleArray:
    """(3,) where people are on average, camera axes."""
    return np.median(np.concatenate([one.root[one.used] for one in walkers]), axis=0)


def _levels(one: _Walker, up: DoubleArray) -> DoubleArray:
    """(n,) heights along `up` of what the person stands on."""
    feet = one.ankles @ up
    standing = one.standing
    return (feet[standing] if standing.any() else feet[one.used].min(axis=1)) - ANKLE_HEIGHT_M


def _upright(poses: DoubleArray) -> DoubleArray:
    """(3,) mean direction from between the feet to the thorax, without the frames that lean most."""
    axis = poses[:, _THORAX] - poses[:, _ANKLES].mean(axis=1)
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-9)
    middle = np.median(axis, axis=0)
    middle = _LEVEL_UP if np.linalg.norm(middle) < 0.3 else middle / np.linalg.norm(middle)
    return middle


def _with_plane(up: DoubleArray, steps: Sequence[DoubleArray], fps: float) -> DoubleArray:
    """`up`, turned towards the normal of the plane of the standing ankles, as far as that is known.

    Least squares over a small turn (a, b) of `up`: each step gives one height with `_STEP_HEIGHT_M` of error,
    uprightness gives both angles with `_LEAN_RAD`. Heights that do not fit count less. Everybody
    has a height of their own, for one may stand on something that another does not.

    Args:
        up: (3,) where people point on average.
        steps: (n, 3) standing ankles of each person.
        fps: Frames per second.
    """
    steps = [points for points in steps if len(points) >= 3]
    if not steps:
        return up
    points = np.concatenate(steps)
    right = _axes(up)[0]
    forward = np.cross(up, right)
    whose = np.repeat(np.arange(len(steps)), [len(one) for one in steps])
    own_height = np.eye(len(steps))[whose]
    slope = np.column_stack([points @ right, points @ forward, own_height])  # (n, 2 + people)
    height = points @ up
    weight = np.ones(len(points))
    free = len(steps)
    prior = np.diag([1.0, 1.0, *[0.0] * free]) / _LEAN_RAD**2
    turn = np.zeros(2 + free)
    for _ in range(_ROUNDS):
        # Frames of one step are one measurement.
        scaled = slope * (weight / (fps * _STEP_S) / _STEP_HEIGHT_M**2)[:, None]
        turn = np.linalg.solve(slope.T @ scaled + prior + 1e-9 * np.eye(2 + free), scaled.T @ height)
        above = (height - slope @ turn) / _STEP_HEIGHT_M
        # A foot can be slow in the air, but not below the floor: what lies above counts even less.
        weight = 1 / np.maximum(1.0, np.where(above > 0, above**2, -above))
    tilted = up - turn[0] * right - turn[1] * forward
    return tilted / np.linalg.norm(tilted)


def _axes(up: DoubleArray) -> DoubleArray:
    """(3, 3) rotation into the world with this up and z towards the camera."""
    back = np.array([0.0, 0.0, -1.0])
    back = back - (back @ up) * up
    if np.linalg.norm(back) < 1e-3:  # the camera looks straight down or up: the image's top is far away
        back = np.array([0.0, 1.0, 0.0]) - up[1] * up
    back /= np.linalg.norm(back)
    return np.stack([np.cross(up, back), up, back])


def _smoothed(root: DoubleArray, fps: float) -> DoubleArray:
    """The path without the tremble of its depth: single-frame jumps by a median, the rest by a Gaussian.

    Where the pelvis is in the image is known well, so it stays on its line of sight, and a jump stays a jump.
    """
    if len(root) < 3:
        return root
    depth = np.maximum(root[:, 2], 1e-3)
    calm = median_filter(depth, size=min(5, len(root)), mode="nearest")
    calm = gaussian_filter1d(calm, _ROOT_SMOOTHING_S * fps, mode="nearest")
    return root * (calm / depth)[:, None]


def _standing(ankles: DoubleArray, fps: float) -> BoolArray:
    """(F, 2) which foot stands: slower than `_STANDING_M_PER_S`, or in the slowest tenth of a runner."""
    if len(ankles) < 2:
        return np.ones(ankles.shape[:2], dtype=bool)
    calm = gaussian_filter1d(ankles, 0.03 * fps, axis=0, mode="nearest")
    speed = np.linalg.norm(np.gradient(calm, axis=0), axis=-1) * fps
    return speed <= max(_STANDING_M_PER_S, float(np.percentile(speed, 10)))


def _stepping(ankles: DoubleArray, up: DoubleArray, fps: float) -> BoolArray:
    """(F, 2) which foot is the lower one, and as low as ever within half a second: a runner's steps."""
    heights = ankles @ up
    lower = heights.min(axis=1, keepdims=True)
    span = max(1, round(_STEP_S * fps))
    lowest = minimum_filter1d(lower, span, axis=0, mode="nearest")
    return (heights == lower) & (lower < lowest + _STEP_HEIGHT_M / 2)


def _settling(heights: DoubleArray, standing: BoolArray, fps: float, known: bool) -> DoubleArray:
    """(F,) how far the person is above the floor while standing, smooth, and in between for other frames."""
    frames = np.arange(len(heights))
    above = np.interp(frames, frames[standing], heights[standing])
    return gaussian_filter1d(above, _SETTLING_S * fps, mode="nearest") if known else above
