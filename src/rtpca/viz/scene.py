"""Where the people of a clip stand in one common 3D scene: upright, on one floor, each on their own path.

It serves to look at a result, not to measure: the paths are steadied, and everybody is stood on the floor.
The values that a result holds stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, percentile_filter

from rtpca.errors import InputError
from rtpca.inference import LiftResult
from rtpca.inference.ground import settled_share
from rtpca.skeletons import Skeleton, get_skeleton
from rtpca.viz.skeleton3d import to_plot_axes

_STEADY_S = 0.1  # the root's depth is as noisy as the size of the person in the image
_FLOOR_QUANTILE = 0.15  # part of the time that the lowest joint may be below the floor, by noise
_USUAL_SLOPE, _SLOPE_COST_M = 0.1, 0.002  # a floor that tilts so much must explain so much height
_SETTLING_WINDOW_S = 2.0  # a jump is shorter
_ROUNDS, _EXACT_M = 40, 0.01
_OUTLIERS = 0.5  # per cent of positions at each end that do not count for the size of the scene
_MARGIN_M = 0.3


@dataclass(frozen=True, eq=False)
class Scene:
    """People in common axes: x right, y away from the camera, z up, metres; the floor is at z = 0.

    Attributes:
        roots_m: One (F, 3) per person: where the pelvis is drawn.
        joints_m: One (F, J, 3) per person.
        shown: One (F,) bool per person: in view in this frame.
        skeleton: Joints and bones of everybody.
        low_m: (3,) corner of the upright box that holds everybody at all times; its z is 0.
        high_m: (3,) the opposite corner.
    """

    roots_m: tuple[NDArray[np.float32], ...]
    joints_m: tuple[NDArray[np.float32], ...]
    shown: tuple[NDArray[np.bool_], ...]
    skeleton: Skeleton
    low_m: NDArray[np.float64]
    high_m: NDArray[np.float64]

    def everywhere_m(self) -> NDArray[np.float64]:
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
    """Place everybody by their root paths on one floor.

    Each path is smoothed over 0.1 s. One plane is laid under everybody's lowest joints; it may tilt a
    little, for a camera is seldom quite level. A person who stands up to 0.35 m above or below it for long is
    put onto it, since distances are not exact; who stands higher than 0.7 m stands on something else, and a
    jump stays a jump. A person whose root is not known stands in the middle.

    Args:
        people: Results of one clip, one per person.

    Returns:
        The scene.

    Raises:
        InputError: See `check_people`.
    """
    check_people(people)
    fps = people[0].fps
    roots = [_steady_root(person, fps) for person in people]
    lowest = [
        root[:, 2] + to_plot_axes(person.poses3d)[..., 2].min(axis=1)
        for person, root in zip(people, roots, strict=True)
    ]
    feet = [np.column_stack([root[:, :2], height]) for root, height in zip(roots, lowest, strict=True)]
    used = [points[person.valid] for points, person in zip(feet, people, strict=True) if person.valid.any()]
    plane = _floor_plane(np.concatenate(used or feet))
    for root, height in zip(roots, lowest, strict=True):
        floor = plane[0] + root[:, :2] @ plane[1:]
        root[:, 2] -= floor + _settling(height - floor, fps)
    joints = [
        (to_plot_axes(person.poses3d) + root[:, None]).astype(np.float32)
        for person, root in zip(people, roots, strict=True)
    ]
    shown = [person.valid.copy() for person in people]
    seen = [points[mask] for points, mask in zip(joints, shown, strict=True) if mask.any()]
    # Nobody in view in any frame: the held pose gives the scene its size all the same.
    points = np.concatenate(seen or joints)  # (frames of all people, J, 3)
    low = np.percentile(points.min(axis=1), _OUTLIERS, axis=0) - _MARGIN_M
    high = np.percentile(points.max(axis=1), 100 - _OUTLIERS, axis=0) + _MARGIN_M
    low[2] = 0.0
    return Scene(
        roots_m=tuple(root.astype(np.float32) for root in roots),
        joints_m=tuple(joints),
        shown=tuple(shown),
        skeleton=get_skeleton(people[0].skeleton),
        low_m=low,
        high_m=np.maximum(high, low + 2 * _MARGIN_M),
    )


def _steady_root(person: LiftResult, fps: float) -> NDArray[np.float64]:
    """(F, 3) path of the pelvis in scene axes, smoothed; the origin throughout if it is not known."""
    root = to_plot_axes(person.root)
    if not np.isfinite(root).all():
        return np.zeros_like(root)
    return np.asarray(gaussian_filter1d(root, max(_STEADY_S * fps, 1e-3), axis=0, mode="nearest"))


def _floor_plane(feet_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,) height at x = y = 0 and slopes along x and y of the plane that a part of the points lie below.

    Quantile regression by reweighted least squares. Tilting costs: the noise of the distance moves feet along
    their viewing rays, which fall towards the camera, and alone would tilt the floor.

    Args:
        feet_m: (N, 3) lowest points, scene axes.
    """
    # The height is that in the middle of the points, so that only the slopes are held back.
    middle = feet_m[:, :2].mean(axis=0)
    terms = np.column_stack([np.ones(len(feet_m)), feet_m[:, :2] - middle])
    plane = np.array([np.quantile(feet_m[:, 2], _FLOOR_QUANTILE), 0.0, 0.0])
    held = np.diag([0.0, 1.0, 1.0]) * 2 * _SLOPE_COST_M / _USUAL_SLOPE**2
    for _ in range(_ROUNDS):
        off = feet_m[:, 2] - terms @ plane
        side = np.where(off > 0, _FLOOR_QUANTILE, 1 - _FLOOR_QUANTILE)
        weight = side / np.maximum(np.abs(off), _EXACT_M) / len(feet_m)
        weighted = terms * weight[:, None]
        plane = np.linalg.solve(weighted.T @ terms + held, weighted.T @ feet_m[:, 2])
    plane[0] -= middle @ plane[1:]
    return np.asarray(plane, dtype=np.float64)


def _settling(above_m: NDArray[np.float64], fps: float) -> NDArray[np.float64]:
    """(F,) how far to lower somebody whose lowest joint is so far above the floor."""
    window = max(1, round(_SETTLING_WINDOW_S * fps))
    usual = percentile_filter(above_m, 100 * _FLOOR_QUANTILE, size=window, mode="nearest")
    usual = np.asarray(gaussian_filter1d(np.asarray(usual, dtype=np.float64), window / 12, mode="nearest"))
    return usual * settled_share(usual)
