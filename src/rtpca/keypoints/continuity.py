"""Which pairs of joints change over from left to right, by their motion alone.

A change of sides shows in the image as joints that do not go on as they moved before. That says from which
frame to which the labels of a pair are others than before and after, but hardly which of both are right:
see `rtpca.keypoints.sides`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rtpca.arrays import BoolArray, DoubleArray, FloatArray, IntArray

STATES = np.array([[k >> 2 & 1, k >> 1 & 1, k & 1] for k in range(8)], dtype=np.int64)
"""(8, 3) which pairs of a limb are exchanged: none to all, in every combination."""

_CHUNK = 4096
_LONGEST_GAP_S = 0.5
# Costs are negative logarithms of likelihoods: an exchange is this much less likely than none.
_CHANGE_COST = 5.0
_UNUSUAL_COST = 2.0
"""More for a middle joint that changes without its neighbours, or stays while both change."""
_EXCHANGED_COST_PER_S = 4.0
_TAIL_DOF = 4.0
"""Degrees of freedom of the t distribution of a joint's misses: low, for motion has bursts."""
_FINEST_MISS = 0.01
"""In parts of the person's size in the image (the median height of the box)."""


@dataclass(frozen=True, eq=False)
class LimbMotion:
    """The motion of the three pairs of joints of a limb, from the body outwards.

    Attributes:
        frames: (K,) frames that show at least one pair.
        costs: (K - 2, 3, 2, 2) how unlikely each three of neighbouring `frames` is for each pair, by whether
            the pair is exchanged between the first two, and between the last two of the three.
    """

    frames: IntArray
    costs: FloatArray

    @classmethod
    def of(cls, points: FloatArray, scores: FloatArray, seen: BoolArray, fps: float) -> LimbMotion:
        """The motion of pairs.

        The cost of three frames is how unlikely it is that the third lies so far from going on as before,
        given how far it usually does: so the same rule serves still and noisy keypoints, hips that hardly
        move and ankles that swing. A miss m of a joint costs -log t(m) of a t distribution in the plane,
        whose scale is the pair's median miss; weighted with the scores.

        Args:
            points: (F, 3, 2, 2) pairs of a limb, left and right, in units of the person's size.
            scores: (F, 3, 2).
            seen: (F, 3) both joints of the pair are there.
            fps: Frames per second.
        """
        frames = np.flatnonzero(seen.any(axis=1))
        if len(frames) < 3:
            return cls(frames, np.zeros((0, 3, 2, 2), dtype=np.float32))
        scores, seen = scores[frames], seen[frames]
        step = np.diff(frames)
        # After a gap the speed is a mean; it is not carried further than it was measured for.
        ratio = np.minimum(step[1:] / step[:-1], 1.0).astype(np.float32)[:, None, None, None]
        longest = np.maximum(step[1:], step[:-1])
        near = longest <= max(1.0, _LONGEST_GAP_S * fps)
        known = seen[:-2] & seen[1:-1] & seen[2:] & near[:, None]
        weight = np.sqrt(np.minimum(np.minimum(scores[:-2], scores[1:-1]), scores[2:]).min(axis=2))
        weight = np.where(known, weight, 0)
        miss = np.empty((len(ratio), 3, 2, 2, 2), dtype=np.float32)
        for begin in range(0, len(miss), _CHUNK):  # of long clips no more than this is held besides
            part = slice(begin, begin + _CHUNK)
            near_points = points[frames[begin : begin + _CHUNK + 2]]
            _measure(near_points, ratio[part], miss[part])
        usual = [
            float(np.median(miss[known[:, pair], pair, 0, 0])) if known[:, pair].any() else 0.0
            for pair in range(3)
        ]
        # Motion goes on less and less as before, the longer nobody looked.
        scale = np.maximum(np.array(usual), _FINEST_MISS) * longest[:, None] ** 1.5  # (K, 3)
        # In place: of long clips this is the largest array.
        miss /= scale[:, :, None, None, None].astype(np.float32)
        np.square(miss, out=miss)
        miss /= _TAIL_DOF
        unlikely = np.log1p(miss, out=miss).sum(axis=-1)
        return cls(frames, (weight * np.float32((_TAIL_DOF + 2) / 2))[:, :, None, None] * unlikely)

    def likeliest(self, cost_per_s: DoubleArray, fps: float) -> BoolArray:
        """Which pairs are exchanged, by dynamic programming (Viterbi, 1967).

        Being exchanged costs something per second, so that where nothing else speaks, the longer part of a
        clip counts as right.

        Args:
            cost_per_s: (K, 8) what each of `STATES` costs besides in each of `frames`.
            fps: Frames per second.

        Returns:
            (K, 3) for each of `frames`.
        """
        if not self._may_change():
            return np.zeros((len(self.frames), 3), dtype=bool)
        steps = np.diff(self.frames, append=self.frames[-1] + 1)
        apart_s = np.minimum(steps / fps, _LONGEST_GAP_S)[:, None]
        stay = apart_s * (cost_per_s + _EXCHANGED_COST_PER_S * STATES.any(axis=1))
        return STATES[_best_path(self.costs, stay)].astype(bool)

    def _may_change(self) -> bool:
        """Whether any change can pay; most clips end here."""
        gain = (self.costs[:, :, 0, 0] - self.costs.min(axis=(2, 3))).sum(axis=1)
        return bool(gain.size) and float((gain + np.append(gain[1:], 0)).max()) >= _CHANGE_COST

    def gain(self, exchanged: BoolArray) -> FloatArray:
        """(F,) how much likelier each frame's motion is with exchanged pairs (F, 3) than as it is."""
        gains = np.zeros(len(exchanged), dtype=np.float32)
        if len(self.costs):
            state = exchanged[self.frames].astype(np.int64)
            changed = state[1:] ^ state[:-1]  # (K - 1, 3)
            row, pair = np.arange(len(self.costs))[:, None], np.arange(3)
            now = self.costs[row, pair, changed[:-1], changed[1:]]
            gains[self.frames[1:-1]] = (self.costs[:, :, 0, 0] - now).sum(axis=1)
        return gains


