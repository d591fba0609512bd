"""MediaPipe's pose landmarker for several people, with the models that its wheel carries, without downloads.

The wheels below 0.10.30 hold the two networks, but not the bundle that the Tasks API reads. The bundle is
made once and kept in the user's cache: each network gets its input's normalisation as metadata, and both go
into a `.task` file.
"""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import FloatArray, ImageArray
from rtpca.errors import InputError, MissingExtraError
from rtpca.extras import install_command, optional_import
from rtpca.files import make_folder, written_whole
from rtpca.video.detectors.base import PersonDetection, box_of

MOST_PEOPLE = 4
_NETWORKS = {
    # name in the bundle: file in the wheel, mean and standard deviation of the input
    "pose_detector.tflite": ("modules/pose_detection/pose_detection.tflite", 127.5, 127.5),
    "pose_landmarks_detector.tflite": ("modules/pose_landmark/pose_landmark_full.tflite", 0.0, 255.0),
}
_PURPOSE = "to find people with MediaPipe"
_FEWEST_SEEN = 4
_SEEN = 0.1


class MediapipeDetector:
    """MediaPipe's 33 landmarks of several people, followed from frame to frame by MediaPipe itself."""

    name = "mediapipe"
    skeleton = "mediapipe33"

    def __init__(self, most_people: int = MOST_PEOPLE, min_confidence: float = 0.5) -> None:
        """Load the networks.

        Args:
            most_people: At most so many people are found in a picture.
            min_confidence: Below this confidence, 0 to 1, there is no person.

        Raises:
            MissingExtraError: mediapipe is not installed, or so new that it carries no models.
            InputError: the cache folder cannot be written to.
        """
        if most_people < 1:
            raise InputError(f"the most people to find are {most_people!r}; give a whole number above zero")
        os.environ.setdefault("GLOG_minloglevel", "2")
        mediapipe = optional_import("mediapipe", "mediapipe", _PURPOSE)
        self._mediapipe: Any = mediapipe
        self._last_ms = -1
        self._quiet_frames = 2
        bundle = task_file()
        vision = mediapipe.tasks.vision
        options = vision.PoseLandmarkerOptions(
            base_options=mediapipe.tasks.BaseOptions(model_asset_path=str(bundle)),
            running_mode=vision.RunningMode.VIDEO,
            num_poses=most_people,
            min_pose_detection_confidence=min_confidence,
            min_pose_presence_confidence=min_confidence,
            min_tracking_confidence=min_confidence,
        )
        with _quiet():
            self._landmarker: Any = vision.PoseLandmarker.create_from_options(options)

    def __call__(self, image: ImageArray, time_s: float) -> list[PersonDetection]:
        """Find the people; see `Detector`."""
        # MediaPipe wants whole milliseconds that grow with every picture.
        self._last_ms = max(self._last_ms + 1, round(1000 * time_s))
        picture = self._mediapipe.Image(
            image_format=self._mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(image)
        )
        if self._quiet_frames:
            self._quiet_frames -= 1
            with _quiet():
                found = self._landmarker.detect_for_video(picture, self._last_ms)
        else:
            found = self._landmarker.detect_for_video(picture, self._last_ms)
        image_size = np.array([image.shape[1], image.shape[0]], dtype=np.float32)
        people = (_person(landmarks, image_size) for landmarks in found.pose_landmarks)
        return [person for person in people if person is not None]

    def close(self) -> None:
        """Give back the networks."""
        with _quiet():
            self._landmarker.close()


def _person(landmarks: Any, image_size: FloatArray) -> PersonDetection | None:
    values = np.array([(mark.x, mark.y, mark.visibility) for mark in landmarks], dtype=np.float32)
    points, scores = values[:, :2] * image_size, values[:, 2].copy()
    # What lies outside of the picture is a guess.
    outside = (points < 0).any(axis=1) | (points > image_size).any(axis=1)
    scores[outside | ~np.isfinite(points).all(axis=1)] = 0
    points[scores <= 0] = np.nan
    if (scores > _SEEN).sum() < _FEWEST_SEEN:
        return None
    return PersonDetection(points, scores, box_of(points, np.where(scores > _SEEN, scores, 0)))


def task_file() -> Path:
    """The bundle of both networks in the user's cache folder; made on first use.

    Raises:
        MissingExtraError: the installed mediapipe carries no models.
        InputError: the cache folder cannot be written to.
    """
    mediapipe = optional_import("mediapipe", "mediapipe", _PURPOSE)
    platformdirs = optional_import("platformdirs", "mediapipe", _PURPOSE)
    root = Path(mediapipe.__file__).parent
    missing = [name for name, _, _ in _NETWORKS.values() if not (root / name).is_file()]
    if missing:
        raise MissingExtraError(
            f"mediapipe {mediapipe.__version__} does not carry its models; versions below 0.10.30 do: "
            f"{install_command('mediapipe')}"
        )
    target = Path(platformdirs.user_cache_dir("rtpca")) / f"pose-full-mediapipe-{mediapipe.__version__}.task"
    if target.is_file():
        return target
    make_folder(target.parent)
    writer = optional_import(
        "mediapipe.tasks.python.metadata.metadata_writers.metadata_writer", "mediapipe", _PURPOSE
    )
    with written_whole(target) as scratch, zipfile.ZipFile(scratch, "w", zipfile.ZIP_STORED) as bundle:
        for name, (source, mean, deviation) in _NETWORKS.items():
            network = writer.MetadataWriter.create(bytearray((root / source).read_bytes()))
            network.add_image_input([mean], [deviation])
            content, _ = network.populate()
            bundle.writestr(name, bytes(content))
    return target


@contextmanager
def _quiet() -> Generator[None]:
    """Send what MediaPipe's C++ writes to standard error while it starts nowhere."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
