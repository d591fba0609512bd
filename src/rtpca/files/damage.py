"""What reading the files of a stranger may raise, and how that is said in one line."""

from __future__ import annotations

import pickle
import struct
import zipfile
import zlib
from lzma import LZMAError

import numpy as np

from rtpca.errors import one_line

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
    struct.error,
)
"""From numpy and `pickle` too, of damaged or forged arrays."""

_LONGEST_REASON = 200


def reason(error: BaseException) -> str:
    """An error in one short line."""
    return one_line((str(error) or type(error).__name__).strip().splitlines()[0], _LONGEST_REASON)


def check_texts(texts: np.ndarray) -> None:
    """Refuse texts that are none: numpy takes any number for a character.

    Args:
        texts: Any array of numpy's texts, kind "U".

    Raises:
        ValueError: some hold what is no character.
    """
    codes = np.frombuffer(texts.tobytes(), dtype=np.dtype("u4").newbyteorder(texts.dtype.byteorder))
    if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any():
        raise ValueError("a text of characters that do not exist")
