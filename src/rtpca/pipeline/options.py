"""How a clip is read and lifted: what the command line, the page and Python users may choose."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from rtpca.checks import check_choice
from rtpca.errors import InputError
from rtpca.inference import Lifter
from rtpca.inference.lifter import Device

if TYPE_CHECKING:
    from rtpca.video import Detector

Who = int | Literal["all"] | None
Smoothing = Literal["none", "savgol", "kalman"]


@dataclass(frozen=True, kw_only=True)
class LiftOptions:
    """How to read and lift.

    Attributes:
        weights: Name of weights that ship, or a path.
        device: Where to compute.
        flip: See `Lifter`.
        average_phases: See `Lifter`.
        repair: See `Lifter`.
        refine: See `Lifter`.
        person: Which person, from 1; "all"; or None: all of a video, the first of a keypoint file.
        skeleton: Joint set of keypoints.
        image_size: (width, height) in pixels, for keypoint files.
        fps: Frames per second, instead of what the input says.
        focal_px: Focal length in pixels.
        detector: What finds people in a video: a name, see `rtpca.video.load_detector`; or one that is loaded
            already, which is not closed.
        detector_model: See `rtpca.video.load_detector`.
        pose_model: See `rtpca.video.load_detector`.
        smoothing: How to smooth the result over time; see `rtpca.inference.smooth_result`.
        max_people: So many people are lifted at most; None for everybody.
        max_seconds: Longest clip that is taken on.

    Raises:
        InputError: the person is neither "all" nor a number from 1.
        ConfigError: there is no such smoothing.
    """

    weights: str | os.PathLike[str] = "rtpca-s"
    device: Device = "auto"
    flip: bool = True
    average_phases: bool = True
    repair: bool = True
    refine: bool = False
    person: Who = None
    skeleton: str = "auto"
    image_size: tuple[int, int] | None = None
    fps: float | None = None
    focal_px: float | tuple[float, float] | None = None
    detector: str | Detector = "auto"
    detector_model: Path | None = None
    pose_model: Path | None = None
    smoothing: Smoothing = "none"
    max_people: int | None = None
    max_seconds: float = math.inf

    def __post_init__(self) -> None:
        someone = isinstance(self.person, int) and self.person >= 1
        if not someone and self.person not in (None, "all"):
            raise InputError(f"`person` is {self.person!r}: give all, or a number from 1")
        check_choice("`smoothing`", self.smoothing, get_args(Smoothing))

    def load_lifter(self) -> Lifter:
        """The lifter that these options ask for.

        Raises:
            CheckpointError: there are no such weights, or they are damaged.
            ConfigError: the device is not there, or the weights lift another skeleton.
        """
        return Lifter.from_pretrained(
            self.weights,
            self.device,
            flip=self.flip,
            average_phases=self.average_phases,
            repair=self.repair,
            refine=self.refine,
        )