def _measure(points: FloatArray, ratio: FloatArray, miss: FloatArray) -> None:
    """How far the third of three frames lies from going on as before, by which of them are exchanged.

    Args:
        points: (K, 3, 2, 2) pairs of a limb in neighbouring frames.
        ratio: (K - 2, 1, 1, 1) how long the second step takes, in parts of the first one.
        miss: (K - 2, 3, 2, 2, 2) what is filled: by pair, exchanged before, exchanged after, joint.
    """
    first, middle, last = points[:-2], points[1:-1], points[2:]
    for before in range(2):
        start = first[:, :, ::-1] if before else first
        for after in range(2):
            end = last[:, :, ::-1] if after else last
            away = np.nan_to_num(end - middle - ratio * (middle - start))
            miss[:, :, before, after] = np.linalg.norm(away, axis=-1)


def _best_path(costs: FloatArray, stay: DoubleArray) -> IntArray:
    """The states (K,) of least total cost; costs (K - 2, 3, 2, 2) of `LimbMotion`, stay (K, 8) of states."""
    path = np.zeros(len(stay), dtype=np.int64)
    count = len(STATES)
    moved = STATES[:, None] ^ STATES[None]  # (8, 8, 3) which pairs change between two states
    pair = np.arange(3)
    unusual = (moved == [0, 1, 0]).all(axis=-1) | (moved == [1, 0, 1]).all(axis=-1)
    changes = _CHANGE_COST * moved.any(axis=-1) + _UNUSUAL_COST * unusual
    best = changes + stay[0][:, None] + stay[1]  # (before, now)
    back = np.empty((len(costs), count, count), dtype=np.uint8)
    for start in range(0, len(costs), _CHUNK):
        # (k, first, middle, last)
        chunk = costs[start : start + _CHUNK, pair, moved[:, :, None], moved[None]].sum(axis=-1)
        for index in range(len(chunk)):
            total = best[:, :, None] + chunk[index]
            back[start + index] = total.argmin(axis=0)
            best = total.min(axis=0) + changes + stay[start + index + 2]
    before, now = np.unravel_index(int(best.argmin()), best.shape)
    path[-2:] = before, now
    for index in range(len(costs) - 1, -1, -1):
        path[index] = back[index, path[index + 1], path[index + 2]]
    return path
