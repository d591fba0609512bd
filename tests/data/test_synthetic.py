from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtpca.data.synthetic import generate_motion, synthetic_recordings
from rtpca.errors import ConfigError
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17")
KINDS = ("walk", "squat", "wave")
FPS = 50


def joint(motion: np.ndarray, name: str) -> np.ndarray:
    return motion[:, H36M.index(name)]


def forward(motion: np.ndarray) -> np.ndarray:
    """Horizontal direction that the hips face, from left x up = forward."""
    left = joint(motion, "left_hip") - joint(motion, "right_hip")
    ahead = np.cross(left, [0.0, 1.0, 0.0])
    return ahead / np.linalg.norm(ahead, axis=-1, keepdims=True)


@settings(deadline=None, max_examples=20)
@given(
    kind=st.sampled_from(KINDS),
    seed=st.integers(0, 10_000),
    frames=st.integers(1, 120),
    fps=st.floats(10, 120),
)
def test_any_motion_is_a_body_standing_on_the_floor(kind, seed, frames, fps):
    motion = generate_motion(kind, frames, fps, seed)
    assert motion.shape == (frames, 17, 3)
    assert motion.dtype == np.float32
    lengths = np.stack([np.linalg.norm(motion[:, c] - motion[:, p], axis=-1) for p, c in H36M.bones])
    assert np.ptp(lengths, axis=1).max() < 1e-5
    assert lengths.min() > 0.05
    assert lengths.max() < 0.5
    for left, right in zip(H36M.left, H36M.right, strict=True):
        bone = [c for _, c in H36M.bones]
        assert lengths[bone.index(left)] == pytest.approx(lengths[bone.index(right)], abs=1e-5)
    ankles = motion[:, [H36M.index("left_ankle"), H36M.index("right_ankle")], 1]
    assert ankles.min() > 0.04
    assert ankles.min(1).max() < 0.13  # one foot is always down
    assert (joint(motion, "head")[:, 1] > joint(motion, "pelvis")[:, 1] + 0.3).all()
    assert np.abs(joint(motion, "pelvis")[:, [0, 2]].mean(0)).max() < 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_stature_is_plausible(kind):
    tops = [generate_motion(kind, 300, FPS, seed)[:, 10, 1].max() for seed in range(5)]
    assert min(tops) > 1.45
    assert max(tops) < 1.85


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_knees_bend_the_right_way(kind, seed):
    motion = generate_motion(kind, 250, FPS, seed)
    ahead = forward(motion)
    for side in ("left", "right"):
        hip, knee, ankle = (joint(motion, f"{side}_{part}") for part in ("hip", "knee", "ankle"))
        middle = (hip + ankle) / 2
        in_front = ((knee - middle) * ahead).sum(-1)
        bend = np.linalg.norm(hip - ankle, axis=-1) / (
            np.linalg.norm(hip - knee, axis=-1) + np.linalg.norm(knee - ankle, axis=-1)
        )
        assert (in_front[bend < 0.99] > 0).all()
        assert bend.max() < 1.0


@pytest.mark.parametrize("seed", range(4))
def test_walking_goes_forward_at_walking_pace_without_sliding(seed):
    motion = generate_motion("walk", 300, FPS, seed)
    pelvis = joint(motion, "pelvis")
    velocity = np.diff(pelvis, axis=0) * FPS
    speed = np.linalg.norm(velocity[:, [0, 2]], axis=-1)
    assert 0.9 < speed.mean() < 1.5
    assert (velocity * forward(motion)[:-1]).sum(-1).mean() > 0.95 * speed.mean()
    for side in ("left", "right"):
        ankle = joint(motion, f"{side}_ankle")
        slide = np.linalg.norm(np.diff(ankle, axis=0)[:, [0, 2]], axis=-1) * FPS
        flat = ankle[1:, 1] < 0.073 * 1.06
        assert 0.15 < flat.mean() < 0.6
        assert np.median(slide[flat]) < 0.06
        assert slide.max() > 2.5  # while the other foot stands, this one swings
    assert 0.005 < np.ptp(pelvis[:, 1]) < 0.06


def test_walking_swings_the_arm_with_the_opposite_leg():
    motion = generate_motion("walk", 300, FPS)
    ahead = forward(motion)
    wrist = ((joint(motion, "left_wrist") - joint(motion, "left_shoulder")) * ahead).sum(-1)
    legs = ((joint(motion, "left_ankle") - joint(motion, "right_ankle")) * ahead).sum(-1)
    assert np.corrcoef(wrist, legs)[0, 1] < -0.8


def test_squat_goes_down_with_feet_in_place():
    motion = generate_motion("squat", 300, FPS)
    height = joint(motion, "pelvis")[:, 1]
    assert np.ptp(height) > 0.3
    for side in ("left", "right"):
        assert np.ptp(joint(motion, f"{side}_ankle"), axis=0).max() < 0.02
    low = height.argmin()
    hip, knee, ankle = (joint(motion, f"left_{part}")[low] for part in ("hip", "knee", "ankle"))
    cos = (hip - knee) @ (ankle - knee) / np.linalg.norm(hip - knee) / np.linalg.norm(ankle - knee)
    assert 60 < np.degrees(np.arccos(cos)) < 105


def test_wave_moves_the_raised_right_hand_only():
    motion = generate_motion("wave", 500, FPS)
    right = joint(motion, "right_wrist")
    assert right[:, 1].max() > joint(motion, "head")[:, 1].mean() - 0.1
    assert joint(motion, "left_wrist")[:, 1].max() < joint(motion, "pelvis")[:, 1].min() + 0.1
    side = (right - joint(motion, "pelvis")) * np.cross([0.0, 1.0, 0.0], forward(motion))
    assert side.sum(-1).max() < 0.0  # the right hand stays on the right


@pytest.mark.parametrize("kind", KINDS)
def test_motion_is_smooth_and_does_not_depend_on_the_frame_rate(kind):
    motion = generate_motion(kind, 401, 200.0)
    acceleration = np.diff(motion.astype(np.float64), n=2, axis=0) * 200**2
    assert np.linalg.norm(acceleration, axis=-1).max() < 60
    slow = generate_motion(kind, 51, 25.0)
    relative = motion[::8] - motion[::8, :1]
    np.testing.assert_allclose(relative, slow - slow[:, :1], atol=1e-5)


def test_seeds():
    one, same, other = (generate_motion("walk", 50, 25, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.05


def test_recordings_cover_the_splits():
    recordings = synthetic_recordings(frames=30, fps=25)
    assert len({r.name for r in recordings}) == len(recordings) == 9
    assert {(r.split, r.action) for r in recordings} == {
        (s, k) for s in ("train", "val", "test") for k in KINDS
    }
    assert len({r.subject for r in recordings}) == 3
    assert all(r.positions3d.shape == (30, 17, 3) and r.fps == 25 for r in recordings)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("dance", 10, 25), "walk, squat, wave"), (("walk", 0, 25), "frames is 0"), (("walk", 10, 0), "fps 0")],
)
def test_wrong_requests_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        generate_motion(*arguments)
