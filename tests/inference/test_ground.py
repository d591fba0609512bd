from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rtpca.data.synthetic import generate_motion
from rtpca.errors import InputError
from rtpca.geometry.rotation import look_at, rotation_about
from rtpca.inference import LiftResult, estimate_ground
from rtpca.inference.ground import ANKLE_HEIGHT_M, LEVEL_CAMERA
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17")


def seen(
    world: np.ndarray, pitch_deg: float, roll_deg: float, noise_m: float = 0.0
) -> tuple[LiftResult, np.ndarray]:
    """A result of a camera that looks at the motion, tilted; and up in its axes."""
    middle = torch.as_tensor(world.reshape(-1, 3).mean(axis=0), dtype=torch.float64)
    pitch = np.deg2rad(pitch_deg)
    center = middle + 5 * torch.tensor([0.3, np.sin(pitch), np.cos(pitch)], dtype=torch.float64)
    roll = rotation_about(torch.tensor([0.0, 0, 1], dtype=torch.float64), torch.tensor(np.deg2rad(roll_deg)))
    rotation = (roll @ look_at(center, middle)).numpy()
    joints = (world - center.numpy()) @ rotation.T
    joints = joints + np.random.default_rng(0).normal(0, noise_m, joints.shape)
    result = LiftResult(
        poses3d=(joints - joints[:, :1]).astype(np.float32),
        root=joints[:, 0].astype(np.float32),
        confidence=np.ones(joints.shape[:2], np.float32),
        keypoints2d=np.zeros((*joints.shape[:2], 2), np.float32),
        valid=np.ones(len(joints), bool),
        image_size=(1000, 1000),
        fps=30.0,
        skeleton="h36m17",
        joint_names=H36M.joints,
    )
    return result, rotation[:, 1]


def angle_deg(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1, 1))))


@pytest.mark.parametrize(("pitch", "roll"), [(0, 0), (15, 3), (35, -6), (-10, 5)])
def test_up_is_found_from_somebody_who_walks(pitch, roll):
    result, up = seen(generate_motion("walk", frames=200, fps=30, seed=1), pitch, roll)
    assert angle_deg(estimate_ground(result).up_cam, up) < 3


@pytest.mark.parametrize("pitch", [0, 20])
def test_up_is_found_from_somebody_who_stays_in_one_place(pitch):
    result, up = seen(generate_motion("squat", frames=150, fps=30, seed=1), pitch, 2, noise_m=0.01)
    assert angle_deg(estimate_ground(result).up_cam, up) < 9


def test_standing_feet_are_on_the_floor():
    world = generate_motion("walk", frames=200, fps=30, seed=2)
    result, _ = seen(world, 15, 3)
    joints = estimate_ground(result).place(result)
    lower = joints[:, [3, 6], 1].min(axis=1)
    assert abs(np.median(lower) - ANKLE_HEIGHT_M) < 0.015
    assert np.abs(lower - ANKLE_HEIGHT_M).max() < 0.08
    assert joints[..., 1].min() > -0.02


def test_the_world_is_right_handed_with_y_up_and_the_camera_in_front():
    result, _ = seen(generate_motion("walk", frames=60, fps=30, seed=2), 15, 3)
    ground = estimate_ground(result)
    rotation = ground.R_world_from_cam
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    camera = ground.to_world(np.zeros(3))
    assert camera[2] > 3
    assert camera[1] > 0.5


def test_distances_stay():
    result, _ = seen(generate_motion("wave", frames=40, fps=30, seed=2), 15, 3)
    joints = estimate_ground(result).place(result)
    for parent, child in H36M.bones:
        before = np.linalg.norm(result.poses3d[:, child] - result.poses3d[:, parent], axis=-1)
        np.testing.assert_allclose(
            np.linalg.norm(joints[:, child] - joints[:, parent], axis=-1), before, atol=1e-5
        )


