"""What users hand over is checked, and what is said beside a record wins over the record."""

from __future__ import annotations

import numpy as np
import pytest

from rtpca.errors import ConfigError, InputError, ShapeError
from rtpca.keypoints import Keypoints, read_keypoints
from rtpca.keypoints.checked import checked_keypoints
from rtpca.skeletons import get_skeleton


@pytest.fixture
def points(rng) -> np.ndarray:
    return rng.uniform(10, 900, (6, 17, 2)).astype(np.float32)


def test_scores_are_the_third_coordinate_or_given(points):
    scores = np.linspace(0.1, 1, 6 * 17, dtype=np.float32).reshape(6, 17)
    together = checked_keypoints(np.concatenate([points, scores[..., None]], axis=2))
    apart = checked_keypoints(points, scores=scores)
    for keypoints in (together, apart):
        np.testing.assert_array_equal(keypoints.keypoints_px, points)
        np.testing.assert_array_equal(keypoints.scores, scores)
        assert keypoints.skeleton is keypoints.fps is keypoints.image_size is None
    assert (checked_keypoints(points).scores == 1).all()


def test_what_is_given_wins_over_what_the_record_says(points):
    coco, h36m = get_skeleton("coco17"), get_skeleton("h36m17")
    record = Keypoints(
        points, np.ones((6, 17)), coco, 25.0, (640, 480), (900.0, 900.0), "somebody", ("said",)
    )
    same = checked_keypoints(record)
    assert (same.skeleton, same.fps, same.image_size) == (coco, 25.0, (640, 480))
    assert (same.focal_px, same.who, same.notes) == ((900.0, 900.0), "somebody", ("said",))
    other = checked_keypoints(record, skeleton="h36m17", fps=50, image_size=(1920, 1080))
    assert (other.skeleton, other.fps, other.image_size) == (h36m, 50.0, (1920, 1080))
    halved = checked_keypoints(record, scores=np.full((6, 17), 0.5))
    assert (halved.scores == 0.5).all()


def test_accidents_count_as_missing_and_are_said(points):
    points[0, 0] = 0
    points[1, 1] = 5e6
    keypoints = checked_keypoints(Keypoints(points, np.ones((6, 17))))
    assert np.argwhere(keypoints.scores == 0).tolist() == [[0, 0], [1, 1]]
    assert keypoints.notes == (
        "1 keypoint beyond 1,000,000 pixels counts as missing",
        "1 keypoint at exactly (0, 0) counts as missing",
    )


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"keypoints": np.zeros((17, 2))}, ShapeError, r"\(17, 2\), needed is \(F, J, 2\) pixels"),
        ({"keypoints": np.full((6, 17, 2), 0.5)}, InputError, "these are not pixels"),
        ({"keypoints": np.full((6, 17, 2), np.nan)}, InputError, "no visible joint"),
        ({"scores": np.ones((6, 16))}, ShapeError, r"needed is \(F, J\) = \(6, 17\)"),
        ({"skeleton": "body25"}, ShapeError, "17 joints, skeleton body25 has 25"),
        ({"skeleton": "goat"}, ConfigError, "unknown skeleton 'goat'"),
        ({"fps": "fast"}, InputError, "fps is 'fast'"),
        ({"fps": 1e6}, InputError, "between 0.1 and 10000"),
        ({"image_size": (640,)}, InputError, "give width and height in pixels"),
        ({"image_size": (640, -1)}, InputError, "image size is -1"),
    ],
)
def test_what_cannot_be_used_is_refused(points, change, error, message):
    arguments = {"keypoints": points} | change
    with pytest.raises(error, match=message):
        checked_keypoints(arguments.pop("keypoints"), **arguments)


def test_arrays_are_never_changed_and_shared_where_nothing_is_wrong(points):
    scores = np.ones((6, 17), np.float32)
    same = checked_keypoints(points, scores=scores)
    assert np.shares_memory(same.keypoints_px, points)
    assert np.shares_memory(same.scores, scores)
    points[2, 3], points[3, 4], scores[4, 5] = 0, 5e6, 0
    before = points.copy(), scores.copy()
    mended = checked_keypoints(points, scores=scores)
    assert np.argwhere(mended.scores == 0).tolist() == [[2, 3], [3, 4], [4, 5]]
    np.testing.assert_array_equal(points, before[0])
    np.testing.assert_array_equal(scores, before[1])
    record = Keypoints(mended.keypoints_px, mended.scores)
    again = checked_keypoints(record)
    assert np.shares_memory(again.keypoints_px, record.keypoints_px)
    assert np.shares_memory(again.scores, record.scores)


def test_arrays_of_probabilities_spread_over_a_map_are_scored_as_files_are(points, tmp_path):
    spread = np.random.default_rng(0).uniform(0.002, 0.05, points.shape[:2]).astype(np.float32)
    np.save(tmp_path / "k.npy", np.concatenate([points[..., :2], spread[..., None]], axis=2))
    read = read_keypoints(tmp_path / "k.npy")
    given = checked_keypoints(points[..., :2], scores=spread)
    np.testing.assert_array_equal(given.scores, read.scores)
    assert given.scores.max() == 1
    assert any("probabilities spread over a map" in note for note in given.notes)
    # Of a record the scores are on a scale already: somebody hardly seen stays so.
    np.testing.assert_array_equal(checked_keypoints(Keypoints(points[..., :2], spread)).scores, spread)
