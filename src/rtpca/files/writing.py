"""Writing of output files: whole or not at all.

What is being written lies in a hidden folder beside its target, which is locked as long as it is in use. What
a process left that was killed is locked by nobody, and goes when the next one writes there.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

from rtpca.errors import InputError

try:
    import fcntl
except ImportError:  # Windows has no such locks: nothing is swept there
    fcntl = None

_SHOWN_PART = 40
_TROUBLE = {
    errno.ENOSPC: "the disk is full: free some space and try again",
    errno.EDQUOT: "no space is left of what you may use: free some and try again",
    errno.EFBIG: "the file would be larger than the system allows",
    errno.EIO: "the disk does not answer: see that it is still there",
    errno.EROFS: "the disk can only be read: choose another folder",
}
"""What the system says where somebody cannot write, whatever they are writing."""


@contextmanager
def written_whole(path: str | os.PathLike[str]) -> Generator[Path]:
    """Hand out a temporary path near `path`, and move it into place when the block ends well.

    On an error, Ctrl-C included, the temporary file is removed and what `path` held before stays.

    Args:
        path: The file to write; an existing one is replaced.

    Yields:
        The path to write to, of the same name and on the same disk.

    Raises:
        InputError: The folder does not exist or may not be written to, the name is too long, or the disk is
            full or gone.

    Example:
        >>> with written_whole("/tmp/answer.txt") as scratch:
        ...     _ = scratch.write_text("42")
    """
    with written_together() as scratch:
        yield scratch(path)


def write_lines(path: str | os.PathLike[str], lines: Iterable[str]) -> Path:
    """Write a text file (UTF-8), whole or not at all.

    Args:
        path: The file to write; an existing one is replaced.
        lines: Its lines, without their ends.

    Returns:
        The path.

    Raises:
        InputError: The folder does not exist or may not be written to, the name is too long, or the disk is
            full or gone.
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
        InputError: a folder does not exist or may not be written to, a name is too long, or the disk is full
            or gone.

    Example:
        >>> with written_together() as scratch:
        ...     _ = scratch("/tmp/question.txt").write_text("?")
        ...     _ = scratch("/tmp/answer.txt").write_text("42")
    """
    places: dict[Path, LockedFolder] = {}
    targets: dict[Path, Path] = {}

    def scratch(path: str | os.PathLike[str]) -> Path:
        target = _usable_target(path)
        parent = target.parent.resolve()
        if parent not in places:
            places[parent] = LockedFolder(parent)
        written = places[parent].path / target.name
        _check_length(written, target)
        targets[parent / target.name] = written
        return written

    try:
        yield scratch
        for target, written in targets.items():
            if written.exists():
                os.replace(written, target)
    except OSError as error:
        ours = any(str(error.filename).startswith(str(place.path)) for place in places.values())
        if ours or (error.filename is None and is_of_the_disk(error)):
            folder = ", ".join(map(str, places)) or "the output"
            raise InputError(
                f"cannot write in {folder}: {trouble(error)}; nothing is left half-written"
            ) from error
        raise
    finally:
        for place in places.values():
            place.remove()


def make_folder(folder: Path) -> Path:
    """Make a folder, and those that it lies in, where they are not there.

    Returns:
        The folder.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: the folder cannot be made ({trouble(error)}); choose another") from error
    return folder


@contextmanager
def appending_in(folder: Path) -> Generator[None]:
    """What the system says against files that grow while something runs, in one line.

    Raises:
        InputError: writing failed within the block.
    """
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write in {folder}: {trouble(error)}") from error


def is_of_the_disk(error: OSError) -> bool:
    """Whether it is the disk that is full or gone, whatever was being written."""
    return error.errno in _TROUBLE


def trouble(error: OSError) -> str:
    """What the system says where somebody cannot write, in words."""
    return _TROUBLE.get(error.errno or 0, error.strerror or str(error))


class LockedFolder:
    """A folder of a name of its own, locked for as long as this process lives and uses it.

    Attributes:
        path: Where it is.
    """

    path: Path

    def __init__(self, parent: Path, name: str = ".rtpca-*.part", mode: int = 0o777) -> None:
        """Make it in another folder, and remove those of that name in there that nobody uses any more.

        Args:
            parent: The other folder.
            name: What it is called, with a star for what tells it from others.
            mode: Who may use it, less what the user's mask takes away.

        Raises:
            InputError: the system refuses it.
        """
        try:
            _sweep(parent, name)
            self._lock = self._make(parent, name, mode)
            while self._lock is not None and not _is_still(self.path, self._lock):
                os.close(self._lock)
                self._lock = self._make(parent, name, mode)
        except OSError as error:
            raise InputError(f"cannot write in {parent}: {trouble(error)}") from error

    def _make(self, parent: Path, name: str, mode: int) -> int | None:
        """A folder and its lock; another where somebody who sweeps is faster than the lock."""
        while True:
            # Not tempfile.mkdtemp: what comes of the files in it is for all who may read the folder around.
            self.path = parent / name.replace("*", secrets.token_hex(4))
            self.path.mkdir(mode)
            with suppress(BlockingIOError, FileNotFoundError):
                return _lock(self.path)

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _sweep(folder: Path, name: str) -> None:
    """Remove the locked folders of processes that were killed: nobody holds their locks any more."""
    called = re.compile(re.escape(name).replace(r"\*", "[0-9a-f]{8}"))
    with os.scandir(folder) as entries:
        places = [Path(entry) for entry in entries if called.fullmatch(entry.name)]
    for place in places:
        with suppress(OSError):
            lock = None if place.is_symlink() else _lock(place)
            if lock is not None:
                shutil.rmtree(place, ignore_errors=True)
                os.close(lock)


def _lock(folder: Path) -> int | None:
    """Hold the lock of a folder until what is returned is closed; None where there are no locks.

    Raises:
        BlockingIOError: Somebody else holds it.
    """
    if fcntl is None:
        return None
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(held)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return held


def _is_still(folder: Path, held: int) -> bool:
    try:
        return os.path.samestat(os.stat(folder), os.fstat(held))
    except FileNotFoundError:
        return False


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
    except ValueError as error:
        raise InputError(f"cannot write {target}: {error}") from error


def _shortened(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 2 * _SHOWN_PART else f"{text[:_SHOWN_PART]}...{text[-_SHOWN_PART:]}"
