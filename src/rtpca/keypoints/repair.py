"""Mistakes of a detector undone before lifting: left and right exchanged for some frames, joints that jump.

Sides are put right where motion, image and the body in 3D agree that they are exchanged
(`rtpca.keypoints.verdict`); where they do not decide it, nothing is changed, and that is said. Joints that
jump are found in the image alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rtpca.arrays import BoolArray, FloatArray
from rtpca.errors import counted
from rtpca.keypoints.sides import PAIRS, with_exchanged
from rtpca.keypoints.verdict import Judge, judged_sides

_LEAST_FRAMES = 3
# In parts of the person's size in the image (the median height of the box).
_SMALLEST_JUMP = 0.08
_JUMP_NOISE_FACTOR = 10.0
_SMOOTH_FPS = 20.0
_WORTH_A_WORD = 0.1
"""How likely it is that sides are wrong where that is said."""


@dataclass(frozen=True, eq=False)
class Repair:
    """What was changed.

    Attributes:
        exchanged: (F, J) left and right were exchanged here.
        doubt: (F, J) how likely it is that left and right are exchanged now.
        outliers: (F, J) the joint jumped away for a frame and counts as missing.
    """

    exchanged: BoolArray
    doubt: FloatArray
    outliers: BoolArray

    def notes(self) -> list[str]:
        """One sentence for each kind of repair that was made, and for what was left in doubt."""
        notes: list[str] = []
        for name, limb in zip(("legs", "arms"), (PAIRS[:3, 0], PAIRS[3:, 0]), strict=True):
            frames = int(self.exchanged[:, limb].any(axis=1).sum())
            if frames:
                notes.append(
                    f"left and right {name} exchanged by the detector in {counted(frames, 'frame')}: "
                    "put right"
                )
        for name, limb in zip(("legs", "arms"), (PAIRS[:3, 0], PAIRS[3:, 0]), strict=True):
            frames = int((self.doubt[:, limb] > _WORTH_A_WORD).any(axis=1).sum())
            if frames:
                notes.append(
                    f"left and right of {name} may be exchanged in {counted(frames, 'frame')}: not decided, "
                    "the confidence is lower there"
                )
        if self.outliers.any():
            jumps = counted(int(self.outliers.sum()), "joint position jumps", "joint positions jump")
            notes.append(f"{jumps} away and back: counted as missing")
        return notes


def repair_keypoints(keypoints_px: FloatArray, scores: FloatArray, fps: float, judge: Judge) -> Repair:
    """Undo exchanged sides and drop joints that jump, in place.

    Args:
        keypoints_px: (F, 17, 2) h36m17 joints in pixels, anything where the score is 0; changed in place.
        scores: (F, 17), 0 where missing; changed in place.
        fps: Frames per second.
        judge: Decides about sides.

    Returns:
        What was changed.
    """
    size = person_size(keypoints_px, scores)
    exchanged = np.zeros(scores.shape, dtype=bool)
    doubt = np.zeros(scores.shape, dtype=np.float32)
    if size > 0 and len(scores) >= _LEAST_FRAMES:
        sides = judged_sides(keypoints_px, scores, size, fps, judge)
        if sides.exchanged.any():  # mostly there is nothing to be done, nor to be held
            keypoints_px[:], scores[:] = with_exchanged(keypoints_px, scores, sides.exchanged)
            exchanged[:, PAIRS] = sides.exchanged[..., None]
        if sides.doubt.any():
            doubt[:, PAIRS] = sides.doubt[..., None]
    outliers = find_jumps(keypoints_px, scores, size * max(1.0, _SMOOTH_FPS / fps))
    keypoints_px[outliers] = np.nan
    scores[outliers] = 0
    return Repair(exchanged, doubt, outliers)


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


def person_size(keypoints_px: FloatArray, scores: FloatArray) -> float:
    """Median of the larger side of the visible joints' box, over the frames that show enough; 0 for none."""
    seen = (scores > 0) & np.isfinite(keypoints_px).all(axis=-1)
    enough = seen.sum(axis=1) >= 6
    if not enough.any():
        return 0.0
    points, seen = keypoints_px[enough], seen[enough, :, None]
    high = np.where(seen, points, -np.inf).max(axis=1)
    low = np.where(seen, points, np.inf).min(axis=1)
    return float(np.median((high - low).max(axis=1)))
