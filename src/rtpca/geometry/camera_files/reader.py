"""One camera of a file, whatever program wrote it: told by its content."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from rtpca.checks import check_choice
from rtpca.errors import ConfigError, InputError, one_line
from rtpca.files.damage import reason
from rtpca.files.reading import read_whole
from rtpca.files.yaml_text import parse_yaml
from rtpca.geometry.camera import Camera
from rtpca.geometry.camera_files.described import cameras_of
from rtpca.geometry.camera_files.opencv import is_file_storage, plain_yaml
from rtpca.geometry.camera_files.own import is_own, own_cameras
from rtpca.geometry.camera_files.qualisys import qualisys_cameras

Unit = Literal["auto", "m", "cm", "mm"]
"""What lengths in a camera file are given in."""

_METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}
_MOST_BYTES = 1 << 22
_MOST_VALUES = 200_000
_FARTHEST_M = 100.0
_MOST_NAMES = 20
_KNOWN = (
    "cameras are read from OpenCV's YAML and JSON, the TOML of Pose2Sim, caliscope and anipose, Qualisys' "
    ".qca.txt, and our own JSON (docs/cameras.md)"
)


def read_camera(path: str | os.PathLike[str], name: str | None = None, unit: Unit = "auto") -> Camera:
    """Read a calibrated camera.

    Args:
        path: A file of OpenCV (YAML or JSON), Pose2Sim, caliscope or anipose (TOML), Qualisys (`.qca.txt`),
            or our own (JSON).
        name: Which of the cameras of the file; not needed where it has one.
        unit: What lengths in the file are in. "auto" takes Qualisys' for millimetres and all others for
            metres.

    Returns:
        The camera, double precision, in the world of the file; `placed` is false where the file does not say
        where it stands, and `image_size` NaN where it does not say that.

    Raises:
        InputError: the file cannot be read, is of another kind or damaged, holds several cameras and none is
            named, or its numbers describe no camera.
        ConfigError: there is no such unit.

    Example:
        >>> camera = read_camera("Calib.toml", "cam01")  # doctest: +SKIP
        >>> camera.intrinsics.focal_px  # doctest: +SKIP
        tensor([1681.2, 1681.1], dtype=torch.float64)
    """
    check_choice("`camera_unit`", unit, get_args(Unit))
    file = Path(path)
    content = read_whole(file, _MOST_BYTES)
    cameras, own_unit = _all_cameras(file, content)
    if not cameras:
        raise InputError(f"{file}: describes no camera; {_KNOWN}")
    camera = cameras[_chosen(file, list(cameras), name)]
    if not camera.placed:
        return camera
    metres = _METRES[own_unit if unit == "auto" else unit]
    far_m = metres * float(camera.center_world.norm())
    if far_m > _FARTHEST_M:
        raise InputError(
            f"{file}: the camera would stand {far_m:,.0f} m from the origin of its world; give the unit of "
            "its lengths as `camera_unit` (mm, cm)"
        )
    return replace(camera, center_world=metres * camera.center_world)


def _all_cameras(file: Path, content: bytes) -> tuple[Mapping[str, Camera], str]:
    """All cameras of a file by name, and the unit that its lengths are in."""
    try:
        text = content.decode("utf-8-sig").lstrip()
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not a text; {_KNOWN}") from error
    if text.startswith("<"):
        return qualisys_cameras(text, str(file)), "mm"
    tree = _tree(file, text)
    if is_own(tree):
        return own_cameras(tree, str(file)), "m"
    return cameras_of(tree, str(file)), "m"


def _tree(file: Path, text: str) -> Any:
    """Mappings, lists, numbers and texts of a file."""
    ending = file.suffix.lower()
    try:
        if text.startswith(("{", "[{")) or ending == ".json":
            return json.loads(text)
        if is_file_storage(text) or ending in (".yml", ".yaml"):
            return parse_yaml(plain_yaml(text), str(file), _MOST_VALUES)
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # JSON and TOML
        raise InputError(
            f"{file}: cannot be read as the file of a camera ({one_line(reason(error))}); {_KNOWN}"
        ) from error
    except ConfigError as error:  # YAML
        raise InputError(f"{error}; {_KNOWN}") from error


def _chosen(file: Path, names: list[str], wanted: str | None) -> str:
    """The name of the camera that is meant."""
    there = one_line(", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else ""))
    if wanted is None:
        if len(names) > 1:
            raise InputError(
                f"{file}: holds {len(names)} cameras ({there}): say which filmed this, `camera_name`"
            )
        return names[0]
    same = [name for name in names if name == wanted] or [
        name for name in names if name.casefold() == wanted.casefold()
    ]
    if len(same) != 1:
        raise InputError(f"{file}: has no camera {wanted!r}; `camera_name` can be {there}")
    return same[0]
