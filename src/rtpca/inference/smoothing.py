"""Smoothing of lifted poses over time: for pictures and animation; never part of an evaluation.

Four ways: Savitzky-Golay (a local parabola), a Kalman smoother (Rauch, Tung and Striebel, 1965) and
Butterworth filters with a cut-off for each kind of joint, run both ways, look at past and future, no lag;
the One-Euro filter (Casiez, Roussel and Vogel, 2012) looks at the past alone and serves live poses.
Positions are smoothed in camera axes, joints against the pelvis and the pelvis
by itself; then every bone gets its smoothed length back, for a mean of turning bones is too short.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np
from scipy.linalg import solve_discrete_are
from scipy.signal import butter, savgol_filter, sosfiltfilt

from rtpca.arrays import AnyFloatArray, DoubleArray
from rtpca.checks import check_choice, check_positive
from rtpca.inference.result import LiftResult
from rtpca.skeletons import get_skeleton
from rtpca.windowed.blend import unknown_runs

Method = Literal["none", "savgol", "kalman", "joints", "one-euro"]
METHODS: tuple[Method, ...] = ("none", "savgol", "kalman", "joints", "one-euro")

_SKELETON = get_skeleton("h36m17")
_SAVGOL_SPAN_S = 0.3
_ROOT_FACTOR = 2.0
"""The path of the pelvis trembles more, its depth above all: it is smoothed over this times the time."""
_KALMAN_JERK = 800.0
"""Metres per second cubed that a joint's acceleration changes by, as white noise."""
_KALMAN_NOISE_M = 0.02
_LONGEST_LAG_S = 1.0
_TRUNK_HZ, _HEAD_HZ, _LIMB_HZ = 4.0, 5.0, 6.0
"""Cut-offs of trunk, hips and shoulders; of neck and head; of elbows, wrists, knees and ankles."""
_HIGHEST_SHARE = 0.45


def _cutoff_hz(joint: str) -> float:
    if joint in ("neck", "head"):
        return _HEAD_HZ
    return _LIMB_HZ if joint.endswith(("elbow", "wrist", "knee", "ankle")) else _TRUNK_HZ


_CUTOFFS_HZ: DoubleArray = np.array([_cutoff_hz(joint) for joint in _SKELETON.joints])


def smooth_result(result: LiftResult, method: Method = "savgol", strength: float = 1.0) -> LiftResult:
    """The same result with smoother poses and a smoother path.

    Frames that are not valid are left as they were, and nothing is smoothed across them.

    Args:
        result: What the lifter gave.
        method: "savgol", "kalman" or "joints" for a whole clip, "one-euro" as it would come out live, "none".
        strength: 2 smooths over about twice the time, 0.5 over half.

    Returns:
        A new result, with a note that says what was done.

    Raises:
        ConfigError: there is no such method.
        InputError: the strength is not above zero.
    """
    check_choice("smoothing", method, METHODS)
    check_positive("smoothing strength", strength)
    if method == "none":
        return result
    poses, root = result.poses3d.astype(np.float64), result.root.astype(np.float64)
    has_root = bool(np.isfinite(root).all())
    for first, end in unknown_runs(~result.valid):
        part = slice(first, end)
        poses[part] = with_bone_lengths(
            _smooth(poses[part], method, result.fps, strength),
            _smooth(bone_lengths(poses[part])[..., None], method, result.fps, strength)[..., 0],
        )
        if has_root:
            root[part] = _smooth(root[part, None], method, result.fps, strength * _ROOT_FACTOR)[:, 0]
    return replace(
        result,
        poses3d=poses.astype(np.float32),
        root=root.astype(np.float32),
        notes=(*result.notes, f"poses smoothed over time ({method})"),
    )


def bone_lengths(poses: AnyFloatArray) -> DoubleArray:
    """(..., B) lengths of the bones of h36m17, in the order of `Skeleton.bones`, for poses (..., 17, 3)."""
    parents, children = (list(ends) for ends in zip(*_SKELETON.bones, strict=True))
    return np.linalg.norm(poses[..., children, :] - poses[..., parents, :], axis=-1).astype(np.float64)


def with_bone_lengths(poses: DoubleArray, lengths: DoubleArray) -> DoubleArray:
    """Poses (..., 17, 3) with other lengths (..., B) of their bones, from the pelvis outwards."""
    result = poses.copy()
    # Parents come before their children in h36m17.
    for number, (parent, child) in enumerate(_SKELETON.bones):
        bone = poses[..., child, :] - poses[..., parent, :]
        norm = np.maximum(np.linalg.norm(bone, axis=-1, keepdims=True), 1e-9)
        result[..., child, :] = result[..., parent, :] + bone / norm * lengths[..., number, None]
    return result


