"""Pieces of people's ways through a clip, and how well one goes on as another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rtpca.arrays import DoubleArray, IntArray
from rtpca.keypoints.following import body_sizes, middle_of

_WINDOW, _LOOK = 8, 16
"""Detections at an end of a piece that tell where the body goes, and those that tell its size and shape."""
_COMPARED_JOINTS = 26
"""Sets of more joints begin with the body."""
_REACH, _REACH_PER_FRAME, _FARTHEST = 0.6, 0.03, 2.0
"""Within so many sizes of the body somebody is looked for, up to the farthest."""
# Usual differences between two parts of one person's way, fitted to crossings of walks of the training split:
# a difference costs its square over that of the usual one: twice the negative logarithm of how likely it is.
_MOTION, _MOTION_PER_FRAME = 1.0, 0.15
"""Usual distance between where two parts meet, in misfits, and the share it grows by."""
_SPEED, _SPEED_PER_FRAME = 0.35, 0.2
"""The same of the change of velocity, in misfits per frame."""
_SIZE, _SHAPE = 0.032, 0.13
"""Usual change of the logarithm of the size, and of the distances between joints in terms of the size."""
_LARGEST_CHANGE = 0.5
_MOST = 8.0
"""No difference says more than that, but where the two parts meet, which says up to twice as much."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Detections of one person.

    Attributes:
        members: (N,) rising indices of detections.
        frames: (N,) their frames.
        joints: (N, J, 2) pixels; NaN where missing.
    """

    members: IntArray
    frames: IntArray
    joints: DoubleArray

    @property
    def first(self) -> int:
        """The first frame."""
        return int(self.frames[0])

    @property
    def last(self) -> int:
        """The last frame."""
        return int(self.frames[-1])

    @cached_property
    def start(self) -> _End:
        """What the first detections show."""
        return _end(self.frames, self.joints, 1)

    @cached_property
    def end(self) -> _End:
        """What the last detections show."""
        return _end(self.frames, self.joints, -1)

    def part(self, rows: slice | list[int]) -> Piece:
        """Some of the detections."""
        return Piece(self.members[rows], self.frames[rows], self.joints[rows])

    def joined(self, other: Piece) -> Piece:
        """Both, in the order of frames."""
        order = np.argsort(np.concatenate([self.frames, other.frames]), kind="stable")
        return Piece(
            np.concatenate([self.members, other.members])[order],
            np.concatenate([self.frames, other.frames])[order],
            np.concatenate([self.joints, other.joints])[order],
        )


@dataclass(frozen=True, eq=False)
class _End:
    """What an end of a piece shows.

    Attributes:
        size: pixels, the median over the detections that tell where the body goes.
        time: (J,) frames, the mean of those that show each joint.
        place: (J, 2) pixels, where it is then; NaN where it is not seen.
        speed: (2,) pixels per frame, of the body.
        distances: (J (J - 1) / 2,) logarithms of mean distances between joints; NaN where not known.
    """

    size: float
    time: DoubleArray
    place: DoubleArray
    speed: DoubleArray
    distances: DoubleArray

    def at(self, time: float) -> DoubleArray:
        """(J, 2) where the joints are at a time beyond the end."""
        return self.place + self.speed * (time - self.time)[:, None]


def link_cost(before: Piece, after: Piece, misfit: float) -> float:
    """How badly one piece goes on as the other: twice the negative logarithm of how likely it is."""
    gap = after.first - before.last
    one, other = before.end, after.start
    size = np.sqrt(one.size * other.size)
    middle = (before.last + after.first) / 2
    apart = float(np.linalg.norm(middle_of(one.at(middle) - other.at(middle)))) / size
    if apart > min(_REACH + _REACH_PER_FRAME * gap, _FARTHEST):
        return np.inf
    wide, fast = 1 + _MOTION_PER_FRAME * gap, 1 + _SPEED_PER_FRAME * gap
    motion = apart / (misfit * _MOTION * wide)
    speed = float(np.linalg.norm(one.speed - other.speed)) / size / (misfit * _SPEED * fast)
    resized, reshaped = _changes(one.distances, other.distances)
    likely = min(motion**2, 2 * _MOST) + min(speed**2, _MOST)
    likely += min((resized / _SIZE) ** 2, _MOST) + min((reshaped / _SHAPE) ** 2, _MOST)
    return likely + 4 * np.log(wide) + 4 * np.log(fast)


def _changes(before: DoubleArray, after: DoubleArray) -> tuple[float, float]:
    """Logarithm of how much larger the body was; how much the distances between joints differ beyond that."""
    change = before - after
    change = change[np.isfinite(change)]
    if not len(change):
        return 0.0, 0.0
    resized = float(np.median(change))
    beyond = np.minimum(np.abs(change - resized), _LARGEST_CHANGE)
    return resized, float(np.sqrt((beyond**2).mean()))


def _end(frames: IntArray, joints: DoubleArray, side: int) -> _End:
    """The last detections (N,), (N, J, 2) of a piece where `side` is below 0, else the first."""
    near, look = (slice(-count, None) if side < 0 else slice(0, count) for count in (_WINDOW, _LOOK))
    distances = _log_distances(joints[look, :_COMPARED_JOINTS])
    times, joints = frames[near].astype(np.float64), joints[near]
    size = float(np.median(body_sizes(joints)))
    if len(times) < 3:
        last = -1 if side < 0 else 0
        return _End(size, np.full(joints.shape[1], times[last]), joints[last], np.zeros(2), distances)
    known = np.isfinite(joints[..., 0])
    count = known.sum(axis=0)
    time = np.where(known, times[:, None], 0.0).sum(axis=0) / np.maximum(count, 1)
    place = np.where(known[..., None], joints, 0).sum(axis=0) / np.maximum(count, 1)[:, None]
    off_t = np.where(known, times[:, None] - time, 0)
    off_x = np.where(known[..., None], joints - place, 0)
    slope = (off_t[..., None] * off_x).sum(axis=0) / np.maximum((off_t**2).sum(axis=0), 1e-9)[:, None]
    often = count >= 3
    speed = np.median(slope[often], axis=0) if often.any() else np.zeros(2)
    place[count == 0] = np.nan
    return _End(size, time, place, speed, distances)


def _log_distances(joints: DoubleArray) -> DoubleArray:
    """Half the logarithms of mean squared distances between joints (N, J, 2), of all pairs."""
    upper = np.triu_indices(joints.shape[1], 1)
    squared = ((joints[:, upper[0]] - joints[:, upper[1]]) ** 2).sum(axis=-1)
    known = np.isfinite(squared)
    count = known.sum(axis=0)
    mean = np.where(known, squared, 0).sum(axis=0) / np.maximum(count, 1)
    return np.where(count >= min(2, len(joints)), 0.5 * np.log(np.maximum(mean, 1.0)), np.nan)


def fit_cost(person: Piece, piece: Piece, misfit: float) -> float:
    """How badly a short piece lies on somebody's way; infinite where they are seen elsewhere meanwhile."""
    place = np.searchsorted(person.frames, [piece.first, piece.last + 1])
    if place[0] != place[1]:
        first, last = place
        if len(np.intersect1d(person.frames[first:last], piece.frames)):
            return np.inf
    near: list[float] = []
    size = piece.start.size
    for side, index in ((-1, place[0] - 1), (1, place[1])):
        if 0 <= index < len(person.frames):
            part = (
                slice(max(0, index + 1 - _WINDOW), index + 1) if side < 0 else slice(index, index + _WINDOW)
            )
            time, own = (piece.first, piece.joints[0]) if side < 0 else (piece.last, piece.joints[-1])
            gap = abs(time - int(person.frames[index]))
            neighbour = _end(person.frames[part], person.joints[part], side)
            apart = float(np.linalg.norm(middle_of(neighbour.at(time) - own))) / size
            near.append((apart / (misfit * _MOTION * (1 + _MOTION_PER_FRAME * gap))) ** 2)
    return min(near, default=np.inf)
