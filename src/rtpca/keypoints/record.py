"""The one record of 2D: the keypoints of one person over time, and what is known about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rtpca.arrays import BoolArray, FloatArray
from rtpca.checks import check_axes, check_focal, check_frame_rate, check_pixels, check_scores
from rtpca.errors import InputError
from rtpca.skeletons import Skeleton

ASSUMED_FPS = 30.0
"""Frames per second where nobody says how many."""


@dataclass(frozen=True, eq=False)
class Keypoints:
    """2D keypoints of one person over time: what files hold, trackers follow and lifters take.

    Where a score is 0 or a number is not finite, the keypoint is missing: it becomes NaN with score 0 here,
    never a silent zero.

    Attributes:
        keypoints_px: (F, J, 2) image points in pixels, x right, y down; NaN where missing.
        scores: (F, J) on the detector's own scale, 0 where missing.
        skeleton: What the J joints are; None where nobody said.
        fps: Frames per second; None where nobody said.
        image_size: (width, height) in pixels; None where nobody said.
        focal_px: (fx, fy) focal length in pixels; None where nobody said.
        who: Who of several people this is, for messages.
        notes: What was recognised, assumed and found missing, one sentence each.

    Raises:
        ShapeError: an array does not fit the skeleton or the other array.
        InputError: no frames, a score below 0, or a frame rate, image size or focal length that is none.

    Example:
        >>> clip = Keypoints(np.ones((2, 17, 2)), np.array([[1.0] * 16 + [0.0]] * 2), fps=25)
        >>> clip.keypoints_px[0, 16]
        array([nan, nan], dtype=float32)
    """

    keypoints_px: FloatArray
    scores: FloatArray
    skeleton: Skeleton | None = None
    fps: float | None = None
    image_size: tuple[int, int] | None = None
    focal_px: tuple[float, float] | None = None
    who: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        points = np.asarray(self.keypoints_px, dtype=np.float32)
        scores = np.asarray(self.scores, dtype=np.float32)
        if self.skeleton is None:
            check_axes("keypoints", points, "F", "J", 2)
        else:
            name, joints = self.skeleton.name, self.skeleton.num_joints
            check_axes(
                "keypoints", points, "F", ("J", joints), 2, hint=f"skeleton {name} has {joints} joints"
            )
        check_scores(scores, points)
        if len(points) == 0:
            raise InputError("keypoints have no frames: give at least one")
        if (scores < 0).any():
            raise InputError(
                "scores hold numbers below 0: give 0 for missing keypoints, above 0 for seen ones"
            )
        if self.fps is not None:
            check_frame_rate("frame rate", self.fps)
        for side in self.image_size or ():
            check_pixels("image size", side)
        for focal in self.focal_px or ():
            check_focal("focal length", focal)
        points, scores = marked(points, scores, ~(np.isfinite(points).all(axis=2) & (scores > 0)))
        object.__setattr__(self, "keypoints_px", points)
        object.__setattr__(self, "scores", scores)

    @property
    def frames(self) -> int:
        """Number of frames F."""
        return len(self.keypoints_px)


def marked(points: FloatArray, scores: FloatArray, missing: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Missing joints as NaN with score 0; the arrays that are handed over stay as they are.

    Args:
        points: (F, J, 2).
        scores: (F, J).
        missing: (F, J) which are.

    Returns:
        Copies, or the arrays themselves where they say it already: long clips are not held twice.
    """
    if (missing & ((scores != 0) | ~np.isnan(points).all(axis=2))).any():
        points = np.where(missing[..., None], np.float32(np.nan), points)
        scores = np.where(missing, np.float32(0), scores)
    return points, scores
