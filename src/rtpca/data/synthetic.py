"""Generated motion: a figure that walks, squats or waves, for tests, examples and the demo clip.

Joint angles follow published curves; `rtpca.data.synthetic_body` turns them into joints. Motion is smooth,
bone lengths are constant, and the feet keep to the floor at y = 0.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from rtpca.data.synthetic_body import BodyAngles, BodyLengths, Floats, pelvis_path, pose_body
from rtpca.errors import ConfigError

MotionKind = Literal["walk", "squat", "wave"]

# Sagittal angles of level walking in degrees at 0, 5, ..., 95 % of the cycle from heel strike: typical adult
# curves, rounded, with the peaks and their times as given in J. Perry and J. Burnfield, Gait Analysis: Normal
# and Pathological Function, 2nd ed., 2010, chapters 3 to 6, and in D. A. Winter, Biomechanics and Motor
# Control of Human Movement.
_WALK_THIGH = (22, 20, 16, 11, 6, 1, -4, -9, -14, -18, -20, -16, -8, 3, 13, 19, 23, 25, 25, 23)
_WALK_KNEE = (4, 10, 14, 14, 12, 10, 8, 6, 5, 7, 12, 22, 38, 54, 62, 61, 51, 34, 15, 5)
_WALK_ANKLE = (0, -4, -2, 3, 6, 8, 10, 11, 11, 11, 8, -3, -14, -12, -4, 2, 4, 3, 1, 0)
_DOUBLE_SUPPORT = 0.12  # of the cycle, after each heel strike
_HARMONICS = 7
_FINE_FPS = 240.0  # rate at which the feet's contact with the floor is followed
_SMOOTH_S = 0.02  # takes the jolt out of a heel strike


def generate_motion(kind: MotionKind, frames: int, fps: float, seed: int = 0) -> np.ndarray:
    """Generate the motion of one person.

    `walk` follows a slightly curved path with arms swinging, `squat` bends the knees to a right angle again
    and again with arms stretched out forward (ranges of motion after R. F. Escamilla, Knee biomechanics of
    the dynamic squat exercise, Med. Sci. Sports Exerc. 33, 2001), `wave` stands and waves the right hand.

    Args:
        kind: "walk", "squat" or "wave".
        frames: Number of frames F.
        fps: Frames per second.
        seed: Varies stature, pace, extent and direction; the same seed gives the same motion.

    Returns:
        h36m17 joints, (F, 17, 3) float32, world axes (y up, floor at 0), metres, horizontally centred on 0.

    Raises:
        ConfigError: If the kind is unknown, or `frames` or `fps` is not positive.

    Example:
        >>> generate_motion("walk", frames=100, fps=50).shape
        (100, 17, 3)
    """
    if kind not in get_args(MotionKind):
        raise ConfigError(f"there is no motion {kind!r}; choose one of {', '.join(get_args(MotionKind))}")
    if frames < 1 or not fps > 0:
        raise ConfigError(f"frames is {frames} and fps {fps}; both must be positive")
    rng = np.random.default_rng([seed, get_args(MotionKind).index(kind)])
    lengths = BodyLengths.of_stature(1.70 + 0.06 * float(np.clip(rng.standard_normal(), -2, 2)))
    style = {"walk": _Walk, "squat": _Squat, "wave": _Wave}[kind](rng)

    time_s = np.arange(frames) / fps
    joints, _ = pose_body(style(time_s), lengths)
    margin_s = 10 * _SMOOTH_S
    fine_s = np.arange(-margin_s, time_s[-1] + margin_s + 1 / _FINE_FPS, 1 / _FINE_FPS)
    fine = style(fine_s)
    path = _smooth(pelvis_path(pose_body(fine, lengths)[1], fine.load))
    pelvis = np.stack([np.interp(time_s, fine_s, axis) for axis in path.T], -1)  # (F, 3)
    pelvis[:, [0, 2]] -= pelvis[:, [0, 2]].mean(0)
    return (joints + pelvis[:, None]).astype(np.float32)


class _Walk:
    """Level walking; left heel strike at a whole number of cycles, right half a cycle later."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.cycles_per_s = rng.uniform(0.82, 0.98)
        self.extent = rng.uniform(0.9, 1.05)
        self.phase = rng.uniform()
        self.heading = rng.uniform(-np.pi, np.pi)
        self.turn_per_s = rng.uniform(0.10, 0.30) * rng.choice((-1.0, 1.0))
        self.arm_swing = rng.uniform(14, 24)
        self.elbow = rng.uniform(15, 30)

    def __call__(self, time_s: Floats) -> BodyAngles:
        left = self.phase + self.cycles_per_s * time_s
        cycle = np.stack([left, left + 0.5], -1)  # (F, 2)
        # Maximal where the leg of the same side is farthest forward, near heel strike.
        ahead = np.cos(2 * np.pi * (cycle + 0.05))
        still = np.zeros_like(time_s)
        return BodyAngles(
            heading=self.heading + self.turn_per_s * time_s,
            pelvis_yaw=np.radians(-4 * ahead[:, 0]),
            pelvis_list=np.radians(3 * np.sin(2 * np.pi * left)),
            trunk_lean=np.radians(3 + 1.0 * np.cos(4 * np.pi * left)),
            trunk_yaw=np.radians(6 * ahead[:, 0]),
            trunk_bend=still,
            thigh=np.radians(self.extent * _periodic(_WALK_THIGH, cycle)),
            # The body sways over the standing leg, and the feet are set closer together than the hips.
            thigh_out=np.radians(-1.5 - 1.5 * np.sin(2 * np.pi * cycle)),
            knee=np.radians(_periodic(_WALK_KNEE, cycle)),
            ankle=np.radians(_periodic(_WALK_ANKLE, cycle)),
            arm=np.radians(4 - self.arm_swing * ahead),
            arm_out=np.radians(np.full_like(cycle, 7.0)),
            arm_twist=np.radians(np.full_like(cycle, -12.0)),
            elbow=np.radians(self.elbow - 0.4 * self.arm_swing * ahead),
            load=_walking_load(cycle),
        )


