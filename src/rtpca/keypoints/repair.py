"""Mistakes of a detector undone before lifting: left and right exchanged for some frames, joints that jump.

Both are found in the image alone. Left and right of a limb are exchanged where that makes the motion of its
joints clearly smoother; which labels are right is decided by the larger part of the clip, so an exchange that
lasts for most of it stays. Legs that really cross stay as they are: they move on smoothly. Where smoothness
alone does not decide, because feet pass each other or stand together, a body that is twisted against itself
costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rtpca.arrays import BoolArray, DoubleArray, FloatArray, IntArray
from rtpca.skeletons import get_skeleton

_SKELETON = get_skeleton("h36m17")
LIMBS = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
"""Pairs of joints that are exchanged together, from the body outwards: legs, arms."""
# Which pairs of a limb are exchanged: none, the outermost, the two outer ones, all.
_STATES = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1]], dtype=np.int64)

_CHUNK = 4096
_LONGEST_GAP_S = 0.5
# DoubleArray are negative logarithms of likelihoods: an exchange is this much less likely than none.
_CHANGE_COST = 5.0
_EXCHANGED_COST_PER_S = 8.0
_TWISTED_COST_PER_S = 3500.0
"""For a twist as wide as the person's size; it grows with the square."""
_TAIL_DOF = 4.0
"""Degrees of freedom of the t distribution of a joint's misses: low, for motion has bursts."""
# In parts of the person's size in the image (the median height of the box).
_FINEST_MISS = 0.01
_SMALLEST_JUMP = 0.08
_JUMP_NOISE_FACTOR = 10.0
_SMOOTH_FPS = 20.0


@dataclass(frozen=True, eq=False)
class Repair:
    """What was changed.

    Attributes:
        exchanged: (F, J) left and right were exchanged here.
        outliers: (F, J) the joint jumped away for a frame and counts as missing.
    """

    exchanged: BoolArray
    outliers: BoolArray

    def notes(self) -> list[str]:
        """One sentence for each kind of repair that was made."""
        notes: list[str] = []
        for name, limb in zip(("legs", "arms"), LIMBS, strict=True):
            frames = int(self.exchanged[:, _pairs(limb)[:, 0]].any(axis=1).sum())
            if frames:
                notes.append(f"left and right {name} exchanged by the detector in {frames} frames: put right")
        if self.outliers.any():
            notes.append(f"{int(self.outliers.sum())} joint positions jump away and back: counted as missing")
        return notes


def repair_keypoints(keypoints_px: FloatArray, scores: FloatArray, fps: float) -> Repair:
    """Undo exchanged sides and drop joints that jump, in place.

    Args:
        keypoints_px: (F, 17, 2) h36m17 joints in pixels, anything where the score is 0; changed in place.
        scores: (F, 17), 0 where missing; changed in place.
        fps: Frames per second.

    Returns:
        What was changed.
    """
    size = _person_size(keypoints_px, scores)
    exchanged = np.zeros(scores.shape, dtype=bool)
    if size > 0 and len(scores) > 2:
        # Arms first: the legs are compared with shoulders that are right.
        for limb, other in (LIMBS[::-1], LIMBS):
            pairs, trunk = _pairs(limb), _pairs(other)[0]
            across = (keypoints_px[:, trunk[0]] - keypoints_px[:, trunk[1]]) / size
            across = np.where((scores[:, trunk] > 0).all(axis=1, keepdims=True), across, 0)
            swapped = _exchanged_pairs(keypoints_px[:, pairs] / size, scores[:, pairs], across, fps)
            for (left, right), when in zip(pairs, swapped.T, strict=True):
                for array in (keypoints_px, scores):
                    array[when, left], array[when, right] = array[when, right], array[when, left]
                exchanged[when, left] = exchanged[when, right] = True
    outliers = find_jumps(keypoints_px, scores, size * max(1.0, _SMOOTH_FPS / fps))
    keypoints_px[outliers] = np.nan
    scores[outliers] = 0
    return Repair(exchanged, outliers)


