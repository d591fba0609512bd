"""The same frames in variants that change nothing about the pose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rtpca.extras import optional_import
from rtpca.skeletons import get_skeleton
from rtpca.video.detectors.mediapipe import MediapipeDetector

Array = npt.NDArray[np.float64]
Image = npt.NDArray[np.uint8]
TAKEN_OFF_PX = 24


@dataclass(frozen=True)
class Variant:
    """The same frames, changed.

    Attributes:
        change: What is done to a picture.
        scale: Size of the changed picture against the original.
        shift_px: Where its upper left corner lies in the original, x and y.
        mirrored: Whether left and right are exchanged.
    """

    change: Callable[[Image], Image]
    scale: float = 1.0
    shift_px: tuple[float, float] = (0.0, 0.0)
    mirrored: bool = False

    def back(self, found: Array, width: int) -> Array:
        """Keypoints (J, 3) of a changed picture in the original one."""
        result = found.copy()
        result[:, :2] = found[:, :2] / self.scale + self.shift_px
        if self.mirrored:
            result[:, 0] = width - result[:, 0]
            result = result[list(get_skeleton(MediapipeDetector.skeleton).mirror)]
        return result


def _opencv() -> Any:
    return optional_import("cv2", "mediapipe", "to change pictures")


def _resized(scale: float) -> Variant:
    def change(image: Image) -> Image:
        cv2 = _opencv()
        return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)

    return Variant(change, scale)


def _noisy(image: Image) -> Image:
    rng = np.random.default_rng(int(image[::97, ::89].sum()))
    return np.clip(image + rng.normal(0, 15, image.shape), 0, 255).astype(np.uint8)


VARIANTS = {
    "as it is": Variant(lambda image: image),
    "mirrored": Variant(lambda image: np.ascontiguousarray(image[:, ::-1]), mirrored=True),
    "smaller": _resized(0.75),
    "half": _resized(0.5),
    "cropped left": Variant(lambda image: image[:, TAKEN_OFF_PX:], shift_px=(TAKEN_OFF_PX, 0)),
    "cropped below": Variant(lambda image: image[:-TAKEN_OFF_PX, :-TAKEN_OFF_PX]),
    "blurred": Variant(lambda image: _opencv().GaussianBlur(image, (0, 0), 3.0)),
    "noisy": Variant(_noisy),
    "darker": Variant(lambda image: (image * 0.5).astype(np.uint8)),
}
