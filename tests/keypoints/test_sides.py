from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtpca.keypoints.sides import PAIRS, ImageSigns, Stretch, stretches, with_exchanged
from rtpca.skeletons import get_skeleton

MIRROR = list(get_skeleton("h36m17").mirror)
KNEES_AND_ANKLES, HIPS, LEGS = (1, 2), (0,), (0, 1, 2)


def walker(frames: int = 60) -> np.ndarray:
    """(F, 17, 2) somebody seen obliquely: pairs on parallel lines, swinging against each other."""
    phase = np.linspace(0, 4 * np.pi, frames)
    points = np.zeros((frames, 17, 2), dtype=np.float32)
    heights = {0: 0.0, 1: 130.0, 2: 260.0, 3: -150.0, 4: -60.0, 5: 20.0}
    for pair, (left, right) in enumerate(PAIRS):
        swing = (0, 15, 30, 0, 10, 15)[pair] * np.sin(phase)
        points[:, left] = np.stack([40 + swing, np.full(frames, heights[pair])], axis=-1)
        points[:, right] = np.stack([-40 - swing, np.full(frames, heights[pair])], axis=-1)
    points[:, 10] = 0, -230
    return points + 500


def exchanged(frames: int, pairs: tuple[int, ...], when: slice) -> np.ndarray:
    flags = np.zeros((frames, 6), dtype=bool)
    flags[when, list(pairs)] = True
    return flags


def signs_of(points: np.ndarray, scores: np.ndarray | None = None) -> ImageSigns:
    return ImageSigns(points, np.ones(points.shape[:2], np.float32) if scores is None else scores, 500, 30)


@pytest.mark.parametrize("pairs", [(0,), (1,), (2,), (0, 1), (1, 2), LEGS, (3,), (4, 5), (3, 4, 5), (0, 5)])
@pytest.mark.parametrize("length", [1, 2, 9])
def test_every_set_of_pairs_can_be_what_was_exchanged(pairs, length):
    points, flags = walker(), exchanged(60, pairs, slice(20, 20 + length))
    spoilt, _ = with_exchanged(points, np.ones((60, 17), np.float32), flags)
    np.testing.assert_array_equal(signs_of(spoilt).proposal(), flags)
    assert not signs_of(points).proposal().any()


def test_a_hip_that_jumps_does_not_exchange_the_ankles_of_all_other_frames():
    """A short clip is not explained by exchanging most of it."""
    points = walker(50)
    points[20:22, PAIRS[0]] = points[20:22, PAIRS[0, ::-1]]
    points[20:22, PAIRS[1]] = points[20:22, PAIRS[1, ::-1]]
    proposal = signs_of(points).proposal()
    np.testing.assert_array_equal(proposal, exchanged(50, (0, 1), slice(20, 22)))


def test_a_joint_whose_other_side_is_missing_has_the_sides_of_its_neighbours_in_time():
    flags = exchanged(60, LEGS, slice(20, 40))
    points, scores = with_exchanged(walker(), np.ones((60, 17), np.float32), flags)
    scores[25:28, PAIRS[2, 0]] = 0
    np.testing.assert_array_equal(signs_of(points, scores).proposal(), flags)


@pytest.mark.parametrize("pairs", [HIPS, KNEES_AND_ANKLES, LEGS, (2,), (3,), (5,)])
def test_links_tell_which_pairs_may_be_exchanged_throughout(pairs):
    flags = exchanged(60, pairs, slice(0, 60))
    points, _ = with_exchanged(walker(), np.ones((60, 17), np.float32), flags)
    answers = signs_of(points).answers(np.zeros_like(flags), np.zeros_like(flags))
    assert any((answer == flags).all() for answer in answers[1:])


def test_nothing_is_open_where_nothing_changes_over_and_links_agree():
    nothing = np.zeros((60, 6), dtype=bool)
    assert len(signs_of(walker()).answers(nothing, nothing)) == 1


def test_the_other_part_of_a_clip_may_be_the_right_one():
    flags = exchanged(60, KNEES_AND_ANKLES, slice(0, 20))
    points, _ = with_exchanged(walker(), np.ones((60, 17), np.float32), flags)
    wanted = exchanged(60, KNEES_AND_ANKLES, slice(20, 60))
    for found in (flags, np.zeros_like(flags)):
        answers = signs_of(points).answers(found, flags)
        assert any((answer == wanted).all() for answer in answers)


def test_motion_speaks_for_what_was_exchanged_and_against_what_was_not():
    flags = exchanged(60, LEGS, slice(20, 24))
    points, _ = with_exchanged(walker(), np.ones((60, 17), np.float32), flags)
    assert signs_of(points).motion_gain(flags)[:, 0].sum() > 10
    assert signs_of(walker()).motion_gain(flags)[:, 0].sum() < -10
    assert not signs_of(points).motion_gain(np.zeros_like(flags)).any()


def test_stretches_of_both_limbs_are_one_where_they_begin_and_end_together():
    flags = exchanged(30, (0, 1, 2, 3, 4, 5), slice(3, 5)) | exchanged(30, (1,), slice(10, 12))
    flags |= exchanged(30, (4,), slice(11, 13)) | exchanged(30, (5,), slice(29, 30))
    assert stretches(flags) == [
        Stretch(3, 5, (0, 6)),
        Stretch(10, 12, (0, 3)),
        Stretch(11, 13, (3, 6)),
        Stretch(29, 30, (3, 6)),
    ]


@given(seed=st.integers(0, 1000))
def test_exchanging_twice_changes_nothing_and_all_pairs_are_the_mirror(seed):
    rng = np.random.default_rng(seed)
    points, scores = rng.random((5, 17, 2)), rng.random((5, 17))
    flags = rng.random((5, 6)) > 0.5
    twice = with_exchanged(*with_exchanged(points, scores, flags), flags)
    np.testing.assert_array_equal(twice[0], points)
    np.testing.assert_array_equal(twice[1], scores)
    everything = with_exchanged(points, scores, np.ones_like(flags))
    np.testing.assert_array_equal(everything[0], points[:, MIRROR])
