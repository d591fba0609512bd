"""Our own file of cameras: JSON that says everything about them by the names of `Camera` and `Intrinsics`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from rtpca.errors import InputError, one_line
from rtpca.files import written_whole
from rtpca.geometry.camera import Camera
from rtpca.geometry.camera_files.numbers import array_of, intrinsics_of, placed, rotation_matrix

FORMAT, FORMAT_VERSION = "rtpca-cameras", 1


def write_cameras(path: str | Path, cameras: Mapping[str, Camera]) -> None:
    """Write cameras into a file that `read_camera` reads.

    Args:
        path: File to write; it appears whole or not at all.
        cameras: Single cameras by name.

    Raises:
        InputError: the file cannot be written.
    """
    content = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "unit": "m",
        "cameras": {name: _described(camera) for name, camera in cameras.items()},
    }
    with written_whole(Path(path)) as scratch:
        try:
            scratch.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error


def is_own(tree: Any) -> bool:
    """Whether a JSON file is one of these."""
    return isinstance(tree, Mapping) and cast(Mapping[Any, Any], tree).get("format") == FORMAT


def own_cameras(tree: Any, source: str) -> dict[str, Camera]:
    """All cameras of a file by name.

    Args:
        tree: What the JSON holds.
        source: What to call it in messages.

    Raises:
        InputError: it is of a newer version, or a camera is described wrongly.
    """
    if tree.get("version") != FORMAT_VERSION:
        raise InputError(
            f"{source}: has version {one_line(repr(tree.get('version')), 40)}, and this rtpca reads version "
            f"{FORMAT_VERSION}; update rtpca"
        )
    cameras = tree.get("cameras")
    if not isinstance(cameras, Mapping):
        raise InputError(f"{source}: has no `cameras` by name")
    return {
        str(name): _camera(described, f"{source}, {one_line(str(name), 80)}")
        for name, described in cast(Mapping[Any, Any], cameras).items()
    }


def _described(camera: Camera) -> dict[str, Any]:
    lens = camera.intrinsics
    described: dict[str, Any] = {
        "focal_px": lens.focal_px.tolist(),
        "principal_px": lens.principal_px.tolist(),
    }
    if bool(lens.image_size.isfinite().all()):
        described["image_size"] = lens.image_size.tolist()
    if lens.distortion is not None:
        described["distortion"] = lens.distortion.tolist()
        described["fisheye"] = lens.fisheye
    if camera.placed:
        described["R_cam_from_world"] = camera.R_cam_from_world.tolist()
        described["center_world"] = camera.center_world.tolist()
    if camera.up_world is not None:
        described["up_world"] = list(camera.up_world)
    return described


def _camera(described: Any, where: str) -> Camera:
    if not isinstance(described, Mapping):
        raise InputError(f"{where}: is no camera, which has focal_px and principal_px")
    values = {str(name): value for name, value in cast(Mapping[Any, Any], described).items()}

    def numbers(name: str, count: int) -> np.ndarray:
        found = array_of(values.get(name, []), f"{where}: {name}")
        if found.size != count:
            raise InputError(f"{where}: {name} has {found.size} numbers, needed are {count}")
        return found.reshape(-1)

    focal, principal = numbers("focal_px", 2), numbers("principal_px", 2)
    matrix = np.array([[focal[0], 0, principal[0]], [0, focal[1], principal[1]], [0, 0, 1]])
    size = None
    if "image_size" in values:
        width, height = numbers("image_size", 2).tolist()
        size = (width, height)
    lens = array_of(values["distortion"], f"{where}: distortion") if "distortion" in values else None
    intrinsics = intrinsics_of(matrix, lens, size, where, bool(values.get("fisheye", False)))
    if "center_world" not in values:
        return Camera.unplaced(intrinsics)
    R = rotation_matrix(numbers("R_cam_from_world", 9), where)
    up = None
    if "up_world" in values:
        along = numbers("up_world", 3)
        length = float(np.linalg.norm(along))
        if not (np.isfinite(length) and length > 0):
            raise InputError(f"{where}: up_world is {along.tolist()}, needed is a direction")
        x, y, z = (along / length).tolist()
        up = (x, y, z)
    camera = placed(intrinsics, R, -R @ numbers("center_world", 3), where, up)
    # As it is written, and not by way of a translation.
    return Camera(intrinsics, camera.R_cam_from_world, torch.from_numpy(numbers("center_world", 3)), up)
