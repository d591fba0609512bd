from __future__ import annotations

import numpy as np
import pytest
import torch

from rtpca.data.demo_clip import load_demo_clip
from rtpca.errors import ConfigError, InputError, ShapeError
from rtpca.inference import StreamLifter
from rtpca.models import Checkpoint, InputSpec, build_model, load_checkpoint
from rtpca.windowed import Lifted


@pytest.fixture(scope="module")
def clip():
    return load_demo_clip()


@pytest.fixture
def stream(clip):
    checkpoint = load_checkpoint("rtpca-s")

    def make(**options) -> StreamLifter:
        options = {"flip": False, "image_size": clip.keypoints.image_size, "skeleton": "h36m17", **options}
        return StreamLifter(checkpoint, device="cpu", **options)

    return make


def pushed(lifter: StreamLifter, points: np.ndarray, times: np.ndarray) -> list:
    return [lifter.push(frame, time) for frame, time in zip(points, times, strict=True)]


def true_pose(clip, time_s: float) -> np.ndarray:
    frame = time_s * clip.keypoints.fps
    before = int(np.clip(np.floor(frame + 1e-6), 0, clip.keypoints.frames - 2))
    part = frame - before
    return (1 - part) * clip.truth_poses3d[before] + part * clip.truth_poses3d[before + 1]


def errors_m(clip, poses) -> np.ndarray:
    return np.array(
        [np.linalg.norm(p.pose3d - true_pose(clip, p.time_s), axis=-1).mean() for p in poses if p]
    )


def test_live_poses_are_near_the_truth(clip, stream):
    times = np.arange(60) / clip.keypoints.fps
    poses = pushed(stream(), clip.keypoints.keypoints_px[:60], times)
    assert errors_m(clip, poses).mean() < 0.07
    root = np.array([p.root for p in poses if p])
    assert np.isfinite(root).all()


def test_a_camera_faster_than_any_is_lifted(clip, stream):
    points = np.repeat(clip.keypoints.keypoints_px[:15], 100, axis=0)
    lifter = stream(latency_frames=0)
    lifter._lifted = lambda points, scores: Lifted(torch.zeros(len(points), 17, 3))
    poses = pushed(
        lifter, points, np.arange(1500) / 1000
    )  # the window holds more frames than scores are kept
    assert all(pose.valid for pose in poses)


@pytest.mark.parametrize("latency", [0, 2, 5])
def test_the_latency_is_constant_and_is_what_is_said(clip, stream, latency):
    lifter = stream(latency_frames=latency)
    assert lifter.latency_s == pytest.approx(latency / 20)
    times = np.arange(20) / clip.keypoints.fps
    poses = pushed(lifter, clip.keypoints.keypoints_px[:20], times)
    late = [time - pose.time_s for time, pose in zip(times, poses, strict=True) if pose]
    np.testing.assert_allclose(late, latency / 20)
    assert [pose is None for pose in poses] == [time < latency / 20 - 1e-9 for time in times]


def test_the_future_does_not_matter(clip, stream):
    """Causal: what comes later changes nothing of what was said."""
    times = np.arange(30) / clip.keypoints.fps
    other = clip.keypoints.keypoints_px[:30].copy()
    other[20:] += 200
    first, second = (pushed(stream(), points, times) for points in (clip.keypoints.keypoints_px[:30], other))
    for a, b in zip(first[3:20], second[3:20], strict=True):
        np.testing.assert_array_equal(a.pose3d, b.pose3d)


def test_uneven_times_and_lost_frames_do_little_harm(clip, stream, rng):
    keep = np.sort(rng.choice(60, 45, replace=False))
    times = keep / clip.keypoints.fps
    poses = pushed(stream(), clip.keypoints.keypoints_px[keep], times)
    assert errors_m(clip, poses).mean() < 0.075


def test_frames_without_anybody(clip, stream):
    lifter = stream(latency_frames=0)
    pushed(lifter, clip.keypoints.keypoints_px[:40], np.arange(40) / clip.keypoints.fps)
    gone = [lifter.push(None, (40 + n) / clip.keypoints.fps) for n in range(60)]
    assert not any(pose.valid for pose in gone)
    assert all((pose.confidence == 0).all() for pose in gone)
    assert np.isnan(gone[-1].pose3d).all()
    back = lifter.push(clip.keypoints.keypoints_px[100], 100 / clip.keypoints.fps)
    assert back.valid
    assert np.isfinite(back.pose3d).all()


