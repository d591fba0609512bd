from __future__ import annotations

import numpy as np
import pytest

from rtpca.data.demo_clip import load_demo_clip
from rtpca.skeletons import get_skeleton

CLIP = load_demo_clip()


def test_the_keypoints_are_the_truth_seen_by_the_camera_with_two_pixels_of_noise() -> None:
    joints_cam = CLIP.truth_poses3d + CLIP.truth_root[:, None]
    middle = np.array(CLIP.keypoints.image_size) / 2
    seen_px = joints_cam[..., :2] / joints_cam[..., 2:] * CLIP.truth_focal_px + middle
    noise = CLIP.keypoints.keypoints_px - seen_px
    assert noise.std() == pytest.approx(2.0, rel=0.03)
    assert noise.mean() == pytest.approx(0.0, abs=0.05)


def test_the_truth_is_root_relative_with_constant_bones() -> None:
    assert (CLIP.truth_poses3d[:, 0] == 0).all()
    for parent, child in get_skeleton("h36m17").bones:
        lengths = np.linalg.norm(CLIP.truth_poses3d[:, child] - CLIP.truth_poses3d[:, parent], axis=-1)
        assert lengths == pytest.approx(lengths[0], abs=1e-5)


def test_the_parts_cover_the_clip() -> None:
    assert [name for name, _, _ in CLIP.parts] == ["walk", "squat", "wave"]
    bounds = [0, *(end for _, _, end in CLIP.parts)]
    assert [first for _, first, _ in CLIP.parts] == bounds[:-1]
    assert bounds[-1] == CLIP.keypoints.frames == len(CLIP.keypoints.scores)


def test_the_motion_is_smooth() -> None:
    joints = CLIP.truth_poses3d + CLIP.truth_root[:, None]
    speed = np.linalg.norm(np.diff(joints, axis=0), axis=-1) * CLIP.keypoints.fps
    assert speed.max() < 6.0
    acceleration = np.linalg.norm(np.diff(joints, n=2, axis=0), axis=-1) * CLIP.keypoints.fps**2
    assert acceleration.max() < 120.0
