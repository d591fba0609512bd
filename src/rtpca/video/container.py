"""Files of strangers, opened with FFmpeg's libraries: films and pictures, and nothing that leads elsewhere.

FFmpeg opens far more than films: playlists and scripts that name other files and addresses, and numbered
pictures. A file is told here by its content alone, is taken only if it is of a kind on a list, and is all
that its reader ever sees: it has no name there, and no other can be opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from rtpca.errors import InputError

VIDEO_ENDINGS = (
    *(".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".m2v", ".ts", ".mts", ".m2ts"),
    *(".vob", ".wmv", ".asf", ".flv", ".f4v", ".ogv", ".3gp", ".3g2", ".mxf", ".divx", ".dv", ".y4m"),
    *(".h264", ".264", ".hevc", ".265", ".ivf", ".mjpeg", ".mjpg", ".gif", ".apng"),
    *(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".jp2", ".jxl", ".avif", ".heic", ".heif"),
)
"""What films and pictures are usually called."""
_FIRST_BYTES = (
    *((4, part) for part in (b"ftyp", b"moov", b"mdat", b"wide")),
    *((0, part) for part in (b"\x1aE\xdf\xa3", b"OggS", b"FLV\x01", b"GIF8", b"\x89PNG", b"\xff\xd8\xff")),
    *((0, part) for part in (b"\x00\x00\x01\xba", b"\x30\x26\xb2\x75", b"YUV4MPEG2")),
    *((8, part) for part in (b"AVI ", b"WEBP")),
)
"""Where in a file what stands, by the containers and pictures that are the usual ones."""
_FILMS = (
    # Containers, by what they are used for today and were used for once.
    *(
        "mov",
        "matroska",
        "avi",
        "mpegts",
        "mpeg",
        "flv",
        "asf",
        "ogg",
        "mxf",
        "rm",
        "nut",
        "ivf",
        "dv",
        "wtv",
    ),
    *("dhav", "nuv", "gif", "apng", "mpjpeg", "yuv4mpegpipe", "live_flv"),
    # Mere streams of one codec.
    *("h264", "hevc", "vvc", "av1", "obu", "m4v", "mpegvideo", "mjpeg", "mjpeg_2000", "h263", "vc1", "dirac"),
)
_PICTURES = (
    *("jpeg_pipe", "png_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe", "j2k_pipe", "jpegls_pipe"),
    *("jpegxl_pipe", "ppm_pipe", "pgm_pipe", "pbm_pipe", "qoi_pipe", "exr_pipe", "hdr_pipe"),
)
_READABLE = (
    "MP4, MOV, MKV, WebM, AVI, MPEG, WMV, FLV, GIF and the like; of pictures JPEG, PNG, WebP, TIFF, BMP"
)
MOST_PIXELS = 150_000_000
"""Of one picture: a header of a few bytes may claim any size, and memory is asked for before decoding."""
_MOST_FILM_PIXELS = 8192 * 8192
"""Of a film, of which decoders keep some twenty pictures at once."""
_MOST_STREAMS = 300
"""Subtitles and the fonts of subtitles are streams too; each is looked into."""
_JPEG, _JPEG_FILMS = b"\xff\xd8\xff", (".mjpeg", ".mjpg")
"""JPEGs in a row are a film by name only: behind a photograph its preview or gain map may follow."""
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
_BUFFER_BYTES = 1 << 18
_HEAD_BYTES = 1024


def is_video(path: str | os.PathLike[str]) -> bool:
    """Whether a file is to be read as a video or picture: by its ending, or by how it begins."""
    path = Path(path)
    if path.suffix.lower() in VIDEO_ENDINGS:
        return True
    if not path.is_file():  # a pipe would be waited for
        return False
    try:
        with open(path, "rb") as file:
            begin = file.read(16)
    except OSError:
        return False
    return any(begin[at : at + len(part)] == part for at, part in _FIRST_BYTES)


class Container:
    """An open file of PyAV's; a context manager.

    Attributes:
        opened: PyAV's container.
        stream: Its first video stream that is no cover picture.
        is_picture: It is one picture, not a film.
    """

    def __init__(self, path: Path, av: Any) -> None:
        """Open a film or picture.

        Args:
            path: The file.
            av: PyAV.

        Raises:
            InputError: it is missing, empty, no file, damaged, of no kind that is read here, or larger than
                any camera makes it.
        """
        self._path, self._av = path, av
        self._file = _open_file(path)
        try:
            self.opened: Any = self._demuxed()
            try:
                self.is_picture = self.opened.format.name in _PICTURES
                self.stream: Any = self._video_stream()
            except BaseException:
                self.opened.close()
                raise
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Container:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.opened.close()
        self._file.close()

    def _demuxed(self) -> Any:
        head = self._file.read(_HEAD_BYTES)
        self._file.seek(0)
        self._refuse_by_content(head)
        jpegs = head.startswith(_JPEG) and self._path.suffix.lower() in _JPEG_FILMS
        with said_plainly(self._av, self._path):
            try:
                return self._av.open(
                    _Nameless(self._file),
                    format="mjpeg" if jpegs else None,
                    options={"max_pixels": str(MOST_PIXELS)},
                    # Nothing beside the file is opened, whatever the file asks for.
                    container_options={
                        "format_whitelist": ",".join(_FILMS + _PICTURES),
                        "protocol_whitelist": "none",
                        "max_streams": str(_MOST_STREAMS),
                    },
                    # Tags are not read here, and may hold anything.
                    metadata_errors="replace",
                    buffer_size=_BUFFER_BYTES,
                )
            except (self._av.InvalidDataError, self._av.ArgumentError, self._av.EOFError) as error:
                if _is_text(head):
                    raise InputError(
                        f"{self._path}: this is text, not a video or picture; give the video itself"
                    ) from error
                if isinstance(error, self._av.ArgumentError):
                    raise InputError(
                        f"{self._path}: no video or picture of a kind that is read here; readable are "
                        f"{_READABLE}"
                    ) from error
                raise

    def _refuse_by_content(self, head: bytes) -> None:
        """What FFmpeg would read wrong or in part without a word, or refuse without a reason."""
        if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS and b"avif" not in head[8:64]:
            raise InputError(
                f"{self._path}: a HEIC picture, which cannot be read here; save it as JPEG or PNG first"
            )
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and b"ANIM" in head[:64]:
            raise InputError(
                f"{self._path}: an animated WebP, which FFmpeg's libraries cannot decode; save it as GIF or "
                "MP4 first"
            )
        if head.startswith(_JPEG) and not _jpeg_ends(self._path.read_bytes()):
            raise InputError(f"{self._path}: the picture is cut off; copy it again")

    def _video_stream(self) -> Any:
        dispositions = self._av.stream.Disposition
        for stream in self.opened.streams.video:
            if stream.disposition & dispositions.attached_pic:
                continue
            context = stream.codec_context
            if context is None:
                raise InputError(
                    f"{self._path}: its video cannot be decoded: the file is damaged or cut off, or of a "
                    "kind of video that is not known here, and then is to be saved as H.264 first"
                )
            self._check_size(context.width, context.height)
            return stream
        held = ", ".join(sorted({stream.type for stream in self.opened.streams})) or "nothing"
        raise InputError(f"{self._path}: no video in it, only {held}; give a file with a picture")

    def _check_size(self, width: int, height: int) -> None:
        most = MOST_PIXELS if self.is_picture else _MOST_FILM_PIXELS
        if width * height > most:
            what = "picture" if self.is_picture else "film"
            raise InputError(
                f"{self._path}: its {what} is said to be {width} x {height} px, and at most {most / 1e6:.0f} "
                f'million pixels are taken; make it smaller with: ffmpeg -i "{self._path}" -vf scale=1920:-2 '
                f"smaller{'.jpg' if self.is_picture else '.mp4'}"
            )


class _Nameless:
    """A file without its name: by that FFmpeg would take `a%d.jpg` for numbered pictures."""

    def __init__(self, file: Any) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


@contextmanager
def said_plainly(av: Any, path: Path, where: Callable[[], str] = lambda: "") -> Generator[None]:
    """FFmpeg's errors as one line about a file.

    Args:
        av: PyAV.
        path: The file.
        where: Says how far it was read, e.g. " after 2.0 s".

    Raises:
        InputError: something in the block failed in FFmpeg's libraries, or the file could not be read on.
    """
    try:
        yield
    except InputError:
        raise
    except av.FFmpegError as error:
        raise InputError(
            f"{path}: cannot be decoded{where()} ({error.strerror or error}); the file is damaged, cut off "
            "or no video"
        ) from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read{where()} ({error.strerror or error})") from error


def check_file(path: Path) -> None:
    """Refuse what is no file with something in it; needs no PyAV.

    Raises:
        InputError: it is missing, empty, a folder, a device or a pipe.
    """
    if path.is_dir():
        raise InputError(f"{path}: a folder, not a video")
    if not path.exists():
        raise InputError(f"{path}: no such file")
    # Devices and pipes may never end, and cannot be read twice.
    if not path.is_file():
        raise InputError(f"{path}: a device or pipe, not a video; save the video to a file first")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty (0 bytes)")


def _open_file(path: Path) -> BinaryIO:
    check_file(path)
    try:
        return open(path, "rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def _is_text(head: bytes) -> bool:
    """Whether the first bytes of a file are UTF-8 without control characters."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last letter may be cut in two.
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\t\r\n\f\ufeff" for letter in text)


def _jpeg_ends(content: bytes) -> bool:
    """Whether a JPEG's picture has its end mark; FFmpeg shows what is missing in grey, without a word."""
    place = 2
    while (
        content[place : place + 1] == b"\xff" and content[place + 1 : place + 2] != b"\xda"
    ):  # start of scan
        filled = content[place + 1 : place + 2] == b"\xff"
        place += 1 if filled else 2 + int.from_bytes(content[place + 2 : place + 4])
    return content.find(b"\xff\xd9", place) >= 0
