"""What a detector of people is: a picture in, people with their joints out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rtpca.arrays import FloatArray, ImageArray


@dataclass(frozen=True, slots=True, eq=False)
class PersonDetection:
    """One person in one picture.

    Attributes:
        keypoints_px: (J, 2) float32 pixels; NaN where missing.
        scores: (J,) float32 on the detector's scale; 0 where missing.
        box_px: (4,) left, top, right, bottom of the person.
    """

    keypoints_px: FloatArray
    scores: FloatArray
    box_px: FloatArray


class Detector(Protocol):
    """Finds people and their joints.

    Attributes:
        name: What to call it for the user.
        skeleton: Name of the joint set that it gives.
    """

    name: str
    skeleton: str

    def __call__(self, image: ImageArray, time_s: float) -> list[PersonDetection]:
        """Find the people in one picture of a video.

        Args:
            image: (H, W, 3) uint8 RGB, upright.
            time_s: When it is shown; never earlier than that of the picture before.

        Returns:
            The people, in any order.
        """
        ...

    def close(self) -> None:
        """Give back what the detector holds."""
        ...


def box_of(keypoints_px: FloatArray, scores: FloatArray) -> FloatArray:
    """The box around the joints that are seen, 10 % larger on every side; NaN if there are none.

    Args:
        keypoints_px: (J, 2) pixels.
        scores: (J,), 0 where missing.

    Returns:
        (4,) left, top, right, bottom.
    """
    seen = keypoints_px[(scores > 0) & np.isfinite(keypoints_px).all(axis=1)]
    if not len(seen):
        return np.full(4, np.nan, dtype=np.float32)
    low, high = seen.min(axis=0), seen.max(axis=0)
    margin = 0.1 * (high - low)
    return np.concatenate([low - margin, high + margin]).astype(np.float32)