def find_jumps(keypoints_px: FloatArray, scores: FloatArray, size_px: float) -> BoolArray:
    """Joints that are somewhere else for one frame, against their neighbours in time.

    The place is predicted from two frames on each side by a cubic (exact for any smooth motion), and from
    one on each side by a straight line. The smaller of both misses must exceed `_SMALLEST_JUMP` of the
    person's size and ten times the joint's usual miss.

    Args:
        keypoints_px: (F, J, 2) pixels.
        scores: (F, J), 0 where missing.
        size_px: Size of the person; more for so few frames per second that motion itself jumps.

    Returns:
        (F, J) true for jumps.
    """
    jumps = np.zeros(scores.shape, dtype=bool)
    if len(scores) < 5 or size_px <= 0:
        return jumps
    for joint in range(scores.shape[1]):
        track = np.where(scores[:, joint, None] > 0, keypoints_px[:, joint], np.nan).astype(np.float64)
        before2, before, here, after, after2 = (track[k : len(track) - 4 + k] for k in range(5))
        straight = np.linalg.norm(here - (before + after) / 2, axis=1)
        cubic = np.linalg.norm(here - (4 * (before + after) - before2 - after2) / 6, axis=1)
        miss = np.zeros(len(track))
        miss[2:-2] = np.nan_to_num(np.fmin(straight, cubic))
        known = miss[miss > 0]
        if known.size:
            largest = max(_SMALLEST_JUMP * size_px, _JUMP_NOISE_FACTOR * float(np.median(known)))
            # A jump spoils the prediction of its neighbours by half as much: the worst of three is the jump.
            worst = miss[1:-1] >= np.maximum(miss[:-2], miss[2:])
            jumps[1:-1, joint] = (miss[1:-1] > largest) & worst
    return jumps


def _pairs(limb: tuple[str, ...]) -> IntArray:
    """(3, 2) left and right joint of each pair."""
    return np.array([[_SKELETON.index(f"{side}_{joint}") for side in ("left", "right")] for joint in limb])


def _person_size(keypoints_px: FloatArray, scores: FloatArray) -> float:
    """Median of the larger side of the visible joints' box, over the frames that show enough; 0 for none."""
    seen = (scores > 0) & np.isfinite(keypoints_px).all(axis=-1)
    enough = seen.sum(axis=1) >= 6
    if not enough.any():
        return 0.0
    points, seen = keypoints_px[enough], seen[enough, :, None]
    high = np.where(seen, points, -np.inf).max(axis=1)
    low = np.where(seen, points, np.inf).min(axis=1)
    return float(np.median((high - low).max(axis=1)))


def _exchanged_pairs(points: FloatArray, scores: FloatArray, across: FloatArray, fps: float) -> BoolArray:
    """Which pairs are exchanged, by dynamic programming over the frames that show a pair (Viterbi, 1967).

    The cost of three frames is how unlikely it is that the third lies so far from going on as before, given
    how far it usually does: so the same rule serves still and noisy keypoints, hips that hardly move and
    ankles that swing. Being exchanged costs something per second, so that the longer part counts as right;
    so does a body that is twisted.

    Args:
        points: (F, 3, 2, 2) pairs of a limb, left and right, in units of the person's size.
        scores: (F, 3, 2).
        across: (F, 2) from the right to the left joint at the other end of the trunk; 0 where not seen.
        fps: Frames per second.

    Returns:
        (F, 3) bool.
    """
    seen: BoolArray = np.asarray((scores > 0).all(axis=2) & np.isfinite(points).all(axis=(2, 3)))  # (F, 3)
    frames = np.flatnonzero(seen.any(axis=1))
    result = np.zeros(seen.shape, dtype=bool)
    if len(frames) < 3:
        return result
    costs = _pair_costs(points[frames], scores[frames], seen[frames], frames, fps)
    apart = np.diff(frames, append=frames[-1] + 1)[:, None] / fps
    away = _EXCHANGED_COST_PER_S * _STATES.any(axis=1)
    twisted = _twist_costs_per_s(points[frames], seen[frames], across[frames])
    path = _best_path(costs, apart * (away + twisted))
    result[frames] = _STATES[path].astype(bool)
    return result & seen


