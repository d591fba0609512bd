"""Following people from frame to frame: where everybody will be next, and which detection fits that best.

One motion model for files, videos and live streams: a body goes on as fast as it went, less and less surely
the longer it is out of sight. How far joints usually fall from where they were expected is learnt on the way,
since nobody says how fast people move per frame. Who is who where people overlap is decided once more by
`rtpca.keypoints.identities`, which sees what came after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from rtpca.arrays import DoubleArray

_FIRST_MISFIT, _LEAST_MISFIT = 0.04, 0.01
"""Usual distance of joints from their expected places in sizes of the body: at first, and at least."""
_LEARNING = 0.05
_FARTHEST_JOINT = 0.15
"""A joint counts as at most so far off: it may have jumped, or left and right are exchanged."""
_STEP = 0.6
"""Nobody is farther from where they are expected than this part of their size, times the root of frames."""
_KEPT_SPEED, _LONGEST_RUN = 0.6, 12.0
"""Share of the velocity that a frame does not change; frames after which who is lost is thought to stand."""
_PAIRS_AT_ONCE = 1 << 20
_SIZE_CHANGE, _KEPT_SIZE = 0.35, 0.8


@dataclass(slots=True)
class Moving:
    """Somebody who is followed: what is known after the last detection.

    Attributes:
        identity: Counts up from 0 in the order of appearance.
        time: Of the last detection, in frames.
        joints: (J, 2) pixels, moved along where they are hidden; NaN where never seen.
        velocity: (2,) pixels per frame.
        size: Pixels, the larger side of the box round the joints, smoothed.
        seen: Number of detections.
    """

    identity: int
    time: float
    joints: DoubleArray
    velocity: DoubleArray
    size: float
    seen: int = 1

    def expected(self, time: float) -> DoubleArray:
        """(J, 2) where the joints will be."""
        since = time - self.time
        run = _LONGEST_RUN * (1 - np.exp(-since / _LONGEST_RUN))
        return self.joints + self.velocity * run


def body_sizes(places: DoubleArray) -> DoubleArray:
    """(...,) the larger side of the box round joints (..., J, 2) that are not NaN, at least 1 pixel."""
    known = np.isfinite(places)
    low = np.where(known, places, np.inf).min(axis=-2)
    high = np.where(known, places, -np.inf).max(axis=-2)
    return np.maximum((high - low).max(axis=-1), 1.0)


def middle_of(offsets: DoubleArray) -> DoubleArray:
    """(2,) medians of the places (J, 2) that are known; infinite if none is."""
    known = offsets[np.isfinite(offsets[:, 0])]
    return np.median(known, axis=0) if len(known) else np.full(2, np.inf)


class Follower:
    """Follows everybody through the frames, one after the other.

    Attributes:
        misfit: How far joints usually fall from their expected places, as a part of the body's size.
        people: Those who are in sight, or were lately.
        margins: How much dearer it would be if a detection of the last frame were the next best person's.
    """

    def __init__(self, longest_gap: float) -> None:
        """Nobody is known yet.

        Args:
            longest_gap: Frames after which somebody who is out of sight is given up.
        """
        self.misfit = _FIRST_MISFIT
        self.people: list[Moving] = []
        self.margins: list[float] = []
        self._longest_gap = longest_gap
        self._known = 0

    def update(self, time: float, places: DoubleArray) -> list[int]:
        """Take in the people of the next frame.

        Args:
            time: In frames, rising.
            places: (P, J, 2) pixels, NaN where missing; at least one joint of everybody is seen.

        Returns:
            The identity of each.
        """
        self.people = [one for one in self.people if time - one.time <= self._longest_gap]
        sizes = body_sizes(places)
        chosen = self._assign(time, places, sizes)
        identities: list[int] = []
        for joints, size, one in zip(places, sizes, chosen, strict=True):
            if one is None:
                one = Moving(self._known, time, joints, np.zeros(2), float(size))
                self._known += 1
                self.people.append(one)
            else:
                self._move(one, time, joints, float(size))
            identities.append(one.identity)
        return identities

    def _assign(self, time: float, places: DoubleArray, sizes: DoubleArray) -> list[Moving | None]:
        chosen: list[Moving | None] = [None] * len(places)
        self.margins = [np.inf] * len(places)
        if not self.people or not len(places):
            return chosen
        cost = self._costs(time, places, sizes)
        # What cannot be is dearer than everything that can together.
        dear = np.where(np.isfinite(cost), cost, 1e3 * cost.size)
        pairs = {
            int(row): int(column)
            for row, column in zip(*linear_sum_assignment(dear), strict=True)
            if np.isfinite(cost[row, column])
        }
        for row, column in pairs.items():
            chosen[column] = self.people[row]
            self.margins[column] = _margin(cost, pairs, row, column)
        return chosen

    def _costs(self, time: float, places: DoubleArray, sizes: DoubleArray) -> DoubleArray:
        """(people, detections) how badly each detection fits each person; infinite where it cannot be.

        The negative logarithm of a likelihood: squared distances of the joints from where they are expected
        over what is usual after so many frames.
        """
        expected = np.stack([one.expected(time) for one in self.people])  # (T, J, 2)
        since = np.array([time - one.time for one in self.people])[:, None]
        size = np.array([one.size for one in self.people])[:, None]
        mean, mean_squared = np.empty((2, len(size), len(places)))
        rows = max(1, _PAIRS_AT_ONCE // places[..., 0].size)
        for start in range(0, len(size), rows):
            part = slice(start, start + rows)
            mean[part], mean_squared[part] = self._distances(expected[part], since[part], size[part], places)
        resized = np.log(sizes[None] / size) / _SIZE_CHANGE
        cost = mean_squared / (self.misfit * since) ** 2 + 2 * np.log(since) + resized**2
        return np.where(mean <= _STEP * np.sqrt(since), cost, np.inf)

    def _distances(
        self, expected: DoubleArray, since: DoubleArray, size: DoubleArray, places: DoubleArray
    ) -> tuple[DoubleArray, DoubleArray]:
        """(T, P) mean distance of the joints, and mean square of what counts of it, in sizes of the body."""
        offset = places[None] - expected[:, None]  # (T, P, J, 2)
        distance = np.hypot(offset[..., 0], offset[..., 1]) / size[..., None]
        common = np.isfinite(distance)
        count = common.sum(axis=-1)
        distance[~common] = 0
        mean = distance.sum(axis=-1) / np.maximum(count, 1)
        squared = np.minimum(distance, _FARTHEST_JOINT + self.misfit * since[..., None]) ** 2
        mean_squared = squared.sum(axis=-1) / np.maximum(count, 1)
        for i, j in np.argwhere(count == 0):  # no joint in common: by the middles of what is seen
            mean[i, j] = np.hypot(*(middle_of(places[j]) - middle_of(expected[i]))) / size[i, 0]
            mean_squared[i, j] = mean[i, j] ** 2
        return mean, mean_squared

    def _move(self, one: Moving, time: float, places: DoubleArray, size: float) -> None:
        """Somebody was found again."""
        since = time - one.time
        expected = one.expected(time)
        seen = np.isfinite(places[:, 0])
        miss = places - expected
        common = np.isfinite(miss[:, 0])
        moved = middle_of(miss) if common.any() else np.zeros(2)
        kept = _KEPT_SPEED if one.seen > 1 else 0.0
        one.velocity = one.velocity + (1 - kept) * moved / since
        if since <= 1 and one.seen > 2 and common.any():
            off = np.minimum(np.hypot(*miss[common].T) / one.size, _FARTHEST_JOINT)
            usual = max(float(np.sqrt((off**2).mean())), _LEAST_MISFIT)
            self.misfit += _LEARNING * (usual - self.misfit)
        one.joints = np.where(seen[:, None], places, expected + moved)
        one.size = _KEPT_SIZE * one.size + (1 - _KEPT_SIZE) * size
        one.time = time
        one.seen += 1


def _margin(cost: DoubleArray, pairs: dict[int, int], row: int, column: int) -> float:
    """How much dearer it is to give a person another detection, or a detection to another person."""
    others = [
        cost[other, column] + (cost[row, pairs[other]] - cost[other, pairs[other]] if other in pairs else 0.0)
        for other in np.flatnonzero(np.isfinite(cost[:, column])).tolist()
        if other != row
    ]
    taken = set(pairs.values())
    others += [
        cost[row, free] for free in np.flatnonzero(np.isfinite(cost[row])).tolist() if free not in taken
    ]
    return float(min(others, default=np.inf) - cost[row, column])
