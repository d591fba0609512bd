"""Change the content of a pickled archive, for tests of what readers make of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np


class RunsOnLoad:
    """Pickles to a call of `function(*args)`."""

    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


def contents_of(path: Path) -> dict:
    """The arrays of an archive that we wrote ourselves, the pickled ones as the dictionaries they wrap."""
    with np.load(path, allow_pickle=True) as archive:
        return {name: archive[name].item() for name in archive.files}


def save(path: Path, contents: dict) -> Path:
    """Write dictionaries as the published files have them."""
    np.savez(path, **{name: np.array(content, dtype=object) for name, content in contents.items()})
    return path


def changed(source: Path, target: Path, change) -> Path:
    """A copy of an archive after `change(contents)`."""
    contents = contents_of(source)
    change(contents)
    return save(target, contents)
