"""Pose sequences: an array together with its skeleton, frame rate, frame of reference and origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from rtpca.checks import check_axes, check_choice, check_positive, check_scores
from rtpca.errors import InputError
from rtpca.skeletons import Skeleton

FrameOfReference = Literal["world", "camera", "root-relative"]
"""World (y up), camera (x right, y down, z forward), or camera axes with the root joint at the origin."""


@dataclass(frozen=True, eq=False)
class PoseSequence2D:
    """2D keypoints of one person over time.

    Where a score is 0 or a coordinate is not finite, the keypoint is missing: it becomes NaN with score 0
    here, never a silent zero.

    Attributes:
        keypoints_px: (F, J, 2) image points in pixels, x right, y down; NaN where missing.
        scores: (F, J) scores, 0 where missing.
        skeleton: what the J joints are.
        fps: frames per second, None if unknown.
        size_wh: image width and height in pixels, None if unknown.
        source: where the keypoints come from, for messages and reports.

    Raises:
        ShapeError: an array does not fit the skeleton or the other array.
        InputError: no frames, a score below 0, or a frame rate or image size that is not above 0.
    """

    keypoints_px: npt.NDArray[np.floating]
    scores: npt.NDArray[np.floating]
    skeleton: Skeleton
    fps: float | None = None
    size_wh: tuple[int, int] | None = None
    source: str = ""

    def __post_init__(self) -> None:
        _check_frames("keypoints", self.keypoints_px, self.skeleton, coordinates=2)
        check_scores(self.scores, self.keypoints_px)
        if np.any(self.scores < 0):
            raise InputError(
                "scores hold numbers below 0: give 0 for missing keypoints, above 0 for seen ones"
            )
        _check_fps(self.fps)
        if self.size_wh is not None:
            check_positive("image width", self.size_wh[0], "pixels")
            check_positive("image height", self.size_wh[1], "pixels")
        seen = np.isfinite(self.keypoints_px).all(axis=-1) & (self.scores > 0)
        # The arrays that were handed over stay as they are.
        object.__setattr__(self, "keypoints_px", np.where(seen[..., None], self.keypoints_px, np.nan))
        object.__setattr__(self, "scores", np.where(seen, self.scores, 0))

    @property
    def num_frames(self) -> int:
        """Number of frames F."""
        return len(self.keypoints_px)


@dataclass(frozen=True, eq=False)
class PoseSequence3D:
    """3D joint positions of one person over time.

    Attributes:
        joints_m: (F, J, 3) positions in metres.
        skeleton: what the J joints are.
        fps: frames per second, None if unknown.
        frame: frame of reference of the positions.
        source: where the positions come from, for messages and reports.

    Raises:
        ShapeError: the array does not fit the skeleton.
        InputError: no frames, or a frame rate that is not above 0.
        ConfigError: there is no such frame of reference.
    """

    joints_m: npt.NDArray[np.floating]
    skeleton: Skeleton
    fps: float | None = None
    frame: FrameOfReference = "root-relative"
    source: str = ""

    def __post_init__(self) -> None:
        _check_frames("joints", self.joints_m, self.skeleton, coordinates=3)
        _check_fps(self.fps)
        check_choice("frame of reference", self.frame, get_args(FrameOfReference))

    @property
    def num_frames(self) -> int:
        """Number of frames F."""
        return len(self.joints_m)


def _check_frames(name: str, array: npt.NDArray[np.floating], skeleton: Skeleton, coordinates: int) -> None:
    hint = f"skeleton {skeleton.name} has {skeleton.num_joints} joints"
    check_axes(name, array, "F", ("J", skeleton.num_joints), coordinates, hint=hint)
    if len(array) == 0:
        raise InputError(f"{name} have no frames: give at least one")


def _check_fps(fps: float | None) -> None:
    if fps is not None:
        check_positive("frame rate", fps, "frames per second")
