"""Is this a body, upright, of human size and pace? One check of what every data set's reader gives.

What no body can be (as tall as a house, a frame in half a minute) stops the command, with the likely cause
and the option that mends it. What may be true but seldom is, is noted, once for all takes of a source. Which
way is up is judged over all takes of a source together: one in which somebody lies is no fault of its axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rtpca.arrays import AnyFloatArray, DoubleArray
from rtpca.data.datasets.axes import AXES, file_axis
from rtpca.data.datasets.units import likely_unit
from rtpca.data.recording import Recording
from rtpca.errors import ConfigError, InputError
from rtpca.metrics import stature_m
from rtpca.skeletons import Skeleton

SLOWEST_FPS, SLOW_FPS, FASTEST_FPS = 1.0, 8.0, 2000.0
"""Frame rates beyond the first and the last are refused, those between the first two are noted."""
SMALLEST_M, SMALL_M, TALL_M, TALLEST_M = 0.45, 0.85, 2.3, 3.0
"""Heights beyond the outer two are refused, those beyond the inner two are noted."""

_ALONG_COSINE, _MOSTLY, _SOMETIMES = 0.8, 0.7, 0.1
"""A person is along an axis within 37 degrees; a take is in seven frames of ten, or in one."""
_BENT_COSINE, _TRUNK_COSINE = float(np.cos(np.radians(25))), float(np.cos(np.radians(50)))
_MIRRORED_BELOW, _FEWEST_BENT = 0.25, 30
_FAST_M_S, _FAST_SHARE = 25.0, 0.01
_CHANGING, _UNEVEN = 0.15, 0.25
_FLOOR_M = (-0.15, 0.3)
"""Where the lowest joint of people on a floor is."""
_BED_M = 1.2
"""Nobody who lies has the pelvis higher than this, or moves up and down by as much."""
_SURE_AFTER_S = 1.0
"""Who is in the air for less than this may be in any direction."""
_AT_TIMES, _LEVEL_M, _UNLEVEL_M, _MORE_LEVEL = 0.25, 0.3, 0.3, 2.0
"""Whoever stands along an axis in a quarter of the frames, and whose lowest joint hardly changes its place
along it, is on a floor across it; where it changes by so many times more along y, y does not point up. In
1,124 takes of all kinds no other axis than up is such a one."""
_FRAMES_LOOKED_AT = 2000

_SEGMENTS = {
    "thigh": ("hip", "knee"),
    "shin": ("knee", "ankle"),
    "upper arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
}
_RATIOS = {("thigh", "shin"): (0.6, 1.8), ("upper arm", "forearm"): (0.6, 2.0)}
"""Ratios of the segments of a limb that people have; 0.78 to 1.35 and 0.86 to 1.35 in twelve collections."""


@dataclass(frozen=True)
class Body:
    """What is measured on a take.

    Attributes:
        height_m: stature, from the lengths of the bones.
        lengths_m: median length by segment, left and right.
        changing: the largest spread of a segment's length over its mean.
        bent: number of frames and legs with a bent knee under an upright trunk.
        bent_forward: in how many of them the knee points to where the body faces.
        fast: share of frames in which a joint is faster than anybody's.
        along: share of frames in which the person, from feet to head, is along an axis, by its name.
        lowest_along_m: of the lowest joint's place along each axis, by the axis' name: the range over nearly
            all frames, and the median.
        feet_m: how far along each axis the lower foot is at its lowest, by the axis' name.
        lowest_m: height of the lowest joint.
        pelvis_m: lowest and highest place of the pelvis.
        seconds: duration of the take.
    """

    height_m: float
    lengths_m: dict[str, tuple[float, float]]
    changing: float
    bent: int
    bent_forward: int
    fast: float
    along: dict[str, float]
    lowest_along_m: dict[str, tuple[float, float]]
    feet_m: dict[str, float]
    lowest_m: float
    pelvis_m: tuple[float, float]
    seconds: float


def measure_body(positions: AnyFloatArray, skeleton: Skeleton, fps: float) -> Body:
    """Measure a body.

    Args:
        positions: `(F, J, 3)` world axes (y up), metres.
        skeleton: their joints; hips to ankles, shoulders to wrists, head, pelvis and thorax or neck.
        fps: frames per second.

    Returns:
        Its measures; of long takes, those of some of the frames.
    """
    some = positions[:: max(1, len(positions) // _FRAMES_LOOKED_AT)].astype(np.float64)
    at = {name: some[:, index] for index, name in enumerate(skeleton.joints)}
    lengths: dict[str, tuple[float, float]] = {}
    changing = 0.0
    for segment, (start, end) in _SEGMENTS.items():
        left, right = (_norm(at[f"{side}_{end}"] - at[f"{side}_{start}"]) for side in ("left", "right"))
        lengths[segment] = (float(np.median(left)), float(np.median(right)))
        changing = max(changing, *(float(side.std() / max(side.mean(), 1e-9)) for side in (left, right)))
    feet = np.stack([at["left_ankle"], at["right_ankle"]])
    along = _unit(at["head"] - feet.mean(axis=0))
    speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * fps
    bent, bent_forward = _bent_knees(at)
    return Body(
        height_m=stature_m(some, skeleton),
        lengths_m=lengths,
        changing=changing,
        bent=bent,
        bent_forward=bent_forward,
        fast=float((speed > _FAST_M_S).any(axis=-1).mean()) if len(speed) else 0.0,
        along={name: float((along @ axis > _ALONG_COSINE).mean()) for name, axis in AXES.items()},
        lowest_along_m={name: _range_and_median((some @ axis).min(axis=1)) for name, axis in AXES.items()},
        feet_m={name: float(np.percentile((feet @ axis).min(axis=0), 2)) for name, axis in AXES.items()},
        lowest_m=float(np.percentile(some[..., 1].min(axis=1), 2)),
        pelvis_m=(float(at["pelvis"][:, 1].min()), float(at["pelvis"][:, 1].max())),
        seconds=len(positions) / fps,
    )


def _bent_knees(at: dict[str, DoubleArray]) -> tuple[int, int]:
    """Bent knees, and how many point forwards: this tells a body from its mirror image, in whatever position.

    What is forwards is seen from hips and trunk, so only where the trunk is not bent down onto the legs.
    """
    trunk = at["thorax" if "thorax" in at else "neck"] - at["pelvis"]
    facing = np.cross(at["left_hip"] - at["right_hip"], trunk)
    bent, forward = 0, 0
    for side in ("left", "right"):
        hip, knee, ankle = (at[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle"))
        thigh, shin = _unit(knee - hip), _unit(ankle - knee)
        upright = (_unit(hip - ankle) * _unit(trunk)).sum(axis=-1) > _TRUNK_COSINE
        counts = ((thigh * shin).sum(axis=-1) < _BENT_COSINE) & upright
        bent += int(counts.sum())
        forward += int((((thigh - shin) * facing).sum(axis=-1)[counts] > 0).sum())
    return bent, forward


def _range_and_median(values: DoubleArray) -> tuple[float, float]:
    low, middle, high = np.percentile(values, (2, 50, 98)).tolist()
    return high - low, middle


def _norm(vectors: DoubleArray) -> DoubleArray:
    return np.linalg.norm(vectors, axis=-1)


def _unit(vectors: DoubleArray) -> DoubleArray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


@dataclass
class _Source:
    """What was seen of a source: its bodies by take, and what its reader knows of it."""

    bodies: dict[str, Body] = field(default_factory=lambda: {})
    slow: list[str] = field(default_factory=lambda: [])
    metres_per_unit: float | None = None
    up_axis: str = "y"
    rest_along: set[str] = field(default_factory=lambda: set())


class BodyCheck:
    """Checks the takes of a data set one by one, and all of a source together."""

    def __init__(self, mendable: bool = False, up_is_said: bool = False) -> None:
        """Nothing is seen yet.

        Args:
            mendable: whether the data set has options for frame rate, length unit and axes.
            up_is_said: whether the user says which axis is up; then nothing about it is refused.
        """
        self._mendable, self._up_is_said = mendable, up_is_said
        self._sources: dict[str, _Source] = {}

    def expect(
        self,
        source: str,
        metres_per_unit: float,
        up_axis: str,
        rest: AnyFloatArray | None,
        skeleton: Skeleton,
    ) -> None:
        """What a reader knows of the take that comes next and its recordings do not hold.

        Args:
            source: as the names of the recordings have it before the colon.
            metres_per_unit: the length unit that is taken.
            up_axis: axis of the files that is taken as up.
            rest: `(J, 3)` rest pose, y up, in any unit; None where the file has none.
            skeleton: its joints.
        """
        known = self._sources.setdefault(source, _Source())
        known.metres_per_unit, known.up_axis = metres_per_unit, up_axis
        if rest is not None:
            at = dict(zip(skeleton.joints, rest.astype(np.float64), strict=True))
            along = _unit(at["head"] - (at["left_ankle"] + at["right_ankle"]) / 2)
            known.rest_along |= {name for name, axis in AXES.items() if along @ axis > _ALONG_COSINE}

    def add(self, recording: Recording, skeleton: Skeleton) -> None:
        """Check a take.

        Raises:
            InputError: it is no body of a person, or at no rate of a recording; the message says what is
                likely.
        """
        name, fps = recording.name, recording.fps
        source = self._sources.setdefault(_source_of(recording), _Source())
        if not SLOWEST_FPS <= fps <= FASTEST_FPS:
            raise InputError(f"{name}: {self._rate(fps)}")
        if not np.isfinite(recording.positions3d).all():
            raise InputError(
                f"{name}: positions are not finite; the file is damaged, or its length unit wrong"
            )
        body = measure_body(recording.positions3d, skeleton, fps)
        if not SMALLEST_M <= body.height_m <= TALLEST_M:
            raise InputError(f"{name}: {self._impossible(body, source.metres_per_unit)}")
        if fps < SLOW_FPS:
            source.slow.append(name)
        source.bodies[name] = body

    def notes(self) -> list[str]:
        """What there is to say of each source, after the last take.

        Raises:
            ConfigError: the people of a source lie throughout because another axis is up.
        """
        return [
            f"{name}: {note}"
            for name, source in self._sources.items()
            if source.bodies
            for note in (*self._direction(name, source), *self._doubts(source))
        ]

    def _rate(self, fps: float) -> str:
        mend = "give the true rate as `fps`" if self._mendable else "the file is damaged"
        return f"{fps:.4g} frames a second are no rate of a recording; {mend}"

    def _impossible(self, body: Body, metres_per_unit: float | None) -> str:
        thigh_m = float(np.mean(body.lengths_m["thigh"]))
        if body.height_m < 1e-6:
            return (
                "all joints lie in one point; the file is damaged, or its joint mapping names one joint only"
            )
        said = f"the body would be {_length(body.height_m)} tall, its thigh {_length(thigh_m)} long"
        if metres_per_unit is None or not self._mendable:
            return f"{said}; the file is damaged, or in another length unit than this data set's"
        said += f", at {metres_per_unit:g} metres per unit"
        unit = likely_unit(body.height_m / metres_per_unit)
        if unit is None:
            return f"{said}; give the true unit as `metres_per_unit`, or the person's height as `stature_m`"
        return f"{said}; its unit looks like {unit[0]}: give `metres_per_unit` {unit[1]:.6g}"

    def _direction(self, name: str, source: _Source) -> list[str]:
        """Whether people stand along y; raises where they cannot but lie, all of them."""
        bodies = source.bodies.values()
        if any(body.along["y"] > _SOMETIMES for body in bodies):
            return []
        lying = next(
            (axis for axis in AXES if all(body.along[axis] > _MOSTLY for body in bodies) and axis != "y"),
            None,
        )
        if lying is None:
            return self._uneven_floor(source)
        if "y" in source.rest_along and lying not in source.rest_along:
            return []  # in a rest pose that stands: what they do is no fault of the axes
        stand = [_on_floor(body.feet_m[lying]) for body in bodies]
        lie = [_on_floor(body.lowest_m) and _near_floor(body.pelvis_m) for body in bodies]
        certain = lying in source.rest_along or not all(lie)
        if not certain and not all(stand):
            return []  # on the floor that y = 0 is, with feet that are on none
        axis = file_axis(lying, source.up_axis)
        how = "upside down" if lying == "-y" else "lying"
        said = f"the people are {how} in all takes ({len(stand)}), with their heads along {axis}"
        if not self._mendable:
            return [f"{said}; are these the data set's own files?"]
        mend = f"where {axis} points up, give `up_axis` {axis}"
        long_enough = sum(body.seconds for body in bodies) >= _SURE_AFTER_S
        if certain and long_enough and not self._up_is_said:
            raise ConfigError(f"{name}: {said}; {mend}; where they really are, `up_axis` {source.up_axis}")
        return [f"{said}; {mend}"]

    def _uneven_floor(self, source: _Source) -> list[str]:
        """Of people in all positions: whether they are on one floor, which is across another axis than y."""
        bodies = source.bodies.values()
        level = [axis for axis in AXES if all(_on_floor_across(axis, body) for body in bodies)]
        if not level or "y" in source.rest_along:
            return []
        evenest = min(level, key=lambda axis: max(body.lowest_along_m[axis][0] for body in bodies))
        axis = file_axis(evenest, source.up_axis)
        said = f"nobody stands upright, and people keep to one floor across {axis} as they do not across y"
        if not self._mendable:
            return [f"{said}; are these the data set's own files?"]
        return [f"{said}; where {axis} points up, give `up_axis` {axis}"]

    def _doubts(self, source: _Source) -> list[str]:
        bodies = source.bodies
        notes: list[str] = []

        def doubt(takes: Sequence[str], text: str) -> None:
            if takes:
                notes.append(f"{text} ({len(takes)} of {len(bodies)} takes, {takes[0]} first)")

        heights = {name: body.height_m for name, body in bodies.items()}
        doubt(
            [name for name, height in heights.items() if not SMALL_M <= height <= TALL_M],
            f"bodies are {min(heights.values()):.2f} to {max(heights.values()):.2f} m tall; "
            "is the length unit right?",
        )
        doubt(source.slow, f"fewer than {SLOW_FPS:g} frames a second; is the frame rate right?")
        doubt(
            [name for name, body in bodies.items() if body.changing > _CHANGING],
            f"arms or legs change their lengths by more than {_CHANGING:.0%}; are these joints of a body?",
        )
        doubt(
            [name for name, body in bodies.items() if _uneven(body) > _UNEVEN],
            f"left and right differ in length by more than {_UNEVEN:.0%}; is the joint mapping right?",
        )
        for (one, other), (low, high) in _RATIOS.items():
            ratios = {
                n: sum(b.lengths_m[one]) / max(sum(b.lengths_m[other]), 1e-9) for n, b in bodies.items()
            }
            odd = [name for name, ratio in ratios.items() if not low <= ratio <= high]
            if odd:
                doubt(
                    odd,
                    f"a {one} is {ratios[odd[0]]:.2g} times a {other}; is the joint mapping right?",
                )
        doubt(
            [name for name, body in bodies.items() if body.fast > _FAST_SHARE],
            f"joints move faster than {_FAST_M_S:g} m/s; are the frame rate and the length unit right?",
        )
        bent = sum(body.bent for body in bodies.values())
        forward = sum(body.bent_forward for body in bodies.values())
        if bent >= _FEWEST_BENT and forward < _MIRRORED_BELOW * bent:
            notes.append(
                "knees bend backwards: left and right are exchanged in the joint names, or the axes are "
                "mirrored (left-handed); mend the joint mapping, or write the file with right-handed axes"
            )
        return notes


def _source_of(recording: Recording) -> str:
    """The file that holds a take; the data set where its takes are not named by files."""
    file, colon, _ = recording.name.partition(":")
    return file if colon else recording.source


def _on_floor(height_m: float) -> bool:
    return _FLOOR_M[0] <= height_m <= _FLOOR_M[1]


def _on_floor_across(axis: str, body: Body) -> bool:
    (change, height), (change_along_y, _) = body.lowest_along_m[axis], body.lowest_along_m["y"]
    level = change < _LEVEL_M and _on_floor(height)
    return (
        axis != "y"
        and level
        and body.along[axis] > max(_AT_TIMES, body.along["y"])
        and change_along_y > max(_UNLEVEL_M, _MORE_LEVEL * change)
    )


def _near_floor(pelvis_m: tuple[float, float]) -> bool:
    return pelvis_m[0] > _FLOOR_M[0] and pelvis_m[1] < _BED_M and pelvis_m[1] - pelvis_m[0] < _BED_M / 2


def _uneven(body: Body) -> float:
    return max(abs(left - right) / max((left + right) / 2, 1e-9) for left, right in body.lengths_m.values())


def _length(metres: float) -> str:
    return f"{metres * 1000:.2g} mm" if metres < 0.1 else f"{metres:.3g} m"
