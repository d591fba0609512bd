"""Parts of a prepared file: text, arrays and cameras in the groups of an HDF5 file.

Whoever reads gets a `ValueError` or `KeyError` where something is of another kind than it should be, leads
out of the file, or claims to be larger than what is stored of it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import numpy.typing as npt

from rtpca.arrays import FloatArray

if TYPE_CHECKING:
    from rtpca.geometry import Camera

MAX_ARRAY_BYTES = 2 << 30
"""Largest array that is read: two days of 17 joints at 60 frames per second."""

_CHUNK_FRAMES = 4096
_MAX_ATTRIBUTE_BYTES = 1 << 20
_PACKING = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_LZF}
_FILTERS = {*_PACKING, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
_UNSUSPICIOUS_BYTES, _MOST_TIMES_PACKED = 1 << 26, 200
"""What unpacks to more than this many times its size is no measurement; small arrays may."""
_CAMERA = ("R_cam_from_world", "center_world", "focal_px", "principal_px", "size_wh", "distortion")


class SteadyFile(io.RawIOBase):
    """A file for the HDF5 library to write to, which does not survive that a write fails, on a full disk say.

    What fails is kept in `error`, and the library is told that all is well: so it comes to its end.
    """

    def __init__(self, path: Path) -> None:
        """Open a file, which is made if it is not there."""
        super().__init__()
        self.error: OSError | None = None
        self._file = open(path, "r+b" if path.exists() else "w+b", buffering=0)  # noqa: SIM115  # closed below

    def check(self) -> None:
        """Raise what failed, if anything did."""
        if self.error is not None:
            raise self.error

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """As of any file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of any file."""
        return self._file.tell()

    def readinto(self, buffer: Any, /) -> int:
        """As of any file; what was never written is nothing."""
        count = self._file.readinto(buffer) or 0
        if self.error is not None and count < len(buffer):
            buffer[count:] = bytes(len(buffer) - count)
            return len(buffer)
        return count

    def write(self, content: Any, /) -> int:
        """Write all of it, unless something failed."""
        left = memoryview(content)
        while len(left) and self.error is None:
            try:
                left = left[self._file.write(left) or 0 :]
            except OSError as error:
                self.error = error
        return len(memoryview(content))

    def truncate(self, size: int | None = None, /) -> int:
        """Set its length, unless something failed."""
        if self.error is None:
            try:
                return self._file.truncate(size)
            except OSError as error:
                self.error = error
        return size or 0

    def close(self) -> None:
        """Close it."""
        self._file.close()
        super().close()


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
    child = _child(parent, name)
    if not isinstance(child, h5py.Group):
        raise ValueError(f"{parent.name}/{name} is no group")
    return child


def array_in(parent: h5py.Group, name: str) -> h5py.Dataset:
    """The array of this name, not read yet."""
    child = _child(parent, name)
    if not isinstance(child, h5py.Dataset):
        raise ValueError(f"{parent.name}/{name} is no array")
    _check_stored(child)
    return child


def _child(parent: h5py.Group, name: str) -> Any:
    """What lies in a group under this name: in the group itself, and in this file."""
    if "/" in name or name in (".", ""):
        raise ValueError(f"{name!r} is no name")
    if name not in parent:
        raise KeyError(f"{parent.name} has no {name}")
    if not isinstance(parent.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"{parent.name}/{name} leads to another place or file")
    return parent[name]


def _check_stored(array: h5py.Dataset) -> None:
    """Refuse an array that is not there as it says: only as much is read as was written."""
    layout, kind = array.id.get_create_plist(), array.dtype.kind
    if array.is_virtual or layout.get_external_count():
        raise ValueError(f"the numbers of {array.name} lie in other places or files")
    if kind not in "biufS":
        raise ValueError(f"{array.name} is of type {array.dtype}")
    filters = [layout.get_filter(index)[0] for index in range(layout.get_nfilters())]
    if len(set(filters)) < len(filters) or not set(filters) <= _FILTERS:
        raise ValueError(f"{array.name} is packed in a way that is not read")
    size, stored = math.prod(array.shape) * array.dtype.itemsize, array.id.get_storage_size()
    packed = bool(_PACKING & set(filters))
    most = max(_UNSUSPICIOUS_BYTES, _MOST_TIMES_PACKED * stored) if packed else stored
    if size > min(most, MAX_ARRAY_BYTES):
        raise ValueError(f"{array.name} claims {size:,} bytes, and {stored:,} are stored of it")
    chunk = math.prod(array.chunks or ()) * array.dtype.itemsize
    if chunk > max(_UNSUSPICIOUS_BYTES, size):
        raise ValueError(f"{array.name} is stored in pieces of {chunk:,} bytes")


def attributes_of(group: h5py.Group) -> Mapping[str, Any]:
    """The attributes of a group."""
    attributes: dict[str, Any] = {}
    for name in group.attrs:
        stored = group.attrs.get_id(name)
        if math.prod(stored.shape) * stored.dtype.itemsize > _MAX_ATTRIBUTE_BYTES:
            raise ValueError(f"attribute {name} of {group.name} has the shape {stored.shape}")
        attributes[name] = group.attrs[name]
    return attributes


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
