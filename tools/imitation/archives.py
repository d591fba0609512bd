"""Pickled `.npz` files as numpy writes them: 0-dimensional object arrays that wrap dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.data.formats.archives import NOTE_ARRAY
from rtpca.files import written_whole


def save_archive(path: Path, contents: Mapping[str, Any], terms: str, compress: bool = True) -> Path:
    """Write dictionaries into an archive.

    Args:
        path: the `.npz`; its folder is made if it is not there.
        contents: dictionary by name of the array.
        terms: note that says what the file was made from.
        compress: as the published files are.

    Returns:
        The path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, np.ndarray] = {NOTE_ARRAY: np.array(terms)}
    for name, content in contents.items():
        arrays[name] = np.empty((), dtype=object)
        arrays[name][()] = content
    save = np.savez_compressed if compress else np.savez
    with written_whole(path) as scratch:
        save(scratch, **arrays)  # pyright: ignore[reportArgumentType]
    return path
