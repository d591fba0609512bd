"""Small videos of every kind, made with PyAV: what tests of reading, writing and the pipeline look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def marked(image_size: tuple[int, int], frame: int) -> np.ndarray:
    """A picture that tells its way up: red at the left top, green at the right top, blue at the left bottom.

    A white square wanders to the right by one pixel per frame.
    """
    width, height = image_size
    image = np.full((height, width, 3), 40, np.uint8)
    image[: height // 4, : width // 4] = (230, 20, 20)
    image[: height // 4, -(width // 4) :] = (20, 230, 20)
    image[-(height // 4) :, : width // 4] = (20, 20, 230)
    left = frame % max(1, width - 12)
    image[height // 2 : height // 2 + 12, left : left + 12] = 255
    return image


def write_clip(
    path: Path,
    frames: int = 30,
    image_size: tuple[int, int] = (160, 120),
    rate: Fraction | int = 25,
    *,
    times_s: Iterable[float] | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rotation: float = 0,
    mirrored: str = "",
    aspect: Fraction | None = None,
    sound_s: float = 0,
    options: dict[str, str] | None = None,
    picture: Callable[[tuple[int, int], int], np.ndarray] = marked,
) -> Path:
    """Write a video; with `times_s` each frame has its own time (variable frame rate)."""
    rate = Fraction(rate)
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height = image_size
        stream.pix_fmt = pix_fmt
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "crf": "12"}
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation or mirrored:
            stream.set_display_rotation(rotation, **({mirrored: True} if mirrored else {}))
        time_base = 1 / rate if times_s is None else Fraction(1, 90_000)
        stream.codec_context.time_base = time_base
        sound = container.add_stream("aac", rate=16_000) if sound_s else None
        times = None if times_s is None else list(times_s)
        for index in range(frames if times is None else len(times)):
            frame = av.VideoFrame.from_ndarray(picture(image_size, index), format="rgb24")
            frame.time_base = time_base
            frame.pts = index if times is None else round(times[index] / time_base)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None:
            _write_sound(container, sound, sound_s)
    return path


def write_sound(path: Path, seconds: float = 1.0) -> Path:
    """Write a file with nothing but sound."""
    with av.open(str(path), "w") as container:
        _write_sound(container, container.add_stream("aac", rate=16_000), seconds)
    return path


def _write_sound(container: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    for start in range(0, int(16_000 * seconds), 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16_000, start
        container.mux(stream.encode(frame))
    container.mux(stream.encode())
