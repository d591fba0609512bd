"""Numbers that describe a camera, checked: what they become is a camera, or one line says why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from rtpca.arrays import DoubleArray
from rtpca.checks import check_focal, check_pixels
from rtpca.errors import InputError, one_line
from rtpca.geometry.camera import Camera
from rtpca.geometry.intrinsics import Intrinsics
from rtpca.geometry.lens import COUNTS, FISHEYE_COUNT

_OFF_ROTATION = 1e-2
_MOST_SKEW = 1e-3
_TILTED_COUNT = 14


def array_of(value: Any, what: str) -> DoubleArray:
    """Numbers of a file: lists of any depth, or OpenCV's matrices of rows, cols and data.

    Raises:
        InputError: it is something else, or too few numbers for its rows and columns.
    """
    shape: tuple[int, ...] | None = None
    if isinstance(value, Mapping):
        matrix = cast(Mapping[str, Any], value)
        if not {"rows", "cols", "data"} <= set(matrix):
            raise InputError(f"{what} is no matrix: {one_line(repr(value), 80)}")
        shape = (matrix["rows"], matrix["cols"])
        value = matrix["data"]
    try:
        values = np.asarray(value)
        if values.dtype.kind not in "if":
            raise ValueError("no numbers")
        values = values.astype(np.float64)
        return values if shape is None else values.reshape(shape)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{what} is not made of numbers: {one_line(repr(value), 80)}") from error


def intrinsics_of(
    matrix: DoubleArray,
    distortion: DoubleArray | None,
    image_size: tuple[float, float] | None,
    where: str,
    fisheye: bool = False,
) -> Intrinsics:
    """What a camera is inside.

    Args:
        matrix: (3, 3) focal lengths and principal point, pixels.
        distortion: Coefficients in OpenCV's order, any shape; None or empty for none.
        image_size: Width and height in pixels; None where nobody says.
        where: What to call the camera in messages.
        fisheye: Which formula the distortion is of.

    Raises:
        InputError: the numbers describe no camera.
    """
    if matrix.shape == (9,):
        matrix = matrix.reshape(3, 3)
    if matrix.shape != (3, 3):
        raise InputError(f"{where}: the camera matrix has the shape {matrix.shape}, needed is (3, 3)")
    if not np.isfinite(matrix).all():
        raise InputError(f"{where}: the camera matrix holds something that is no number")
    if np.abs(matrix[2] - [0, 0, 1]).max() > 1e-9 or matrix[1, 0] != 0:
        raise InputError(
            f"{where}: the last row of the camera matrix is {matrix[2].tolist()}, needed is [0, 0, 1]: is it "
            "transposed?"
        )
    focal = [check_focal(f"{where}: focal length", value) for value in (matrix[0, 0], matrix[1, 1])]
    if abs(matrix[0, 1]) > _MOST_SKEW * focal[0]:
        raise InputError(f"{where}: pixels that are askew (skew {matrix[0, 1]:g}) are not lifted")
    principal = matrix[:2, 2]
    size = (float("nan"), float("nan"))
    if image_size is not None:
        size = tuple(check_pixels(f"{where}: image size", side) for side in image_size)
        if ((principal < -size[0]) | (principal > 2 * np.array(size))).any():
            raise InputError(
                f"{where}: the principal point ({principal[0]:g}, {principal[1]:g}) lies far outside of the "
                f"image of {size[0]:g} x {size[1]:g} px"
            )
    return Intrinsics(
        torch.tensor(focal, dtype=torch.float64),
        torch.from_numpy(principal.copy()),
        torch.tensor(size, dtype=torch.float64),
        _coefficients(distortion, where, fisheye),
        fisheye and distortion is not None and distortion.size > 0,
    )


def placed(
    intrinsics: Intrinsics,
    rotation: DoubleArray,
    translation: DoubleArray,
    where: str,
    up_world: tuple[float, float, float] | None = None,
) -> Camera:
    """A camera that stands in a world, by OpenCV's convention: `p_cam = R @ p_world + t`.

    Args:
        intrinsics: Its inside.
        rotation: (3, 3) matrix, or 3 numbers of a rotation vector (axis times angle).
        translation: 3 numbers, in the unit of the file.
        where: What to call the camera in messages.
        up_world: See `Camera`.

    Raises:
        InputError: the numbers are no rotation or no place.
    """
    if not (np.isfinite(rotation).all() and np.isfinite(translation).all()):
        raise InputError(f"{where}: rotation or translation hold something that is no number")
    if translation.size != 3:
        raise InputError(f"{where}: the translation has {translation.size} numbers, needed are 3")
    R = rotation_matrix(rotation, where)
    center = -R.T @ translation.reshape(3)
    return Camera(intrinsics, torch.from_numpy(R), torch.from_numpy(center), up_world)


def rotation_matrix(rotation: DoubleArray, where: str) -> DoubleArray:
    """(3, 3) out of a rotation matrix, which may be rounded, or a rotation vector.

    Raises:
        InputError: it is neither.
    """
    if rotation.size == 3:
        return Rotation.from_rotvec(rotation.reshape(3)).as_matrix()
    if rotation.size != 9:
        raise InputError(f"{where}: the rotation has {rotation.size} numbers, needed are 3 or 3 x 3")
    R = rotation.reshape(3, 3)
    u, stretch, vh = np.linalg.svd(R)
    if np.abs(stretch - 1).max() > _OFF_ROTATION:
        raise InputError(
            f"{where}: the rotation matrix stretches: its rows are not of length 1, or not square"
        )
    if np.linalg.det(R) < 0:
        raise InputError(f"{where}: the rotation matrix mirrors: an axis of the world points the other way")
    return np.ascontiguousarray(u @ vh)


def _coefficients(distortion: DoubleArray | None, where: str, fisheye: bool) -> torch.Tensor | None:
    if distortion is None or distortion.size == 0:
        return None
    flat = distortion.reshape(-1)
    if not fisheye and flat.size == _TILTED_COUNT:
        if np.abs(flat[COUNTS[-1] :]).max() > 0:
            raise InputError(f"{where}: a tilted sensor (tau_x, tau_y) is not lifted")
        flat = flat[: COUNTS[-1]]
    if not fisheye and flat.size < COUNTS[0]:  # only the first were estimated
        flat = np.pad(flat, (0, COUNTS[0] - flat.size))
    wanted = (FISHEYE_COUNT,) if fisheye else COUNTS
    if flat.size not in wanted or not np.isfinite(flat).all():
        needed = "4 of a fisheye lens" if fisheye else "4, 5, 8, 12 or 14 in OpenCV's order"
        raise InputError(
            f"{where}: distortion has {flat.size} coefficients, needed are {needed}, all numbers"
        )
    return torch.from_numpy(flat.copy()) if np.abs(flat).max() > 0 or fisheye else None
