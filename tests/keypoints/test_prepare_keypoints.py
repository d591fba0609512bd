"""Checked keypoints become h36m17 keypoints of which everything is known."""

from __future__ import annotations

import numpy as np
import pytest
from test_recognise import views

from rtpca.errors import InputError
from rtpca.keypoints import ASSUMED_FPS, Keypoints
from rtpca.keypoints.prepare import prepare
from rtpca.skeletons import get_skeleton

POINTS = views("walk", "coco17", 1)[0]


def clip(**said) -> Keypoints:
    return Keypoints(POINTS, np.ones(POINTS.shape[:2]), **said)


def prepared(keypoints: Keypoints, **options) -> Keypoints:
    options = {"min_score": 0.1, "max_gap_s": 0.5, "needs_image_size": False} | options
    return prepare(keypoints, **options)[0]


def test_what_nobody_said_is_recognised_or_assumed_and_said():
    ready = prepared(clip(who="somebody", notes=("read",)))
    assert ready.skeleton is get_skeleton("h36m17")
    assert ready.keypoints_px.shape == (len(POINTS), 17, 2)
    assert ready.fps == ASSUMED_FPS
    assert ready.image_size == tuple(np.ceil(POINTS.reshape(-1, 2).max(axis=0)).astype(int))
    assert ready.who == "somebody"
    beginnings = ("read", "17 joints: recognised as coco17", "image size not given", "frame rate not given")
    assert all(note.startswith(begin) for note, begin in zip(ready.notes, beginnings, strict=True))


def test_what_is_said_is_taken():
    ready = prepared(clip(skeleton=get_skeleton("coco17"), fps=50.0, image_size=(1000, 1002)))
    assert (ready.fps, ready.image_size, ready.notes) == (50.0, (1000, 1002), ())


def test_the_keypoints_that_are_handed_over_stay_as_they_are():
    scores = np.ones(POINTS.shape[:2], np.float32)
    scores[5, 9] = 0
    given = Keypoints(POINTS, scores, fps=20.0)
    before = given.keypoints_px.copy()
    ready = prepared(given)
    assert ready.scores[5, 13] == 0.5  # the left wrist, bridged
    np.testing.assert_array_equal(given.keypoints_px, before)
    np.testing.assert_array_equal(given.scores, scores)


def test_an_image_size_that_is_needed_is_asked_for():
    with pytest.raises(InputError, match="these weights need it: .* `image_size`"):
        prepared(clip(), needs_image_size=True)
