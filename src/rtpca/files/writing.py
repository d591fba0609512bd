"""Writing of output files: whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from rtpca.errors import InputError

_SHOWN_PART = 40


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Generator[Path]:
    """Hand out a temporary path beside `path`, and move it into place when the block ends well.

    On an error, Ctrl-C included, the temporary file is removed and what `path` held before stays.

    Args:
        path: The file to write; an existing one is replaced.

    Yields:
        The path to write to, in the same folder and with the same ending.

    Raises:
        InputError: The folder does not exist or may not be written to, or the name is too long.

    Example:
        >>> with written_whole("/tmp/answer.txt") as scratch:
        ...     _ = scratch.write_text("42")
    """
    target = _usable_target(path)
    # Not tempfile.mkstemp: its files are readable by their owner only, and would stay so after the move.
    # Without the stem, so that every name that the file system takes can be written.
    scratch = target.with_name(f".rtpca-{secrets.token_hex(4)}.part{target.suffix}")
    _check_length(scratch, target)
    try:
        yield scratch
        os.replace(scratch, target)
    finally:
        scratch.unlink(missing_ok=True)


def write_lines(path: str | os.PathLike[str], lines: Iterable[str]) -> Path:
    """Write a text file (UTF-8), whole or not at all.

    Args:
        path: The file to write; an existing one is replaced.
        lines: Its lines, without their ends.

    Returns:
        The path.

    Raises:
        InputError: The folder does not exist or may not be written to, or the name is too long.
    """
    with written_whole(path) as scratch:
        scratch.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return Path(path)


@contextmanager
def written_together() -> Generator[Callable[[str | os.PathLike[str]], Path]]:
    """Write several files that appear together when the block ends well, or none of them.

    On an error, Ctrl-C included, nothing is left of them, and what was there before stays.

    Yields:
        A function that takes the path of an output, at any time within the block, and gives the path to write
        it to: a file of the same name in a hidden folder beside it. An output that is not written in the end
        is left out; the same path gives the same one again.

    Raises:
        InputError: a folder does not exist or may not be written to, or a name is too long.

    Example:
        >>> with written_together() as scratch:
        ...     _ = scratch("/tmp/question.txt").write_text("?")
        ...     _ = scratch("/tmp/answer.txt").write_text("42")
    """
    folders: dict[Path, Path] = {}
    targets: dict[Path, Path] = {}

    def scratch(path: str | os.PathLike[str]) -> Path:
        target = _usable_target(path)
        place = target.parent.resolve()
        if place not in folders:
            folders[place] = place / f".rtpca-{secrets.token_hex(4)}.part"
            folders[place].mkdir()
        _check_length(folders[place] / target.name, target)
        targets[place / target.name] = folders[place] / target.name
        return targets[place / target.name]

    try:
        yield scratch
        for target, written in targets.items():
            if written.exists():
                os.replace(written, target)
    finally:
        for folder in folders.values():
            shutil.rmtree(folder, ignore_errors=True)


def _usable_target(path: str | os.PathLike[str]) -> Path:
    target = Path(path)
    _check_length(target, target)
    if not target.parent.is_dir():
        raise InputError(f"cannot write {target}: there is no folder {target.parent}; make it first")
    if target.exists() and not target.is_file() and not target.is_dir():
        raise InputError(f"cannot write {target}: it is a device or pipe; give the name of a file")
    if target.is_dir():
        raise InputError(f"cannot write {target}: it is a folder; give the name of a file in it")
    if not os.access(target.parent, os.W_OK):
        raise InputError(f"cannot write {target}: no permission to write in {target.parent.resolve()}")
    return target


def _check_length(path: Path, target: Path) -> None:
    """Ask the file system, which alone knows its limits, whether it takes a path that `target` needs."""
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InputError(
                f"cannot write {_shortened(target)}: the name is longer than the file system allows; give a "
                "shorter one"
            ) from error


def _shortened(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 2 * _SHOWN_PART else f"{text[:_SHOWN_PART]}...{text[-_SHOWN_PART:]}"
