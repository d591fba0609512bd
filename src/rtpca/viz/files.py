"""Figures to files: one picture for the screen and one for print, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from matplotlib.figure import Figure

from rtpca.files import written_whole

# Without dates and versions the same figure gives the same bytes.
_METADATA = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None},
}


def save_figure(figure: Figure, stem: str | os.PathLike[str], dpi: int = 150) -> tuple[Path, ...]:
    """Write a figure as PNG and PDF.

    Args:
        figure: What to write.
        stem: Where to, without ending; existing files are replaced.
        dpi: Pixels per inch of the PNG.

    Returns:
        The two paths written.
    """
    written: list[Path] = []
    for kind, metadata in _METADATA.items():
        path = Path(stem).with_name(f"{Path(stem).name}.{kind}")
        with written_whole(path) as scratch:
            figure.savefig(scratch, dpi=dpi, format=kind, metadata=metadata)
        written.append(path)
    return tuple(written)
