"""Files: written whole or not at all; archives and pickles of strangers read without running anything."""

from __future__ import annotations

from rtpca.files.writing import write_lines, written_together, written_whole

__all__ = ["write_lines", "written_together", "written_whole"]
