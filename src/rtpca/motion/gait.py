"""Gait: when the feet touch and leave the floor, steps, and what the joints do in a cycle.

Events are found as Zeni et al. (2008) find them, with ankles for want of heels and toes: a foot touches the
floor where its ankle is furthest ahead of the pelvis, and leaves it where it is furthest behind. None of that
needs the person's path through the room, which a single view tells badly: lengths are those between the two
ankles at the moment of a touch, and speed is length by time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from rtpca.arrays import BoolArray, DoubleArray
from rtpca.errors import InputError
from rtpca.inference import Ground, LiftResult, estimate_ground
from rtpca.skeletons import get_skeleton

Side = Literal["right", "left"]
SIDES: tuple[Side, Side] = ("right", "left")
CYCLE_ANGLES = (
    "pelvis_tilt",
    "pelvis_list",
    "hip_flexion",
    "hip_adduction",
    "knee_angle",
    "lumbar_rotation",
    "arm_flex",
    "elbow_flex",
)
"""Angles, without their side, whose course over a cycle is told."""
CYCLE_POINTS = 101
"""A cycle from one touch of a foot to its next, in per cent."""

_J = {name: number for number, name in enumerate(get_skeleton("h36m17").joints)}
_SMOOTH_S, _FACING_S = 0.04, 0.4
_LEAST_SWING, _LEAST_AHEAD = 0.15, 0.12  # parts of the leg's length
_SHORTEST_STEP_S, _LONGEST_STEP_S = 0.2, 1.5
_FEWEST_STRIKES = 4
_RUNNING_STEPS_PER_MIN = 150.0
_NOBODY_WALKS = (
    "nobody walks here: no four touches of alternating feet follow each other; give a clip with at least "
    "three steps, both legs in view"
)


@dataclass(frozen=True)
class Step:
    """From the touch of one foot to that of the other.

    Attributes:
        side: The foot that steps, which touches last.
        start_s: When the other foot touched.
        end_s: When this one did.
        length_m: How far ahead of the other its ankle is then.
        width_m: How far beside it; negative where the feet cross.
    """

    side: Side
    start_s: float
    end_s: float
    length_m: float
    width_m: float


@dataclass(frozen=True, eq=False)
class Gait:
    """What a walk consists of.

    Attributes:
        fps: Frames per second of the poses.
        ahead_m: By side, (F,) metres that the ankle is ahead of the pelvis; NaN in frames without anybody.
        strikes_s: By side, (n,) seconds at which the foot touches the floor.
        offs_s: By side, (n,) seconds at which it leaves it, where the touches before and after are known.
        steps: In the order of time.
        strides_s: By side, (n, 3) seconds of a touch, of leaving the floor after it, and of the next touch.
        curves_deg: By angle, sides in its name, (cycles, 101) degrees over each cycle of that side; angles of
            the trunk over those of the right foot. NaN where not determined.
        notes: What to know about it, one sentence each.
    """

    fps: float
    ahead_m: dict[Side, DoubleArray]
    strikes_s: dict[Side, DoubleArray]
    offs_s: dict[Side, DoubleArray]
    steps: tuple[Step, ...]
    strides_s: dict[Side, DoubleArray]
    curves_deg: dict[str, DoubleArray]
    notes: tuple[str, ...] = ()

    @property
    def steps_per_min(self) -> float:
        """Cadence."""
        return 60 / float(np.mean([step.end_s - step.start_s for step in self.steps]))

    @property
    def speed_m_per_s(self) -> float:
        """Length of the steps by their time."""
        return sum(step.length_m for step in self.steps) / sum(s.end_s - s.start_s for s in self.steps)

    def measures(self) -> dict[str, dict[str, float]]:
        """Mean and spread by measure: of all, and of each side.

        Returns:
            Measure -> "mean", "sd" (over steps or cycles), "right", "left", and "symmetry_percent": the
            difference between right and left in per cent of their mean, 0 for equal sides.
        """
        rows: dict[str, dict[Side, list[float]]] = {}
        for side in SIDES:
            own = [step for step in self.steps if step.side == side]
            strike, off, following = self.strides_s[side].T
            rows.setdefault("step_length_m", {})[side] = [step.length_m for step in own]
            rows.setdefault("step_width_m", {})[side] = [step.width_m for step in own]
            rows.setdefault("step_time_s", {})[side] = [step.end_s - step.start_s for step in own]
            rows.setdefault("stride_time_s", {})[side] = (following - strike).tolist()
            rows.setdefault("stance_percent", {})[side] = (
                100 * (off - strike) / (following - strike)
            ).tolist()
        return {name: _row(by_side) for name, by_side in rows.items()}

    def to_dict(self) -> dict[str, Any]:
        """Everything in plain values, for JSON; NaN is None."""
        return {
            "fps": self.fps,
            "steps_per_min": self.steps_per_min,
            "speed_m_per_s": self.speed_m_per_s,
            "measures": {name: _plain(row) for name, row in self.measures().items()},
            "events_s": {
                side: {"strikes": self.strikes_s[side].tolist(), "offs": self.offs_s[side].tolist()}
                for side in SIDES
            },
            "steps": [
                {
                    "side": step.side,
                    "start_s": step.start_s,
                    "end_s": step.end_s,
                    "length_m": step.length_m,
                    "width_m": step.width_m,
                }
                for step in self.steps
            ],
            "cycles_deg": {
                name: {"cycles": len(curves), "mean": _plain(mean), "sd": _plain(spread)}
                for name, curves in self.curves_deg.items()
                for mean, spread in [mean_and_spread(curves)]
            },
            "notes": list(self.notes),
        }


def find_gait(result: LiftResult, ground: Ground | None = None) -> Gait:
    """Events, steps and cycles of somebody who walks.

    Args:
        result: One person's poses.
        ground: Which way is up; found from the poses if it is not given.

    Returns:
        What was found in all stretches of at least four touches of alternating feet.

    Raises:
        InputError: nobody walks in it, the poses are of another skeleton, or hold no numbers.
    """
    if result.skeleton != "h36m17":
        raise InputError(f"skeleton {result.skeleton!r} has no gait: give a result in h36m17")
    if not (result.frames and np.isfinite(result.poses3d).all()):
        raise InputError("the poses hold no frames, or numbers that are not finite: there is no gait in them")
    if not result.valid.any():
        raise InputError(_NOBODY_WALKS)
    ground = ground or estimate_ground(result)
    joints = result.poses3d.astype(np.float64) @ ground.R_world_from_cam.T
    leg_m = _leg_length(joints[result.valid])
    forward, right = _facing(joints, result.fps)
    backwards = _moves_backwards(result, ground, forward)
    forward = -forward if backwards else forward
    ankles: dict[Side, DoubleArray] = {side: joints[:, _J[f"{side}_ankle"]] for side in SIDES}
    ahead_m: dict[Side, DoubleArray] = {
        side: np.where(result.valid, _smooth((at * forward).sum(axis=1), result.fps), np.nan)
        for side, at in ankles.items()
    }
    beside_m = _smooth(((ankles["right"] - ankles["left"]) * right).sum(axis=1), result.fps)
    bouts = [
        bout
        for stretch in _stretches(result.valid, result.fps)
        for bout in _bouts(ahead_m, stretch, leg_m, result.fps)
    ]
    if not bouts:
        raise InputError(_NOBODY_WALKS)
    strikes: dict[Side, DoubleArray] = {
        side: np.array([at for bout in bouts for at, foot in bout if foot == side]) for side in SIDES
    }
    strides: dict[Side, DoubleArray] = {
        side: _strides(ahead_m[side], bouts, side, result.fps) for side in SIDES
    }
    steps = [step for bout in bouts for step in _steps(bout, ahead_m, beside_m, result.fps)]
    notes = ["the steps go backwards: the way the person faces is not the way they move"] if backwards else []
    found = Gait(
        fps=result.fps,
        ahead_m=ahead_m,
        strikes_s={side: at / result.fps for side, at in strikes.items()},
        offs_s={side: strides[side][:, 1] for side in SIDES},
        steps=tuple(steps),
        strides_s=strides,
        curves_deg=_curves(result, ground, strides),
    )
    if found.steps_per_min > _RUNNING_STEPS_PER_MIN:
        notes.append(
            f"{found.steps_per_min:.0f} steps a minute look like running: touches are found as those of a "
            "walk, so stance and lengths do not hold"
        )
    return replace(found, notes=tuple(notes))


def mean_and_spread(curves_deg: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """(101,) mean and standard deviation over cycles (n, 101); NaN where fewer than two cycles tell."""
    known = np.isfinite(curves_deg)
    count = known.sum(axis=0)
    divisor = np.where(count > 1, count, np.nan)
    mean = np.where(known, curves_deg, 0).sum(axis=0) / divisor
    off = np.where(known, curves_deg - np.nan_to_num(mean), 0)
    return mean, np.sqrt((off**2).sum(axis=0) / (divisor - 1))


def _leg_length(joints: DoubleArray) -> float:
    bones = [
        (f"{side}_{a}", f"{side}_{b}") for side in SIDES for a, b in (("hip", "knee"), ("knee", "ankle"))
    ]
    lengths = [np.linalg.norm(joints[:, _J[end]] - joints[:, _J[start]], axis=-1) for start, end in bones]
    return float(np.median(lengths, axis=1).sum() / 2)


def _smooth(values: DoubleArray, fps: float) -> DoubleArray:
    return gaussian_filter1d(values, _SMOOTH_S * fps, axis=0, mode="nearest")


def _facing(joints: DoubleArray, fps: float) -> tuple[DoubleArray, DoubleArray]:
    """(F, 3) level directions to the front and to the right of the person, steady over some steps."""
    right = joints[:, _J["right_hip"]] - joints[:, _J["left_hip"]]
    right += joints[:, _J["right_shoulder"]] - joints[:, _J["left_shoulder"]]
    right[:, 1] = 0
    right = gaussian_filter1d(right, _FACING_S * fps, axis=0, mode="nearest")
    right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-9)
    return np.cross([0.0, 1.0, 0.0], right), right


def _moves_backwards(result: LiftResult, ground: Ground, forward: DoubleArray) -> bool:
    """Whether the pelvis goes against the way it faces, where its path is known."""
    if result.frames < 2 or not np.isfinite(result.root).all():
        return False
    path = result.root.astype(np.float64) @ ground.R_world_from_cam.T
    velocity = (
        np.gradient(gaussian_filter1d(path, 0.3 * result.fps, axis=0, mode="nearest"), axis=0) * result.fps
    )
    return float(np.median((velocity * forward).sum(axis=1)[result.valid])) < -0.3


def _stretches(valid: BoolArray, fps: float) -> Iterator[slice]:
    """Where somebody is seen for as long as two short steps take."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], valid, [False]]).astype(np.int8)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start >= 2 * _SHORTEST_STEP_S * fps and end - start >= 3:
            yield slice(int(start), int(end))


