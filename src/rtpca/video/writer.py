"""Videos out: H.264 in MP4, MOV or MKV, whole or not at all. GIFs are written by `rtpca.viz.save_gif`."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from rtpca.arrays import ImageArray
from rtpca.checks import check_axes
from rtpca.errors import InputError
from rtpca.extras import optional_import
from rtpca.files import written_whole

VIDEO_ENDINGS = (".mp4", ".mov", ".mkv")
_FINEST_RATE = 65_535
"""MPEG-4 counts its time in at most so many parts of a second."""
_MOST_WAITING = 4
"""So many pictures wait for the encoder at most."""


class VideoWriter:
    """Writes pictures to a video file; a context manager.

    The file appears when the block ends well; on an error, or Ctrl-C, nothing is left of it.

    Example:
        >>> with VideoWriter("out.mp4", Fraction(30000, 1001)) as video:  # doctest: +SKIP
        ...     video.write(image)
    """

    def __init__(self, path: str | os.PathLike[str], rate: Fraction | float, crf: int = 20) -> None:
        """A writer; the file is opened when the block is entered.

        Args:
            path: `.mp4`, `.mov` or `.mkv`.
            rate: Frames per second; fractions are kept exactly.
            crf: Quality of H.264, 0 to 51; lower is better and larger.

        Raises:
            InputError: the ending is another one, or the rate is not above zero.
            MissingExtraError: PyAV is not installed.
        """
        self.path = Path(path)
        if self.path.suffix.lower() not in VIDEO_ENDINGS:
            raise InputError(
                f"{path}: a video is written as {', '.join(VIDEO_ENDINGS)}; give one of these endings"
            )
        if not rate > 0:
            raise InputError(f"{path}: frames per second are {rate}; give a number above zero")
        self.rate = Fraction(rate).limit_denominator(_FINEST_RATE)
        self.frames = 0
        self._crf = crf
        self._av = optional_import("av", "video", "to write videos")
        self._stack = ExitStack()
        self._container: Any = None
        self._stream: Any = None
        self._image_size = (0, 0)
        self._thread = ThreadPoolExecutor(1, "encode")
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> VideoWriter:
        scratch = self._stack.enter_context(written_whole(self.path))
        self._container = self._av.open(str(scratch), "w")
        return self

    def write(self, image: ImageArray) -> None:
        """Add one picture; it is encoded while the caller makes the next.

        Args:
            image: (H, W, 3) uint8 RGB, all of one size, and not changed afterwards. H.264 needs even sides:
                an odd one grows by one pixel that repeats the last.

        Raises:
            ShapeError: it is no such picture.
            InputError: it has another size than the first.
        """
        check_axes("image", image, "H", "W", 3)
        if self._stream is None:
            self._start(image)
        if (image.shape[1], image.shape[0]) != self._image_size:
            raise InputError(
                f"{self.path}: picture {self.frames} is {image.shape[1]} x {image.shape[0]} px, the first "
                f"was {self._image_size[0]} x {self._image_size[1]}; all must have one size"
            )
        while len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._encode, image, self.frames))
        self.frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._thread.shutdown(cancel_futures=True)
            with suppress(self._av.FFmpegError):
                self._container.close()
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack:
            with self._thread:
                while self._waiting:
                    self._waiting.popleft().result()
            self._finish()
            self._container.close()

    def _start(self, image: ImageArray) -> None:
        height, width = image.shape[:2]
        self._image_size = (width, height)
        codec = "libx264" if "libx264" in self._av.codecs_available else "mpeg4"
        self._stream = self._container.add_stream(codec, rate=self.rate)
        self._stream.width, self._stream.height = width + width % 2, height + height % 2
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = 1 / self.rate
        if codec == "libx264":
            self._stream.options = {"crf": str(self._crf), "preset": "veryfast"}

    def _finish(self) -> None:
        if self._stream is None:
            raise InputError(f"{self.path}: no picture was written; a video needs at least one")
        self._mux(None)

    def _encode(self, image: ImageArray, index: int) -> None:
        odd = ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0))
        if any(side for _, side in odd):
            image = np.pad(image, odd, mode="edge")
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame.pts, frame.time_base = index, 1 / self.rate
        self._mux(frame)

    def _mux(self, frame: Any) -> None:
        """Encode a picture, or with None what the encoder still holds."""
        self._container.mux(self._stream.encode(frame))
