"""Imitated 2D detections: the true keypoints with a jitter that drifts, and now and then a wild point."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from rtpca.arrays import FloatArray

_SIGMA_PX = 4.0
_DRIFT = 0.7  # correlation of the jitter from one frame to the next
_WILD_SHARE = 0.01
_WILD_PX = 40.0


def imitated_detections(points_px: FloatArray, rng: np.random.Generator, extra_frames: int = 0) -> FloatArray:
    """What a detector might find instead of the true keypoints.

    Args:
        points_px: (F, J, 2) pixels.
        rng: source of randomness.
        extra_frames: frames to add at the end, since videos run a little longer than motion capture.

    Returns:
        (F + extra_frames, J, 2) float32 pixels.
    """
    longer = np.concatenate([points_px, np.repeat(points_px[-1:], extra_frames, axis=0)])
    white = rng.normal(scale=_SIGMA_PX, size=longer.shape)
    white[1:] *= np.sqrt(1 - _DRIFT**2)
    error = np.asarray(lfilter([1.0], [1.0, -_DRIFT], white, axis=0))
    wild = rng.random(longer.shape[:2]) < _WILD_SHARE
    error[wild] += rng.normal(scale=_WILD_PX, size=(int(wild.sum()), 2))
    return (longer + error).astype(np.float32)
