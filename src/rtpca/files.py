"""Writing of output files: whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rtpca.errors import InputError


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Generator[Path]:
    """Hand out a temporary path beside `path`, and move it into place when the block ends well.

    On an error, Ctrl-C included, the temporary file is removed and what `path` held before stays.

    Args:
        path: The file to write; an existing one is replaced.

    Yields:
        The path to write to, in the same folder and with the same ending.

    Raises:
        InputError: The folder does not exist or may not be written to.

    Example:
        >>> with written_whole("/tmp/answer.txt") as scratch:
        ...     _ = scratch.write_text("42")
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise InputError(f"cannot write {target}: there is no folder {target.parent}; make it first")
    if target.exists() and not target.is_file() and not target.is_dir():
        raise InputError(f"cannot write {target}: it is a device or pipe; give the name of a file")
    if target.is_dir():
        raise InputError(f"cannot write {target}: it is a folder; give the name of a file in it")
    if not os.access(target.parent, os.W_OK):
        raise InputError(f"cannot write {target}: no permission to write in {target.parent.resolve()}")
    # Not tempfile.mkstemp: its files are readable by their owner only, and would stay so after the move.
    scratch = target.with_name(f".{target.stem}.{secrets.token_hex(4)}.part{target.suffix}")
    try:
        yield scratch
        os.replace(scratch, target)
    finally:
        scratch.unlink(missing_ok=True)
