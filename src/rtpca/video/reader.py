"""Videos in: upright RGB frames one after the other, with the time at which each is shown.

PyAV decodes. Rotation tags and non-square pixels are applied, so that what comes out is what a player shows.
The file is looked through once before anything is decoded: that finds files that are cut off, and the
number of frames, in the time it takes to read them.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from rtpca.arrays import ImageArray
from rtpca.errors import InputError
from rtpca.extras import optional_import
from rtpca.video.container import MOST_PIXELS, Container, check_file, said_plainly

_ASSUMED_RATE = Fraction(30)
_LOWEST_RATE, _HIGHEST_RATE = Fraction(1, 10), Fraction(10_000)
"""Rates beyond are units of time that stand where a rate should, 90,000 or a billion."""
_CUT_OFF_S, _CUT_OFF_PART = 0.5, 0.005
"""A file that ends earlier than it says, by more than both, is cut off."""
_MOST_STRETCHED = 4
"""Pixels may be so many times as wide as high, or as high as wide.

The flattest in use are 32:11 (352 x 576 shown at 16:9), and lenses squeeze by two. A header can say any
ratio, and FFmpeg's libraries believe it as long as it is below the number of lines: a picture of 1920 x 1080
at 1000:1 would take 6 GB.
"""
_MOST_PER_THREAD = 4096 * 2304


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
        is_picture: It is one picture, not a film.
        timed: The frames that were read so far say when they are shown; mere streams of a codec do not.
    """

    def __init__(self, path: str | os.PathLike[str], size_wh: tuple[int, int] | None = None) -> None:
        """Open a video and look it through.

        Args:
            path: A film or picture; see `rtpca.video.container` for what is read.
            size_wh: Width and height that the upright pictures are scaled to; their own by default. Scaled
                as they are decoded they cost less than afterwards.

        Raises:
            InputError: it is missing, empty, damaged, cut off, no film or picture, has no video in it, or
                states a size or pixels of a shape that no camera makes.
            MissingExtraError: PyAV is not installed.
        """
        self.path = Path(path)
        self._size_wh = size_wh
        check_file(self.path)
        self._av = optional_import("av", "video", "to read videos")
        _admit_new_side_data(self._av)
        self.packets, self._length_s = self._look_through()
        self._container = Container(self.path, self._av)
        self.is_picture = self._container.is_picture
        self._stream: Any = self._container.stream
        self._stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
        # Each thread holds a picture of its own.
        pixels = self._stream.codec_context.width * self._stream.codec_context.height
        self._stream.thread_type = "AUTO" if pixels <= _MOST_PER_THREAD else "SLICE"
        self.rates = self._stated_rates()
        self.timed = True
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
        canvas_wh: tuple[int, int] | None = None
        step_s = 1 / float(self.rates[0])
        with said_plainly(self._av, self.path, lambda: f" after {last_s:.1f} s"):
            for frame in self._container.opened.decode(self._stream):
                width, height = _square_size(frame.width, frame.height, self._pixel_aspect)
                canvas_wh = canvas_wh or (width, height)
                if frame.pts is None:
                    self.timed = False
                    last_s += step_s if index else 0
                else:
                    time_s = float(frame.pts * frame.time_base)
                    first_s = time_s if index == 0 else first_s
                    last_s = max(time_s - first_s, last_s)
                matrix = _display_matrix(frame)
                shown_wh = canvas_wh
                if self._size_wh is not None:
                    wide, high = self._size_wh
                    shown_wh = (high, wide) if _is_quarter_turn(matrix) else (wide, high)
                if (width, height) == canvas_wh:
                    pixels = frame.to_ndarray(format="rgb24", width=shown_wh[0], height=shown_wh[1])
                else:
                    width, height = _fitting((width, height), shown_wh)
                    pixels = frame.to_ndarray(format="rgb24", width=width, height=height)
                    pixels = _framed(pixels, shown_wh)
                yield VideoFrame(index, last_s, upright(pixels, matrix))
                index += 1
                if self.is_picture:
                    break  # what may follow is a preview, another eye or a map of brightness
        if index == 0:
            raise InputError(f"{self.path}: not one frame of its video can be decoded; give another video")

    def _look_through(self) -> tuple[int, float]:
        """Number of the video's packets, and seconds that they say they take; the file is whole."""
        with Container(self.path, self._av) as container:
            packets, end_s = 0, 0.0
            with said_plainly(self._av, self.path, lambda: f" after {end_s:.1f} s"):
                for packet in container.opened.demux():
                    if packet.pts is not None:
                        shown = packet.pts + (packet.duration or 0)
                        end_s = max(end_s, float(shown * packet.time_base))
                    if packet.is_corrupt and packet.stream.type == "video":
                        raise self._cut_off(end_s, None)
                    packets += packet.stream is container.stream and packet.size > 0
            held_s = max(end_s - (container.opened.start_time or 0) / 1e6, 0.0)
            if container.opened.duration:
                said_s = container.opened.duration / 1e6
                if said_s - held_s > max(_CUT_OFF_S, _CUT_OFF_PART * said_s):
                    raise self._cut_off(held_s, said_s)
            if packets == 0:
                raise InputError(f"{self.path}: its video holds no frames; give another video")
            return (1 if container.is_picture else packets), held_s

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
        if not self.is_picture and self._length_s > 0:
            rates.append(Fraction(self.packets / self._length_s).limit_denominator(1001))
        plausible = [rate for rate in rates if _LOWEST_RATE <= rate <= _HIGHEST_RATE]
        return tuple(dict.fromkeys(plausible)) or (_ASSUMED_RATE,)

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