class _Squat:
    """Squats with the soles flat and the feet in place, arms forward for balance."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.squats_per_s = rng.uniform(0.28, 0.42)
        self.knee = rng.uniform(85, 105)
        self.shin = rng.uniform(22, 28)
        self.lean = rng.uniform(28, 40)
        self.spread = rng.uniform(0.03, 0.05)  # how far the feet stand outside the hips, of stature
        self.phase = rng.uniform()
        self.heading = rng.uniform(-np.pi, np.pi)

    def __call__(self, time_s: Floats) -> BodyAngles:
        turn = 2 * np.pi * (self.phase + self.squats_per_s * time_s)
        depth = (1 - np.cos(turn)) / 2
        still = np.zeros_like(time_s)
        shin = np.radians(2 + self.shin * depth)
        knee = np.radians(5 + self.knee * depth)
        thigh = knee - shin  # so that the soles stay level
        leg_height = 0.245 * np.cos(thigh) + 0.246 * np.cos(shin)  # of stature
        lean = np.radians(3 + self.lean * depth)
        return BodyAngles(
            heading=still + self.heading,
            pelvis_yaw=still,
            pelvis_list=still,
            trunk_lean=lean,
            trunk_yaw=np.radians(2 * np.sin(turn / 2)),
            trunk_bend=still,
            thigh=_both(thigh),
            thigh_out=_both(np.arctan(self.spread / leg_height)),
            knee=_both(knee),
            ankle=_both(shin),
            arm=_both(lean + np.radians(8 + 78 * depth)),
            arm_out=_both(np.radians(8 - 6 * depth)),
            arm_twist=_both(np.radians(-10 - 10 * depth)),
            elbow=_both(np.radians(16 - 8 * depth)),
            load=_both(still + 0.5),
        )


class _Wave:
    """Standing with shifting weight; the right arm is raised sideways, waves and comes down again."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.waves_per_s = rng.uniform(1.3, 1.8)
        self.raises_per_s = rng.uniform(0.12, 0.16)
        self.reach = rng.uniform(75, 95)
        self.swing = rng.uniform(22, 32)
        self.sway = rng.uniform(0.8, 1.6)
        self.phase = rng.uniform(0.2, 0.8)
        self.heading = rng.uniform(-np.pi, np.pi)

    def __call__(self, time_s: Floats) -> BodyAngles:
        turn = 2 * np.pi * (self.phase + self.raises_per_s * time_s)
        raised = 1 / (1 + np.exp(-1.0 + 6.0 * np.cos(turn)))  # up for more than half of the time
        wave = raised * np.sin(2 * np.pi * self.waves_per_s * time_s)
        shift = np.sin(0.7 * turn)
        still = np.zeros_like(time_s)
        knee = np.radians(5.0)
        shin = np.radians(2.5)
        sway = np.radians(self.sway * shift)
        return BodyAngles(
            heading=still + self.heading,
            pelvis_yaw=np.radians(2 * np.sin(0.5 * turn)),
            pelvis_list=still,
            trunk_lean=np.radians(2 + 0.8 * np.sin(0.9 * turn)),
            trunk_yaw=np.radians(4 * np.sin(0.5 * turn + 0.6)),
            trunk_bend=np.radians(1.5 * shift - 3.0 * raised),
            thigh=_both(still + knee - shin),
            thigh_out=np.radians(1.5) + np.stack([sway, -sway], -1),
            knee=_both(still + knee),
            ankle=_both(still + shin),
            arm=np.stack([np.radians(3 + 2 * shift), np.radians(3 + 12 * raised)], -1),
            arm_out=np.stack([still + np.radians(9), np.radians(9 + self.reach * raised)], -1),
            arm_twist=np.stack([still - np.radians(12), np.radians(-12 + 100 * raised)], -1),
            elbow=np.stack(
                [np.radians(16 + 2 * shift), np.radians(16 + 70 * raised + self.swing * wave)], -1
            ),
            load=_both(still + 0.5),
        )


