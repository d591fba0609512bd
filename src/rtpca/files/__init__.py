"""Files: written whole or not at all; archives and pickles of strangers read without running anything."""

from __future__ import annotations

from rtpca.files.writing import make_folder, write_lines, written_together, written_whole

__all__ = ["make_folder", "write_lines", "written_together", "written_whole"]
