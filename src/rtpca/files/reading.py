"""Files of strangers are opened here: regular ones only, and none larger than what is read of its kind."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO

from rtpca.errors import InputError

MAX_TEXT_BYTES = 1 << 29
"""Largest text that is read: two hours of five people at 30 frames per second, as COCO results."""

_KINDS = (
    (stat.S_ISDIR, "a folder", "give a file"),
    (stat.S_ISFIFO, "a pipe", "write what comes out of it into a file first"),
    (stat.S_ISCHR, "a device", "give a file"),
    (stat.S_ISBLK, "a device", "give a file"),
    (stat.S_ISSOCK, "a socket", "give a file"),
)


def check_file(path: str | os.PathLike[str]) -> int:
    """Check that a path is a file that can be read to its end: no device, which has none, and no pipe.

    Returns:
        Its size in bytes.

    Raises:
        InputError: there is no such file, it is something else, or the system refuses it.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    for is_kind, name, advice in _KINDS:
        if is_kind(found.st_mode):
            raise InputError(f"{path}: {name}, not a file; {advice}")
    return found.st_size


def unreadable(path: str | os.PathLike[str], error: BaseException) -> InputError:
    """What to raise where the system refuses a file: missing, not permitted, on a disk that is gone."""
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path}: no such file")
    return InputError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})")


@contextmanager
def opened(path: str | os.PathLike[str]) -> Generator[IO[bytes]]:
    """A file, open for reading.

    Yields:
        The binary file.

    Raises:
        InputError: See `check_file`; also where reading fails within the block.
    """
    check_file(path)
    try:
        with open(path, "rb") as file:
            yield file
    except OSError as error:
        raise unreadable(path, error) from error


def read_whole(path: str | os.PathLike[str], most_bytes: int = MAX_TEXT_BYTES) -> bytes:
    """The content of a file.

    Args:
        path: The file.
        most_bytes: Larger ones are refused.

    Raises:
        InputError: See `check_file`; or it is larger.
    """
    size = check_file(path)
    if size <= most_bytes:
        with opened(path) as file:
            content = file.read(most_bytes + 1)  # files of the system say that they are empty
        if len(content) <= most_bytes:
            return content
        size = len(content)
    raise InputError(
        f"{path}: {size:,} bytes, and files of its kind are read up to {most_bytes:,}; cut it into parts"
    )