def _walking_load(cycle: Floats) -> Floats:
    """Share of the weight on each foot, (F, 2); it changes feet in double support, after each heel strike."""
    since_left = cycle[:, 0] % 1.0
    taken = np.clip(since_left / _DOUBLE_SUPPORT, 0, 1) - np.clip((since_left - 0.5) / _DOUBLE_SUPPORT, 0, 1)
    left = taken**2 * (3 - 2 * taken)
    return np.stack([left, 1 - left], -1)


def _both(angle: Floats) -> Floats:
    """The same angle on both sides, (F,) -> (F, 2)."""
    return np.stack([angle, angle], -1)


def _periodic(samples: tuple[float, ...], cycle: Floats) -> Floats:
    """The first harmonics of equally spaced samples of one cycle, evaluated at `cycle` (...)."""
    spectrum = np.fft.rfft(samples)[: _HARMONICS + 1] / len(samples)
    order = np.arange(1, _HARMONICS + 1)
    waves = np.exp(2j * np.pi * order * cycle[..., None])  # (..., harmonics)
    return spectrum[0].real + 2 * (waves @ spectrum[1:]).real


def _smooth(path: Floats) -> Floats:
    """Gaussian smoothing over time of a finely sampled path (F, 3), its ends continued in a straight line."""
    reach = round(4 * _SMOOTH_S * _FINE_FPS)
    lag = np.arange(-reach, reach + 1) / (_SMOOTH_S * _FINE_FPS)
    weight = np.exp(-0.5 * lag**2)
    weight /= weight.sum()
    before = 2 * path[:1] - path[reach:0:-1]
    after = 2 * path[-1:] - path[-2 : -reach - 2 : -1]
    longer = np.concatenate([before, path, after])
    return np.stack([np.convolve(axis, weight, mode="valid") for axis in longer.T], -1)