def test_a_jump_leaves_the_floor():
    world = generate_motion("squat", frames=120, fps=30, seed=1).copy()
    height = np.clip(np.sin(np.linspace(0, np.pi, 15)), 0, None) * 0.4
    world[60:75, :, 1] += height[:, None]
    result, _ = seen(world, 10, 0)
    joints = estimate_ground(result).place(result)
    assert joints[67, [3, 6], 1].min() > ANKLE_HEIGHT_M + 0.15


def test_a_root_that_is_not_known_still_stands_on_the_floor():
    result, up = seen(generate_motion("walk", frames=60, fps=30, seed=2), 15, 3)
    result = replace(result, root=np.full_like(result.root, np.nan))
    ground = estimate_ground(result)
    assert angle_deg(ground.up_cam, up) < 6
    lower = ground.place(result)[:, [3, 6], 1].min(axis=1)
    np.testing.assert_allclose(lower, ANKLE_HEIGHT_M, atol=1e-9)


def test_frames_without_anybody_do_not_count():
    result, _ = seen(generate_motion("walk", frames=100, fps=30, seed=2), 15, 3)
    whole = estimate_ground(result).up_cam
    poses, valid = result.poses3d.copy(), result.valid.copy()
    poses[40:60] = poses[40:60, :, [2, 0, 1]]
    valid[40:60] = False
    assert angle_deg(estimate_ground(replace(result, poses3d=poses, valid=valid)).up_cam, whole) < 1.5


def test_several_people_share_one_floor_and_keep_their_heights():
    walk = generate_motion("walk", frames=120, fps=30, seed=2)
    on_a_roof = walk + [1.0, 2.0, -1.0]
    together, up = seen(np.concatenate([on_a_roof, walk, walk + [2.0, 0.2, 0.0]]), 10, 3)
    people = [
        replace(
            together,
            poses3d=together.poses3d[frames],
            root=together.root[frames],
            confidence=together.confidence[frames],
            keypoints2d=together.keypoints2d[frames],
            valid=together.valid[frames],
        )
        for frames in (slice(0, 120), slice(120, 240), slice(240, 360))
    ]
    ground = estimate_ground(*people)
    assert angle_deg(ground.up_cam, up) < 3
    lower = [np.median(ground.place(person)[:, [3, 6], 1].min(axis=1)) for person in people]
    assert lower[0] == pytest.approx(2 + ANKLE_HEIGHT_M, abs=0.15)
    assert lower[1:] == pytest.approx([ANKLE_HEIGHT_M] * 2, abs=0.02)


def test_who_jumps_down_from_a_roof_lands_on_the_floor():
    world = generate_motion("squat", frames=240, fps=30, seed=1).copy()
    world[:150, :, 1] += 2.0
    world[150:165, :, 1] += 2.0 * (1 - np.linspace(0, 1, 15)[:, None] ** 2)
    result, _ = seen(world, 10, 0)
    lower = estimate_ground(result).place(result)[:, [3, 6], 1].min(axis=1)
    np.testing.assert_allclose(lower[:120], 2 + ANKLE_HEIGHT_M, atol=0.2)
    np.testing.assert_allclose(lower[200:], ANKLE_HEIGHT_M, atol=0.1)


def test_a_floor_under_nobody_is_an_error():
    with pytest.raises(InputError, match="give at least one result"):
        estimate_ground()


def test_a_level_camera_only_turns_the_axes():
    result, _ = seen(generate_motion("walk", frames=5, fps=30, seed=2), 15, 3)
    expected = (result.poses3d + result.root[:, None]) * [1, -1, -1]
    np.testing.assert_allclose(LEVEL_CAMERA.place(result), expected, atol=1e-5)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_few_frames_are_enough(frames):
    result, _ = seen(generate_motion("walk", frames=frames, fps=30, seed=2), 15, 3)
    assert np.isfinite(estimate_ground(result).place(result)).all()
