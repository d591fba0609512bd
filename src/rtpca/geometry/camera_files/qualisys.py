"""Cameras of Qualisys Track Manager: `.qca.txt`, an XML file.

Focal lengths and principal points are in 64ths of a pixel, places in millimetres. A camera looks along its
negative z axis, its y up; the rows of the rotation are its axes in the world, whose z usually points up.
Distortion is of OpenCV's formula; there is no fourth word for it in the file.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

import numpy as np

from rtpca.errors import InputError
from rtpca.files.damage import reason
from rtpca.geometry.camera import Camera
from rtpca.geometry.camera_files.numbers import intrinsics_of, placed

_PARTS_PER_PIXEL = 64.0
_OPENCV_AXES = np.diag([1.0, -1.0, -1.0])
_MOST_SKEW = 1e-3
_FOREIGN = "an XML file, but not the calibration of Qualisys (.qca.txt)"


def qualisys_cameras(text: str, source: str) -> dict[str, Camera]:
    """All cameras of a calibration by their serial numbers, with lengths in millimetres.

    Args:
        text: The file.
        source: What to call it in messages.

    Raises:
        InputError: it is damaged, another XML file, or a camera is described wrongly.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError(f"{source}: {_FOREIGN}: it defines words of its own, which are not read")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise InputError(f"{source}: damaged or truncated XML ({reason(error)})") from error
    calibration = root if root.tag == "calibration" else root.find("calibration")
    found = [] if calibration is None else calibration.findall("cameras/camera")
    if not found:
        hint = "; have OpenCV write YAML or JSON instead" if root.tag == "opencv_storage" else ""
        raise InputError(f"{source}: {_FOREIGN}{hint}")
    cameras: dict[str, Camera] = {}
    for number, element in enumerate(found, start=1):
        name = element.get("serial") or str(number)
        if name in cameras:
            raise InputError(f"{source}: two cameras are called {name!r}")
        if element.find("intrinsic") is None or element.find("transform") is None:
            continue  # not calibrated
        cameras[name] = _camera(element, f"{source}, {name}")
    if not cameras:
        raise InputError(f"{source}: none of its {len(found)} cameras is calibrated")
    return cameras


def _camera(element: ElementTree.Element, where: str) -> Camera:
    if element.get("viewrotation", "0") == "180":
        raise InputError(
            f"{where}: its view is turned by 180 degrees, and the file does not say whether its videos are"
        )
    inside = _attributes(element, "intrinsic", where)
    view = _attributes(element, "fov_video" if element.find("fov_video") is not None else "fov_marker", where)
    pose = _attributes(element, "transform", where)
    left, top = _number(view, "left", where), _number(view, "top", where)
    size = (_number(view, "right", where) - left + 1, _number(view, "bottom", where) - top + 1)

    def pixels(name: str) -> float:
        return _number(inside, name, where) / _PARTS_PER_PIXEL

    focal = pixels("focalLengthU"), pixels("focalLengthV")
    skew = _number(inside, "skew", where, 0.0)
    if abs(skew) > _MOST_SKEW:
        raise InputError(f"{where}: pixels that are askew (skew {skew:g}) are not lifted")
    principal = pixels("centerPointU") - left, pixels("centerPointV") - top
    # "tangental" is how the file spells it.
    names = ("radialDistortion1", "radialDistortion2", "tangentalDistortion1", "tangentalDistortion2")
    lens = [_number(inside, name, where, 0.0) for name in (*names, "radialDistortion3")]
    matrix = np.array([[focal[0], 0, principal[0]], [0, focal[1], principal[1]], [0, 0, 1]])
    rows = [[_number(pose, f"r{row}{column}", where) for column in (1, 2, 3)] for row in (1, 2, 3)]
    R = _OPENCV_AXES @ np.array(rows)
    center = np.array([_number(pose, axis, where) for axis in "xyz"])
    intrinsics = intrinsics_of(matrix, np.array(lens), size, where)
    return placed(intrinsics, R, -R @ center, where)


def _attributes(element: ElementTree.Element, name: str, where: str) -> Mapping[str, str]:
    found = element.find(name)
    if found is None:
        raise InputError(f"{where}: has no {name}; is the file whole?")
    return found.attrib


def _number(attributes: Mapping[str, str], name: str, where: str, absent: float | None = None) -> float:
    text = attributes.get(name)
    if text is None and absent is not None:
        return absent
    try:
        return float(text or "")
    except ValueError as error:
        raise InputError(f"{where}: {name} is {text!r}, needed is a number") from error
