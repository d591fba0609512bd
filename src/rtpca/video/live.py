"""Keypoints of one person as they come: from a camera, a video, or a keypoint file that is replayed."""

from __future__ import annotations

import platform
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from rtpca.arrays import FloatArray, ImageArray
from rtpca.errors import InputError
from rtpca.extras import optional_import
from rtpca.keypoints import ASSUMED_FPS, open_keypoints
from rtpca.keypoints.checked import checked_keypoints
from rtpca.keypoints.following import Follower
from rtpca.keypoints.prepare import described, prepare
from rtpca.skeletons import Skeleton, get_skeleton
from rtpca.video.container import is_video, said_plainly
from rtpca.video.detectors import load_detector
from rtpca.video.detectors.base import PersonDetection
from rtpca.video.reader import VideoReader

_CAMERAS = {"Linux": ("v4l2", "/dev/video{}"), "Darwin": ("avfoundation", "{}"), "Windows": ("dshow", "{}")}
_MIN_SCORE = 0.1

_GIVEN_UP_S = 1.0
"""Somebody who is out of sight for longer is given up, and the largest person followed."""

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
    needs_image_size: bool = False,
    camera_size: tuple[int, int] | None = None,
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
        needs_image_size: Whether a keypoint file must say how large the image is; else the extent of its
            keypoints stands in for it, as for `rtpca.Lifter`.
        camera_size: (width, height) of the pictures of the camera that filmed it, where a keypoint file does
            not say how large the image is.

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
    return _replayed(name, skeleton, image_size, fps, person, realtime, needs_image_size, camera_size)


def _replayed(
    name: str,
    skeleton: str,
    image_size: tuple[int, int] | None,
    fps: float | None,
    person: int | None,
    realtime: bool,
    needs_image_size: bool,
    camera_size: tuple[int, int] | None,
) -> LiveKeypoints:
    people = open_keypoints(name, image_size)
    if image_size is None and camera_size is None and not needs_image_size:
        people = people.in_one_image()
    one = people.person(person, skeleton)
    one = replace(one, image_size=one.image_size or camera_size)
    try:
        known = described(checked_keypoints(one, fps=fps, image_size=image_size), needs_image_size)
        # Nobody is followed live whom a clip would not show.
        prepare(known, min_score=_MIN_SCORE, max_gap_s=0, needs_image_size=False)
    except InputError as error:
        raise type(error)(f"{name}: {error}") from error
    assert known.skeleton is not None
    assert known.fps is not None
    assert known.image_size is not None
    rate = known.fps
    content = np.concatenate([known.keypoints_px, known.scores[..., None]], axis=-1)
    frames = ((frame / rate, joints) for frame, joints in enumerate(content))
    return LiveKeypoints(
        _paced(frames) if realtime else frames, known.skeleton, known.image_size, known.notes
    )


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
        followed = Followed()
        try:
            for time_s, image in _chained(first, pictures):
                one = followed.among(finder(image, time_s), time_s)
                joints = None if one is None else np.column_stack([one.keypoints_px, one.scores])
                yield time_s, joints
        finally:
            finder.close()

    return LiveKeypoints(
        keypoints(), get_skeleton(finder.skeleton), (width, height), (f"people found by {finder.name}",)
    )


def _chained(first: tuple[float, ImageArray], rest: _Pictures) -> _Pictures:
    yield first
    yield from rest


class Followed:
    """One of the people of a stream: the largest at first, then the same as long as they are not lost."""

    def __init__(self) -> None:
        self._follower = Follower(_GIVEN_UP_S * ASSUMED_FPS)
        self._identity: int | None = None
        self._last_s = 0.0

    def among(self, people: Sequence[PersonDetection], time_s: float) -> PersonDetection | None:
        """Who is followed, of the people of the next frame; None while they are out of sight."""
        seen = [one for one in people if (one.scores > 0).any()]
        if not seen:
            return None
        places = np.stack([np.where(one.scores[:, None] > 0, one.keypoints_px, np.nan) for one in seen])
        identities = self._follower.update(time_s * ASSUMED_FPS, places.astype(np.float64))
        if self._identity is None or time_s - self._last_s > _GIVEN_UP_S:
            largest = max(range(len(seen)), key=lambda index: _area(seen[index].box_px))
            self._identity = identities[largest]
        if self._identity not in identities:
            return None
        self._last_s = time_s
        return seen[identities.index(self._identity)]


def _area(box_px: FloatArray) -> float:
    return max(0.0, float((box_px[2] - box_px[0]) * (box_px[3] - box_px[1])))


def _video_pictures(name: str) -> _Pictures:
    last_s = -1.0
    with VideoReader(name) as video:
        for frame in video:
            if frame.time_s > last_s:  # some files show several frames at one time
                yield frame.time_s, frame.image
                last_s = frame.time_s


def _camera_pictures(number: int) -> _Pictures:
    """Pictures of a camera as FFmpeg's libraries see it; the times are those of their arrival."""
    av = optional_import("av", "video", "to read a camera")
    form, place = _CAMERAS.get(platform.system(), _CAMERAS["Linux"])
    try:
        container = av.open(place.format(number), format=form)
    except (OSError, ValueError) as error:
        raise InputError(f"camera {number} cannot be opened: {error}") from error
    with container, said_plainly(av, Path(f"camera {number}")):
        began = time.monotonic()
        for frame in container.decode(video=0):
            yield time.monotonic() - began, frame.to_ndarray(format="rgb24")
