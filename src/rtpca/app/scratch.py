"""The folder of temporary files of one program, locked while it runs; the next removes what is left."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from filelock import FileLock, Timeout

from rtpca.errors import InputError

_PREFIX, _LOCK, _FILES = "rtpca-app-", "in-use", "jobs"
_MAKING_S = 60.0
"""A folder that is younger and has no lock may be one that is just being made."""


class ScratchFolder:
    """A folder for temporary files, readable by this user only.

    Attributes:
        files: Where they go.
    """

    def __init__(self) -> None:
        """Make it, and remove those of programs that have ended without doing so.

        Raises:
            InputError: no folder can be made.
        """
        try:
            place = Path(tempfile.gettempdir())
            _sweep(place)
            self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
            self.files = self._folder / _FILES
            self.files.mkdir()
            self._lock = FileLock(self._folder / _LOCK)
            self._lock.acquire()
        except OSError as error:
            raise InputError(
                f"no folder for uploads can be made ({error.strerror or error}): set TMPDIR to a folder that "
                "can be written to and has room"
            ) from error

    def remove(self) -> None:
        """Remove it with everything in it."""
        self._lock.release()
        shutil.rmtree(self._folder, ignore_errors=True)


def _sweep(place: Path) -> None:
    """Remove what programs have left that were killed: their locks have ended with them."""
    for folder in place.glob(f"{_PREFIX}*"):
        try:
            found = folder.lstat()
            ours = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
            settled = (folder / _LOCK).exists() or time.time() - found.st_mtime > _MAKING_S
            if not (stat.S_ISDIR(found.st_mode) and ours and settled):
                continue
            with FileLock(folder / _LOCK, timeout=0):
                pass
        except (OSError, Timeout):
            continue
        shutil.rmtree(folder, ignore_errors=True)
