"""What the numbers of keypoints are: missing or there, scores or depth, pixels of which image."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_recognise import views

from rtpca.errors import InputError
from rtpca.keypoints.checked import checked_keypoints
from rtpca.keypoints.numbers import check_units, doubts_about_image, missing_joints, reach_below_zero
from rtpca.keypoints.plausibility import implausible
from rtpca.skeletons import get_skeleton

COCO = get_skeleton("coco17")
# A walker in an image of 1000 x 1002 pixels, seen from the front left.
BODY = views("walk", "coco17", 1)[0]
ONES = np.ones(BODY.shape[:2], np.float32)


@pytest.mark.parametrize("mark", [(0, 0), (-1, -1)])
def test_a_mark_of_missing_is_missing_with_any_score(mark, rng):
    points, hidden = BODY.copy(), rng.random(BODY.shape[:2]) < 0.3
    points[hidden] = mark
    points[7] = mark  # nobody was seen
    hidden[7] = True
    scores = np.where(hidden, np.float32(0.4), np.float32(0.9))
    np.testing.assert_array_equal(missing_joints(points, scores), hidden)
    clip = checked_keypoints(np.concatenate([points, scores[..., None]], axis=2), skeleton="coco17")
    np.testing.assert_array_equal(clip.scores == 0, hidden)
    assert np.isnan(clip.keypoints_px[hidden]).all()


def test_a_joint_at_the_origin_of_a_body_round_it_is_there():
    """Coordinates that count from the pelvis: it lies at (0, 0), and is seen."""
    points = views("walk", "h36m17", 1)[0]
    points = points - points[:, :1]
    assert not missing_joints(points, np.ones(points.shape[:2], np.float32)).any()


def test_scores_are_told_from_depth(rng):
    z = rng.normal(0, 300, ONES.shape).astype(np.float32)
    with_z = checked_keypoints(np.concatenate([BODY, z[..., None]], axis=2))
    assert (with_z.scores == 1).all()
    assert with_z.notes[0].startswith("warning: the third numbers reach from -")
    metres_away = checked_keypoints(np.concatenate([BODY, z[..., None] + 4000], axis=2))
    assert (metres_away.scores == 1).all()
    # Of a map, a few joints hardly reach 0; logits that are given as scores say nothing.
    map_scores = rng.uniform(0.2, 0.9, ONES.shape).astype(np.float32)
    map_scores[3, 5] = -0.01
    taken = checked_keypoints(np.concatenate([BODY, map_scores[..., None]], axis=2))
    assert taken.notes == ()
    assert taken.scores[3, 5] == 0
    with pytest.raises(InputError, match="scores are never negative"):
        checked_keypoints(BODY, scores=z)
    for highest in (1, 6, 100, 255):
        assert not reach_below_zero(map_scores.clip(0) * highest)
        given = checked_keypoints(np.concatenate([BODY, map_scores.clip(0)[..., None] * highest], axis=2))
        assert given.notes == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda points: points / 1000,  # 0 to 1
        lambda points: points / 500 - 1,  # -1 to 1
        lambda points: (points - 300) / 200,  # close to the camera: legs far below the picture
        lambda points: (points - points.mean(axis=(0, 1))) / 300 + (3, 1),  # metres in a room
    ],
)
def test_what_is_not_in_pixels_is_refused(change):
    with pytest.raises(InputError, match="these are not pixels; multiply normalised"):
        checked_keypoints(change(BODY))


@given(height=st.floats(6, 3000), x=st.floats(0, 4000), y=st.floats(0, 4000), frames=st.integers(1, 3))
@settings(max_examples=50)
def test_a_person_of_any_size_in_pixels_is_taken(height, x, y, frames):
    body = BODY[:frames]
    unit = (body - body.min(axis=(0, 1))) / np.ptp(body[..., 1])
    check_units((unit * height + (x, y)).astype(np.float32))


@pytest.mark.parametrize(
    ("points", "size", "said"),
    [
        (BODY * (2, 1), (1080, 1920), "width and height of `image_size` exchanged"),
        (BODY * 3, (1000, 1002), "`image_size` that of another version of the video"),
        (BODY - 500, (1000, 1002), "from the upper left corner"),
        (BODY - BODY[:, :1], None, "from the upper left corner"),
        (BODY / 10.5, (1920, 1080), "per cent"),
        ((BODY - BODY.min(axis=(0, 1))) * 0.25 + 5, (1920, 1080), "pixels of a smaller picture, as networks"),
    ],
)
def test_what_contradicts_the_image_is_asked_about(points, size, said):
    doubt = doubts_about_image(points.astype(np.float32), size)
    assert doubt.startswith("warning: keypoints reach from (")
    assert said in doubt


@pytest.mark.parametrize("size", [(1000, 1002), (1920, 1080), (1080, 1920), None])
def test_a_body_inside_of_its_image_is_not_asked_about(size):
    assert doubts_about_image(BODY, size) == ""
    # Half of the legs below the picture, as from a webcam.
    assert doubts_about_image(BODY + (0, 250), (1000, 1002)) == ""


@pytest.mark.parametrize(
    ("turned", "said"),
    [
        (lambda points: points[..., ::-1], "head to the left: if it does not, x and y are exchanged"),
        (lambda points: points * [1, -1] + [0, 1002], "upside down throughout: if it is not, y points up"),
        (lambda points: points[..., ::-1] * [-1, 1] + [1002, 0], "head to the right.* turned by 90 degrees"),
    ],
)
def test_a_body_that_does_not_stand_is_asked_about(turned, said):
    for kind in ("walk", "wave"):
        for points in views(kind, "coco17", 2):
            other = np.ascontiguousarray(turned(points), dtype=np.float32)
            doubt = implausible(other, np.ones(other.shape[:2], np.float32), COCO)
            assert doubt.startswith("warning: the body ")
            assert re.search(said, doubt)
