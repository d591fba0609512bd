"""Bones of one length over a clip."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtpca.data.synthetic import generate_motion
from rtpca.inference.refinement import with_steady_bones
from rtpca.inference.smoothing import bone_lengths
from rtpca.skeletons import get_skeleton

MIRROR = list(get_skeleton("h36m17").mirror)


def walk(frames: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Root-relative poses in camera axes, and the pelvis 4 m in front of the camera."""
    joints = generate_motion("walk", frames, 20) * np.float32([1, -1, -1])
    poses = joints - joints[:, :1]
    return poses, np.float32([[0.3, -0.2, 4.0]]) + joints[:, 0] - joints[:1, 0]


def trembling(poses: np.ndarray, seed: int = 0) -> np.ndarray:
    """Joints off by 2 cm across and 5 cm in depth."""
    off = np.random.default_rng(seed).normal(0, [0.02, 0.02, 0.05], poses.shape)
    off[:, 0] = 0
    return (poses + off).astype(np.float32)


SEEN = np.ones(40, bool)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_bones_become_steady_and_poses_better(seed) -> None:
    truth, root = walk()
    poses = trembling(truth, seed)
    refined = with_steady_bones(poses, root, SEEN)
    before, after = (bone_lengths(each).std(axis=0) for each in (poses, refined))
    assert (after < 0.3 * before).all()
    error, error_refined = (np.linalg.norm(each - truth, axis=-1).mean() for each in (poses, refined))
    assert error_refined < 0.95 * error
    assert refined.dtype == np.float32
    assert (refined[:, 0] == 0).all()


def test_poses_with_steady_symmetric_bones_stay() -> None:
    truth, root = walk()
    lengths = bone_lengths(truth)
    assert np.ptp(lengths, axis=0).max() < 1e-4
    assert np.abs(with_steady_bones(truth, root, SEEN) - truth).max() < 1e-3


def test_the_mirror_image_is_refined_to_the_mirror_image() -> None:
    poses, root = trembling(walk()[0]), walk()[1]
    turn = np.float32([-1, 1, 1])
    mirrored = with_steady_bones(poses[:, MIRROR] * turn, root * turn, SEEN)
    assert np.abs(mirrored - with_steady_bones(poses, root, SEEN)[:, MIRROR] * turn).max() < 1e-4


def test_joints_move_in_depth_more_than_across() -> None:
    poses, root = trembling(walk()[0]), walk()[1]
    moved = np.abs(with_steady_bones(poses, root, SEEN) - poses).mean(axis=(0, 1))
    assert moved[2] > 1.5 * moved[:2].max()


def test_frames_without_anybody_have_no_say_in_the_lengths() -> None:
    poses, root = trembling(walk()[0]), walk()[1]
    valid = SEEN.copy()
    valid[15:] = False
    stretched = poses.copy()
    stretched[15:] *= 3
    one, other = (with_steady_bones(each, root, valid)[:15] for each in (poses, stretched))
    assert np.array_equal(one, other)
    assert with_steady_bones(poses, root, ~SEEN) is poses


@pytest.mark.parametrize("lost", [np.nan, 0.0])
def test_a_pelvis_that_is_nowhere_and_joints_on_one_spot_are_borne_with(lost) -> None:
    poses, root = trembling(walk()[0]), walk()[1]
    poses[3] = 0.0
    root = np.full_like(root, lost)
    assert np.isfinite(with_steady_bones(poses, root, SEEN)).all()


def test_long_clips_are_refined_in_parts_alike() -> None:
    poses, root = trembling(walk()[0]), walk()[1]
    times = 60  # 2400 frames
    whole = with_steady_bones(np.tile(poses, (times, 1, 1)), np.tile(root, (times, 1)), np.tile(SEEN, times))
    assert np.allclose(whole[-40:], with_steady_bones(poses, root, SEEN), atol=1e-5)
