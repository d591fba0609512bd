"""Joint rotations whose fixed-length skeleton comes as near to joint positions as it can.

From the pelvis outwards, each bone is aimed from where the skeleton is at where its joint was, so a wrong
length does not add up along a limb. What positions do not fix, the turn of a bone about itself, is taken from
the way that the limb bends (the knee and the elbow are hinges), steadied over time, and fades to the
shortest turn where the limb is straight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from rtpca.arrays import DoubleArray
from rtpca.export.body import BODY, BODY_INDEX, CHILD, LEFT, UP, fit_offsets
from rtpca.geometry.body_axes import cross_axes
from rtpca.skeletons import get_skeleton

_H36M = get_skeleton("h36m17")
_TWIST_SMOOTHING_S = 0.1
_STRAIGHT_WEIGHT = 0.02
"""Weight of no twist at all against the squared sine of the bend: counts below a bend of about 8 degrees."""
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class BodyMotion:
    """An animated skeleton.

    Attributes:
        offsets_m: (19, 3) metres from each joint of `BODY` to its parent in the rest pose.
        root_m: (F, 3) position of the pelvis, metres.
        rotations: (F, 19, 3, 3) rotation of each joint in the axes of its parent, identity in the rest pose.
    """

    offsets_m: DoubleArray
    root_m: DoubleArray
    rotations: DoubleArray

    def positions(self) -> DoubleArray:
        """(F, 19, 3) joints of `BODY`, metres."""
        at, turned = np.empty((len(self.root_m), len(BODY), 3)), np.empty_like(self.rotations)
        for number, joint in enumerate(BODY):
            if joint.parent < 0:
                at[:, number], turned[:, number] = self.root_m, self.rotations[:, number]
                continue
            at[:, number] = at[:, joint.parent] + turned[:, joint.parent] @ self.offsets_m[number]
            turned[:, number] = turned[:, joint.parent] @ self.rotations[:, number]
        return at


def fit_motion(joints_m: DoubleArray, fps: float) -> BodyMotion:
    """Lengths, root path and rotations that follow joint positions.

    Args:
        joints_m: (F, 17, 3) h36m17 joints, metres, y up, finite.
        fps: Frames per second; the twist of a bone is steadied over a tenth of a second.

    Returns:
        The animated skeleton.
    """
    offsets = fit_offsets(joints_m)
    target = {name: joints_m[:, number] for number, name in enumerate(_H36M.joints)}
    sigma = _TWIST_SMOOTHING_S * fps
    at = np.empty((len(joints_m), len(BODY), 3))
    turned = np.empty((len(joints_m), len(BODY), 3, 3))
    for number, joint in enumerate(BODY):
        if joint.parent < 0:
            at[:, number] = target["pelvis"]
            turned[:, number] = _pelvis_axes(target)
            continue
        at[:, number] = at[:, joint.parent] + turned[:, joint.parent] @ offsets[number]
        above = turned[:, joint.parent]
        if not joint.aim:
            turned[:, number] = above
            continue
        aimed = CHILD[number]
        wanted = target[joint.aim] - at[:, number]
        now = _shortest_turn(above @ offsets[aimed], wanted) @ above
        if joint.hinge is not None:
            end = BODY[aimed].aim
            bend = np.cross(_unit(wanted), _unit(target[end] - target[joint.aim]))
            weight = (bend**2).sum(axis=-1)
            angle = _angle_about(wanted, now @ joint.hinge, bend)
            now = _turn_about(wanted, _steadied(angle, weight, sigma)) @ now
        elif joint.name == "thorax":
            across = target["left_shoulder"] - target["right_shoulder"]
            now = _turn_about(wanted, _angle_about(wanted, now @ LEFT, across)) @ now
        turned[:, number] = now
    local = turned.copy()
    for number, joint in enumerate(BODY):
        if joint.parent >= 0:
            local[:, number] = np.swapaxes(turned[:, joint.parent], -1, -2) @ turned[:, number]
    return BodyMotion(offsets, at[:, BODY_INDEX["pelvis"]].copy(), local)


def euler_degrees(rotations: DoubleArray, order: str) -> DoubleArray:
    """Angles without jumps of whole turns.

    Args:
        rotations: (F, 3, 3).
        order: Axes, outermost first: "YXZ" stands for R = R_y R_x R_z.

    Returns:
        (F, 3) degrees in that order.
    """
    with np.errstate(all="ignore"):
        angles = Rotation.from_matrix(rotations).as_euler(order, suppress_warnings=True)
    # The same rotation has a second set of angles; the one nearer to the frame before is the smooth one.
    for frame in range(1, len(angles)):
        first = angles[frame]
        second = np.array([first[0] + np.pi, np.pi - first[1], first[2] + np.pi])
        near = [_nearest_turn(option, angles[frame - 1]) for option in (first, second)]
        steps = [np.abs(option - angles[frame - 1]).sum() for option in near]
        angles[frame] = near[int(steps[1] < steps[0])]
    return np.degrees(angles)


def _nearest_turn(angles: DoubleArray, before: DoubleArray) -> DoubleArray:
    return angles - 2 * np.pi * np.round((angles - before) / (2 * np.pi))


def _pelvis_axes(target: dict[str, DoubleArray]) -> DoubleArray:
    """(F, 3, 3) axes of the pelvis: x from right hip to left, y towards the spine."""
    return cross_axes(target["left_hip"] - target["right_hip"], target["spine"] - target["pelvis"], UP)


def _unit(vectors: DoubleArray) -> DoubleArray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), _TINY)


def _shortest_turn(start: DoubleArray, end: DoubleArray) -> DoubleArray:
    """(F, 3, 3) smallest rotations that turn the directions `start` (F, 3) onto `end` (F, 3)."""
    start, end = _unit(start), _unit(end)
    end = np.where(np.linalg.norm(end, axis=-1, keepdims=True) > 0.5, end, start)
    half = np.concatenate([np.cross(start, end), 1 + (start * end).sum(axis=-1, keepdims=True)], axis=-1)
    # Exactly opposite: half a turn about any axis across.
    across = np.cross(start, np.where(np.abs(start[:, :1]) < 0.9, LEFT, UP))
    opposite = np.concatenate([_unit(across), np.zeros((len(start), 1))], axis=-1)
    quaternions = np.where(np.linalg.norm(half, axis=-1, keepdims=True) > 1e-6, half, opposite)
    return Rotation.from_quat(quaternions).as_matrix()


def _turn_about(axis: DoubleArray, angle_rad: DoubleArray) -> DoubleArray:
    return Rotation.from_rotvec(_unit(axis) * angle_rad[:, None]).as_matrix()


def _angle_about(axis: DoubleArray, start: DoubleArray, end: DoubleArray) -> DoubleArray:
    """(F,) angles about `axis` from `start` to `end`, all (F, 3); only what lies across the axis counts."""
    axis = _unit(axis)
    start = start - (start * axis).sum(axis=-1, keepdims=True) * axis
    end = end - (end * axis).sum(axis=-1, keepdims=True) * axis
    return np.arctan2((np.cross(start, end) * axis).sum(axis=-1), (start * end).sum(axis=-1))


def _steadied(angle_rad: DoubleArray, weight: DoubleArray, sigma: float) -> DoubleArray:
    """(F,) weighted means of angles over time, drawn towards 0 where all weights are small."""
    toward = weight * np.exp(1j * angle_rad)
    real = gaussian_filter1d(toward.real, sigma, mode="nearest")
    imaginary = gaussian_filter1d(toward.imag, sigma, mode="nearest")
    return np.arctan2(imaginary, real + _STRAIGHT_WEIGHT)