def test_nothing_seen_from_the_start(stream):
    pose = stream(latency_frames=0).push(np.full((17, 2), np.nan), 0.0)
    assert not pose.valid
    assert np.isnan(pose.pose3d).all()


def test_scores_as_a_third_coordinate_or_by_themselves(clip, stream):
    scores = np.full(17, 0.7, np.float32)
    together = np.concatenate([clip.keypoints.keypoints_px[0], scores[:, None]], axis=1)
    a = stream(latency_frames=0).push(together, 0.0)
    b = stream(latency_frames=0).push(clip.keypoints.keypoints_px[0], 0.0, scores)
    np.testing.assert_array_equal(a.pose3d, b.pose3d)


def test_one_euro_makes_it_smoother(clip, stream, rng):
    points = clip.keypoints.keypoints_px[:60] + rng.normal(0, 4, (60, 17, 2)).astype(np.float32)
    times = np.arange(60) / clip.keypoints.fps
    rough, smooth = (
        np.array([p.pose3d for p in pushed(stream(one_euro=on), points, times) if p]) for on in (False, True)
    )
    assert np.abs(np.diff(smooth, 2, axis=0)).mean() < 0.6 * np.abs(np.diff(rough, 2, axis=0)).mean()


def test_the_mirror_image_is_averaged_in(clip, stream):
    a = stream(flip=True, latency_frames=0).push(clip.keypoints.keypoints_px[0], 0.0)
    b = stream(latency_frames=0).push(clip.keypoints.keypoints_px[0], 0.0)
    assert 0 < np.abs(a.pose3d - b.pose3d).max() < 0.2


def test_what_cannot_be_is_said(clip, stream):
    with pytest.raises(ConfigError, match="give 0 to 26"):
        stream(latency_frames=27)
    with pytest.raises(InputError, match="image size is 0"):
        stream(image_size=(0, 100))
    lifter = stream()
    with pytest.raises(ShapeError, match="J=17"):
        lifter.push(np.zeros((16, 2)), 0.0)
    lifter.push(clip.keypoints.keypoints_px[0], 1.0)
    with pytest.raises(InputError, match="in order of time"):
        lifter.push(clip.keypoints.keypoints_px[1], 1.0)


def test_weights_that_predict_a_part_of_their_window_are_refused_in_words(clip):
    network = build_model("poseformer", frames=9, joint_dim=4, depth=1, heads=1)
    checkpoint = Checkpoint(network, InputSpec(normalisation="person", fps=20.0))
    with pytest.raises(ConfigError, match=r"\(poseformer\) predict 1 of the 9 frames .* all of them"):
        StreamLifter(checkpoint, skeleton="h36m17", image_size=clip.keypoints.image_size, device="cpu")


def test_memory_does_not_grow(clip, stream):
    lifter = stream(latency_frames=0)
    for frame in range(90):
        lifter.push(clip.keypoints.keypoints_px[frame], frame / 30)
    held = len(lifter._frames)
    assert held <= 27 / 20 * 30 + 3


def test_options_reach_the_lifter_through_its_name():
    lifter = StreamLifter.from_pretrained(
        "rtpca-xs", skeleton="coco17", image_size=(640, 480), device="cpu", min_score=0.4, max_gap_s=0.2
    )
    assert (lifter._min_score, lifter._max_gap_s) == (0.4, 0.2)
    with pytest.raises(TypeError, match="min_scor"):
        StreamLifter.from_pretrained("rtpca-xs", skeleton="coco17", image_size=(640, 480), min_scor=0.4)


def test_everybody_who_comes_into_sight_has_to_be_given_in_pixels(clip, stream):
    points = clip.keypoints.keypoints_px
    lifter = stream()
    lifter.push(points[0], 0.0)
    lifter.push(None, 0.1)
    with pytest.raises(InputError, match="these are not pixels"):
        lifter.push(points[1] / 1000, 0.2)
    hardly_seen = np.where(np.arange(17)[:, None] < 2, points[0] / 1000, np.nan)
    stream().push(hardly_seen, 0.0)  # two joints tell nothing
