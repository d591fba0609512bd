"""rtpca's own keypoint files: plain arrays in `.npz`, or one bare array in `.npy`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rtpca.errors import InputError, counted
from rtpca.files.npz import npz_names, read_npy_file, read_npz
from rtpca.keypoints.checked import split_scores
from rtpca.keypoints.people import People
from rtpca.keypoints.record import Keypoints

_NAMES = ("keypoints", "scores", "score", "image_size", "fps", "skeleton")
_NEEDED = (
    "keypoints (F, J, 2) in pixels or (F, J, 3) with scores, and if known image_size (2,), fps, skeleton and "
    "scores (F, J)"
)


def read_arrays(path: Path) -> People:
    """Keypoints of one person from `.npz` {keypoints[, scores, image_size, fps, skeleton]} or `.npy`.

    Raises:
        InputError: a key is missing, an array cannot be read or has the wrong shape, or there is a pickle
            inside.
    """
    if path.suffix.lower() == ".npy":
        arrays = {"keypoints": read_npy_file(path)}
    else:
        arrays = read_npz(path, _NAMES, objects=False)
    if "keypoints" not in arrays:
        there = ", ".join(npz_names(path)) or "no arrays"
        raise InputError(f"{path}: has {there}, but no 'keypoints'; needed are {_NEEDED}")
    scores = arrays.get("scores", arrays.get("score"))
    try:
        points, values, notes = split_scores(arrays.pop("keypoints"), scores)
    except InputError as error:
        raise type(error)(f"{path}: {error}") from error
    one = Keypoints(
        points,
        values,
        fps=_rate(arrays.get("fps"), path),
        image_size=_size(arrays.get("image_size"), path),
        who=counted(len(points), "frame"),
        notes=tuple(notes),
    )
    return People(path, "array file", (one,), _text(arrays.get("skeleton")), binding=True)


def _text(value: Any) -> str | None:
    if value is None or np.size(value) != 1:
        return None
    item = np.asarray(value).reshape(-1)[0]
    text = item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
    return text or None


def _size(value: Any, path: Path) -> tuple[int, int] | None:
    if value is None:
        return None
    size = np.asarray(value).reshape(-1)
    if (
        size.shape != (2,)
        or not np.issubdtype(size.dtype, np.number)
        or not (np.isfinite(size) & (size > 0)).all()
    ):
        raise InputError(f"{path}: image_size is {value!r}; needed are width and height in pixels")
    return round(float(size[0])), round(float(size[1]))


def _rate(value: Any, path: Path) -> float | None:
    if value is None:
        return None
    rate = np.asarray(value).reshape(-1)
    if (
        rate.size != 1
        or not np.issubdtype(rate.dtype, np.number)
        or not (np.isfinite(rate) & (rate > 0)).all()
    ):
        raise InputError(f"{path}: fps is {value!r}; needed is one number above zero")
    return float(rate[0])
