from __future__ import annotations

import json
from importlib import resources

import numpy as np
import pytest
from scipy.stats import spearmanr

from rtpca.data.demo_clip import load_demo_clip
from rtpca.geometry import Intrinsics
from rtpca.inference import Lifter
from rtpca.inference.confidence import SIGNS, joint_confidence, load_calibration, trouble_signs


def test_more_trouble_never_raises_the_confidence(rng):
    signs = rng.uniform(0, 3, (50, 17, len(SIGNS))).astype(np.float32)
    valid = np.ones(50, bool)
    free = np.ones((50, 17), np.float32)
    before = joint_confidence(signs, free, valid)
    for sign in range(len(SIGNS)):
        worse = signs.copy()
        worse[..., sign] += 0.5
        assert (joint_confidence(worse, free, valid) <= before + 1e-7).all()


def test_the_calibration_is_monotone_and_whole():
    calibration = load_calibration()
    assert calibration.weights.shape == (17, len(SIGNS))
    assert (calibration.weights >= 0).all()
    assert (np.diff(calibration.table_log_m) > 0).all()
    assert (np.diff(calibration.table_share) <= 0).all()
    assert calibration.table_share.min() >= 0
    assert calibration.table_share.max() <= 1
    content = json.loads((resources.files("rtpca") / "assets" / "confidence.json").read_text())
    assert content["signs"] == list(SIGNS)
    assert content["split"] == "val"


def test_nobody_has_no_confidence(rng):
    signs = rng.uniform(0, 3, (4, 17, len(SIGNS))).astype(np.float32)
    confidence = joint_confidence(signs, np.ones((4, 17)), np.array([True, False, True, False]))
    assert (confidence[[1, 3]] == 0).all()
    assert (confidence[[0, 2]] > 0).all()


def test_the_pelvis_has_the_mean_of_the_hips(rng):
    signs = rng.uniform(0, 3, (4, 17, len(SIGNS))).astype(np.float32)
    confidence = joint_confidence(signs, np.ones((4, 17)), np.ones(4, bool))
    np.testing.assert_allclose(confidence[:, 0], confidence[:, [1, 4]].mean(axis=1))


def test_signs_by_hand():
    """A still body 2 m away, focal length 1000 px: 10 px are 20 mm."""
    poses = np.zeros((30, 17, 3), np.float32)
    poses[:, :, 0] = np.linspace(-0.4, 0.4, 17)
    poses[:, 0] = 0
    root = np.tile(np.array([0, 0, 2], np.float32), (30, 1))
    points = (1000 * poses[..., :2] / 2 + 500).astype(np.float32)
    points[:, 5, 1] += 10
    scores = np.ones((30, 17), np.float32)
    scores[:, 6], scores[:, 7] = 0.25, 0
    points[:, 7] = np.nan
    lens = Intrinsics.of_image((1000, 1000), 1000)
    signs = trouble_signs(poses, np.full((30, 17), 0.03, np.float32), root, points, scores, lens, 30.0)
    by_name = {name: signs[15, :, number] for number, name in enumerate(SIGNS)}
    np.testing.assert_allclose(by_name["mirror"], np.log1p(0.03 / 0.002), rtol=1e-5)
    assert by_name["reprojection"][5] == pytest.approx(np.log1p(0.02 / 0.002), rel=1e-3)
    assert by_name["reprojection"][4] == pytest.approx(0, abs=1e-3)
    assert by_name["doubt"][6] == pytest.approx(0.75)
    assert by_name["unseen"].tolist() == [0.0] * 7 + [1.0] + [0.0] * 9
    assert by_name["keypoint_tremble"].max() == pytest.approx(0, abs=1e-3)
    assert by_name["reach"][16] == pytest.approx(np.log1p(0.4 / 0.002), rel=1e-4)


def test_an_unknown_root_and_no_mirror_image_give_finite_signs():
    lens = Intrinsics.of_image((1000, 1000), 1000)
    nowhere = np.full((3, 3), np.nan, np.float32)
    points, scores = np.zeros((3, 17, 2), np.float32), np.ones((3, 17), np.float32)
    signs = trouble_signs(np.zeros((3, 17, 3), np.float32), None, nowhere, points, scores, lens, 30.0)
    assert np.isfinite(signs).all()


def test_spoilt_keypoints_lower_the_confidence_where_the_error_is():
    clip = load_demo_clip()
    lifter = Lifter.from_pretrained("rtpca-s", "cpu")
    points = clip.keypoints.keypoints_px[:120].copy()
    noise = np.random.default_rng(0).normal(0, 12, (60, 3, 2))
    points[60:, 14:17] += noise.astype(np.float32)
    result = lifter(points, clip.keypoints.image_size, clip.keypoints.fps, "h36m17")
    error_m = np.linalg.norm(result.poses3d - clip.truth_poses3d[:120], axis=-1)
    arm = result.confidence[:, 14:17]
    assert arm[65:].mean() < arm[:55].mean() - 0.03
    assert spearmanr(result.confidence[:, 1:].ravel(), error_m[:, 1:].ravel()).statistic < -0.3
