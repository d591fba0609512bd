"""What reading an archive from a stranger may raise."""

from __future__ import annotations

import zipfile
import zlib
from lzma import LZMAError

ARCHIVE_DAMAGE = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError, ValueError, RuntimeError)
"""From `zipfile`, of files that are damaged, cut off, encrypted or packed in an unknown way (the last two are
RuntimeErrors)."""
