from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtpca.data.demo_clip import load_demo_clip
from rtpca.errors import ConfigError, InputError
from rtpca.inference import LiftResult, OneEuro, smooth_result
from rtpca.inference.smoothing import METHODS, bone_lengths, with_bone_lengths
from rtpca.skeletons import get_skeleton

ACTIVE = [method for method in METHODS if method != "none"]


@pytest.fixture(scope="module")
def truth() -> LiftResult:
    clip = load_demo_clip()
    return LiftResult(
        poses3d=clip.truth_poses3d,
        root=clip.truth_root,
        confidence=np.ones((clip.keypoints.frames, 17), np.float32),
        keypoints2d=clip.keypoints.keypoints_px,
        valid=np.ones(clip.keypoints.frames, bool),
        image_size=clip.keypoints.image_size,
        fps=clip.keypoints.fps,
        skeleton="h36m17",
        joint_names=get_skeleton("h36m17").joints,
    )


@pytest.fixture(scope="module")
def shaken(truth) -> LiftResult:
    noise = np.random.default_rng(1).normal(0, 0.02, truth.poses3d.shape).astype(np.float32)
    noise[:, 0] = 0
    return replace(truth, poses3d=truth.poses3d + noise)


def error_m(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b, axis=-1).mean())


def tremble(poses: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(poses, n=2, axis=0), axis=-1).mean())


@pytest.mark.parametrize("method", ACTIVE)
def test_noise_goes_and_motion_stays(truth, shaken, method):
    smooth = smooth_result(shaken, method)
    assert tremble(smooth.poses3d) < 0.35 * tremble(shaken.poses3d)
    assert error_m(smooth.poses3d, truth.poses3d) < (1.0 if method == "one-euro" else 0.7) * error_m(
        shaken.poses3d, truth.poses3d
    )


@pytest.mark.parametrize("method", ["savgol", "kalman", "joints"])
def test_true_motion_is_hardly_changed(truth, method):
    assert error_m(smooth_result(truth, method).poses3d, truth.poses3d) < 0.004


@pytest.mark.parametrize("method", ACTIVE)
def test_bones_keep_their_lengths(truth, method):
    """The mean of a turning bone is too short; the smoothed poses do not shrink."""
    before, after = bone_lengths(truth.poses3d), bone_lengths(smooth_result(truth, method, 3.0).poses3d)
    np.testing.assert_allclose(after, before, atol=0.002)


@pytest.mark.parametrize("method", ACTIVE)
def test_the_pelvis_stays_the_origin(shaken, method):
    np.testing.assert_array_equal(smooth_result(shaken, method).poses3d[:, 0], 0)


@pytest.mark.parametrize("method", ACTIVE)
def test_nothing_is_smoothed_across_frames_without_anybody(truth, method):
    valid = truth.valid.copy()
    valid[100:110] = False
    poses = truth.poses3d.copy()
    poses[110:] = poses[110:, list(get_skeleton("h36m17").mirror)]
    torn = replace(truth, poses3d=poses, valid=valid)
    alone = replace(
        torn, **{k: getattr(torn, k)[:100] for k in ("poses3d", "root", "confidence", "keypoints2d", "valid")}
    )
    smooth = smooth_result(torn, method)
    np.testing.assert_array_equal(smooth.poses3d[:100], smooth_result(alone, method).poses3d)
    np.testing.assert_array_equal(smooth.poses3d[100:110], torn.poses3d[100:110])


@pytest.mark.parametrize("method", ACTIVE)
@pytest.mark.parametrize("frames", [1, 2, 3, 6])
def test_short_clips_are_no_error(truth, method, frames):
    short = replace(
        truth,
        **{k: getattr(truth, k)[:frames] for k in ("poses3d", "root", "confidence", "keypoints2d", "valid")},
    )
    assert np.isfinite(smooth_result(short, method).poses3d).all()


def test_an_unknown_root_stays_unknown(truth):
    nowhere = replace(truth, root=np.full_like(truth.root, np.nan))
    assert np.isnan(smooth_result(nowhere, "kalman").root).all()


def test_none_is_the_same_result_and_the_others_say_what_they_did(truth):
    assert smooth_result(truth, "none") is truth
    assert smooth_result(truth, "savgol").notes[-1] == "poses smoothed over time (savgol)"


def test_what_cannot_be_is_said(truth):
    with pytest.raises(ConfigError, match="choose one of none, savgol, kalman, joints, one-euro"):
        smooth_result(truth, "gauss")
    with pytest.raises(InputError, match="strength is 0"):
        smooth_result(truth, "savgol", 0)


def test_the_lengths_that_were_asked_for(truth, rng):
    lengths = rng.uniform(0.1, 0.5, (truth.frames, 16))
    changed = with_bone_lengths(truth.poses3d.astype(float), lengths)
    np.testing.assert_allclose(bone_lengths(changed), lengths, atol=1e-9)


def test_one_euro_by_hand():
    """At rest its first-order filter has the least cut-off: the step response at 1.5 Hz, 0.1 s apart."""
    smooth = OneEuro(min_cutoff_hz=1.5, beta=0.0)
    smooth(np.zeros((1, 1)), 0.0)
    turn = 2 * np.pi * 1.5 * 0.1
    assert smooth(np.ones((1, 1)), 0.1)[0, 0] == pytest.approx(turn / (turn + 1))


def test_one_euro_follows_faster_what_moves_faster():
    slow, fast = OneEuro(beta=0.0), OneEuro(beta=10.0)
    for frame in range(30):
        point = np.array([[0.05 * frame, 0.0, 0.0]])
        behind_slow, behind_fast = (point - f(point, frame / 30) for f in (slow, fast))
    assert behind_fast[0, 0] < 0.3 * behind_slow[0, 0]


def test_one_euro_gives_the_last_answer_again_for_the_same_time():
    smooth = OneEuro()
    smooth(np.zeros((1, 3)), 0.0)
    first = smooth(np.ones((1, 3)), 0.1)
    np.testing.assert_array_equal(smooth(np.full((1, 3), 9.0), 0.1), first)
