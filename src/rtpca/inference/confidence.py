"""How sure each lifted joint is: the estimated share of such joints that lie within 100 mm of the truth.

No single sign tells a good joint from a bad one, so several are read, most of them errors in metres: how far
the lifted mirror image disagrees, how far the pose falls from its keypoint, how much the keypoint and the
joint tremble, how far the bone is off its usual length, for the joint and for the whole body, and how far
from the pelvis the joint is; and the detector's score. The logarithm of the expected error is a sum of their
logarithms with weights of at least 0, so that more trouble never raises the confidence; a table that falls
steadily turns it into the share. Weights and table were fitted to the errors of `rtpca-s` on the validation
split with clean, noisy and corrupted keypoints: `tools/fit_confidence.py`. What these signs do not tell
of, `rtpca.inference.ceilings` limits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from scipy.ndimage import uniform_filter1d

from rtpca.arrays import AnyFloatArray, BoolArray, DoubleArray, FloatArray
from rtpca.geometry import Intrinsics
from rtpca.inference.ceilings import highest_confidence
from rtpca.skeletons import get_skeleton

WITHIN_M = 0.1
"""A joint counts as right within this distance, the pelvis in its true place."""
SIGNS = (
    "mirror",
    "reprojection",
    "keypoint_tremble",
    "joint_tremble",
    "bone",
    "doubt",
    "unseen",
    "body_mirror",
    "body_reprojection",
    "body_bone",
    "reach",
)
"""What is read, in the order of the last axis of `trouble_signs`."""

_SKELETON = get_skeleton("h36m17")
_HIPS = [_SKELETON.index("right_hip"), _SKELETON.index("left_hip")]
_SMALLEST_M = 0.002
_TREMBLE_S = 0.1
_MEAN_S = 0.3
_BODY_MEAN_S = 0.5
_FRAMES_AT_ONCE = 1 << 15


@dataclass(frozen=True, eq=False)
class Calibration:
    """How signs of trouble become a share.

    Attributes:
        weights: (J, S) weights of the signs, at least 0.
        offsets: (J,) logarithm of the expected error in metres where all signs are 0.
        table_log_m: (T,) rising logarithms of expected errors.
        table_share: (T,) falling shares of joints within `WITHIN_M`.
    """

    weights: DoubleArray
    offsets: DoubleArray
    table_log_m: DoubleArray
    table_share: DoubleArray

    def confidence(self, signs: FloatArray) -> FloatArray:
        """(F, J) shares for signs (F, J, S)."""
        expected = (signs * self.weights).sum(axis=-1) + self.offsets
        return np.interp(expected, self.table_log_m, self.table_share).astype(np.float32)


@lru_cache(maxsize=1)
def load_calibration() -> Calibration:
    """The calibration that ships with the package."""
    text = (resources.files("rtpca") / "assets" / "confidence.json").read_text(encoding="utf-8")
    content = json.loads(text)
    return Calibration(
        **{name: np.array(content[name]) for name in ("weights", "offsets", "table_log_m", "table_share")}
    )


def joint_confidence(signs: FloatArray, highest: FloatArray, valid: BoolArray) -> FloatArray:
    """Confidence of each joint.

    Args:
        signs: (F, 17, S) from `trouble_signs`.
        highest: (F, 17) from `highest_confidence`.
        valid: (F,) frames in which the person is there.

    Returns:
        (F, 17) in [0, 1]; 0 in frames that are not valid. The pelvis, which is the origin and has no error of
        its own, has the mean of the hips.
    """
    confidence = np.minimum(load_calibration().confidence(signs), highest)
    confidence[:, 0] = confidence[:, _HIPS].mean(axis=1)
    confidence[~valid] = 0
    return confidence


def clip_confidence(
    poses3d: FloatArray,
    mirror_m: FloatArray | None,
    root: FloatArray,
    keypoints_px: FloatArray,
    scores: FloatArray,
    valid: BoolArray,
    intrinsics: Intrinsics,
    fps: float,
) -> FloatArray:
    """(F, 17) confidence of a clip, piece by piece to save memory; see `trouble_signs`."""
    confidence = np.empty(scores.shape, dtype=np.float32)
    margin = round(2 * fps)
    for start in range(0, len(scores), _FRAMES_AT_ONCE):
        end = min(start + _FRAMES_AT_ONCE, len(scores))
        first = max(0, start - margin)
        part = slice(first, end + margin)
        signs = trouble_signs(
            poses3d[part],
            None if mirror_m is None else mirror_m[part],
            root[part],
            keypoints_px[part],
            scores[part],
            intrinsics,
            fps,
        )
        highest = highest_confidence(poses3d[part], keypoints_px[part], scores[part], intrinsics, fps)
        own = slice(start - first, end - first)
        confidence[start:end] = joint_confidence(signs[own], highest[own], valid[start:end])
    return confidence


def with_doubtful_sides(confidence: FloatArray, doubt: FloatArray, poses3d: FloatArray) -> FloatArray:
    """Confidence where left and right may be exchanged: then the joint is where the other one is.

    Args:
        confidence: (F, 17) if the sides are right.
        doubt: (F, 17) how likely it is that they are not.
        poses3d: (F, 17, 3) metres.

    Returns:
        (F, 17); less where the two joints are further apart than `WITHIN_M`.
    """
    lowered = confidence.copy()
    frames = np.flatnonzero(doubt.any(axis=1))  # mostly none: long clips are not held twice for them
    apart_m = np.linalg.norm(poses3d[frames] - poses3d[frames][:, list(_SKELETON.mirror)], axis=-1)
    lowered[frames] *= np.where(apart_m > WITHIN_M, 1 - doubt[frames], 1)
    return lowered


def trouble_signs(
    poses3d: FloatArray,
    mirror_m: FloatArray | None,
    root: FloatArray,
    keypoints_px: FloatArray,
    scores: FloatArray,
    intrinsics: Intrinsics,
    fps: float,
) -> FloatArray:
    """Signs of trouble of each joint and frame, as logarithms.

    Args:
        poses3d: (F, 17, 3) metres, pelvis at the origin, camera axes.
        mirror_m: (F, 17) distance between the poses of the clip and of its mirror image; None if that was not
            lifted; then the reprojection's miss stands in.
        root: (F, 3) pelvis in camera axes, metres; NaN where not known.
        keypoints_px: (F, 17, 2) pixels; NaN where missing.
        scores: (F, 17) in [0, 1]; 0 where missing.
        intrinsics: Of the camera, on the CPU.
        fps: Frames per second.

    Returns:
        (F, 17, S) in the order of `SIGNS`, at least 0.
    """
    signs = np.zeros((*scores.shape, len(SIGNS)), dtype=np.float32)
    seen = scores > 0
    focal_px, principal_px = intrinsics.focal_px.numpy(), intrinsics.principal_px.numpy()
    depth = np.where(np.isfinite(root[:, 2]) & (root[:, 2] > 0), root[:, 2], np.nan)
    metres_per_px = np.nan_to_num(depth / float(np.mean(focal_px)), nan=0.0).astype(np.float32)[:, None]
    reach = max(1, round(_TREMBLE_S * fps / 2))
    mean = max(1, round(_MEAN_S * fps))
    place = poses3d + root[:, None]
    with np.errstate(all="ignore"):
        shown = place[..., :2] / place[..., 2:] * focal_px + principal_px
        missed = np.nan_to_num(np.linalg.norm(keypoints_px - shown, axis=-1) * metres_per_px)
    errors = np.stack([missed if mirror_m is None else mirror_m, missed, _bone_misses(poses3d)], axis=-1)
    tremble = np.minimum(np.nan_to_num(_tremble(keypoints_px, 1) * metres_per_px), 1.0)
    signs[..., 2] = _log(uniform_filter1d(tremble, mean, axis=0, mode="nearest"))
    signs[..., 3] = _log(_tremble(poses3d, reach))
    signs[..., 5] = np.where(seen, 1 - scores, 0)
    signs[..., 6] = ~seen
    signs[..., (0, 1, 4)] = _log(errors)
    # A pose that is hard is hard for all joints: means over the body and over time.
    body = uniform_filter1d(
        errors[:, 1:].mean(axis=1), max(1, round(_BODY_MEAN_S * fps)), axis=0, mode="nearest"
    )
    signs[..., 7:10] = _log(body)[:, None]
    signs[..., 10] = _log(np.linalg.norm(poses3d, axis=-1))
    return signs


def _log(error_m: AnyFloatArray) -> AnyFloatArray:
    """Logarithm that is 0 for no error and resolves about 2 mm."""
    return np.log1p(np.asarray(error_m) / _SMALLEST_M)


def _tremble(tracks: FloatArray, reach: int) -> FloatArray:
    """How far each place (F, J, C) is from the middle of those `reach` frames before and after, (F, J).

    It is 0 at the ends.
    """
    result = np.zeros(tracks.shape[:2], dtype=np.float32)
    if len(tracks) > 2 * reach:
        middle = (tracks[: -2 * reach] + tracks[2 * reach :]) / 2
        result[reach:-reach] = np.linalg.norm(tracks[reach:-reach] - middle, axis=-1)
    return result


def _bone_misses(poses3d: FloatArray) -> FloatArray:
    """(F, J) how far the bone that ends at each joint is off its median length."""
    misses = np.zeros(poses3d.shape[:2], dtype=np.float32)
    for parent, child in _SKELETON.bones:
        length = np.linalg.norm(poses3d[:, child] - poses3d[:, parent], axis=1)
        misses[:, child] = np.abs(length - np.median(length))
    return misses
