"""Coordinates that are parts of a picture become pixels, where it is known how large that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.errors import InputError
from rtpca.keypoints.files.found import Found
from rtpca.keypoints.numbers import are_parts


def in_pixels(
    found: Sequence[Found], image_size: tuple[int, int] | None, path: Path, parts: bool | None = None
) -> list[Found]:
    """The same people in pixels.

    Args:
        found: Everybody, as the file has them.
        image_size: (width, height) in pixels that user or file say for all pictures; None where each says
            its own, or nobody does.
        path: The file.
        parts: Whether these are parts of the picture; None where the numbers tell.

    Raises:
        InputError: they are, and nobody says how large it is.
    """
    if not found:
        return []
    if parts is None:
        parts = all(are_parts(group) for group in _groups(found))
    if not parts:
        return list(found)
    pixels: list[Found] = []
    for one in found:
        size = one.image_size or image_size
        if size is None:
            raise InputError(
                f"{path}: the coordinates are normalised, parts of the picture from 0 to 1, and the file "
                "does not say how large that is: give the width and height of the video, `image_size`"
            )
        joints = one.joints.astype(np.float32, copy=True)
        joints[:, :2] *= np.array(size, dtype=np.float32)
        pixels.append(replace(one, joints=joints, image_size=size))
    return pixels


def _groups(found: Sequence[Found]) -> list[FloatArray]:
    """All coordinates, of bodies with as many joints each."""
    counts = sorted({len(one.joints) for one in found})
    return [np.stack([one.joints[:, :2] for one in found if len(one.joints) == count]) for count in counts]
