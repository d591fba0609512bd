"""Overlapping windows of a clip, at the frame rate that the network was trained for.

A clip at another rate is not resampled. If it is faster, every `stride`-th frame makes a sequence of its
own, once for each starting frame (phase), so every frame is still predicted from itself. If it is slower,
`upsample - 1` points are put between each two frames, and the predictions at the original frames are kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rtpca.arrays import BoolArray, FloatArray, IntArray
from rtpca.checks import check_positive


@dataclass(frozen=True)
class WindowBatch:
    """Some windows of equal length W, as places in the clip.

    Attributes:
        before: (B, W) frame at or before each place.
        after: (B, W) frame after each place; equal to `before` where the place is a frame itself.
        fraction: (B, W) how far from `before` to `after`, in [0, 1).
        slots: for each window, the (n,) places in it that are frames of the clip and are not padding.
        frames: for each window, the (n,) frames of the clip at those places.
    """

    before: IntArray
    after: IntArray
    fraction: FloatArray
    slots: list[IntArray]
    frames: list[IntArray]

    def select(self, wanted: BoolArray) -> WindowBatch:
        """The windows for which `wanted` (B,) is true."""
        rows = np.flatnonzero(wanted)
        return WindowBatch(
            before=self.before[rows],
            after=self.after[rows],
            fraction=self.fraction[rows],
            slots=[self.slots[row] for row in rows],
            frames=[self.frames[row] for row in rows],
        )

    def interpolate(self, keypoints_px: FloatArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The windows' content.

        Args:
            keypoints_px: (F, J, 2) pixels of the clip.
            scores: (F, J), 0 where missing.

        Returns:
            (B, W, J, 2) pixels and (B, W, J) scores. Between two frames a joint that is missing in one of
            them is missing.
        """
        points, point_scores = keypoints_px[self.before], scores[self.before]
        if self.fraction.any():
            part = self.fraction[..., None]
            next_scores = scores[self.after]
            mixed = point_scores + part * (next_scores - point_scores)
            mixed[(point_scores <= 0) | (next_scores <= 0)] = 0
            point_scores = mixed.astype(np.float32, copy=False)
            points += part[..., None] * (keypoints_px[self.after] - points)
        return points, point_scores


def rate_steps(fps: float, model_fps: float) -> tuple[int, int]:
    """How a clip's frames are read so that the network sees about its own frame rate.

    Of all strides and upsamplings the one is taken whose rate is nearest to the network's by ratio.

    Args:
        fps: Frames per second of the clip.
        model_fps: Frames per second of the network's training data.

    Returns:
        `stride`, `upsample`: read every `stride`-th frame, or put `upsample - 1` points between frames. One
        of them is 1, and the network sees between 0.71 and 1.41 times its own rate.

    Raises:
        InputError: a rate is not above zero.

    Example:
        >>> rate_steps(50, 20), rate_steps(25, 20), rate_steps(10, 20)
        ((3, 1), (1, 1), (1, 2))
    """
    ratio = check_positive("fps", fps) / check_positive("model_fps", model_fps)
    return (_nearest_divisor(ratio), 1) if ratio >= 1 else (1, _nearest_divisor(1 / ratio))


def _nearest_divisor(ratio: float) -> int:
    """The whole number k for which ratio / k is nearest to 1, as a ratio; `ratio` is at least 1."""
    below = math.floor(ratio)
    # k and k + 1 are equally near where ratio is their geometric mean.
    return below if ratio * ratio < below * (below + 1) else below + 1


def window_starts(places: int, window: int, hop: int) -> IntArray:
    """Starts of overlapping windows that cover `places` places; the last one ends at the end.

    A sequence shorter than a window gets one window with the sequence in its middle: the start is then
    negative, and the caller repeats the edges.
    """
    if places <= window:
        return np.array([-((window - places) // 2)], dtype=np.int64)
    starts = np.arange(0, places - window, hop, dtype=np.int64)
    return np.append(starts, places - window)


@dataclass(frozen=True)
class WindowPlan:
    """The windows of a clip.

    Attributes:
        frames: Frames in the clip, at least 1.
        window: Places in a window: the network's number of frames.
        stride: See `rate_steps`.
        upsample: See `rate_steps`.
    """

    frames: int
    window: int
    stride: int = 1
    upsample: int = 1

    @property
    def hop(self) -> int:
        """Places between the starts of neighbouring windows: about half a window."""
        return max(1, self.window // 2)

    @property
    def count(self) -> int:
        """Number of windows in all."""
        return sum(len(window_starts(self._places(phase), self.window, self.hop)) for phase in self._phases())

    def batches(self, size: int) -> Iterator[WindowBatch]:
        """All windows, at most `size` at a time; nothing of the clip's length is held."""
        for phase in self._phases():
            starts = window_starts(self._places(phase), self.window, self.hop)
            for first in range(0, len(starts), size):
                yield self._batch(phase, starts[first : first + size])

    def _phases(self) -> range:
        return range(min(self.stride, self.frames))

    def _places(self, phase: int) -> int:
        frames = len(range(phase, self.frames, self.stride))
        return (frames - 1) * self.upsample + 1

    def _batch(self, phase: int, starts: IntArray) -> WindowBatch:
        last = self._places(phase) - 1
        raw = starts[:, None] + np.arange(self.window)  # (B, W)
        before, step = np.divmod(np.clip(raw, 0, last), self.upsample)
        after = before + (step > 0)
        kept = (raw >= 0) & (raw <= last) & (step == 0)
        before, after = phase + self.stride * before, phase + self.stride * after
        slots = [np.flatnonzero(row) for row in kept]
        return WindowBatch(
            before=before,
            after=after,
            fraction=(step / self.upsample).astype(np.float32),
            slots=slots,
            frames=[row[slot] for row, slot in zip(before, slots, strict=True)],
        )
