"""Cameras described by names and numbers: files of OpenCV, ROS, Pose2Sim, caliscope and anipose are alike.

A camera is a group of values that has a camera matrix, whatever it is called; beside it stand distortion,
image size, rotation and translation. A file is one such group, or holds several by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from rtpca.errors import InputError, one_line
from rtpca.geometry.camera import Camera
from rtpca.geometry.camera_files.numbers import array_of, intrinsics_of, placed

_MATRIX = (
    *("cameramatrix", "matrix", "k", "intrinsicmatrix", "mtx", "intrinsics", "intrinsic", "camerak"),
    *("kmatrix", "m", "cammatrix"),
)
_DISTORTION = (
    *("distortioncoefficients", "distcoeffs", "distortions", "distortion", "dist", "d", "distcoef"),
    *("distcoefs", "distortioncoeffs", "distcoefficients"),
)
_ROTATION = (
    *("rotation", "r", "rvec", "rotationmatrix", "rotationvector", "rmat", "rodrigues"),
    "rot",
)
_TRANSLATION = ("translation", "t", "tvec", "translationvector", "trans")
_PROJECTION = ("p", "projectionmatrix")
_SIZE = ("size", "imagesize", "resolution", "imgsize", "framesize")
_SIDES = (("imagewidth", "imageheight"), ("width", "height"), ("framewidth", "frameheight"), ("w", "h"))
_NAME = ("name", "cameraname", "camid", "serial", "id")
_FISHEYE = ("fisheye", "fisheyemodel", "isfisheye")
_MODEL = ("distortionmodel", "cameramodel", "lensmodel")
_FISHEYE_MODELS = {"fisheye", "equidistant", "kannalabrandt", "kannalabrandt4", "opencvfisheye"}
_USUAL_MODELS = {
    *("plumbbob", "rationalpolynomial", "brown", "brownconrady", "radtan", "opencv", "pinhole", "standard"),
    *("none", "", "thinprism", "fullopencv", "perspective"),
}
# Two cameras in one group, as stereo calibration writes them: their rotation is that between the two.
_PAIRS = ("1", "2", "l", "r", "left", "right", "0")
_DEEPEST = 4

_Group = Mapping[str, Any]


def cameras_of(tree: Any, source: str) -> dict[str, Camera]:
    """All cameras that a file describes, by name, with lengths in its own unit.

    Args:
        tree: Mappings, lists, numbers and texts.
        source: What to call the file in messages.

    Raises:
        InputError: a camera is described, but wrongly; or two have one name.
    """
    cameras: dict[str, Camera] = {}
    for key, group, pair in _groups(tree, "camera", 0):
        name = one_line(str(_value(group, _NAME) if pair == "" and _value(group, _NAME) else key), 80)
        if name in cameras:
            raise InputError(f"{source}: two cameras are called {name!r}")
        cameras[name] = _camera(group, pair, f"{source}, {name}")
    return cameras


def _groups(tree: Any, key: str, depth: int) -> Iterator[tuple[str, _Group, str]]:
    """Every group with a camera matrix, its name, and which of a pair is meant ("" if there is no pair)."""
    if depth > _DEEPEST:
        return
    if isinstance(tree, list):
        for number, value in enumerate(cast(list[Any], tree)):
            if isinstance(value, Mapping):
                yield from _groups(value, str(number), depth + 1)
        return
    if not isinstance(tree, Mapping):
        return
    raw = cast(Mapping[Any, Any], tree)
    group = {_plain(str(name)): value for name, value in raw.items()}
    if any(group.get(name) is not None for name in _MATRIX):
        yield key, group, ""
        return
    pairs = [pair for pair in _PAIRS if any(group.get(name + pair) is not None for name in _MATRIX)]
    for pair in pairs:
        yield pair, group, pair
    if pairs:
        return
    for name, value in raw.items():
        if isinstance(value, Mapping | list):
            yield from _groups(value, str(name), depth + 1)


def _camera(group: _Group, pair: str, where: str) -> Camera:
    fisheye = _is_fisheye(group, where)
    matrix = array_of(_value(group, _MATRIX, pair), f"{where}: the camera matrix")
    distortion = _value(group, _DISTORTION, pair)
    intrinsics = intrinsics_of(
        matrix,
        None if distortion is None else array_of(distortion, f"{where}: distortion"),
        _size(group, where),
        where,
        fisheye,
    )
    rotation, translation = (None, None) if pair else (_value(group, _ROTATION), _value(group, _TRANSLATION))
    # ROS writes a rotation that makes stereo pictures parallel beside a projection matrix: no place.
    if translation is None and (rotation is None or _value(group, _PROJECTION) is not None):
        return Camera.unplaced(intrinsics)
    if rotation is None or translation is None:
        absent = "rotation" if rotation is None else "translation"
        raise InputError(f"{where}: has no {absent}; give both rotation and translation, or neither")
    R, t = array_of(rotation, f"{where}: rotation"), array_of(translation, f"{where}: translation")
    return placed(intrinsics, R, t, where)


def _is_fisheye(group: _Group, where: str) -> bool:
    model = _plain(str(_value(group, _MODEL) or ""))
    if model in _FISHEYE_MODELS:
        return True
    if model not in _USUAL_MODELS:
        raise InputError(f"{where}: lenses of the model {one_line(model, 40)!r} are not known")
    return bool(_value(group, _FISHEYE))


def _size(group: _Group, where: str) -> tuple[float, float] | None:
    """Width and height in pixels, or None."""
    for names in _SIDES:
        sides = [group.get(name) for name in names]
        if all(side is not None for side in sides):
            break
    else:
        size = _value(group, _SIZE)
        if size is None:
            return None
        sides = size
    values = array_of(sides, f"{where}: image size").reshape(-1)
    if values.shape != (2,):
        raise InputError(f"{where}: the image size has {values.size} numbers, needed are width and height")
    return float(values[0]), float(values[1])


def _value(group: _Group, names: tuple[str, ...], pair: str = "") -> Any:
    """The first that is there, under any of its names."""
    return next((group[name + pair] for name in names if group.get(name + pair) is not None), None)


def _plain(name: str) -> str:
    """`Camera_Matrix` and `cameraMatrix` are one name."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
