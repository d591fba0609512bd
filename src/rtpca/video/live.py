"""Keypoints of one person as they come: from a camera, a video, or a keypoint file that is replayed."""

from __future__ import annotations

import platform
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from rtpca.arrays import FloatArray, ImageArray
from rtpca.checks import check_frame_rate
from rtpca.errors import InputError
from rtpca.extras import optional_import
from rtpca.keypoints import ASSUMED_FPS, read_keypoints
from rtpca.keypoints.recognise import recognise_skeleton
from rtpca.skeletons import Skeleton, get_skeleton
from rtpca.video.detectors import load_detector
from rtpca.video.reader import VideoReader, is_video
from rtpca.video.tracking import overlap

_CAMERAS = {"Linux": ("v4l2", "/dev/video{}"), "Darwin": ("avfoundation", "{}"), "Windows": ("dshow", "{}")}

Content = TypeVar("Content")
_Pictures = Iterator[tuple[float, ImageArray]]
_Joints = Iterator[tuple[float, FloatArray | None]]


@dataclass(frozen=True, eq=False)
class LiveKeypoints:
    """Keypoints of one person as they come.

    Attributes:
        frames: (time in seconds, (J, 3) pixels and scores or None for nobody) one frame at a time.
        skeleton: Joint set of the keypoints.
        image_size: (width, height) in pixels.
        notes: What was recognised, one sentence each.
    """

    frames: _Joints
    skeleton: Skeleton
    image_size: tuple[int, int]
    notes: tuple[str, ...]


def open_live(
    name: str,
    *,
    skeleton: str = "auto",
    image_size: tuple[int, int] | None = None,
    fps: float | None = None,
    detector: str = "auto",
    person: int | None = None,
    realtime: bool = False,
) -> LiveKeypoints:
    """Open what the user named.

    Args:
        name: A number for a camera, else a path of a video or of keypoints.
        skeleton: Joint set of a keypoint file.
        image_size: (width, height) in pixels, if a keypoint file does not say.
        fps: Frames per second, if a keypoint file does not say.
        detector: Which detector finds people in pictures.
        person: Which person of a keypoint file, from 1.
        realtime: Replay files at their own speed instead of as fast as it goes.

    Returns:
        The keypoints.

    Raises:
        InputError: it cannot be opened, or an option is given that is for keypoint files.
        MissingExtraError: a video or camera is given and what reads it is not installed.
    """
    video = is_video(name)
    if (name.isdigit() or video) and (skeleton, image_size, fps, person) != ("auto", None, None, None):
        raise InputError(
            f"{name}: `skeleton`, `image_size`, `fps` and `person` are for keypoint files; a video or camera "
            "says its size and times itself, and the detector its joints"
        )
    if name.isdigit():
        return _detected(_camera_pictures(int(name)), detector)
    if video:
        pictures = _video_pictures(name)
        return _detected(_paced(pictures) if realtime else pictures, detector)
    return _replayed(name, skeleton, image_size, fps, person, realtime)


def _replayed(
    name: str,
    skeleton: str,
    image_size: tuple[int, int] | None,
    fps: float | None,
    person: int | None,
    realtime: bool,
) -> LiveKeypoints:
    keypoints = read_keypoints(name, skeleton, person, image_size)
    notes = list(keypoints.notes)
    known = keypoints.fps if fps is None else fps
    rate = check_frame_rate("fps", ASSUMED_FPS if known is None else known)
    if known is None:
        notes.append(f"frame rate not given: {ASSUMED_FPS:g} frames per second assumed")
    size = image_size or keypoints.image_size
    if size is None:
        raise InputError(
            f"{name} does not say how large the image is: give `image_size` (live, it cannot be guessed)"
        )
    joint_set = keypoints.skeleton
    if joint_set is None:
        joint_set, note = recognise_skeleton(keypoints.keypoints_px, keypoints.scores)
        notes.append(note)
    content = np.concatenate([keypoints.keypoints_px, keypoints.scores[..., None]], axis=-1)
    frames = ((frame / rate, joints) for frame, joints in enumerate(content))
    return LiveKeypoints(_paced(frames) if realtime else frames, joint_set, size, tuple(notes))


def _paced(frames: Iterator[tuple[float, Content]]) -> Iterator[tuple[float, Content]]:
    """The same frames, none before its time."""
    began: float | None = None
    for time_s, content in frames:
        began = time.monotonic() - time_s if began is None else began
        time.sleep(max(0.0, began + time_s - time.monotonic()))
        yield time_s, content


def _detected(pictures: _Pictures, detector: str) -> LiveKeypoints:
    """Detect people in pictures and follow one of them."""
    first = next(pictures, None)  # what is wrong with the video is said before a detector is loaded
    if first is None:
        raise InputError("the video shows no picture")
    finder = load_detector(detector)
    height, width = first[1].shape[:2]

    def keypoints() -> Generator[tuple[float, FloatArray | None]]:
        last_box: FloatArray | None = None
        try:
            for time_s, image in _chained(first, pictures):
                people = finder(image, time_s)
                if not people:
                    yield time_s, None
                    continue
                best = max(people, key=lambda person: _likeness(person.box_px, last_box))
                last_box = best.box_px
                yield time_s, np.concatenate([best.keypoints_px, best.scores[:, None]], axis=1)
        finally:
            finder.close()

    return LiveKeypoints(
        keypoints(), get_skeleton(finder.skeleton), (width, height), (f"people found by {finder.name}",)
    )


def _chained(first: tuple[float, ImageArray], rest: _Pictures) -> _Pictures:
    yield first
    yield from rest


def _likeness(box_px: FloatArray, last_box_px: FloatArray | None) -> tuple[float, float]:
    """How likely this is the person that was followed: overlap with the last box; then the larger box."""
    area = max(0.0, float((box_px[2] - box_px[0]) * (box_px[3] - box_px[1])))
    return (0.0 if last_box_px is None else overlap(box_px, last_box_px)), area


def _video_pictures(name: str) -> _Pictures:
    with VideoReader(name) as video:
        for frame in video:
            yield frame.time_s, frame.image


def _camera_pictures(number: int) -> _Pictures:
    """Pictures of a camera as FFmpeg's libraries see it; the times are those of their arrival."""
    av = optional_import("av", "video", "to read a camera")
    form, place = _CAMERAS.get(platform.system(), _CAMERAS["Linux"])
    try:
        container = av.open(place.format(number), format=form)
    except (OSError, ValueError) as error:
        raise InputError(f"camera {number} cannot be opened: {error}") from error
    with container:
        began = time.monotonic()
        for frame in container.decode(video=0):
            yield time.monotonic() - began, frame.to_ndarray(format="rgb24")