def _bouts(
    ahead_m: dict[Side, DoubleArray], stretch: slice, leg_m: float, fps: float
) -> Iterator[list[tuple[float, Side]]]:
    """Touches of alternating feet that follow each other, (frame, foot)."""
    touches: list[tuple[float, Side]] = []
    for side in SIDES:
        own, others = ahead_m[side][stretch], ahead_m["left" if side == "right" else "right"][stretch]
        apart = max(1, round(2 * _SHORTEST_STEP_S * fps))
        peaks, _ = find_peaks(own, prominence=_LEAST_SWING * leg_m, distance=apart)
        ahead = own[peaks] - others[peaks] > _LEAST_AHEAD * leg_m
        for peak in peaks[ahead].tolist():
            touches.append((stretch.start + _summit(own, peak), side))
    bout: list[tuple[float, Side]] = []
    for touch in sorted(touches):
        follows = bout and touch[1] != bout[-1][1]
        follows = follows and _SHORTEST_STEP_S <= (touch[0] - bout[-1][0]) / fps <= _LONGEST_STEP_S
        if bout and not follows:
            if len(bout) >= _FEWEST_STRIKES:
                yield bout
            bout = []
        bout.append(touch)
    if len(bout) >= _FEWEST_STRIKES:
        yield bout


def _summit(values: DoubleArray, peak: int) -> float:
    """Where between frames a peak is, by a parabola through it and its neighbours."""
    if not 0 < peak < len(values) - 1:
        return float(peak)
    before, top, after = values[peak - 1 : peak + 2]
    bend = before - 2 * top + after
    return peak + (float(before - after) / (2 * float(bend)) if bend < 0 else 0.0)


