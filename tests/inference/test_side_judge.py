from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.synthetic import generate_motion
from rtpca.geometry import Intrinsics
from rtpca.inference.confidence import with_doubtful_sides
from rtpca.inference.side_judge import SideJudge
from rtpca.keypoints.sides import PAIRS, with_exchanged
from rtpca.models import Checkpoint, InputSpec, build_model, load_checkpoint

IMAGE = Intrinsics.of_image((1000, 1000), None)


def untrained(**options) -> Checkpoint:
    model = build_model("rtpca", **{"frames": 9, "dim": 8, "depth": 1, "heads": 1} | options)
    return Checkpoint(model.eval(), InputSpec(fps=20.0))


@pytest.fixture(scope="module")
def judge() -> SideJudge:
    checkpoint = load_checkpoint("rtpca-s")
    checkpoint.model.eval()
    return SideJudge(checkpoint, IMAGE, 20.0)


@given(
    frames=st.integers(1, 90), middle=st.floats(0, 1), fps=st.sampled_from([10.0, 20.0, 30.0, 50.0, 240.0])
)
def test_a_window_lies_in_the_clip_and_holds_its_middle(frames, middle, fps):
    wanted = min(int(middle * frames), frames - 1)
    window = SideJudge(untrained(), IMAGE, fps).window(wanted, frames)
    assert len(window) == 9
    assert window.min() >= 0
    assert window.max() < frames
    assert wanted in window
    assert (np.diff(window) >= 0).all()


def test_a_body_with_exchanged_limbs_fits_worse(judge):
    world = torch.from_numpy(generate_motion("walk", frames=27, fps=20, seed=1).astype(np.float32))
    cameras = evaluation_cameras(world)
    points = cameras.project(cameras.world_to_camera(world.expand(4, -1, -1, -1))).numpy()
    scores = np.ones(points.shape[:3], np.float32)
    misses, radii = judge(points, scores)
    for pairs in ((0,), (1,), (4, 5), (3, 4, 5)):
        flags = np.zeros((*scores.shape[:2], 6), dtype=bool)
        flags[..., list(pairs)] = True
        worse, unsure = judge(*with_exchanged(points, scores, flags))
        trouble = np.log(worse.mean() / misses.mean()) + np.log(
            unsure[..., 1:].mean() / radii[..., 1:].mean()
        )
        assert trouble > 0.1


def test_missing_joints_have_no_miss(judge):
    motion = generate_motion("walk", frames=27, fps=20, seed=1).astype(np.float32)
    points = np.repeat(500 - 200 * motion[None, ..., :2], 2, axis=0)
    scores = np.ones(points.shape[:3], np.float32)
    scores[0, 3, 5] = 0
    points[0, 3, 5] = np.nan
    misses, radii = judge(points, scores)
    assert np.argwhere(~np.isfinite(misses)).tolist() == [[0, 3, 5]]
    assert np.isfinite(radii).all()


@pytest.mark.parametrize("channels", [2, 3])
def test_weights_without_an_idea_of_their_errors_judge_by_the_misses_alone(channels, rng):
    points = rng.uniform(300, 700, (3, 9, 17, 2)).astype(np.float32)
    scores = np.ones(points.shape[:3], np.float32)
    scores[1, :, 3] = 0
    misses, radii = SideJudge(untrained(in_channels=channels), IMAGE, 20.0)(points, scores)
    assert (radii == 1).all()
    assert np.isnan(misses[1, :, 3]).all()


def test_confidence_falls_by_the_doubt_where_the_other_side_is_elsewhere():
    poses = np.zeros((1, 17, 3), np.float32)
    left, right = PAIRS[2]
    poses[0, left, 0], poses[0, right, 0] = 0.2, -0.2
    doubt = np.full((1, 17), 0.25, np.float32)
    confidence = with_doubtful_sides(np.full((1, 17), 0.8, np.float32), doubt, poses)
    expected = np.full(17, 0.8)
    expected[[left, right]] = 0.6
    np.testing.assert_allclose(confidence[0], expected, rtol=1e-6)