def _pair_costs(
    points: FloatArray, scores: FloatArray, seen: BoolArray, frames: IntArray, fps: float
) -> FloatArray:
    """DoubleArray of all threes of neighbouring frames.

    A miss m of a joint costs -log t(m) of a t distribution in the plane, whose scale is the pair's median
    miss; weighted with the scores.

    Returns:
        (K, 3, 2, 2) costs of each three for each pair of joints, by whether the pair is exchanged between the
        first two, and between the last two of the three.
    """
    first, middle, last = points[:-2], points[1:-1], points[2:]
    step = np.diff(frames)
    # After a gap the speed is a mean; it is not carried further than it was measured for.
    ratio = np.minimum(step[1:] / step[:-1], 1.0).astype(np.float32)[:, None, None, None]
    longest = np.maximum(step[1:], step[:-1])
    near = longest <= max(1.0, _LONGEST_GAP_S * fps)
    known = seen[:-2] & seen[1:-1] & seen[2:] & near[:, None]
    weight = np.sqrt(np.minimum(np.minimum(scores[:-2], scores[1:-1]), scores[2:]).min(axis=2))
    weight = np.where(known, weight, 0)
    miss = np.empty((len(first), 3, 2, 2, 2), dtype=np.float32)
    for before in range(2):
        start = first[:, :, ::-1] if before else first
        for after in range(2):
            end = last[:, :, ::-1] if after else last
            away = np.nan_to_num(end - middle - ratio * (middle - start))
            miss[:, :, before, after] = np.linalg.norm(away, axis=-1)
    usual = [
        float(np.median(miss[known[:, pair], pair, 0, 0])) if known[:, pair].any() else 0.0
        for pair in range(3)
    ]
    # Motion goes on less and less as before, the longer nobody looked.
    scale = np.maximum(np.array(usual), _FINEST_MISS) * longest[:, None] ** 1.5  # (K, 3)
    unlikely = np.log1p((miss / scale[:, :, None, None, None]) ** 2 / _TAIL_DOF).sum(axis=-1)
    return (weight[:, :, None, None] * (_TAIL_DOF + 2) / 2 * unlikely).astype(np.float32)


def _twist_costs_per_s(points: FloatArray, seen: BoolArray, across: FloatArray) -> DoubleArray:
    """(K, 4) cost of hips that point against shoulders and knees against hips (of arms alike), in each state.

    The narrower of both counts, so that side views, where left and right hardly lie apart, do not.
    """
    width = np.nan_to_num(points[:, :, 0] - points[:, :, 1]) * seen[..., None]  # (K, 3, 2)
    signs = 1 - 2 * _STATES
    trunk = _along(np.nan_to_num(across), width[:, 0])[:, None] * signs[:, 0]
    limb = _along(width[:, 0], width[:, 1])[:, None] * signs[:, 0] * signs[:, 1]
    return _TWISTED_COST_PER_S * (np.minimum(trunk, 0) ** 2 + np.minimum(limb, 0) ** 2)


def _along(a: FloatArray, b: FloatArray) -> DoubleArray:
    """(K,) the shorter vector's part along the longer one."""
    longer = np.maximum(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1))
    return np.asarray((a * b).sum(axis=1) / np.maximum(longer, 1e-9), dtype=np.float64)


def _best_path(costs: FloatArray, states: DoubleArray) -> IntArray:
    """The states (K + 2,) of least total cost; all 0 at once if no change can pay.

    Args:
        costs: (K, 3, 2, 2) see `_pair_costs`.
        states: (K + 2, 4) cost of being in a state, for every frame.
    """
    path = np.zeros(len(costs) + 2, dtype=np.int64)
    gain = (costs[:, :, 0, 0] - costs.min(axis=(2, 3))).sum(axis=1)
    if (gain + np.append(gain[1:], 0)).max() < _CHANGE_COST:
        return path
    count = len(_STATES)
    moved = _STATES[:, None] ^ _STATES[None]  # (4, 4, 3) which pairs change between two states
    pair = np.arange(3)
    changes = _CHANGE_COST * (1 - np.eye(count))
    best = changes + states[0][:, None] + states[1]  # (before, now)
    back = np.empty((len(costs), count, count), dtype=np.uint8)
    for start in range(0, len(costs), _CHUNK):
        # (k, first, middle, last)
        chunk = costs[start : start + _CHUNK, pair, moved[:, :, None], moved[None]].sum(axis=-1)
        for index in range(len(chunk)):
            total = best[:, :, None] + chunk[index]
            back[start + index] = total.argmin(axis=0)
            best = total.min(axis=0) + changes + states[start + index + 2]
    before, now = np.unravel_index(int(best.argmin()), best.shape)
    path[-2:] = before, now
    for index in range(len(costs) - 1, -1, -1):
        path[index] = back[index, path[index + 1], path[index + 2]]
    return path
