"""Walking on the spot: real walks from which the way is taken, as cycles that go on for ever."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d

from rtpca.data.store import open_dataset

_SHORTEST_S, _SHORTEST_CYCLE_S, _LONGEST_CYCLE_S = 2.0, 0.9, 2.6
_STRAIGHT = 0.97
_SMOOTH_S = 0.25
_SLOWEST_M_S, _FASTEST_M_S = 0.5, 2.5


@dataclass(frozen=True, eq=False)
class Gait:
    """A cycle of somebody's walk.

    Attributes:
        joints: (N, 17, 3) metres, y up, facing +x, the smoothed way of the pelvis taken out, feet at 0.
        fps: Frames per second.
        speed_m_s: How fast the person went.
    """

    joints: np.ndarray
    fps: float
    speed_m_s: float

    def at(self, cycle_s: np.ndarray) -> np.ndarray:
        """(F, 17, 3) at times of the cycle, which goes on for ever."""
        place = cycle_s * self.fps
        before = np.floor(place).astype(int)
        part = (place - before)[:, None, None]
        count = len(self.joints)
        return (1 - part) * self.joints[before % count] + part * self.joints[(before + 1) % count]


def gait_of(joints: np.ndarray, fps: float) -> Gait | None:
    """The best cycle of a straight walk (F, 17, 3), y up; None where it is short, turns, or hardly moves."""
    way = gaussian_filter1d(joints[:, 0, ::2], _SMOOTH_S * fps, axis=0, mode="nearest")
    inner = slice(round(_SMOOTH_S * fps), -round(_SMOOTH_S * fps))
    joints, way = joints[inner], way[inner]
    if len(joints) < _SHORTEST_S * fps:
        return None
    net, length = np.linalg.norm(way[-1] - way[0]), np.linalg.norm(np.diff(way, axis=0), axis=1).sum()
    speed = length * fps / len(way)
    if net < _STRAIGHT * length or not _SLOWEST_M_S < speed < _FASTEST_M_S:
        return None
    ahead_x, ahead_z = (way[-1] - way[0]) / net
    local = joints.astype(float).copy()
    local[..., ::2] -= way[:, None]
    turn = np.array([[ahead_x, 0, -ahead_z], [0, 1, 0], [ahead_z, 0, ahead_x]])
    local = local @ turn
    local[..., 1] -= local[..., 1].min()
    step = max(1, round(fps / 30))
    local, fps = local[::step], fps / step
    shortest, longest = round(_SHORTEST_CYCLE_S * fps), round(_LONGEST_CYCLE_S * fps)
    moving = np.concatenate([local[1:], 5 * np.diff(local, axis=0)], axis=1).reshape(len(local) - 1, -1)
    apart = np.linalg.norm(moving[:, None] - moving[None], axis=-1)
    after = np.arange(len(moving))[None] - np.arange(len(moving))[:, None]
    apart[(after < shortest) | (after > longest)] = np.inf
    if not np.isfinite(apart).any():
        return None
    first, end = np.unravel_index(np.argmin(apart), apart.shape)
    return Gait(local[first + 1 : end + 1], fps, float(speed))


def real_gaits(data: Path, split: str) -> list[Gait]:
    """The walks among the takes of a split of a prepared file."""
    found: list[Gait] = []
    with open_dataset(data) as dataset:
        for name in dataset.names(split):
            info = dataset.info(name)
            if "walk" in f"{name} {info.action}".lower():
                recording = dataset.read(name)
                gait = gait_of(recording.positions3d[: round(20 * recording.fps)], recording.fps)
                found += [gait] if gait is not None else []
    return found
