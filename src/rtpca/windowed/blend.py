"""Overlapping windows become one sequence without seams: a mean whose weights fade at window ends."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from rtpca.arrays import BoolArray, FloatArray, IntArray

_JOINED_AT_ONCE = 1 << 15


def blend_weights(window: int) -> FloatArray:
    """Weight of each place of a window: a Hann bell sampled at the middles of places, so that none is zero.

    Args:
        window: Number of places W.

    Returns:
        (W,) weights above zero, largest in the middle, where the network sees most on both sides.
    """
    return np.square(np.sin(np.pi * (np.arange(window) + 0.5) / window)).astype(np.float32)


class Blender:
    """Collects window predictions in one output array and one weight per frame, however many windows."""

    def __init__(self, frames: int, window: int, shape: tuple[int, ...]) -> None:
        """An empty sum.

        Args:
            frames: Frames F of the clip.
            window: Places W in a window.
            shape: Shape of one frame's prediction, such as (17, 3).
        """
        self._sum = np.zeros((frames, *shape), dtype=np.float32)
        self._total = np.zeros(frames, dtype=np.float32)
        self._weights = blend_weights(window)

    def add(self, prediction: FloatArray, slots: IntArray, frames: IntArray) -> None:
        """Add one window.

        Args:
            prediction: (W, ...) what was predicted at each place.
            slots: (n,) the places that count.
            frames: (n,) the frame of the clip at each of them, no frame twice.
        """
        weights = self._weights[slots]
        self._sum[frames] += weights.reshape(-1, *[1] * (prediction.ndim - 1)) * prediction[slots]
        self._total[frames] += weights

    def finish(self) -> tuple[FloatArray, BoolArray]:
        """The mean, and which frames were covered by a window at all; the others hold zeros.

        The sum is divided in place: the blender cannot be used afterwards.
        """
        covered = self._total > 0
        self._total[~covered] = 1.0
        self._sum /= self._total.reshape(-1, *[1] * (self._sum.ndim - 1))
        return self._sum, covered


def join_phases(values: FloatArray, known: BoolArray, stride: int) -> None:
    """Join the interleaved sequences of a fast clip, in place: a mean over one frame of the network.

    Each of the `stride` sequences is predicted on its own, so the predictions differ by a pattern that
    repeats every `stride` frames, and each carries the noise of its frame alone. The mean over `stride`
    frames (for even ones, half weight at both ends) removes the pattern entirely and averages the noise,
    without delay; it spans no more time than lies between two frames of the network. Near ends and unknown
    frames it narrows symmetrically.

    Args:
        values: (F, ...) array, changed in place where known.
        known: (F,) which frames count.
        stride: Number of interleaved sequences; 1 changes nothing.
    """
    half = min(stride // 2, max(0, len(values) - 1))
    before = np.zeros((0, *values.shape[1:]), dtype=np.float32)
    for start in range(0, len(values) if half else 0, _JOINED_AT_ONCE):
        end = min(start + _JOINED_AT_ONCE, len(values))
        first = start - len(before)
        block = np.concatenate([before, values[start : end + half]])
        before = values[max(start, end - half) : end].copy()
        frames = np.arange(start, end)[known[start:end]]
        total = block[frames - first].astype(np.float64)
        weight = np.ones(len(frames))
        for offset in range(1, half + 1):
            share = 0.5 if 2 * offset == stride else 1.0
            inside = (frames >= offset) & (frames + offset < len(values))
            inside[inside] = known[frames[inside] - offset] & known[frames[inside] + offset]
            centre = frames[inside] - first
            total[inside] += share * (block[centre - offset] + block[centre + offset])
            weight[inside] += 2 * share
        values[frames] = total / weight.reshape(-1, *[1] * (values.ndim - 1))


def fill_between(values: FloatArray, known: BoolArray) -> None:
    """Overwrite unknown frames in place: straight between known neighbours, held at the ends.

    Args:
        values: (F, ...) array, changed in place.
        known: (F,) which frames stand; at least one.
    """
    for first, end in unknown_runs(known):
        if first == 0:
            values[:end] = values[end]
        elif end == len(known):
            values[first:] = values[first - 1]
        else:
            step = np.arange(1, end - first + 1, dtype=np.float32) / (end - first + 1)
            step = step.reshape(-1, *[1] * (values.ndim - 1))
            values[first:end] = values[first - 1] + step * (values[end] - values[first - 1])


def unknown_runs(known: BoolArray) -> Iterable[tuple[int, int]]:
    """(first, end) of every run of frames that are not known, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate(([True], known, [True])).astype(np.int8)))
    return ((int(first), int(end)) for first, end in edges.reshape(-1, 2))
