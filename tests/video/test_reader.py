from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips import marked, write_clip, write_sound
from PIL import Image

from rtpca.errors import InputError, MissingExtraError
from rtpca.video.reader import VideoReader, upright
from rtpca.video.timing import at_constant_rate, find_timing

RED, GREEN, BLUE = 0, 1, 2


def frames_of(path: Path):
    with VideoReader(path) as video:
        return list(video)


def corners(image: np.ndarray) -> dict[str, int]:
    """Which colour channel is bright in three of the corners; -1 where none is."""
    places = {"left_top": image[4, 4], "right_top": image[4, -5], "left_bottom": image[-5, 4]}
    return {name: int(pixel.argmax()) if pixel.max() > 150 else -1 for name, pixel in places.items()}


UPRIGHT = {"left_top": RED, "right_top": GREEN, "left_bottom": BLUE}


@pytest.mark.parametrize(
    ("name", "image_size", "options"),
    [
        ("landscape.mp4", (160, 120), {}),
        ("portrait.mp4", (120, 160), {}),
        ("odd.mkv", (161, 121), {"codec": "ffv1", "pix_fmt": "yuv444p"}),
        ("odd420.mkv", (161, 121), {"codec": "ffv1"}),
        ("old.avi", (160, 120), {"codec": "mpeg4"}),
        ("sound.mp4", (160, 120), {"sound_s": 2}),
    ],
)
def test_every_frame_comes_out_in_its_size_and_the_right_way_up(tmp_path, name, image_size, options):
    frames = frames_of(write_clip(tmp_path / name, 30, image_size, **options))
    assert [frame.index for frame in frames] == list(range(30))
    for frame in frames[::10]:
        assert frame.image.shape == (image_size[1], image_size[0], 3)
        assert corners(frame.image) == UPRIGHT
        # The white square tells the number of the frame.
        row = frame.image[image_size[1] // 2 + 6].min(axis=1)
        assert np.flatnonzero(row > 200).mean() == pytest.approx(frame.index + 5.5, abs=1)


@pytest.mark.parametrize(
    ("rotation", "shape", "seen"),
    [
        # A phone held upright: the file lies on its side, and is to be turned clockwise.
        (-90, (160, 120), {"left_top": BLUE, "right_top": RED, "left_bottom": -1}),
        (90, (160, 120), {"left_top": GREEN, "right_top": -1, "left_bottom": RED}),
        (180, (120, 160), {"left_top": -1, "right_top": BLUE, "left_bottom": GREEN}),
    ],
)
def test_rotation_tags_are_applied(tmp_path, rotation, shape, seen):
    frame = frames_of(write_clip(tmp_path / "turned.mp4", 3, rotation=rotation))[0]
    assert frame.image.shape == (*shape, 3)
    assert corners(frame.image) == seen


def test_a_mirrored_tag_is_mirrored():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    np.testing.assert_array_equal(upright(image, (1, 0, 0, 1)), image)
    np.testing.assert_array_equal(upright(image, (-1, 0, 0, 1)), image[:, ::-1])
    np.testing.assert_array_equal(upright(image, (0, 1, -1, 0)), np.rot90(image, -1))


def test_pixels_become_square(tmp_path):
    frame = frames_of(write_clip(tmp_path / "wide.mp4", 3, aspect=Fraction(4, 3)))[0]
    assert frame.image.shape == (120, 213, 3)
    assert corners(frame.image) == UPRIGHT


@pytest.mark.parametrize(
    ("aspect", "width"), [(Fraction(32, 11), 465), (Fraction(4), 640), (Fraction(1, 4), 40)]
)
def test_the_flattest_pixels_in_use_become_square(tmp_path, aspect, width):
    assert frames_of(write_clip(tmp_path / "flat.mkv", 1, aspect=aspect))[0].image.shape == (120, width, 3)


@pytest.mark.parametrize(
    ("aspect", "text"), [(Fraction(100), "100:1"), (Fraction(1, 100), "1:100"), (Fraction(9, 2), "9:2")]
)
@pytest.mark.parametrize("name", ["crafted.mp4", "crafted.mkv"])
def test_pixels_of_an_absurd_shape_are_refused_before_a_picture_is_made(tmp_path, name, aspect, text):
    path = write_clip(tmp_path / name, 3, aspect=aspect)
    with pytest.raises(InputError, match=rf"pixels are said to be {text}, .*-i \"{path}\" -vf setsar=1"):
        VideoReader(path)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
@pytest.mark.parametrize(
    "rate", [Fraction(30000, 1001), Fraction(60000, 1001), Fraction(25), Fraction(240), Fraction(15, 2)]
)
def test_constant_rates_are_exact(tmp_path, rate, name):
    """Matroska counts in milliseconds; the rate is exact all the same."""
    path = write_clip(tmp_path / name, 100, (32, 32), rate)
    with VideoReader(path) as video:
        times = [frame.time_s for frame in video]
        timing = find_timing(times, video.rates)
    assert (timing.rate, timing.constant, timing.frames) == (rate, True, 100)
    np.testing.assert_array_equal(timing.nearest_frames(), np.arange(100))


def test_a_varying_rate_keeps_its_times(tmp_path, rng):
    times = np.cumsum(rng.uniform(0.02, 0.08, 40))
    path = write_clip(tmp_path / "phone.mp4", times_s=times, image_size=(32, 32))
    with VideoReader(path) as video:
        read = [frame.time_s for frame in video]
        timing = find_timing(read, video.rates)
    np.testing.assert_allclose(read, times - times[0], atol=1e-4)
    assert not timing.constant
    assert timing.frames == pytest.approx((times[-1] - times[0]) * float(timing.rate), abs=1)


def test_a_recording_that_drops_frames_keeps_its_usual_rate(tmp_path):
    times = np.delete(np.arange(90) / 30, [5, 6, 20, 21, 22, 60])
    timing = find_timing(times, [Fraction(28)])
    assert (timing.rate, timing.constant, timing.frames) == (30, False, 90)
    nearest = timing.nearest_frames()
    np.testing.assert_allclose(timing.times_s[nearest], timing.grid_s(), atol=2.1 / 30)


def test_keypoints_of_a_varying_rate_lie_where_they_were_in_between():
    times = np.delete(np.arange(90) / 30, [5, 6, 20, 21, 22, *range(40, 70)])
    timing = find_timing(times, [Fraction(30)])
    motion = np.stack([100 + 60 * times, 200 - 30 * times], axis=1)[:, None].astype(np.float32)  # (V, 1, 2)
    scores = np.ones((len(times), 1), np.float32)
    points, seen = at_constant_rate(motion, scores, timing)
    expected = np.stack([100 + 60 * timing.grid_s(), 200 - 30 * timing.grid_s()], axis=1)[:, None]
    gap = slice(40, 70)  # a second without frames is not made up
    assert (seen[gap] == 0).all()
    assert np.isnan(points[gap]).all()
    there = np.delete(np.arange(90), np.arange(40, 70))
    np.testing.assert_allclose(points[there], expected[there], atol=1e-3)
    assert (seen[there] == 1).all()


def test_a_joint_that_is_missing_on_one_side_is_missing_in_between():
    timing = find_timing([0, 0.1, 0.25, 0.3, 0.4, 0.5], [Fraction(10)])
    assert not timing.constant
    motion = np.zeros((6, 1, 2), np.float32)
    scores = np.array([1, 1, 0, 1, 1, 0.5], np.float32)[:, None]
    motion[2] = np.nan
    points, seen = at_constant_rate(motion, scores, timing)
    assert seen[:, 0].tolist() == [1, 1, 0, 1, 1, 0.5]
    assert np.isnan(points[seen == 0]).all()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("whole")
    return {
        "faststart.mp4": write_clip(folder / "faststart.mp4", 120, options={"movflags": "faststart"}),
        "index_last.mp4": write_clip(folder / "index_last.mp4", 120),
        "clip.mkv": write_clip(folder / "clip.mkv", 120),
        "clip.mov": write_clip(folder / "clip.mov", 120, options={"movflags": "faststart"}),
    }


@pytest.mark.parametrize("part", [0.2, 0.5, 0.85])
@pytest.mark.parametrize("name", ["faststart.mp4", "index_last.mp4", "clip.mkv", "clip.mov"])
def test_a_file_that_is_cut_off_is_said_before_anything_is_decoded(tmp_path, whole, name, part):
    content = whole[name].read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * part)])
    with pytest.raises(InputError, match=r"cut off|cannot be decoded"):
        VideoReader(tmp_path / name)


