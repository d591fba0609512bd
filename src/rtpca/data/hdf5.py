"""Parts of a prepared file: text, arrays and cameras in the groups of an HDF5 file.

Whoever reads gets a `ValueError` or `KeyError` where something is of another kind than it should be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import numpy.typing as npt

from rtpca.arrays import FloatArray

if TYPE_CHECKING:
    from rtpca.geometry import Camera

_CHUNK_FRAMES = 4096
_CAMERA = ("R_cam_from_world", "center_world", "focal_px", "principal_px", "size_wh", "distortion")


def fixed_text(text: str) -> npt.NDArray[np.bytes_]:
    """Text of fixed length; variable-length texts live in a heap whose damage can hang the HDF5 library."""
    content = text.encode()
    return np.array(content, dtype=h5py.string_dtype("utf-8", max(len(content), 1)))


def write_array(
    group: h5py.Group, name: str, array: npt.NDArray[Any], dtype: type[np.generic] = np.float32
) -> None:
    """Write an array with checksums, so that damage is noticed when it is read."""
    chunks = (min(len(array), _CHUNK_FRAMES), *array.shape[1:])
    group.create_dataset(name, data=np.asarray(array, dtype=dtype), chunks=chunks, fletcher32=True)


def write_camera(group: h5py.Group, camera: Camera) -> None:
    """Write a camera, double precision."""
    lens = camera.intrinsics
    values = (lens.focal_px, lens.principal_px, lens.image_size, lens.distortion)
    for name, value in zip(_CAMERA, (camera.R_cam_from_world, camera.center_world, *values), strict=True):
        if value is not None:
            group.create_dataset(name, data=np.asarray(value.detach().cpu().numpy(), dtype=np.float64))


def group_in(parent: h5py.Group, name: str) -> h5py.Group:
    """The group of this name."""
    child = parent[name]
    if not isinstance(child, h5py.Group):
        raise ValueError(f"{parent.name}/{name} is no group")
    return child


def array_in(parent: h5py.Group, name: str) -> h5py.Dataset:
    """The array of this name, not read yet."""
    child = parent[name]
    if not isinstance(child, h5py.Dataset):
        raise ValueError(f"{parent.name}/{name} is no array")
    return child


def attributes_of(group: h5py.Group) -> Mapping[str, Any]:
    """The attributes of a group."""
    return dict(group.attrs)


def text_of(value: Any) -> str:
    """Text as it is stored."""
    return value.decode() if isinstance(value, bytes) else str(value)


def read_array(group: h5py.Group, name: str) -> FloatArray:
    """An array of this name as float32."""
    return np.asarray(array_in(group, name)[()], dtype=np.float32)


def read_camera(group: h5py.Group) -> Camera:
    """The camera that a group holds."""
    import torch

    from rtpca.geometry import Camera, Intrinsics

    names = _CAMERA if "distortion" in group else _CAMERA[:-1]
    rotation, center, *lens = (torch.from_numpy(np.asarray(array_in(group, name)[()])) for name in names)
    return Camera(Intrinsics(*lens), rotation, center)
