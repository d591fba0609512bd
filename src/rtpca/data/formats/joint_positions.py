"""Read takes that are stored as joint positions in one `.npz` file.

Arrays: `positions` (N, J, 3), all takes one after another; `offsets` (takes + 1), take i is
`positions[offsets[i]:offsets[i + 1]]`; `names` and `actions` (takes); `joint_names` (J); `fps`; optionally
`performer` (takes).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rtpca.arrays import AnyFloatArray
from rtpca.data.formats.archives import MAX_UNPACKED_BYTES
from rtpca.errors import InputError
from rtpca.files.npz import read_npz

_NEEDED = ("positions", "offsets", "names", "actions", "joint_names", "fps")


@dataclass(frozen=True)
class PositionTakes:
    """All takes of a file.

    Attributes:
        positions: `(N, J, 3)`, y up, metres.
        offsets: `(takes + 1,)` first frame of every take, and N.
        names: name of every take.
        actions: action of every take.
        performers: number of the performer of every take, or "".
        joint_names: `(J,)`.
        fps: frames per second.
    """

    positions: AnyFloatArray
    offsets: tuple[int, ...]
    names: tuple[str, ...]
    actions: tuple[str, ...]
    performers: tuple[str, ...]
    joint_names: tuple[str, ...]
    fps: float


def read_joint_positions(path: Path) -> PositionTakes:
    """Read and check a file of joint positions; nothing in it is unpickled.

    Raises:
        InputError: the file is no such file, is damaged, or its arrays do not fit together.
    """
    arrays = _load(path)
    joint_names = _texts(path, "joint_names", arrays)
    names, actions = _texts(path, "names", arrays), _texts(path, "actions", arrays)
    performers = _texts(path, "performer", arrays) if "performer" in arrays else ("",) * len(names)
    positions, offsets, fps = arrays["positions"], arrays["offsets"], arrays["fps"]
    if positions.ndim != 3 or positions.shape[1:] != (len(joint_names), 3) or positions.dtype.kind != "f":
        raise InputError(
            f"{path}: 'positions' has shape {positions.shape} and type {positions.dtype}, "
            f"needed is (N, J={len(joint_names)}, 3) float"
        )
    bad = np.flatnonzero(~np.isfinite(positions).all(axis=(1, 2)))
    if bad.size:
        raise InputError(f"{path}: row {bad[0]} of 'positions' is not finite; the file is damaged")
    if offsets.ndim != 1 or offsets.dtype.kind not in "iu" or len(offsets) != len(names) + 1:
        raise InputError(
            f"{path}: 'offsets' has shape {offsets.shape}, "
            f"needed are {len(names) + 1} whole numbers for {len(names)} takes"
        )
    if offsets[0] != 0 or offsets[-1] != len(positions) or (np.diff(offsets.astype(np.int64)) <= 0).any():
        raise InputError(f"{path}: 'offsets' must rise from 0 to the {len(positions)} rows of 'positions'")
    if not len(names) == len(actions) == len(performers):
        raise InputError(
            f"{path}: {len(names)} names, {len(actions)} actions, {len(performers)} performers; "
            "they must be as many"
        )
    if len(set(names)) != len(names):
        raise InputError(f"{path}: 'names' holds a name twice; takes are found by name")
    if fps.size != 1 or fps.dtype.kind not in "iuf" or not 0 < float(fps.ravel()[0]) < 1e5:
        raise InputError(f"{path}: 'fps' must be one number above zero")
    return PositionTakes(
        positions, tuple(offsets.tolist()), names, actions, performers, joint_names, float(fps.ravel()[0])
    )


def _load(path: Path) -> dict[str, npt.NDArray[Any]]:
    arrays = read_npz(path, (*_NEEDED, "performer"), objects=False, most_bytes=MAX_UNPACKED_BYTES)
    missing = [key for key in _NEEDED if key not in arrays]
    if missing:
        raise InputError(f"{path}: has no array {missing[0]!r}; needed are {', '.join(_NEEDED)}")
    return arrays


def _texts(path: Path, name: str, arrays: dict[str, npt.NDArray[Any]]) -> tuple[str, ...]:
    array = arrays[name]
    if array.ndim != 1 or array.dtype.kind != "U":
        raise InputError(
            f"{path}: {name!r} has type {array.dtype} and shape {array.shape}, needed is a list of texts"
        )
    return tuple(str(text) for text in array)
