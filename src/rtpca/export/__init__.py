"""Files that other programs open: BVH, glTF, C3D, TRC, MOT, CSV, JSON, each from a `LiftResult`.

Every format has one module with one function, a `Save`. All of them write absolute joint positions or
rotations with y up: x to the right and z towards the camera, the camera at the origin, or, with a
`rtpca.inference.Ground`, the floor at y = 0. Other than TRC, C3D (millimetres) and BVH (centimetres), which
have habits of their own, they count in metres.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from rtpca.errors import ConfigError
from rtpca.export import opensim
from rtpca.export.angles import save_angles
from rtpca.export.bvh import save_bvh
from rtpca.export.c3d import save_c3d
from rtpca.export.csv import save_csv
from rtpca.export.gltf import save_glb
from rtpca.export.json import save_json
from rtpca.export.mot import save_mot
from rtpca.export.opensim import save_opensim
from rtpca.export.trc import save_trc
from rtpca.export.world import PathLike
from rtpca.extras import optional_import
from rtpca.inference import Ground, LiftResult

__all__ = [
    "FILLED_FORMATS",
    "FORMATS",
    "Save",
    "check_format",
    "endings_of",
    "installed_formats",
    "save_angles",
    "save_bvh",
    "save_c3d",
    "save_csv",
    "save_glb",
    "save_json",
    "save_mot",
    "save_opensim",
    "save_trc",
]


class Save(Protocol):
    """Writes one person's result into a file, whole or not at all."""

    def __call__(self, path: PathLike, result: LiftResult, ground: Ground | None = None) -> Path:
        """Write the file.

        Args:
            path: File to write; replaced if it exists.
            result: One person's poses. Frames that are not valid are written as they were filled, where the
                format has no way to say that nobody was seen.
            ground: Puts the floor at y = 0; None leaves the camera at the origin.

        Returns:
            The path.

        Raises:
            InputError: the folder cannot be written to, or the result is of another skeleton than h36m17 or
                has no frames.
        """
        ...


FORMATS: Mapping[str, Save] = {
    "angles": save_angles,
    "bvh": save_bvh,
    "c3d": save_c3d,
    "csv": save_csv,
    "glb": save_glb,
    "json": save_json,
    "mot": save_mot,
    "opensim": save_opensim,
    "trc": save_trc,
}
"""Name of a format and the function that writes it; see `endings_of` for what its files end in."""

FILLED_FORMATS = ("bvh", "glb", "mot")
"""Those that cannot say in which frames nobody was seen; such frames are written as they were filled."""

_ENDINGS: Mapping[str, tuple[str, ...]] = {"angles": (".angles.csv",), "opensim": opensim.ENDINGS}
_PACKAGES = {"c3d": "ezc3d"}
"""Package that a format needs; the extra that installs it has the name of the format."""


def endings_of(name: str) -> tuple[str, ...]:
    """What the files of a format end in; the first is that of the path that a `Save` takes."""
    return _ENDINGS.get(name, (f".{name}",))


def check_format(name: str) -> None:
    """Refuse a format before the work whose result it is to hold.

    Args:
        name: One of `FORMATS`.

    Raises:
        ConfigError: there is no such format.
        MissingExtraError: it needs a package that is not installed.
    """
    if name not in FORMATS:
        raise ConfigError(f"`export` {name!r} is not known: choose of {', '.join(FORMATS)}")
    if name in _PACKAGES:
        optional_import(_PACKAGES[name], name, f"to write .{name} files")


def installed_formats() -> tuple[str, ...]:
    """Names of the formats that can be written here, found without loading anything."""
    return tuple(
        name for name in FORMATS if name not in _PACKAGES or importlib.util.find_spec(_PACKAGES[name])
    )
