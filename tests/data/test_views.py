"""Own keypoints and their frame rate: what is missing stays missing, and nothing is made up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.recording import Recording
from rtpca.data.synthetic import generate_motion
from rtpca.data.views import at_frame_rate, fixed_cameras, own_keypoints

NAN = float("nan")


def recording(frames: int = 5, fps: float = 50.0, **changes) -> Recording:
    """A walk with two cameras of its own, the second one with keypoints: x is 100 times the frame."""
    positions = generate_motion("walk", frames=frames, fps=fps, seed=1)
    cameras = evaluation_cameras(torch.from_numpy(positions))
    x = 100.0 * np.arange(frames, dtype=np.float32)[:, None, None]
    keypoints = np.broadcast_to(x, (frames, 17, 2)).copy()
    made = Recording("walk", positions, fps, "s", "walk", "test", "src", "free")
    made = replace(made, cameras=(cameras[0], cameras[1]), camera_names=("a", "b"))
    return replace(made, **{"keypoints2d": {"b": keypoints}} | changes)


def test_keypoints_belong_to_their_camera() -> None:
    made = recording()
    assert own_keypoints(made, 0) is None
    own = own_keypoints(made, 1)
    assert own.shape == (5, 17, 3)
    assert own[3, 4].tolist() == [300.0, 300.0, 1.0]
    assert own_keypoints(replace(made, keypoints2d=None), 1) is None
    assert own_keypoints(replace(made, cameras=None), 1) is None


def test_missing_keypoints_are_nan_with_score_0_whichever_way_they_are_told() -> None:
    keypoints = np.full((2, 17, 3), 0.5, np.float32)
    keypoints[0, 3, 0] = NAN
    keypoints[1, 4, 2] = 0.0
    own = own_keypoints(recording(2, keypoints2d={"a": keypoints}), 0)
    for frame, joint in ((0, 3), (1, 4)):
        assert own[frame, joint, :2].isnan().all()
        assert own[frame, joint, 2] == 0
    assert own.isnan().sum() == 4
    assert own[0, 0].tolist() == [0.5, 0.5, 0.5]


def test_keypoints_are_interpolated_like_positions_and_missing_beside_a_missing_one() -> None:
    made = recording(5)
    made.keypoints2d["b"][2, 7] = NAN
    doubled = at_frame_rate(made, 100.0)
    own = own_keypoints(doubled, 1)
    assert own[:, 0, 0].tolist() == pytest.approx([50.0 * i for i in range(9)])
    assert own[:, 7, 0].isnan().tolist() == [False, False, False, True, True, True, False, False, False]
    halved = own_keypoints(at_frame_rate(made, 25.0), 1)
    assert halved[:, 7, 2].tolist() == [1.0, 0.0, 1.0]


def test_a_frame_counts_between_frames_that_count() -> None:
    valid = np.array([True, True, False, True, True])
    doubled = at_frame_rate(recording(valid=valid), 100.0)
    assert doubled.valid.tolist() == [True, True, True, False, False, False, True, True, True]
    assert at_frame_rate(recording(valid=valid), 25.0).valid.tolist() == [True, False, True]


def test_own_cameras_are_taken_and_else_the_four() -> None:
    assert fixed_cameras(recording()).batch_shape == (2,)
    assert fixed_cameras(replace(recording(), cameras=None)).batch_shape == (4,)
