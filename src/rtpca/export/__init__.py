"""Files that other programs open: BVH, glTF, C3D, TRC, CSV, JSON, each from a `LiftResult`.

Every format has one module with one function, `save_<format>(path, result, ground=None)`. All of them write
absolute joint positions or rotations with y up: x to the right and z towards the camera, the camera at the
origin, or, with a `rtpca.inference.Ground`, the floor at y = 0. Other than TRC, C3D (millimetres) and BVH
(centimetres), which have habits of their own, they count in metres.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from rtpca.export.bvh import save_bvh
from rtpca.export.c3d import save_c3d
from rtpca.export.csv import save_csv
from rtpca.export.gltf import save_glb
from rtpca.export.json import save_json
from rtpca.export.trc import save_trc
from rtpca.export.world import Path, PathLike
from rtpca.inference import Ground, LiftResult

__all__ = ["FORMATS", "Save", "save_bvh", "save_c3d", "save_csv", "save_glb", "save_json", "save_trc"]


class Save(Protocol):
    """Writes one person's result into a file, whole or not at all."""

    def __call__(self, path: PathLike, result: LiftResult, ground: Ground | None = None) -> Path:
        """See the format's own module."""
        ...


FORMATS: Mapping[str, Save] = {
    "bvh": save_bvh,
    "c3d": save_c3d,
    "csv": save_csv,
    "glb": save_glb,
    "json": save_json,
    "trc": save_trc,
}
"""Name of a format, which is also the ending of its files, and the function that writes it."""
