"""Videos in: upright RGB frames one after the other, with the time at which each is shown.

PyAV decodes. Rotation tags and non-square pixels are applied, so that what comes out is what a player shows.
The file is looked through once before anything is decoded: that finds files that are cut off, and the
number of frames, in the time it takes to read them.
"""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from rtpca.arrays import ImageArray
from rtpca.errors import InputError
from rtpca.extras import optional_import

_ASSUMED_RATE = Fraction(30)
_TEXT_FORMATS = {"tty", "ass", "srt", "webvtt"}
_CUT_OFF_S, _CUT_OFF_PART = 0.5, 0.005
"""A file that ends earlier than it says, by more than both, is cut off."""
_MOST_STRETCHED = 4
"""Pixels may be so many times as wide as high, or as high as wide.

The flattest in use are 32:11 (352 x 576 shown at 16:9), and lenses squeeze by two. A header can say any
ratio, and FFmpeg's libraries believe it as long as it is below the number of lines: a picture of 1920 x 1080
at 1000:1 would take 6 GB.
"""


@dataclass(frozen=True)
class VideoFrame:
    """One frame of a video.

    Attributes:
        index: Number of the frame, from 0.
        time_s: When it is shown, in seconds from the first frame.
        image: (H, W, 3) uint8 RGB, upright, with square pixels.
    """

    index: int
    time_s: float
    image: ImageArray


class VideoReader:
    """The frames of a video file, decoded one at a time; a context manager and iterator.

    Example:
        >>> with VideoReader("walk.mp4") as video:  # doctest: +SKIP
        ...     for frame in video:
        ...         print(frame.time_s, frame.image.shape)

    Attributes:
        path: The file.
        rates: Rates in frames per second that the file states, the likeliest first.
        packets: Frames that the file holds; a few more or fewer may be shown.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a video and look it through.

        Args:
            path: Any file that FFmpeg's libraries read.

        Raises:
            InputError: it is missing, empty, damaged, cut off, has no video in it, or states pixels of a
                shape that no camera makes.
            MissingExtraError: PyAV is not installed.
        """
        self.path = Path(path)
        _check_file(self.path)
        self._av = optional_import("av", "video", "to read videos")
        self.packets = self._look_through()
        self._container: Any = self._open()
        self._stream: Any = self._video_stream(self._container)
        self._stream.thread_type = "AUTO"
        self.rates = self._stated_rates()
        self._pixel_aspect = self._checked_aspect()

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; frames that were handed out stay."""
        self._container.close()

    def __iter__(self) -> Iterator[VideoFrame]:
        """The frames from the first on; only once.

        Yields:
            Frames in the order in which they are shown.

        Raises:
            InputError: no frame can be decoded, or the file is damaged.
        """
        index, first_s, last_s = 0, 0.0, 0.0
        image_size: tuple[int, int] | None = None
        step_s = 1 / float(self.rates[0])
        with self._said_plainly(lambda: f" after {last_s:.1f} s"):
            for frame in self._container.decode(self._stream):
                image_size = image_size or _square_size(frame.width, frame.height, self._pixel_aspect)
                time_s = last_s + step_s if frame.pts is None else float(frame.pts * frame.time_base)
                if index == 0:
                    first_s = time_s
                last_s = max(time_s - first_s, last_s)
                pixels = frame.to_ndarray(format="rgb24", width=image_size[0], height=image_size[1])
                yield VideoFrame(index, last_s, upright(pixels, _display_matrix(frame)))
                index += 1
        if index == 0:
            raise InputError(f"{self.path}: not one frame of its video can be decoded; give another video")

    def _open(self) -> Any:
        with self._said_plainly(lambda: ""):
            container = self._av.open(str(self.path))
        if container.format.name in _TEXT_FORMATS:
            container.close()
            raise InputError(f"{self.path}: this is text, not a video")
        return container

    def _video_stream(self, container: Any) -> Any:
        pictures = self._av.stream.Disposition.attached_pic
        for stream in container.streams.video:
            if not stream.disposition & pictures:
                return stream
        held = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
        container.close()
        raise InputError(f"{self.path}: no video in it, only {held}; give a file with a picture")

    def _look_through(self) -> int:
        """Number of the video's packets, having seen that the file is whole."""
        container = self._open()
        try:
            stream = self._video_stream(container)
            packets, end_s = 0, 0.0
            with self._said_plainly(lambda: f" after {end_s:.1f} s"):
                for packet in container.demux():
                    if packet.pts is not None:
                        shown = packet.pts + (packet.duration or 0)
                        end_s = max(end_s, float(shown * packet.time_base))
                    if packet.is_corrupt and packet.stream.type == "video":
                        raise self._cut_off(end_s, None)
                    packets += packet.stream is stream and packet.size > 0
            if container.duration:
                start_s = (container.start_time or 0) / 1e6
                said_s, held_s = container.duration / 1e6, max(end_s - start_s, 0.0)
                if said_s - held_s > max(_CUT_OFF_S, _CUT_OFF_PART * said_s):
                    raise self._cut_off(held_s, said_s)
        finally:
            container.close()
        if packets == 0:
            raise InputError(f"{self.path}: its video holds no frames; give another video")
        return packets

    def _cut_off(self, held_s: float, said_s: float | None) -> InputError:
        of = "" if said_s is None else f" of {said_s:.1f} s"
        return InputError(
            f"{self.path}: the file is cut off after {held_s:.1f} s{of}; copy it again, or keep what is "
            f'there with: ffmpeg -i "{self.path}" -c:v libx264 whole.mp4'
        )

    def _stated_rates(self) -> tuple[Fraction, ...]:
        stream = self._stream
        stated = (stream.average_rate, stream.guessed_rate, stream.base_rate)
        rates = [Fraction(rate) for rate in stated if rate is not None and rate > 0]
        return tuple(dict.fromkeys(rates)) or (_ASSUMED_RATE,)

    def _checked_aspect(self) -> Fraction:
        """Width of a pixel by its height."""
        aspect = Fraction(self._stream.sample_aspect_ratio or 1)
        if not Fraction(1, _MOST_STRETCHED) <= aspect <= _MOST_STRETCHED:
            self.close()
            most, stated = _MOST_STRETCHED, f"{aspect.numerator}:{aspect.denominator}"
            raise InputError(
                f"{self.path}: its pixels are said to be {stated}, wide to high, which no camera makes (at "
                f"most {most}:1 or 1:{most}); if they are square, say so with: "
                f'ffmpeg -i "{self.path}" -vf setsar=1 square.mp4'
            )
        return aspect

    @contextmanager
    def _said_plainly(self, where: Any) -> Generator[None]:
        """FFmpeg's errors as one line about this file."""
        try:
            yield
        except self._av.FFmpegError as error:
            if isinstance(error, OSError) and error.errno in _SYSTEM_ERRORS:
                raise InputError(f"{self.path}: cannot be read ({error.strerror})") from error
            place = where()
            raise InputError(
                f"{self.path}: cannot be decoded{place} ({error.strerror or error}); the file is damaged, "
                "cut off or no video"
            ) from error


