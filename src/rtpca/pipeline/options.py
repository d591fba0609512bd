"""How a clip is read and lifted: what the command line, the page and Python users may choose."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from rtpca.checks import check_choice
from rtpca.errors import ConfigError, InputError
from rtpca.geometry import Camera, read_camera
from rtpca.geometry.camera_files import Unit
from rtpca.inference import Lifter
from rtpca.inference.lifter import Device
from rtpca.metrics.stature import check_stature

if TYPE_CHECKING:
    from rtpca.video import Detector

Who = int | Literal["all"] | None
Smoothing = Literal["none", "savgol", "kalman", "joints"]


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
        height_m: Stature in metres, of everybody or by the person's number; see `Lifter`.
        camera: What filmed it: a file that `rtpca.read_camera` reads, or what it gave.
        camera_name: Which of the cameras of the file.
        camera_unit: What lengths in the file are in.
        detector: What finds people in a video: a name, see `rtpca.video.load_detector`; or one that is loaded
            already, which is not closed.
        detector_model: See `rtpca.video.load_detector`.
        pose_model: See `rtpca.video.load_detector`.
        smoothing: How to smooth the result over time; see `rtpca.inference.smooth_result`.
        max_people: So many people are lifted at most; None for everybody.
        max_seconds: Longest clip that is taken on.

    Raises:
        InputError: the person is neither "all" nor a number from 1, or a stature nobody's.
        ConfigError: there is no such smoothing, or two options say the same of the camera.
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
    height_m: float | Mapping[int, float] | None = None
    camera: str | os.PathLike[str] | Camera | None = None
    camera_name: str | None = None
    camera_unit: Unit = "auto"
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
        heights = self.height_m.items() if isinstance(self.height_m, Mapping) else [(1, self.height_m)]
        for number, height_m in heights:
            if number < 1:
                raise InputError(f"`height_m` names person {number}: people count from 1")
            if height_m is not None:
                check_stature("`height_m`", height_m)
        if self.camera is None and (self.camera_name is not None or self.camera_unit != "auto"):
            raise ConfigError("`camera_name` and `camera_unit` are about the file of a `camera`: give it too")
        if self.camera is not None and self.focal_px is not None:
            raise ConfigError("`camera` and `focal_px` both say the focal length: give one of them")

    def height_of(self, number: int) -> float | None:
        """The stature in metres of a person by number, or None."""
        return self.height_m.get(number) if isinstance(self.height_m, Mapping) else self.height_m

    def load_camera(self) -> Camera | None:
        """The camera, or None.

        Raises:
            InputError: its file cannot be read, or holds several and none is named.
        """
        if self.camera is None or isinstance(self.camera, Camera):
            return self.camera
        return read_camera(self.camera, self.camera_name, self.camera_unit)

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


def heights_of(text: str) -> float | dict[int, float]:
    """Statures as people write them: `1.78`, or `1=1.78,2=1.65` by the person's number.

    Raises:
        InputError: it is neither.

    Example:
        >>> heights_of("1.78"), heights_of("1=1.78, 2=1.65")
        (1.78, {1: 1.78, 2: 1.65})
    """
    try:
        if "=" not in text:
            return float(text)
        pairs = [part.split("=") for part in text.split(",") if part.strip()]
        heights = {int(number): float(height) for number, height in pairs}
    except ValueError as error:
        raise InputError(
            f"`height_m` is {text!r}: give metres, 1.78, or by the person's number, 1=1.78,2=1.65"
        ) from error
    if len(heights) < len(pairs):
        raise InputError(f"`height_m` is {text!r}: a person is named twice")
    return heights
