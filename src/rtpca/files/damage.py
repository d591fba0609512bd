"""What reading the files of a stranger may raise."""

from __future__ import annotations

import pickle
import zipfile
import zlib
from lzma import LZMAError

ARCHIVE_DAMAGE = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError, ValueError, RuntimeError)
"""From `zipfile`, of files that are damaged, cut off, encrypted or packed in an unknown way (the last two are
RuntimeErrors)."""

ARRAY_DAMAGE = (
    *ARCHIVE_DAMAGE,
    pickle.UnpicklingError,
    TypeError,
    AttributeError,
    IndexError,
    KeyError,
    ImportError,
    MemoryError,
    OverflowError,
)
"""From numpy and `pickle` too, of damaged or forged arrays."""


def reason(error: BaseException) -> str:
    """An error in one line."""
    return (str(error) or type(error).__name__).splitlines()[0]
