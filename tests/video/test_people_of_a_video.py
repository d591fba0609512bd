"""Who is followed in a video, and live."""

from __future__ import annotations

import numpy as np
from clips import write_clip
from people import Script, person, walker

from rtpca.video import VideoReader, track_people
from rtpca.video.live import Followed

FRAMES = 60
ONE = walker(FRAMES, seed=1)
OTHER = walker(FRAMES, seed=2, shift_px=(350, 40))


def tracked(tmp_path, people):
    with VideoReader(write_clip(tmp_path / "clip.mp4", FRAMES, (200, 200))) as video:
        return track_people(video, Script(people))


def test_two_people_are_two_the_more_complete_one_first(tmp_path):
    video = tracked(tmp_path, lambda f: [ONE[f], OTHER[f]][: 2 if f < 40 else 1][:: 1 if f % 2 else -1])
    assert len(video) == 2
    np.testing.assert_array_equal(video.person(1).keypoints_px, ONE)
    np.testing.assert_array_equal(video.person(2).keypoints_px[:40], OTHER[:40])
    assert np.isnan(video.person(2).keypoints_px[40:]).all()
    assert video.notes[1] == "2 people found by script: seen in 60 of 60 frames; seen in 40 of 60 frames"


def test_who_is_seen_for_a_moment_or_twice_is_left_out_with_a_note(tmp_path):
    ghost = OTHER[0] + np.array([100, 0])
    video = tracked(tmp_path, lambda f: [ONE[f], ONE[f] + 4, *([ghost] if 30 <= f < 38 else [])])
    assert len(video) == 1
    assert video.notes[-1] == "1 track of less than 0.5 s dropped: hardly people"
    assert video.person(1).notes == ("60 detections that showed a person a second time were left out",)


def test_live_the_largest_is_followed_through_a_crossing_and_given_up_when_lost():
    pose = ONE[0] - ONE[0].mean(axis=0)
    followed = Followed()
    for frame in range(80):
        x = np.array([100 + 10 * frame, 500])
        large, small = person(1.2 * pose + x), person(pose + (900 - 10 * frame, 520))
        seen = [small] if 36 <= frame < 44 else [large, small][:: 1 if frame % 2 else -1]
        found = followed.among(seen, frame / 30)
        assert found is (None if 36 <= frame < 44 else large)
    assert followed.among([small], 81 / 30) is None
    assert followed.among([small], 120 / 30) is small
