from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtpca.keypoints.gaps import bridge_gaps, complete_keypoints, drop_points, relative_scores, visible_frames
from rtpca.skeletons import get_skeleton


def line(frames: int) -> tuple[np.ndarray, np.ndarray]:
    """All joints move 10 px right and 2 px down per frame."""
    step = np.arange(frames, dtype=np.float32)[:, None, None] * np.array([10, 2], np.float32)
    return np.broadcast_to(step + 100, (frames, 17, 2)).copy(), np.ones((frames, 17), np.float32)


def test_a_short_gap_is_bridged_with_half_the_score():
    points, scores = line(8)
    truth = points.copy()
    points[3:5, 6] = 7777
    scores[3:5, 6] = 0
    scores[2, 6] = 0.4
    scores[5, 6] = 1.0
    assert bridge_gaps(points, scores, max_gap=2) == 2
    np.testing.assert_allclose(points, truth)
    np.testing.assert_allclose(scores[2:6, 6], [0.4, 0.5 * 0.6, 0.5 * 0.8, 1.0], atol=1e-6)
    assert visible_frames(scores).all()


def test_a_longer_gap_stays_missing():
    points, scores = line(8)
    scores[3:6, 6] = 0
    assert bridge_gaps(points, scores, max_gap=2) == 0
    assert np.isnan(points[3:6, 6]).all()
    assert (scores[3:6, 6] == 0).all()


def test_gaps_at_the_ends_stay_missing():
    points, scores = line(6)
    scores[0, 2] = scores[5, 2] = 0
    bridge_gaps(points, scores, max_gap=3)
    assert np.isnan(points[[0, 5], 2]).all()


def test_frames_without_a_person_are_not_visible():
    points, scores = line(10)
    scores[4:8] = 0
    scores[5, :3] = 1
    bridge_gaps(points, scores, max_gap=0)
    assert visible_frames(scores).tolist() == [True] * 4 + [False] * 4 + [True] * 2
    bridge_gaps(points, scores, max_gap=4)
    assert visible_frames(scores).all()


@given(data=st.data(), max_gap=st.integers(0, 5))
def test_bridging_follows_its_definition(data, max_gap):
    """Against a plain loop over frames, one joint at a time."""
    seen = np.array(data.draw(st.lists(st.booleans(), min_size=1, max_size=25)))
    points, scores = line(len(seen))
    scores[:, 0] = seen
    bridge_gaps(points, scores, max_gap)
    bridged = scores[:, 0] > 0
    for frame in range(len(seen)):
        before = [f for f in range(frame, -1, -1) if seen[f]][:1]
        after = [f for f in range(frame, len(seen)) if seen[f]][:1]
        short = bool(before and after) and after[0] - before[0] - 1 <= max_gap
        assert bridged[frame] == (seen[frame] or short)


def test_scores_are_relative_to_the_clip():
    scores = np.full((100, 17), 3.0)
    scores[0, :4] = [0.2, 0.6, np.nan, -1]
    relative = relative_scores(scores, min_score=0.1)
    np.testing.assert_allclose(relative[0, :5], [0, 0.2, 0, 0, 1], atol=1e-6)


def test_a_clip_of_doubtful_scores_stays_doubtful():
    relative = relative_scores(np.full((5, 17), 0.06), min_score=0.1)
    np.testing.assert_allclose(relative, 0.2)
    assert (relative_scores(np.full((5, 17), 0.02), min_score=0.1) == 0).all()


def test_complete_keypoints_leaves_no_hole():
    skeleton = get_skeleton("h36m17")
    points, scores = line(6)
    truth = points.copy()
    scores[2:4, 5] = 0  # crossed straight
    scores[0, 6] = 0  # held
    scores[:, 3] = 0  # right ankle: on the right knee
    scores[:, [15, 16]] = 0  # right elbow and wrist: on the right shoulder
    points[:, 14] += 50
    points[scores == 0] = np.nan
    complete = complete_keypoints(points, scores, skeleton)
    np.testing.assert_allclose(complete[:, 5], truth[:, 5])
    np.testing.assert_allclose(complete[0, 6], truth[1, 6])
    np.testing.assert_allclose(complete[:, 3], truth[:, 2])
    np.testing.assert_allclose(complete[:, [15, 16]], (truth[:, [14, 14]] + 50))
    np.testing.assert_array_equal(complete[scores > 0], points[scores > 0])


@pytest.mark.parametrize("frames", [1, 4])
def test_complete_keypoints_without_pelvis_takes_the_middle_of_the_others(frames):
    points, scores = line(frames)
    scores[:, 0] = 0
    points[:, 0] = np.nan
    complete = complete_keypoints(points, scores, get_skeleton("h36m17"))
    np.testing.assert_allclose(complete[:, 0], points[:, 1:].mean(axis=1), rtol=1e-6)


def test_a_body_that_is_a_point_is_not_seen():
    rng = np.random.default_rng(0)
    points, scores = rng.uniform(0, 400, (5, 17, 2)).astype(np.float32), np.ones((5, 17), np.float32)
    points[2] = 300 + rng.uniform(-0.4, 0.4, (17, 2))
    points[3, 3:] = np.nan
    scores[3, 3:] = 0  # three joints alone, close together, are another matter
    points[3, :3] = 300
    before = points.copy()
    assert drop_points(points, scores).tolist() == [False, False, True, False, False]
    assert (scores[2] == 0).all()
    assert np.isnan(points[2]).all()
    np.testing.assert_array_equal(points[[0, 1, 3, 4]], before[[0, 1, 3, 4]])