def test_the_command_that_keeps_a_part_names_the_file_as_the_user_did(tmp_path, whole, monkeypatch):
    (tmp_path / "my clips").mkdir()
    content = whole["faststart.mp4"].read_bytes()
    (tmp_path / "my clips" / "walk.mp4").write_bytes(content[: len(content) // 2])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r'with: ffmpeg -i "my clips/walk.mp4" -c:v'):
        VideoReader(Path("my clips") / "walk.mp4")


@pytest.mark.parametrize("name", ["faststart.mp4", "index_last.mp4", "clip.mkv"])
def test_a_damaged_file_is_said(tmp_path, whole, name, rng):
    content = bytearray(whole[name].read_bytes())
    middle, length = len(content) // 2, len(content) // 10
    content[middle : middle + length] = rng.bytes(length)
    (tmp_path / name).write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"damaged|cut off"):
        frames_of(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.mp4", None, "no such file"),
        ("empty.mp4", b"", r"the file is empty \(0 bytes\)"),
        ("text.mp4", b"a diary\n" * 100, "this is text, not a video"),
        ("text.txt", b"a diary\n" * 100, "this is text, not a video"),
        ("noise.mov", bytes(np.random.default_rng(0).bytes(50_000)), "no video"),
    ],
)
def test_what_is_no_video_is_said(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        VideoReader(tmp_path / name)


def test_a_missing_file_is_not_taken_for_a_missing_package(tmp_path, monkeypatch):
    song = write_sound(tmp_path / "song.m4a")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match="no such file"):
        VideoReader(tmp_path / "absent.mp4")
    with pytest.raises(MissingExtraError, match="av is needed to read videos"):
        VideoReader(song)


