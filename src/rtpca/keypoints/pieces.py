"""Pieces of people's ways through a clip, and how well one goes on as another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rtpca.arrays import DoubleArray, IntArray
from rtpca.keypoints.following import body_sizes, middle_of

_WINDOW = 8
"""Frames at an end of a piece that tell where the body goes and how large it is."""
_COMPARED_JOINTS = 26
"""Sets of more joints begin with the body."""
_REACH, _REACH_PER_FRAME, _FARTHEST = 0.6, 0.03, 2.0
"""Within so many sizes of the body somebody is looked for, up to the farthest."""
_MOTION, _MOTION_PER_FRAME = 1.5, 0.25
"""Usual distance between where two parts of one person's way meet, in misfits, and the share it grows by."""
_SPEED, _SPEED_PER_FRAME = 0.3, 0.2
"""The same of the change of velocity, in misfits per frame."""
_SIZE, _SIZE_PER_FRAME = 0.035, 0.002
"""Usual change of the logarithm of the size."""
_MOST = 12.0


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


def link_cost(before: Piece, after: Piece, misfit: float) -> float:
    """How badly one piece goes on as the other: a sum of squares over what is usual."""
    gap = after.first - before.last
    size_before, size_after = _size(before, -1), _size(after, 1)
    size = np.sqrt(size_before * size_after)
    middle = (before.last + after.first) / 2
    place_a, speed_a = _course(before, -1, middle)
    place_b, speed_b = _course(after, 1, middle)
    apart = float(np.linalg.norm(middle_of(place_a - place_b))) / size
    if apart > min(_REACH + _REACH_PER_FRAME * gap, _FARTHEST):
        return np.inf
    wide, fast = 1 + _MOTION_PER_FRAME * gap, 1 + _SPEED_PER_FRAME * gap
    motion = apart / (misfit * _MOTION * wide)
    speed = float(np.linalg.norm(speed_a - speed_b)) / size / (misfit * _SPEED * fast)
    resized = _log_size(before, after) / (_SIZE + _SIZE_PER_FRAME * gap)
    likely = min(motion**2, 2 * _MOST) + min(speed**2, _MOST) + min(resized**2, _MOST)
    return likely + 4 * np.log(wide) + 4 * np.log(fast)


def _end(piece: Piece, side: int, window: int) -> slice:
    return slice(max(0, len(piece.frames) - window), None) if side < 0 else slice(0, window)


def _size(piece: Piece, side: int) -> float:
    return float(np.median(body_sizes(piece.joints[_end(piece, side, _WINDOW)])))


def _course(piece: Piece, side: int, time: float) -> tuple[DoubleArray, DoubleArray]:
    """(J, 2) where the joints are at a time beyond an end of a piece, and (2,) how fast the body goes."""
    part = _end(piece, side, _WINDOW)
    frames, joints = piece.frames[part].astype(np.float64), piece.joints[part]
    if len(frames) < 3:
        end = joints[-1 if side < 0 else 0]
        return end, np.zeros(2)
    known = np.isfinite(joints[..., 0])
    count = known.sum(axis=0)
    times = np.where(known, frames[:, None], 0.0)  # (N, J)
    mean_t = times.sum(axis=0) / np.maximum(count, 1)
    mean_x = np.where(known[..., None], joints, 0).sum(axis=0) / np.maximum(count, 1)[:, None]
    off_t = np.where(known, frames[:, None] - mean_t, 0)
    off_x = np.where(known[..., None], joints - mean_x, 0)
    slope = (off_t[..., None] * off_x).sum(axis=0) / np.maximum((off_t**2).sum(axis=0), 1e-9)[:, None]
    often = count >= 3
    speed = np.median(slope[often], axis=0) if often.any() else np.zeros(2)
    place = mean_x + speed * (time - mean_t)[:, None]
    place[count == 0] = np.nan
    return place, speed


def _log_size(before: Piece, after: Piece) -> float:
    """Logarithm of how much larger the body was, by the joints that both show."""
    both = _log_distances(before, -1) - _log_distances(after, 1)
    both = both[np.isfinite(both)]
    return float(np.median(both)) if len(both) else 0.0


def _log_distances(piece: Piece, side: int) -> DoubleArray:
    """Half the logarithms of mean squared distances between joints, of all pairs."""
    joints = piece.joints[_end(piece, side, _WINDOW), :_COMPARED_JOINTS]
    upper = np.triu_indices(joints.shape[1], 1)
    offsets = joints[:, upper[0]] - joints[:, upper[1]]
    squared = (offsets**2).sum(axis=-1)
    known = np.isfinite(squared)
    count = known.sum(axis=0)
    mean = np.where(known, squared, 0).sum(axis=0) / np.maximum(count, 1)
    return np.where(count > 0, 0.5 * np.log(np.maximum(mean, 1.0)), np.nan)


def fit_cost(person: Piece, piece: Piece, misfit: float) -> float:
    """How badly a short piece lies on somebody's way; infinite where they are seen elsewhere meanwhile."""
    place = np.searchsorted(person.frames, [piece.first, piece.last + 1])
    if place[0] != place[1]:
        first, last = place
        if len(np.intersect1d(person.frames[first:last], piece.frames)):
            return np.inf
    near: list[float] = []
    size = _size(piece, 1)
    for side, index in ((-1, place[0] - 1), (1, place[1])):
        if 0 <= index < len(person.frames):
            neighbour = person.part(slice(None, index + 1) if side < 0 else slice(index, None))
            time = piece.first if side < 0 else piece.last
            gap = abs(time - int(person.frames[index]))
            place_a, _ = _course(neighbour, side, time)
            end = piece.joints[0 if side < 0 else -1]
            apart = float(np.linalg.norm(middle_of(place_a - end))) / size
            near.append((apart / (misfit * _MOTION * (1 + _MOTION_PER_FRAME * gap))) ** 2)
    return min(near, default=np.inf)