_SYSTEM_ERRORS = {1, 5, 13}


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"{path}: a folder, not a video")
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty (0 bytes)")


def _square_size(width: int, height: int, pixel_aspect: Fraction) -> tuple[int, int]:
    """Width and height in square pixels, before rotation."""
    return max(1, round(width * pixel_aspect)), height


def _display_matrix(frame: Any) -> tuple[int, int, int, int]:
    """The rotation tag (a, b, c, d): a point (x, y) of the file is shown at (a x + c y, b x + d y)."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return 1, 0, 0, 1
    a, b, _, c, d = (int(value) for value in np.frombuffer(bytes(data), dtype=np.int32)[:5])
    return a, b, c, d


def upright(pixels: ImageArray, matrix: tuple[int, int, int, int]) -> ImageArray:
    """Turn and mirror an image as a rotation tag says, to the nearest quarter turn.

    Args:
        pixels: (H, W, 3) as the file holds it.
        matrix: (a, b, c, d): a point (x, y) of the file is shown at (a x + c y, b x + d y).

    Returns:
        (H, W, 3) or (W, H, 3), contiguous.
    """
    a, b, c, d = matrix
    along_x, along_y = a, d
    if math.hypot(b, c) > math.hypot(a, d):
        pixels = pixels.transpose(1, 0, 2)
        along_x, along_y = c, b
    pixels = pixels[:: -1 if along_y < 0 else 1, :: -1 if along_x < 0 else 1]
    return np.ascontiguousarray(pixels)