def _strides(
    ahead_m: DoubleArray, bouts: list[list[tuple[float, Side]]], side: Side, fps: float
) -> DoubleArray:
    """(n, 3) seconds of touch, leaving and next touch of a foot."""
    found: list[tuple[float, float, float]] = []
    for bout in bouts:
        own = [at for at, foot in bout if foot == side]
        for start, end in zip(own, own[1:], strict=False):
            first = int(np.ceil(start))
            between = -ahead_m[first : int(end) + 1]
            lowest = first + _summit(between, int(np.argmax(between)))
            found.append((start / fps, lowest / fps, end / fps))
    return np.array(found, dtype=np.float64).reshape(-1, 3)


def _steps(
    bout: list[tuple[float, Side]], ahead_m: dict[Side, DoubleArray], beside_m: DoubleArray, fps: float
) -> Iterator[Step]:
    frames = np.arange(len(beside_m))
    for (start, other), (end, side) in zip(bout, bout[1:], strict=False):
        own, others = (float(np.interp(end, frames, ahead_m[foot])) for foot in (side, other))
        beside = float(np.interp(end, frames, beside_m))
        yield Step(side, start / fps, end / fps, own - others, beside)


def _curves(result: LiftResult, ground: Ground, strides_s: dict[Side, DoubleArray]) -> dict[str, DoubleArray]:
    angles = result.angles(ground)
    curves: dict[str, DoubleArray] = {}
    for stem in CYCLE_ANGLES:
        owners: dict[str, Side] = {f"{stem}_r": "right", f"{stem}_l": "left", stem: "right"}
        for name, side in owners.items():
            if name in angles.names:
                values = angles.degrees(name)
                moments = [np.linspace(start, end, CYCLE_POINTS) for start, _, end in strides_s[side]]
                cycles = [np.interp(at, angles.times_s, values) for at in moments]
                curves[name] = np.array(cycles).reshape(-1, CYCLE_POINTS)
    return curves


def _row(by_side: dict[Side, list[float]]) -> dict[str, float]:
    both = [*by_side["right"], *by_side["left"]]
    right, left = (float(np.mean(by_side[side])) if by_side[side] else np.nan for side in SIDES)
    middle = (right + left) / 2
    return {
        "mean": float(np.mean(both)) if both else np.nan,
        "sd": float(np.std(both, ddof=1)) if len(both) > 1 else np.nan,
        "right": right,
        "left": left,
        "symmetry_percent": 100 * (right - left) / middle if middle else np.nan,
    }


def _plain(values: Any) -> Any:
    """Numbers as JSON has them."""
    if isinstance(values, dict):
        return {name: _plain(value) for name, value in values.items()}
    if isinstance(values, np.ndarray):
        return [_plain(float(value)) for value in values]
    return None if np.isnan(values) else values
