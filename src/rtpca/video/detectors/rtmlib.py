"""RTMPose through rtmlib: YOLOX finds people, RTMPose their joints. Weights are downloaded on first use."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import Any, Literal, TextIO

import numpy as np

from rtpca.arrays import ImageArray
from rtpca.checks import check_choice
from rtpca.errors import InputError
from rtpca.extras import optional_import
from rtpca.video.detectors.base import PersonDetection, box_of

Mode = Literal["performance", "balanced", "lightweight"]

_MODES = ("performance", "balanced", "lightweight")
_PURPOSE = "to find people with RTMPose"
_SKELETONS = {17: "coco17", 26: "halpe26", 133: "coco_wholebody133"}
_MIN_SCORE = 0.05
_OFFLINE = (
    "they are downloaded on first use, which needs a network; without one give local files "
    "(`detector_model`, `pose_model`), or mediapipe for `detector`"
)


class RtmlibDetector:
    """People by YOLOX, their joints by RTMPose, both run by ONNX Runtime."""

    name = "rtmlib"

    def __init__(
        self,
        mode: Mode = "balanced",
        detector_path: str | os.PathLike[str] | None = None,
        pose_path: str | os.PathLike[str] | None = None,
        device: Literal["cpu", "cuda"] = "cpu",
    ) -> None:
        """Load the networks.

        Args:
            mode: Size of the networks that are downloaded: "performance", "balanced" or "lightweight".
            detector_path: A YOLOX `.onnx` file of your own instead of the downloaded one.
            pose_path: An RTMPose (SimCC) `.onnx` file with 17 (COCO), 26 (Halpe) or 133 joints, likewise.
            device: Where to compute; "cuda" needs onnxruntime-gpu.

        Raises:
            MissingExtraError: rtmlib or onnxruntime is not installed.
            InputError: a file is missing or no such network, or the weights cannot be downloaded.
            ConfigError: there is no such mode.
        """
        check_choice("mode", mode, _MODES)
        rtmlib = optional_import("rtmlib", "rtmlib", _PURPOSE)
        optional_import("onnxruntime", "rtmlib", _PURPOSE)
        usual = rtmlib.Body.MODE[mode]
        finder, finder_wh = _network(detector_path, usual["det"], usual["det_input_size"])
        poser, poser_wh = _network(pose_path, usual["pose"], usual["pose_input_size"])
        try:
            # rtmlib says what it loads, and why a download failed: that is said once, below.
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(_Bars(sys.stderr)):
                # YOLOX takes (height, width), RTMPose (width, height).
                self._find: Any = rtmlib.YOLOX(finder, finder_wh[::-1], backend="onnxruntime", device=device)
                self._pose: Any = rtmlib.RTMPose(poser, poser_wh, backend="onnxruntime", device=device)
        except Exception as error:  # of urllib, ONNX Runtime or rtmlib, depending on what is wrong
            given = [str(path) for path in (detector_path, pose_path) if path is not None]
            reason = (str(error).splitlines() or [repr(error)])[0]
            advice = f"check {' and '.join(given)}" if given else _OFFLINE
            raise InputError(f"RTMPose's networks cannot be loaded ({reason}): {advice}") from error
        self.skeleton = _skeleton(self._pose.session)

    def __call__(self, image: ImageArray, time_s: float) -> list[PersonDetection]:
        """Find the people; see `Detector`."""
        pixels = np.ascontiguousarray(image[..., ::-1])  # rtmlib works on BGR
        boxes = np.asarray(self._find(pixels), dtype=np.float32).reshape(-1, 4)
        if not len(boxes):
            return []  # without boxes RTMPose would take the whole picture for a person
        points, scores = self._pose(pixels, bboxes=boxes)
        people: list[PersonDetection] = []
        joints = np.asarray(points, dtype=np.float32), np.asarray(scores, dtype=np.float32)
        for person, score, box in zip(*joints, boxes, strict=True):
            seen = (score >= _MIN_SCORE) & np.isfinite(person).all(axis=1)
            person[~seen], score[~seen] = np.nan, 0
            around = box_of(person, score) if not np.isfinite(box).all() else box
            people.append(PersonDetection(person, score, around))
        return people

    def close(self) -> None:
        """Give back the networks."""
        del self._find, self._pose


class _Bars(io.TextIOBase):
    """Lets the progress bar of a download through to standard error, and nothing else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str, /) -> int:
        if text.startswith("\r"):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()


def _network(
    path: str | os.PathLike[str] | None, address: str, size: tuple[int, int]
) -> tuple[str, tuple[int, int]]:
    """A network's file or address, and the (width, height) of its input."""
    if path is None:
        return address, size
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file; give an .onnx file")
    onnxruntime = optional_import("onnxruntime", "rtmlib", _PURPOSE)
    try:
        shape = (
            onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).get_inputs()[0].shape
        )
    except Exception as error:  # ONNX Runtime has many kinds of errors, without a common base
        raise InputError(f"{path}: not a network that ONNX Runtime reads; give an .onnx file") from error
    if len(shape) != 4 or not all(isinstance(side, int) for side in shape[2:]):
        raise InputError(f"{path}: its input is {shape}; needed is (1, 3, height, width) with fixed sides")
    return str(path), (shape[3], shape[2])


def _skeleton(session: Any) -> str:
    outputs = [output.shape for output in session.get_outputs()]
    joints = outputs[0][1] if len(outputs) == 2 and len(outputs[0]) == 3 else None
    if joints not in _SKELETONS:
        raise InputError(
            f"the pose network's outputs are {outputs}; needed are two of (1, J, bins) with J one of "
            f"{', '.join(map(str, _SKELETONS))} joints, as RTMPose has"
        )
    return _SKELETONS[joints]
