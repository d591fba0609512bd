from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch
from clips import write_clip
from people import Script, walker

from rtpca.errors import InputError
from rtpca.inference import Lifter
from rtpca.models import Checkpoint, InputSpec, build_model
from rtpca.video import lift_tracks, lift_video, track_video

IMAGE_SIZE = (250, 250)


@pytest.fixture(scope="module")
def lifter() -> Lifter:
    torch.manual_seed(0)
    model = build_model("rtpca", frames=27, joints=17, dim=8, depth=1, heads=1, in_channels=3)
    return Lifter(Checkpoint(model, InputSpec(normalisation="person", fps=25.0)), "cpu", flip=False)


def test_everybody_is_lifted_over_all_frames(tmp_path, lifter):
    path = write_clip(tmp_path / "two.mp4", 80, IMAGE_SIZE)
    one, other = walker(80) / 4, walker(80, seed=2, shift_px=(350, 40)) / 4
    detector = Script(lambda f: [one[f]] if f < 30 else [one[f], other[f]])
    seen: list[tuple[int, int]] = []
    people = lift_video(path, lifter, detector, progress=lambda done, total: seen.append((done, total)))
    assert [person.frames for person in people] == [80, 80]
    assert [person.image_size for person in people] == [IMAGE_SIZE, IMAGE_SIZE]
    assert [person.fps for person in people] == [25, 25]
    assert people[0].valid.all()
    assert people[1].valid[31:].all()
    assert not people[1].valid[:30].any()
    assert all(np.isfinite(person.poses3d).all() for person in people)
    assert seen[-1] == (80, 80)
    expected = lifter(one, IMAGE_SIZE, 25, "h36m17", scores=np.full((80, 17), 0.9, np.float32))
    np.testing.assert_array_equal(people[0].poses3d, expected.poses3d)


def test_one_person_can_be_chosen(tmp_path, lifter):
    path = write_clip(tmp_path / "two.mp4", 40, IMAGE_SIZE)
    one, other = walker(40) / 4, walker(40, seed=2, shift_px=(350, 40)) / 4
    video = track_video(path, Script(lambda f: [one[f]] if f < 20 else [one[f], other[f]]))
    assert "2 people found by script: seen in 40 of 40 frames; seen in 19 of 40 frames" in " ".join(
        video.notes
    )
    (second,) = lift_tracks(video, lifter, person=2)
    assert second.valid.sum() < 30
    with pytest.raises(
        InputError, match=r"`person` is 3, but 2 people were found; give a number from 1 to 2"
    ):
        lift_tracks(video, lifter, person=3)


def test_who_cannot_be_lifted_is_left_out_and_said(tmp_path, lifter):
    video = track_video(
        write_clip(tmp_path / "one.mp4", 20, IMAGE_SIZE), Script(lambda f: [walker(20)[f] / 4])
    )
    (whole,) = video.tracks
    few = dataclasses.replace(whole, scores=np.where(np.arange(17) < 2, whole.scores, 0))
    said: list[str] = []
    (lifted,) = lift_tracks(dataclasses.replace(video, tracks=[few, whole]), lifter, say=said.append)
    assert lifted.valid.all()
    (line,) = said
    assert line.startswith("person 1 is left out, later ones move up: no frame shows enough of a person")
    with pytest.raises(InputError, match="^no frame shows enough"):
        lift_tracks(dataclasses.replace(video, tracks=[few, whole]), lifter, person=1)


def test_the_detector_sees_the_picture_the_right_way_up_with_its_times(tmp_path):
    path = write_clip(tmp_path / "phone.mp4", 10, (160, 120), 50, rotation=-90)
    detector = Script(lambda f: [walker(10)[f] / 8])
    video = track_video(path, detector)
    assert detector.shapes == {(160, 120, 3)}
    np.testing.assert_allclose(detector.times_s, np.arange(10) / 50)
    assert video.tracks[0].image_size == (120, 160)
    assert video.notes[0] == "video: 10 frames of 120 x 160 px at 50 frames per second"


def test_a_varying_rate_is_lifted_with_its_true_timing(tmp_path, lifter):
    times = np.delete(np.arange(100) / 25, [10, 11, 40, 41, 42, 70])
    path = write_clip(tmp_path / "phone.mp4", times_s=times, image_size=IMAGE_SIZE)
    full = walker(100) / 4
    shown = full[np.round(times * 25).astype(int)]
    video = track_video(path, Script(lambda f: [shown[f]]))
    assert (video.timing.rate, video.timing.constant, video.timing.frames) == (25, False, 100)
    assert "at a varying rate: keypoints interpolated at 25 frames per second, 100 frames" in video.notes[0]
    (track,) = video.tracks
    kept = np.round(times * 25).astype(int)
    np.testing.assert_allclose(track.keypoints_px[kept], full[kept], atol=0.02)
    np.testing.assert_allclose(track.keypoints_px, full, atol=3)
    (result,) = lift_tracks(video, lifter)
    assert (result.frames, result.fps) == (100, 25)


def test_nobody_in_a_video_is_one_clear_error(tmp_path):
    path = write_clip(tmp_path / "empty_street.mp4", 12)
    with pytest.raises(InputError, match=r"empty_street.mp4: nobody was found in its 12 frames by script"):
        track_video(path, Script(lambda f: []))


_PEAKS = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from people import Script, walker
from rtpca.video import track_video
points = walker(50) / 4
for path in sys.argv[2:]:
    video = track_video(path, Script(lambda f: [points[f % 50]]))
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
