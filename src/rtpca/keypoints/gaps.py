"""Missing and doubtful joints: what counts as seen, what is bridged, what stays missing.

Detectors give scores on scales of their own (0 to 1, 0 to 6), so scores are read relative to what the clip
usually reaches. A joint that is away for a moment is bridged by a straight line in the image with its score
lowered; one that is away for longer is handed to the network as missing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rtpca.arrays import BoolArray, FloatArray
from rtpca.skeletons import Skeleton

BRIDGED_SCORE = 0.5
"""A bridged joint has this part of the score of the frames on both sides."""
MIN_VISIBLE_JOINTS = 4
"""A frame with fewer visible joints is not valid: the person is not there to be lifted."""

_SMALLEST_BODY_PX = 1.0
_FULL_SCORE_PERCENTILE = 95.0
_LOWEST_FULL_SCORE = 0.3


def relative_scores(scores: npt.ArrayLike, min_score: float) -> FloatArray:
    """Scores from 0 to 1, relative to what this clip usually reaches; doubtful ones become 0.

    The 95th percentile of the scores above zero counts as 1. (It counts as at least 0.3, so that a clip of
    nothing but doubtful detections is not taken for a good one.)

    Args:
        scores: (F, J) on any scale; NaN or 0 for missing.
        min_score: Relative scores below this become 0.

    Returns:
        (F, J) in [0, 1].
    """
    relative = np.nan_to_num(np.asarray(scores, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0, copy=True)
    seen = relative[relative > 0]
    if seen.size:
        relative /= max(float(np.percentile(seen, _FULL_SCORE_PERCENTILE)), _LOWEST_FULL_SCORE)
    np.clip(relative, 0.0, 1.0, out=relative)
    relative[relative < min_score] = 0.0
    return relative


def bridge_gaps(keypoints_px: FloatArray, scores: FloatArray, max_gap: int) -> int:
    """Bridge short gaps of each joint by straight lines, in place; longer ones stay missing.

    A bridged joint has half the score of its neighbours; NaN marks what stays missing.

    Args:
        keypoints_px: (F, J, 2) pixels; changed in place.
        scores: (F, J) in [0, 1], 0 for missing; changed in place.
        max_gap: Most missing frames in a row that are bridged.

    Returns:
        Number of joint positions that were bridged.
    """
    bridged = 0
    keypoints_px[scores <= 0] = np.nan
    for joint in range(scores.shape[1]):
        track, score = keypoints_px[:, joint], scores[:, joint]
        seen = np.flatnonzero(score > 0)
        gaps = np.flatnonzero((np.diff(seen) > 1) & (np.diff(seen) <= max_gap + 1))
        if not gaps.size:
            continue
        lengths = seen[gaps + 1] - seen[gaps] - 1
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1
        before, after = np.repeat(seen[gaps], lengths), np.repeat(seen[gaps + 1], lengths)
        part = (offsets / np.repeat(lengths + 1, lengths)).astype(np.float32)
        frames = before + offsets
        track[frames] = track[before] + part[:, None] * (track[after] - track[before])
        score[frames] = BRIDGED_SCORE * (score[before] + part * (score[after] - score[before]))
        bridged += len(frames)
    return bridged


def visible_frames(scores: FloatArray) -> BoolArray:
    """The (F,) frames that show enough of a person, of (F, J) scores in which gaps are bridged."""
    return np.asarray((scores > 0).sum(axis=1) >= MIN_VISIBLE_JOINTS)


def drop_points(keypoints_px: FloatArray, scores: FloatArray) -> BoolArray:
    """Mark all joints missing, in place, in frames where they lie in one point: that is no body.

    Args:
        keypoints_px: (F, J, 2) pixels; changed in place.
        scores: (F, J), 0 for missing; changed in place.

    Returns:
        (F,) whether a frame was one.
    """
    seen = (scores > 0)[..., None]
    low = np.where(seen, keypoints_px, np.inf).min(axis=1)
    high = np.where(seen, keypoints_px, -np.inf).max(axis=1)
    point = (seen.sum(axis=(1, 2)) >= MIN_VISIBLE_JOINTS) & ((high - low).max(axis=1) < _SMALLEST_BODY_PX)
    keypoints_px[point] = np.nan
    scores[point] = 0
    return point


def complete_keypoints(keypoints_px: FloatArray, scores: FloatArray, skeleton: Skeleton) -> FloatArray:
    """Keypoints without any gap, for a network that takes no scores.

    Long gaps are crossed by straight lines, ends are held, a joint that is never seen lies on its parent
    joint (a root that is never seen: on the mean of the others). The scores keep saying that these are no
    observations.

    Args:
        keypoints_px: (F, J, 2) pixels.
        scores: (F, J), 0 for missing; at least one above zero.
        skeleton: Whose joints these are.

    Returns:
        (F, J, 2) finite pixels.
    """
    complete = keypoints_px.copy()
    frames = np.arange(len(complete))
    seen = scores > 0
    for joint in np.flatnonzero(seen.any(axis=0) & ~seen.all(axis=0)):
        known = np.flatnonzero(seen[:, joint])
        for axis in range(2):
            complete[:, joint, axis] = np.interp(frames, known, keypoints_px[known, joint, axis])
    absent = set(np.flatnonzero(~seen.any(axis=0)).tolist())
    present = [joint for joint in range(skeleton.num_joints) if joint not in absent]
    for joint in sorted(absent):
        ancestor = skeleton.parents[joint]
        while ancestor in absent:
            ancestor = skeleton.parents[ancestor]
        complete[:, joint] = complete[:, ancestor] if ancestor >= 0 else complete[:, present].mean(axis=1)
    return complete
