"""When the frames of a video are shown: constant rates as exact fractions, variable ones brought to one.

Lifting and every file of poses need frames at a constant rate. Where a video has none (phones, screen
recordings), its keypoints are interpolated at the times of a constant rate; `nearest_frames` says which
picture belongs to each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from rtpca.arrays import DoubleArray, FloatArray, IntArray

_ON_THE_GRID = 0.2
"""Frames within this part of a frame of their place count as constant: timestamps are rounded."""
_MOST_ADDED = 4
"""A variable rate is brought to its usual one, unless that makes so many times as many frames."""
_USUAL_RATES = tuple(
    Fraction(rate * 1000, divisor)
    for rate in (12, 15, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240)
    for divisor in (1000, 1001)
)
_ROUNDED = Fraction(1, 5000)
_BRIDGED_S = 0.5


@dataclass(frozen=True)
class Timing:
    """How the frames of a video lie on a constant rate.

    Attributes:
        rate: Frames per second, exactly.
        times_s: (V,) when each frame of the video is shown, in seconds from the first.
        frames: Frames F at the constant rate.
        constant: Whether the video has that rate itself; then F = V.
    """

    rate: Fraction
    times_s: DoubleArray
    frames: int
    constant: bool

    def grid_s(self) -> DoubleArray:
        """(F,) seconds of the frames at the constant rate."""
        return np.arange(self.frames, dtype=np.float64) * (self.rate.denominator / self.rate.numerator)

    def nearest_frames(self) -> IntArray:
        """(F,) index of the video's frame that is nearest in time."""
        if self.constant:
            return np.arange(self.frames)
        after = np.clip(np.searchsorted(self.times_s, self.grid_s()), 1, max(1, len(self.times_s) - 1))
        after = np.minimum(after, len(self.times_s) - 1)
        before = np.maximum(after - 1, 0)
        nearer = np.abs(self.grid_s() - self.times_s[before]) <= np.abs(self.times_s[after] - self.grid_s())
        return np.where(nearer, before, after)


def find_timing(times_s: npt.ArrayLike, declared: Sequence[Fraction]) -> Timing:
    """The constant rate that frames are shown at, or the one to bring them to.

    Args:
        times_s: (V,) seconds, at least one frame; in order.
        declared: Rates that the file states, the likeliest first; at least one.

    Returns:
        The timing. A video whose frames lie within a fifth of a frame of a stated rate has that rate.
    """
    times = np.maximum.accumulate(np.asarray(times_s, dtype=np.float64))
    times = times - times[0]
    count = len(times)
    if count < 2 or times[-1] <= 0:
        return Timing(declared[0], times, count, constant=True)
    usual = _usual_rate(times)
    for rate in (*map(_exact_rate, declared), *declared, usual):
        grid = np.arange(count) / float(rate)
        if np.abs(times - grid).max() <= _ON_THE_GRID / float(rate):
            return Timing(rate, times, count, constant=True)
    average = Fraction((count - 1) / times[-1]).limit_denominator(1001)
    rate = usual if times[-1] * usual < _MOST_ADDED * count else max(average, Fraction(1))
    frames = int(np.floor(times[-1] * float(rate) + 1e-6)) + 1
    return Timing(rate, times, frames, constant=False)


def _usual_rate(times_s: DoubleArray) -> Fraction:
    """The rate of the median interval; a common one where it is one within 1 %."""
    steps = np.diff(times_s)
    rate = 1 / float(np.median(steps[steps > 0]))
    nearest = min(_USUAL_RATES, key=lambda common: abs(float(common) - rate))
    if abs(float(nearest) - rate) <= 0.01 * rate:
        return nearest
    return Fraction(rate).limit_denominator(1001) or Fraction(rate)


def _exact_rate(rate: Fraction) -> Fraction:
    """The common rate that a rate counted from rounded times stands for: 60000/1001 for 59.9401."""
    nearest = min(_USUAL_RATES, key=lambda common: abs(common - rate))
    return nearest if abs(nearest - rate) <= _ROUNDED * rate else rate


def at_constant_rate(
    keypoints_px: FloatArray, scores: FloatArray, timing: Timing
) -> tuple[FloatArray, FloatArray]:
    """Keypoints of a video's frames at the frames of its constant rate, interpolated in time.

    Args:
        keypoints_px: (V, J, 2) pixels; NaN where missing.
        scores: (V, J); 0 where missing.
        timing: The video's timing.

    Returns:
        (F, J, 2) and (F, J). A joint is there where it is seen in the frames on both sides, and these are at
        most half a second apart; its score is the lower of the two.
    """
    if timing.constant:
        return keypoints_px, scores
    times, grid = timing.times_s, timing.grid_s()
    after = np.clip(np.searchsorted(times, grid - 1e-9), 1, len(times) - 1)
    before = after - 1
    span = times[after] - times[before]
    part = np.clip((grid - times[before]) / np.maximum(span, 1e-9), 0, 1).astype(np.float32)
    # At the very time of a frame, that frame alone counts.
    before = np.where(part >= 1 - 1e-6, after, before)
    after = np.where(part <= 1e-6, before, after)
    joined = np.minimum(scores[before], scores[after])
    joined[(span > _BRIDGED_S) & (before != after)] = 0
    points = keypoints_px[before] + part[:, None, None] * (keypoints_px[after] - keypoints_px[before])
    points[joined <= 0] = np.nan
    return points.astype(np.float32, copy=False), joined.astype(np.float32, copy=False)
