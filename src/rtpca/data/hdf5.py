"""Parts of a prepared file: text, arrays and cameras in the groups of an HDF5 file.

They are read as `rtpca.files.hdf5` reads, with its errors.
"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import numpy.typing as npt

from rtpca.arrays import FloatArray
from rtpca.files.hdf5 import array_in, attributes_of, text_of

if TYPE_CHECKING:
    from torch import Tensor

    from rtpca.geometry import Camera

_CHUNK_FRAMES = 4096
_CAMERA = ("R_cam_from_world", "center_world", "focal_px", "principal_px", "size_wh")
_DISTORTION = "distortion"
_ORDER, _ORDERS = "order", ("opencv", "opencv-fisheye")
"""Of the distortion's coefficients, and so the formula they belong to. Files of version 1 do not say it:
there they are VideoPose3D's k1, k2, k3, p1, p2."""


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
    values = (camera.R_cam_from_world, camera.center_world, lens.focal_px, lens.principal_px, lens.image_size)
    for name, value in zip(_CAMERA, values, strict=True):
        group.create_dataset(name, data=_plain(value))
    if lens.distortion is not None:
        written = group.create_dataset(_DISTORTION, data=_plain(lens.distortion))
        written.attrs[_ORDER] = fixed_text(_ORDERS[lens.fisheye])


def _plain(value: Tensor) -> npt.NDArray[np.float64]:
    return np.asarray(value.detach().cpu().numpy(), dtype=np.float64)


def read_array(group: h5py.Group, name: str) -> FloatArray:
    """An array of this name as float32."""
    return np.asarray(array_in(group, name)[()], dtype=np.float32)


def read_camera(group: h5py.Group) -> Camera:
    """The camera that a group holds."""
    import torch

    from rtpca.geometry import Camera, Intrinsics
    from rtpca.geometry.lens import from_videopose3d

    def tensor(name: str) -> torch.Tensor:
        return torch.from_numpy(np.asarray(array_in(group, name)[()]))

    rotation, center, focal_px, principal_px, image_size = (tensor(name) for name in _CAMERA)
    lens = Intrinsics(focal_px, principal_px, image_size)
    if _DISTORTION in group:
        stored, coefficients = attributes_of(array_in(group, _DISTORTION)), tensor(_DISTORTION)
        order = text_of(stored[_ORDER]) if _ORDER in stored else None
        if order is None:
            if coefficients.shape != (5,):
                raise ValueError(f"{_DISTORTION} of {group.name} has shape {tuple(coefficients.shape)}")
            coefficients = from_videopose3d(coefficients[:3], coefficients[3:])
        elif order not in _ORDERS:
            raise ValueError(f"{_DISTORTION} of {group.name} is of an unknown order")
        lens = replace(lens, distortion=coefficients, fisheye=order == _ORDERS[True])
    return Camera(lens, rotation, center)