class OneEuro:
    """One-Euro filter for points: smooth while slow, quick while fast, with the past alone.

    Source: Casiez, Roussel, Vogel: 1 Euro Filter, CHI 2012, algorithm 1; the cut-off depends on the speed of
    each point in space instead of that of each coordinate, so that it does not depend on the axes.

    Example:
        >>> filter = OneEuro()
        >>> float(filter(np.ones((1, 3)), 0.0)[0, 0]), float(filter(np.ones((1, 3)), 0.1)[0, 0])
        (1.0, 1.0)
    """

    def __init__(self, min_cutoff_hz: float = 1.5, beta: float = 3.0, speed_cutoff_hz: float = 2.0) -> None:
        """A filter that has seen nothing yet.

        Args:
            min_cutoff_hz: Cut-off frequency of a point at rest: lower is smoother.
            beta: Hertz that are added to it per metre per second: higher follows faster.
            speed_cutoff_hz: Cut-off frequency of the speed itself.

        Raises:
            InputError: a frequency is not above zero.
        """
        self.min_cutoff_hz = check_positive("min_cutoff_hz", min_cutoff_hz, "hertz")
        self.speed_cutoff_hz = check_positive("speed_cutoff_hz", speed_cutoff_hz, "hertz")
        self.beta = beta
        self._points: DoubleArray | None = None
        self._velocity: DoubleArray | None = None
        self._time_s = 0.0

    def __call__(self, points_m: AnyFloatArray, time_s: float) -> DoubleArray:
        """Filter the next points.

        Args:
            points_m: (J, C) metres.
            time_s: When; later than before. A point of time that is not later gives the last answer again.

        Returns:
            (J, C) filtered.
        """
        points = np.asarray(points_m, dtype=np.float64)
        if self._points is None or self._velocity is None:
            self._points, self._velocity = points.copy(), np.zeros_like(points)
        elif (step := time_s - self._time_s) > 0:
            share = _share(self.speed_cutoff_hz, step)
            self._velocity = self._velocity + share * ((points - self._points) / step - self._velocity)
            speed = np.linalg.norm(self._velocity, axis=-1, keepdims=True)
            cutoff = self.min_cutoff_hz + self.beta * speed
            self._points = self._points + _share(cutoff, step) * (points - self._points)
        else:
            return self._points
        self._time_s = time_s
        return self._points


def _share(cutoff_hz: float | DoubleArray, step_s: float) -> DoubleArray:
    """How much of a new value a low-pass filter of first order takes after a time step."""
    turn = 2 * math.pi * np.asarray(cutoff_hz, dtype=np.float64) * step_s
    return turn / (turn + 1)


def _smooth(values: DoubleArray, method: Method, fps: float, strength: float) -> DoubleArray:
    """(F, N, C) smoothed over the first axis."""
    if method == "savgol":
        return _savgol(values, fps, strength)
    if method == "kalman":
        return _kalman(values, fps, strength)
    if method == "joints":
        return _joints(values, fps, strength)
    filtered = OneEuro(OneEuro().min_cutoff_hz / strength, OneEuro().beta / strength)
    return np.stack([filtered(points, frame / fps) for frame, points in enumerate(values)])


def _savgol(values: DoubleArray, fps: float, strength: float) -> DoubleArray:
    reach = min(round(_SAVGOL_SPAN_S * strength * fps / 2), (len(values) - 1) // 2)
    return values if reach < 2 else np.asarray(savgol_filter(values, 2 * reach + 1, 2, axis=0))


def _joints(values: DoubleArray, fps: float, strength: float) -> DoubleArray:
    """Each kind of joint by a low-pass filter of its own, forwards and backwards; all else as the trunk."""
    smooth = values.copy()
    cutoffs_hz = _CUTOFFS_HZ if values.shape[1] == len(_CUTOFFS_HZ) else np.full(values.shape[1], _TRUNK_HZ)
    reach = min(len(values) - 1, round(fps))
    for cutoff_hz in np.unique(cutoffs_hz):
        if reach >= 3 and cutoff_hz / strength < _HIGHEST_SHARE * fps:
            low_pass = butter(2, cutoff_hz / strength, fs=fps, output="sos")
            chosen = cutoffs_hz == cutoff_hz
            smooth[:, chosen] = sosfiltfilt(low_pass, values[:, chosen], axis=0, padlen=reach)
    return smooth


def _kalman(values: DoubleArray, fps: float, strength: float) -> DoubleArray:
    """Rauch-Tung-Striebel smoother of points whose acceleration is a random walk.

    Noise and frame rate are the same in every frame, so the steady gains are used throughout.
    """
    if len(values) < 3:
        return values
    step = 1 / fps
    move = np.array([[1, step, step**2 / 2], [0, 1, step], [0, 0, 1]])
    push = np.array([step**3 / 6, step**2 / 2, step])
    spread = np.outer(push, push) * (_KALMAN_JERK / strength**3) ** 2 * step
    noise = _KALMAN_NOISE_M**2
    seen = np.array([[1.0, 0.0, 0.0]])
    predicted = np.asarray(solve_discrete_are(move.T, seen.T, spread, np.array([[noise]])))
    gain = predicted[:, 0] / (predicted[0, 0] + noise)
    filtered = predicted - np.outer(gain, predicted[0])
    back = filtered @ move.T @ np.linalg.inv(predicted)
    # Held ends let the filter settle before the first frame.
    lead = min(len(values), max(3, round(_LONGEST_LAG_S * fps)))
    padded = np.concatenate([2 * values[0] - values[lead - 1 : 0 : -1], values])
    flat = padded.reshape(len(padded), -1)
    state = np.zeros((3, flat.shape[1]))
    state[0] = flat[0]
    states = np.empty((len(flat), 3, flat.shape[1]))
    for index, row in enumerate(flat):
        state = move @ state if index else state
        state = state + gain[:, None] * (row - state[0])
        states[index] = state
    for index in range(len(flat) - 2, -1, -1):
        states[index] += back @ (states[index + 1] - move @ states[index])
    return states[len(padded) - len(values) :, 0].reshape(values.shape)