def _square_size(width: int, height: int, pixel_aspect: Fraction) -> tuple[int, int]:
    """Width and height in square pixels, before rotation."""
    return max(1, round(width * pixel_aspect)), height


def _fitting(size_wh: tuple[int, int], canvas_wh: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the same shape that fits onto the canvas."""
    scale = min(canvas_wh[0] / size_wh[0], canvas_wh[1] / size_wh[1])
    width, height = (max(1, round(side * scale)) for side in size_wh)
    return width, height


def _framed(pixels: ImageArray, canvas_wh: tuple[int, int]) -> ImageArray:
    """A picture in the middle of a black canvas."""
    canvas = np.zeros((canvas_wh[1], canvas_wh[0], 3), dtype=np.uint8)
    top, left = (canvas_wh[1] - pixels.shape[0]) // 2, (canvas_wh[0] - pixels.shape[1]) // 2
    canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return canvas


def _admit_new_side_data(av: Any) -> None:
    """Let PyAV read frames that carry side data of a kind that is not on its list, as photographs do.

    It looks up the kind of each piece of side data in an enumeration, and gives none of them where one is
    newer than that.
    """
    kinds = av.sidedata.sidedata.Type

    def unknown(cls: Any, value: int) -> Any:
        kind = object.__new__(cls)
        kind._name_, kind._value_ = f"UNKNOWN_{value}", value
        return kind

    kinds._missing_ = classmethod(unknown)


def _display_matrix(frame: Any) -> tuple[int, int, int, int]:
    """The rotation tag (a, b, c, d): a point (x, y) of the file is shown at (a x + c y, b x + d y)."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return 1, 0, 0, 1
    a, b, _, c, d = (int(value) for value in np.frombuffer(bytes(data), dtype=np.int32)[:5])
    return a, b, c, d


def _is_quarter_turn(matrix: tuple[int, int, int, int]) -> bool:
    a, b, c, d = matrix
    return math.hypot(b, c) > math.hypot(a, d)


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
    if _is_quarter_turn(matrix):
        pixels = pixels.transpose(1, 0, 2)
        along_x, along_y = c, b
    pixels = pixels[:: -1 if along_y < 0 else 1, :: -1 if along_x < 0 else 1]
    return np.ascontiguousarray(pixels)
