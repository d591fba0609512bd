from __future__ import annotations

import errno
import threading
from fractions import Fraction

import numpy as np
import pytest
from clips import marked

from rtpca.errors import InputError, ShapeError
from rtpca.video import VideoReader, VideoWriter


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.mov"])
@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(25), 12.5])
def test_what_is_written_is_read_again(tmp_path, name, rate):
    pictures = [marked((160, 120), index) for index in range(20)]
    with VideoWriter(tmp_path / name, rate) as video:
        for picture in pictures:
            video.write(picture)
    with VideoReader(tmp_path / name) as again:
        frames = list(again)
        assert Fraction(rate) in again.rates
    assert len(frames) == 20
    for frame, picture in zip(frames, pictures, strict=True):
        assert np.abs(frame.image.astype(int) - picture).mean() < 4
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("image_size", [(161, 121), (160, 121), (161, 120), (33, 31)])
def test_odd_sides_grow_by_a_pixel_that_repeats_the_last(tmp_path, image_size):
    with VideoWriter(tmp_path / "odd.mp4", 25) as video:
        video.write(marked(image_size, 0))
    with VideoReader(tmp_path / "odd.mp4") as again:
        (frame,) = list(again)
    height, width = frame.image.shape[:2]
    assert (width, height) == (image_size[0] + image_size[0] % 2, image_size[1] + image_size[1] % 2)
    assert (
        np.abs(frame.image[: image_size[1], : image_size[0]].astype(int) - marked(image_size, 0)).mean() < 6
    )


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_an_interrupted_video_leaves_nothing_and_an_older_one_alone(tmp_path, error):
    (tmp_path / "older.mp4").write_bytes(b"older")

    def write_and_fail(name: str) -> None:
        with VideoWriter(tmp_path / name, 25) as video:
            video.write(marked((64, 48), 0))
            raise error

    for name in ("new.mp4", "older.mp4"):
        with pytest.raises(error):
            write_and_fail(name)
    assert [path.name for path in tmp_path.iterdir()] == ["older.mp4"]
    assert (tmp_path / "older.mp4").read_bytes() == b"older"


def test_what_cannot_be_written_is_said(tmp_path):
    with pytest.raises(InputError, match="give one of these endings"):
        VideoWriter(tmp_path / "out.wmv", 25)
    with pytest.raises(InputError, match="frames per second are 0"):
        VideoWriter(tmp_path / "out.mp4", 0)
    with pytest.raises(InputError, match="there is no folder"), VideoWriter(tmp_path / "no" / "out.mp4", 25):
        pass
    with pytest.raises(InputError, match="no picture was written"), VideoWriter(tmp_path / "out.mp4", 25):
        pass

    def write(*pictures: np.ndarray) -> None:
        with VideoWriter(tmp_path / "out.mp4", 25) as video:
            for picture in pictures:
                video.write(picture)

    with pytest.raises(InputError, match="all must have one size"):
        write(marked((64, 48), 0), marked((48, 64), 0))
    with pytest.raises(ShapeError, match=r"\(H, W, 3\)"):
        write(np.zeros((48, 64), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_what_the_encoder_cannot_do_is_raised_and_nothing_is_left(tmp_path, monkeypatch):
    before = threading.active_count()

    def failing(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    def written():
        with VideoWriter(tmp_path / "out.mp4", 25) as video:
            monkeypatch.setattr(video, "_mux", failing)
            video.write(marked((160, 120), 0))

    with pytest.raises(InputError, match="the disk is full"):
        written()
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == before
