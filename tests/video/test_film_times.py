"""Pictures, and films whose frames lie far apart or say no times, on their way to keypoints."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from clips import marked, write_clip
from people import Script, walker
from PIL import Image

from rtpca.errors import InputError
from rtpca.video import VideoReader, track_people
from rtpca.video.timing import find_timing

POINTS = walker(40) / 4


def followed(path):
    with VideoReader(path) as video:
        return track_people(video, Script(lambda frame: [POINTS[frame]]))


def test_a_picture_is_a_clip_of_one_frame(tmp_path):
    Image.fromarray(marked((160, 120), 0)).save(tmp_path / "photo.png")
    tracked = followed(tmp_path / "photo.png")
    assert len(tracked) == 1
    person = tracked.person(1)
    assert person.frames == 1
    assert person.image_size == (160, 120)
    np.testing.assert_allclose(person.keypoints_px[0], POINTS[0], atol=1e-3)
    assert tracked.notes[0] == "picture: 160 x 120 px, lifted as a clip of one frame"


def test_a_film_without_times_says_which_rate_is_assumed(tmp_path):
    notes = followed(write_clip(tmp_path / "clip.h264", 20)).notes
    assert notes[0] == "video: 20 frames of 160 x 120 px"
    assert "does not say when its frames are shown: 25 frames per second assumed; `fps`" in notes[1]


def test_frames_that_lie_years_apart_are_not_filled_up(tmp_path):
    path = write_clip(tmp_path / "rare.mkv", times_s=[0, 0.1, 0.2, 0.3, 40_000])
    with pytest.raises(
        InputError, match=r"its 5 frames are said to take 40000 s, so far apart that .* -r 30"
    ):
        followed(path)


def test_a_camera_that_films_now_and_then_is_read(tmp_path):
    tracked = followed(write_clip(tmp_path / "now_and_then.mkv", times_s=[*np.arange(20) / 25, 60.0]))
    assert tracked.timing.frames == 61


def test_frames_hours_apart_have_a_rate_above_zero():
    timing = find_timing([0, 10_000, 21_000, 29_000], [Fraction(25)])
    assert timing.rate > 0
