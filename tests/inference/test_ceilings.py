"""What the confidence cannot exceed, where keypoints tell little."""

from __future__ import annotations

import numpy as np
import pytest

from rtpca.data.demo_clip import load_demo_clip
from rtpca.errors import InputError
from rtpca.geometry import Intrinsics
from rtpca.inference import Lifter
from rtpca.inference.ceilings import (
    highest_confidence,
    lens_share,
    load_ceilings,
    pixel_size,
    unseen_distance,
)
from rtpca.skeletons import get_skeleton

JOINT = get_skeleton("h36m17").index
LENS = Intrinsics.of_image((1000, 1000), None)


def standing(frames: int = 40) -> np.ndarray:
    """(F, 17, 3) every bone 0.3 m long: straight down the legs, up the trunk, and out along the arms."""
    skeleton = get_skeleton("h36m17")
    pose = np.zeros((17, 3), np.float32)
    for parent, child in skeleton.bones:
        name = skeleton.joints[child]
        down = (0, 0.3, 0) if "knee" in name or "ankle" in name else (0, -0.3, 0)
        out = (0.3 if "left" in name else -0.3, 0, 0)
        aside = any(part in name for part in ("hip", "shoulder", "elbow", "wrist"))
        pose[child] = pose[parent] + (out if aside else down)
    return np.tile(pose, (frames, 1, 1))


def test_the_measured_shares_fall():
    known = load_ceilings()
    unseen = ((known.unseen_m, shares) for shares in known.unseen_share.values())
    for places, shares in (*unseen, (known.pixel_m, known.pixel_share)):
        assert (np.diff(places) > 0).all()
        assert (np.diff(shares) <= 0).all()
        assert shares[0] == 1
        assert shares[-1] <= shares[1] < 1
    far = {part: shares[-1] for part, shares in known.unseen_share.items()}
    assert far["wrist"] < 0.2 < far["trunk"]  # a hand may be anywhere round the elbow


def test_how_far_a_joint_is_from_what_is_seen_by_hand():
    seen = np.ones((40, 17), bool)
    seen[:, [JOINT("left_knee"), JOINT("left_ankle"), JOINT("right_wrist"), JOINT("spine")]] = False
    seen[20, JOINT("right_wrist")] = True
    distance = unseen_distance(standing(), seen, 30.0)
    assert distance[5, JOINT("left_knee")] == pytest.approx(0.3, abs=1e-5)
    assert distance[5, JOINT("left_ankle")] == pytest.approx(0.6, abs=1e-5)
    assert distance[17, JOINT("right_wrist")] == pytest.approx(0.1, abs=1e-5)  # 0.1 s before it is seen
    assert distance[0, JOINT("right_wrist")] == pytest.approx(0.3, abs=1e-5)
    assert distance[20, JOINT("right_wrist")] == 0
    assert (distance[:, JOINT("spine")] == 0).all()  # between others that are seen
    assert (distance[seen] == 0).all()


def test_bones_that_are_never_seen_are_as_long_as_an_adults():
    poses, seen = standing(), np.ones((40, 17), bool)
    wrists = [JOINT("left_wrist"), JOINT("right_wrist")]
    poses[:, wrists] = poses[:, [JOINT("left_elbow"), JOINT("right_elbow")]]  # what a network makes of them
    seen[:, wrists] = False
    assert (unseen_distance(poses, seen, 30.0)[:, wrists] > 0.2).all()


def test_how_much_a_pixel_is_by_hand():
    poses = standing(2)
    points = 100 * poses[..., :2] + 500
    points[1] = 500 + 0.1 * (points[1] - 500)
    np.testing.assert_allclose(pixel_size(poses, points), [0.01, 0.1], rtol=1e-3)
    points[:, 9:] = np.nan
    np.testing.assert_allclose(pixel_size(poses, points), [0.01, 0.1], rtol=1e-3)


def test_lenses_that_there_are_count_in_full_and_others_hardly():
    for focal_px in (None, 500, 2000, 20_000):
        assert lens_share(Intrinsics.of_image((1920, 1080), focal_px)) == 1
    assert lens_share(Intrinsics.of_image((1920, 1080), 19.2)) == pytest.approx(0.1)
    assert lens_share(Intrinsics.of_image((1920, 1080), 96_000)) == pytest.approx(0.1)


def test_what_is_seen_well_has_no_ceiling_and_less_never_raises_it():
    poses = standing()
    points = 250 * poses[..., :2] + 500
    scores = np.ones((40, 17), np.float32)
    assert (highest_confidence(poses, points, scores, LENS, 30.0) == 1).all()
    scores[:, JOINT("left_ankle")] = 0
    points[:, JOINT("left_ankle")] = np.nan
    less = highest_confidence(poses, points, scores, LENS, 30.0)
    assert (less[:, JOINT("left_ankle")] < 0.8).all()
    assert (np.delete(less, JOINT("left_ankle"), axis=1) == 1).all()
    small = highest_confidence(poses, 500 + 0.02 * (points - 500), scores, LENS, 30.0)
    assert (small <= less).all()
    assert small.max() < 0.5


def test_a_clip_without_legs_small_or_through_no_lens_is_not_sure():
    clip = load_demo_clip()
    lifter = Lifter.from_pretrained("rtpca-s", "cpu", flip=False)
    points, size = clip.keypoints.keypoints_px[:60], clip.keypoints.image_size
    legs = [JOINT(f"{side}_{part}") for side in ("left", "right") for part in ("knee", "ankle")]

    def confidence(points: np.ndarray, **options) -> np.ndarray:
        return lifter(points, size, clip.keypoints.fps, "h36m17", **options).confidence

    whole = confidence(points)
    hidden = points.copy()
    hidden[:, legs] = np.nan
    assert confidence(hidden)[:, legs].mean() < 0.5 < whole[:, legs].mean()
    middle = points.mean(axis=(0, 1))
    assert confidence(middle + 0.02 * (points - middle)).mean() < 0.5
    for focal_px in (size[0] / 100, size[0] * 50):
        assert confidence(points, focal_px=focal_px).max() <= 0.1 + 1e-6


def test_a_body_that_is_one_point_is_refused_or_in_single_frames_not_seen():
    clip = load_demo_clip()
    lifter = Lifter.from_pretrained("rtpca-xs", "cpu", flip=False)
    points, size = clip.keypoints.keypoints_px[:30].copy(), clip.keypoints.image_size
    point = points.mean(axis=1, keepdims=True).repeat(17, axis=1)
    with pytest.raises(InputError, match="all joints lie in one point, within a pixel"):
        lifter(point, size, 30, "h36m17")
    points[5:25] = point[5:25]
    result = lifter(points, size, 30, "h36m17")
    assert result.valid.tolist() == [*[True] * 5, *[False] * 20, *[True] * 5]
    assert any("20 frames whose joints all lie in one point" in note for note in result.notes)


def test_a_lens_that_there_is_not_is_told():
    clip = load_demo_clip()
    lifter = Lifter.from_pretrained("rtpca-xs", "cpu", flip=False)
    points, size = clip.keypoints.keypoints_px[:10], clip.keypoints.image_size
    odd = lifter(points, size, 30, "h36m17", focal_px=size[0] / 100)
    assert any("no lens has a focal length of" in note for note in odd.notes)
    usual = lifter(points, size, 30, "h36m17", focal_px=size[0])
    assert not any("lens" in note for note in usual.notes)
