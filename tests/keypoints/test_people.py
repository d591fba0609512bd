"""The people of a file: who is taken, what their joints are, and the image that they share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rtpca.errors import InputError
from rtpca.keypoints import Keypoints, People
from rtpca.keypoints.tracks import Track
from rtpca.skeletons import get_skeleton


def somebody(right_px: float = 500, joints: int = 17, **said) -> Keypoints:
    points = np.random.default_rng(0).uniform(10, 200, (3, joints, 2))
    points[0, 0] = right_px, 210.4
    return Keypoints(points, np.ones((3, joints)), **said)


def people(*each: Keypoints | InputError, **said) -> People:
    return People(Path("walk.json"), "some tool", each, **said)


def test_people_without_an_image_size_share_the_image_that_holds_all():
    unread = InputError("nothing")
    file = people(somebody(500.2), unread, somebody(300)).in_one_image()
    assert file.each[1] is unread
    for number in (1, 3):
        one = file.person(number)
        assert one.image_size == (501, 211)
        assert "image size not given: 501 x 211 px assumed, the extent of everybody" in one.notes[-1]


def test_a_size_that_is_known_and_one_person_alone_stay():
    for file in (people(somebody()), people(somebody(image_size=(640, 480)), somebody())):
        assert all(one is same for one, same in zip(file.in_one_image().each, file.each, strict=True))


def test_what_the_file_calls_its_joints_holds_only_where_it_can():
    assert people(somebody(), declared="coco").person().skeleton is get_skeleton("coco17")
    assert people(somebody(), declared="goat").person().skeleton is None
    assert people(somebody(joints=12), declared="coco").person().skeleton is None
    with pytest.raises(InputError, match="'goat', which is not known; say which one it is with `skeleton`"):
        people(somebody(), declared="goat", binding=True).person()
    taken = people(somebody(), declared="goat", binding=True).person(skeleton="h36m17")
    assert taken.skeleton is get_skeleton("h36m17")


def test_people_who_are_seen_for_a_moment_take_room_for_that_moment_only():
    frames, joints = 100_000, 17
    shown = np.arange(joints * 3, dtype=np.float32).reshape(1, joints, 3) + 1
    moment = Track(frames, np.array([70_000]), shown, who="seen in 1 of 100000 frames")
    file = people(*[moment] * 5_000).in_one_image()  # 100 GB if each had all frames
    one = file.person(4_999)
    assert one.keypoints_px.shape == (frames, joints, 2)
    assert np.flatnonzero(one.scores.any(axis=1)).tolist() == [70_000]
    np.testing.assert_array_equal(one.keypoints_px[70_000], shown[0, :, :2])
    assert one.image_size == (49, 50)
