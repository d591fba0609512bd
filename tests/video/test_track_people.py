from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from clips import write_clip
from people import Script, walker

from rtpca.errors import InputError
from rtpca.video import TrackedVideo, VideoReader, track_people

IMAGE_SIZE = (250, 250)


def track(path, detector: Script) -> TrackedVideo:
    with VideoReader(path) as video:
        return track_people(video, detector)


def test_the_detector_sees_the_picture_the_right_way_up_with_its_times(tmp_path):
    path = write_clip(tmp_path / "phone.mp4", 10, (160, 120), 50, rotation=-90)
    detector = Script(lambda f: [walker(10)[f] / 8])
    video = track(path, detector)
    assert detector.shapes == {(160, 120, 3)}
    np.testing.assert_allclose(detector.times_s, np.arange(10) / 50)
    assert video.person(1).image_size == (120, 160)
    assert video.notes[0] == "video: 10 frames of 120 x 160 px at 50 frames per second"


def test_a_varying_rate_keeps_its_true_timing(tmp_path):
    times = np.delete(np.arange(100) / 25, [10, 11, 40, 41, 42, 70])
    path = write_clip(tmp_path / "phone.mp4", times_s=times, image_size=IMAGE_SIZE)
    full = walker(100) / 4
    shown = full[np.round(times * 25).astype(int)]
    video = track(path, Script(lambda f: [shown[f]]))
    assert (video.timing.rate, video.timing.constant, video.timing.frames) == (25, False, 100)
    assert "at a varying rate: keypoints interpolated at 25 frames per second, 100 frames" in video.notes[0]
    assert len(video) == 1
    one = video.person(1)
    kept = np.round(times * 25).astype(int)
    np.testing.assert_allclose(one.keypoints_px[kept], full[kept], atol=0.02)
    np.testing.assert_allclose(one.keypoints_px, full, atol=3)
    assert (one.frames, one.fps) == (100, 25)


def test_nobody_in_a_video_is_one_clear_error(tmp_path):
    path = write_clip(tmp_path / "empty_street.mp4", 12)
    with pytest.raises(InputError, match=r"empty_street.mp4: nobody was found in its 12 frames by script"):
        track(path, Script(lambda f: []))


_PEAKS = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from people import Script, walker
from rtpca.video import VideoReader, track_people
points = walker(50) / 4
for path in sys.argv[2:]:
    with VideoReader(path) as reader:
        video = track_people(reader, Script(lambda f: [points[f % 50]]))
    print(len(video.timing.times_s), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_only_keypoints_are_kept_of_a_long_video(tmp_path, request):
    short, long = (write_clip(tmp_path / f"{frames}.mp4", frames, (320, 240)) for frames in (200, 1000))
    command = [sys.executable, "-c", _PEAKS, str(request.path.parent), str(short), str(long)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (few, before_kb), (many, after_kb) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert (few, many) == (200, 1000)
    # 800 more frames are 184 MB of pictures, and less than 1 MB of keypoints; decoding itself warms up.
    assert after_kb - before_kb < 90_000
