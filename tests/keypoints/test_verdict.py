from __future__ import annotations

import numpy as np
import pytest

from rtpca.keypoints.sides import PAIRS, with_exchanged
from rtpca.keypoints.verdict import judged_sides

LEGS, ARMS = (0, 1, 2), (3, 4, 5)
FRAMES, SIZE_PX, WINDOW = 90, 500.0, 15


def walker() -> np.ndarray:
    """(F, 17, 2) somebody seen obliquely; pairs lie on parallel lines and swing."""
    phase = np.linspace(0, 6 * np.pi, FRAMES)
    points = np.full((FRAMES, 17, 2), 500, dtype=np.float32)
    for pair, (left, right) in enumerate(PAIRS):
        half = 40 + (0, 15, 30, 0, 10, 15)[pair] * np.sin(phase)
        points[:, left, 0] += half
        points[:, right, 0] -= half
        points[:, [left, right], 1] += (0, 130, 260, -150, -60, 20)[pair]
    return points


class Knows:
    """A judge who has seen the film: keypoints are off by as much as they lie from where they truly are.

    The frame is told by a joint that is in no pair.
    """

    def __init__(self, truth: np.ndarray, blind: bool = False) -> None:
        self.truth, self.blind, self.windows = truth, blind, 0

    def window(self, middle: int, frames: int) -> np.ndarray:
        return np.clip(middle + np.arange(WINDOW) - WINDOW // 2, 0, frames - 1)

    def __call__(self, points_px: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.windows += len(points_px)
        frames = points_px[..., 10, 0].astype(int)
        miss = np.linalg.norm(points_px - self.truth[frames], axis=-1) + 2
        if self.blind:
            miss = np.full_like(miss, 2)
        return miss, 0.02 + 0.001 * np.broadcast_to(miss.mean(axis=-1, keepdims=True), miss.shape)


def film() -> np.ndarray:
    points = walker()
    points[:, 10, 0] = np.arange(FRAMES)
    return points


def exchanged(pairs: tuple[int, ...], when: slice) -> np.ndarray:
    flags = np.zeros((FRAMES, 6), dtype=bool)
    flags[when, list(pairs)] = True
    return flags


def judged(flags: np.ndarray, blind: bool = False, points: np.ndarray | None = None):
    truth = film()
    scores = np.ones(truth.shape[:2], np.float32)
    spoilt = with_exchanged(truth, scores, flags)[0] if points is None else points
    judge = Knows(truth, blind)
    return judged_sides(spoilt, scores, SIZE_PX, 30.0, judge), judge


@pytest.mark.parametrize(
    ("pairs", "when"),
    [
        (LEGS, slice(20, 21)),
        ((2,), slice(20, 30)),
        (ARMS, slice(0, 8)),
        ((4, 5), slice(40, 80)),
        (LEGS, slice(10, 80)),
        (LEGS, slice(0, FRAMES)),
        ((0,), slice(0, FRAMES)),
        (LEGS + ARMS, slice(30, 34)),
    ],
)
def test_exchanges_that_the_judge_confirms_are_found(pairs, when):
    flags = exchanged(pairs, when)
    sides, _ = judged(flags)
    np.testing.assert_array_equal(sides.exchanged, flags)
    assert sides.doubt.max() < 0.5


def test_right_sides_need_no_judge():
    sides, judge = judged(exchanged((), slice(0, 0)))
    assert not sides.exchanged.any()
    assert not sides.doubt.any()
    assert judge.windows == 0


def test_where_nothing_decides_nothing_is_changed_and_that_is_doubtful():
    """Half of a clip is exchanged as a whole: neither image nor a blind judge knows which half."""
    flags = exchanged(LEGS + ARMS, slice(0, FRAMES // 2))
    sides, _ = judged(flags, blind=True)
    assert not sides.exchanged.any()
    assert (sides.doubt.max(axis=1) > 0.3).all()
    assert sides.doubt.max() < 1


def test_which_part_of_a_whole_body_is_right_stays_open_even_if_the_judge_says():
    """Both look like bodies: that of the other labels is the mirror image in depth."""
    sides, _ = judged(exchanged(LEGS + ARMS, slice(0, 20)))
    assert not sides.exchanged.any()
    assert sides.doubt[:20].min() > 0.3


@pytest.mark.parametrize(("rest", "found"), [(1, False), (6, True)])
def test_labels_that_hardly_rest_stay_where_links_are_silent(rest, found):
    flags = exchanged(LEGS, slice(20, 22)) | exchanged(LEGS, slice(22 + rest, 24 + rest))
    points = film()
    points[:, PAIRS[:3]] += (points[:, PAIRS[:3], :1] - 500) * [-1, 1]  # one above the other
    scores = np.ones(points.shape[:2], np.float32)
    spoilt, _ = with_exchanged(points, scores, flags)
    sides = judged_sides(spoilt, scores, SIZE_PX, 30.0, Knows(points))
    np.testing.assert_array_equal(sides.exchanged, flags & found)
    assert sides.doubt[20:22].max() < 0.3 if found else sides.doubt[20:22].max() > 0.3


def test_what_the_judge_denies_stays():
    """Knees and ankles on each other's way for three frames: they did not change over, they went there."""
    points = film()
    for pair in (1, 2):  # one above the other, so that their lines say nothing about the hips'
        points[:, PAIRS[pair]] += (points[:, PAIRS[pair], :1] - 500) * [-1, 1]
    flags = exchanged((1, 2), slice(30, 33))
    denied, _ = with_exchanged(points, np.ones(points.shape[:2], np.float32), flags)
    judge = Knows(denied)
    scores = np.ones(points.shape[:2], np.float32)
    sides = judged_sides(denied, scores, SIZE_PX, 30.0, judge)
    assert not sides.exchanged.any()
    assert judge.windows > 0


def test_the_judge_is_asked_for_a_bounded_part_of_a_clip_however_often_sides_change(rng):
    points = film()
    scores = np.ones(points.shape[:2], np.float32)
    flags = np.repeat(rng.random((FRAMES, 2)) > 0.5, 3, axis=1)
    judge = Knows(points)
    judged_sides(with_exchanged(points, scores, flags)[0], scores, SIZE_PX, 30.0, judge)
    assert judge.windows < 24 + FRAMES // 10 + 6 * 12


@pytest.mark.parametrize("missing", [slice(0, FRAMES), slice(10, FRAMES)])
def test_a_clip_without_anybody_is_left_alone(missing):
    points, scores = film(), np.ones((FRAMES, 17), np.float32)
    scores[missing], points[missing] = 0, np.nan
    sides = judged_sides(points, scores, SIZE_PX, 30.0, Knows(film()))
    assert not sides.exchanged.any()
