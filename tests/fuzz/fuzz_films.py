"""Good films and pictures, small ones, and how far they are read; needs PyAV and Pillow."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "video"))

from clips import marked, write_clip
from PIL import Image

from rtpca.video.container import is_video
from rtpca.video.reader import VideoReader

_SIZE, _FRAMES = (64, 48), 8
_MOST_FRAMES = 40
_ORIENTATION = 274  # the EXIF tag


def films(folder: Path) -> Iterator[Path]:
    """Containers, codecs and pictures of the usual kinds."""
    yield write_clip(folder / "h264.mp4", _FRAMES, _SIZE)
    yield write_clip(folder / "turned.mov", _FRAMES, _SIZE, rotation=90, sound_s=0.3)
    yield write_clip(folder / "uneven.mkv", image_size=_SIZE, times_s=[0, 0.04, 0.2, 0.21, 0.5])
    yield write_clip(folder / "mpeg4.avi", _FRAMES, _SIZE, codec="mpeg4")
    yield write_clip(folder / "mpeg2.ts", _FRAMES, _SIZE, codec="mpeg2video")
    yield write_clip(folder / "vp8.webm", _FRAMES, _SIZE, codec="libvpx")
    yield write_clip(folder / "film.gif", _FRAMES, _SIZE, codec="gif", pix_fmt="rgb8")
    yield write_clip(folder / "jpegs.mjpeg", _FRAMES, _SIZE, codec="mjpeg", pix_fmt="yuvj420p")
    yield from _pictures(folder)


def _pictures(folder: Path) -> Iterator[Path]:
    picture = Image.fromarray(marked(_SIZE, 0))
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    for ending in ("jpg", "png", "webp", "tif", "bmp"):
        picture.save(folder / f"picture.{ending}", **({} if ending == "bmp" else {"exif": exif}))
        yield folder / f"picture.{ending}"


def read_film(path: Path) -> None:
    """Look a film through and decode its first frames."""
    is_video(path)
    with VideoReader(path) as video:
        for frame in islice(video, _MOST_FRAMES):
            assert frame.image.ndim == 3
