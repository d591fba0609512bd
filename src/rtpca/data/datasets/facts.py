"""What is publicly known about Human3.6M, HumanEva-I and MPI-INF-3DHP: cameras, sizes, rates, sequences.

The numbers stand in `assets/datasets.json`, with z-up worlds and millimetres as published; here they become
cameras of y-up worlds in metres.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from rtpca.arrays import DoubleArray, FloatArray
from rtpca.geometry import Camera, Intrinsics
from rtpca.geometry.lens import from_videopose3d
from rtpca.geometry.rotation import rotation_from_quaternion

T = TypeVar("T", bound=np.floating)

_Z_UP_FROM_Y_UP = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0))


@cache
def facts(dataset: str) -> dict[str, Any]:
    """The facts about `"h36m"`, `"humaneva"` or `"mpi-inf-3dhp"`, as `assets/datasets.json` has them."""
    text = (resources.files("rtpca") / "assets" / "datasets.json").read_text(encoding="utf-8")
    return json.loads(text)[dataset]


def y_up(points: npt.NDArray[T]) -> npt.NDArray[T]:
    """Points (..., 3) of a z-up world in the y-up world that is used here: (x, y, z) becomes (x, z, -y)."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def z_up(points: npt.NDArray[T]) -> npt.NDArray[T]:
    """The inverse of `y_up`."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def h36m_cameras(subject: str) -> dict[str, Camera]:
    """Human3.6M's four cameras of a subject, by name, in the order of the 2D files.

    Args:
        subject: S1, S5, S6, S7, S8, S9 or S11; the others have no public extrinsics.

    Returns:
        Cameras with distortion, float64, y-up world, metres.
    """
    known = facts("h36m")
    cameras: dict[str, Camera] = {}
    for name, pose in known["extrinsics"][subject].items():
        lens = known["intrinsics"][name]
        radial, tangential = (
            torch.tensor(lens[kind], dtype=torch.float64) for kind in ("radial", "tangential")
        )
        pinhole = _intrinsics(lens["focal_px"], lens["principal_px"], lens["size_wh"])
        cameras[name] = _camera(pose, replace(pinhole, distortion=from_videopose3d(radial, tangential)))
    return cameras


def humaneva_cameras(subject: str) -> dict[str, Camera]:
    """HumanEva-I's three cameras of a subject (S1, S2, S3): poses are public, intrinsics are not.

    Returns:
        Cameras by name, float64, y-up world, metres; focal lengths 1 and principal points 0: they project to
        x/z, y/z. `with_intrinsics` completes them.
    """
    known = facts("humaneva")
    intrinsics = _intrinsics((1, 1), (0, 0), known["size_wh"])
    return {name: _camera(pose, intrinsics) for name, pose in known["extrinsics"][subject].items()}


def level_camera(image_size: tuple[int, int]) -> Camera:
    """A level camera at the origin of a world of its own, for truth that is given in camera axes only.

    Up is taken to be the image's upward direction. Focal lengths and principal points as in
    `humaneva_cameras`.
    """
    return Camera(
        _intrinsics((1, 1), (0, 0), image_size),
        R_cam_from_world=torch.diag(torch.tensor([1.0, -1.0, -1.0], dtype=torch.float64)),
        center_world=torch.zeros(3, dtype=torch.float64),
    )


def with_intrinsics(
    camera: Camera, focal_px: tuple[float, float], principal_px: tuple[float, float]
) -> Camera:
    """The camera with other intrinsics, without distortion."""
    width, height = camera.intrinsics.image_size.tolist()
    return replace(camera, intrinsics=_intrinsics(focal_px, principal_px, (width, height)))


def in_camera(camera: Camera, positions3d: FloatArray) -> DoubleArray:
    """World positions (F, J, 3) in the camera's axes, in double precision."""
    return camera.world_to_camera(torch.from_numpy(positions3d).double()).numpy()


def projected(camera: Camera, positions3d: FloatArray) -> DoubleArray:
    """Pixels (F, J, 2) of world positions (F, J, 3), in double precision."""
    return camera.project(camera.world_to_camera(torch.from_numpy(positions3d).double())).numpy()


def _intrinsics(
    focal_px: tuple[float, float], principal_px: tuple[float, float], image_size: tuple[float, float]
) -> Intrinsics:
    focal, principal, size = (
        torch.tensor(pair, dtype=torch.float64) for pair in (focal_px, principal_px, image_size)
    )
    return Intrinsics(focal, principal, size)


def _camera(pose: dict[str, list[float]], intrinsics: Intrinsics) -> Camera:
    turn = torch.tensor(_Z_UP_FROM_Y_UP, dtype=torch.float64)
    R_zup_from_cam = rotation_from_quaternion(torch.tensor(pose["orientation_wxyz"], dtype=torch.float64))
    center_zup = torch.tensor(pose["center_mm"], dtype=torch.float64) / 1000
    return Camera(intrinsics, R_cam_from_world=R_zup_from_cam.T @ turn, center_world=turn.T @ center_zup)