def test_a_folder_and_mere_sound_are_no_videos(tmp_path):
    with pytest.raises(InputError, match="a folder, not a video"):
        VideoReader(tmp_path)
    with pytest.raises(InputError, match="no video in it, only audio"):
        VideoReader(write_sound(tmp_path / "song.m4a"))


_PEAKS = """
import resource, sys
from rtpca.video.reader import VideoReader
for path in sys.argv[1:]:
    with VideoReader(path) as video:
        count = sum(1 for _ in video)
    print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length_of_a_video(tmp_path):
    short, long = (write_clip(tmp_path / f"{frames}.mp4", frames, (320, 240)) for frames in (200, 1000))
    command = [sys.executable, "-c", _PEAKS, str(short), str(long)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (few, before_kb), (many, after_kb) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert (few, many) == (200, 1000)
    # 800 more frames are 184 MB of pictures; decoding itself warms up.
    assert after_kb - before_kb < 90_000


def test_the_test_pictures_differ_from_frame_to_frame():
    assert not np.array_equal(marked((160, 120), 0), marked((160, 120), 1))


@pytest.mark.parametrize("rotation", [0, -90])
def test_pictures_are_scaled_upright_to_the_size_asked_for(tmp_path, rotation):
    path = write_clip(tmp_path / "clip.mp4", 3, (160, 120), rotation=rotation)
    size_wh = (81, 60) if rotation == 0 else (60, 81)
    with VideoReader(path) as large, VideoReader(path, size_wh) as small:
        for one, other in zip(large, small, strict=True):
            assert other.image.shape == (size_wh[1], size_wh[0], 3)
            resized = np.asarray(Image.fromarray(one.image).resize(size_wh, Image.Resampling.BILINEAR))
            assert np.abs(resized.astype(int) - other.image).mean() < 4
