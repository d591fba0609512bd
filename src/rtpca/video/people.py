"""The people of a video in 2D: decode, detect, follow.

Frames go through one at a time; what is kept of them is the keypoints, so that memory does not depend on the
pictures of a video, only (slightly) on its number of frames.
"""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Generator
from dataclasses import dataclass, field, replace

import numpy as np

from rtpca.arrays import FloatArray, ImageArray
from rtpca.errors import InputError, counted
from rtpca.keypoints import Keypoints
from rtpca.keypoints.tracks import Detection, Track, build_tracks
from rtpca.progress import Progress, in_silence
from rtpca.skeletons import Skeleton, get_skeleton
from rtpca.video.ahead import Ahead
from rtpca.video.detectors.base import Detector, PersonDetection
from rtpca.video.reader import VideoReader
from rtpca.video.timing import Timing, at_constant_rate, find_timing

_SHORTEST_S = 0.5
"""Who is seen for less is hardly a person, where others are seen for longer."""

_MOST_ADDED = 1000
"""So many times as many frames may lie on a constant rate: a camera that films one per quarter of an hour."""


@dataclass(frozen=True, eq=False)
class TrackedVideo:
    """The people of a video in 2D.

    Attributes:
        tracks: One per person, the most complete first, in the frames of the video and the pixels of the
            upright picture.
        skeleton: What their joints are.
        timing: How the video's frames lie on a constant rate.
        notes: What was found and dropped, one sentence each.
        seconds: Time that each stage took: "decode", which goes on beside the next, "detect", "track".
    """

    tracks: list[Track]
    skeleton: Skeleton
    timing: Timing
    notes: tuple[str, ...]
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    def __len__(self) -> int:
        return len(self.tracks)

    def person(self, number: int) -> Keypoints:
        """One of the people, from 1, at the constant rate."""
        track = self.tracks[number - 1].keypoints()
        points, scores = at_constant_rate(track.keypoints_px, track.scores, self.timing)
        return replace(
            track,
            keypoints_px=points,
            scores=scores,
            skeleton=self.skeleton,
            fps=float(self.timing.rate),
        )


def track_people(video: VideoReader, detector: Detector, progress: Progress = in_silence) -> TrackedVideo:
    """Find the people in a video and follow them.

    Where the frame rate varies, the keypoints are interpolated at the times of a constant rate; see
    `rtpca.video.timing`.

    Args:
        video: The video, not read yet; it is not closed.
        detector: What finds people in a picture; it is not closed.
        progress: Told how many frames are done, of about how many.

    Returns:
        The people, at least one.

    Raises:
        InputError: the video is damaged, or nobody is found in it.
    """
    times_s = array("d")
    image_size = (0, 0)
    detect_s = 0.0
    detections: list[Detection] = []
    with Ahead(video) as frames:
        for frame in frames:
            began_s = time.perf_counter()
            found = detector(frame.image, frame.time_s)
            detect_s += time.perf_counter() - began_s
            detections += (
                Detection(frame.index, joints) for joints in map(_joints, found) if (joints[:, 2] > 0).any()
            )
            if frame.index == 0:
                image_size = (frame.image.shape[1], frame.image.shape[0])
            times_s.append(frame.time_s)
            progress(len(times_s), max(video.packets, len(times_s)))
    began_s = time.perf_counter()
    timing = find_timing(times_s, video.rates)
    if timing.frames > _MOST_ADDED * len(times_s):
        raise InputError(
            f"{video.path}: its {counted(len(times_s), 'frame')} are said to take {timing.times_s[-1]:.0f} "
            f"s, so far apart that {timing.frames} would be made of them; cut it where it pauses, or show "
            f'them at a constant rate with: ffmpeg -i "{video.path}" -vf setpts=N/30/TB -r 30 steady.mp4'
        )
    tracks, notes = _people(detections, len(times_s), float(timing.rate))
    if not tracks:
        raise InputError(
            f"{video.path}: nobody was found in its {counted(len(times_s), 'frame')} by {detector.name}; "
            "people must be upright and not too small (a tenth of the picture at least)"
        )
    return TrackedVideo(
        tracks=[replace(track, image_size=image_size) for track in tracks],
        skeleton=get_skeleton(detector.skeleton),
        timing=timing,
        notes=(*_described(video, image_size, timing), _found(tracks, detector), *notes),
        seconds={"decode": frames.seconds, "detect": detect_s, "track": time.perf_counter() - began_s},
    )


def _joints(one: PersonDetection) -> FloatArray:
    """(J, 3) pixels and score."""
    joints = np.column_stack([one.keypoints_px, one.scores]).astype(np.float32)
    joints[~np.isfinite(joints).all(axis=1)] = np.nan, np.nan, 0
    return joints


def _people(detections: list[Detection], frames: int, rate: float) -> tuple[list[Track], list[str]]:
    """The tracks of those who are seen for long, and a note on the others."""
    if not detections:
        return [], []
    tracks = build_tracks(detections, frames, rate)
    shortest = min(_SHORTEST_S * rate, max(len(track.seen) for track in tracks))
    lasting = [track for track in tracks if len(track.seen) >= shortest]
    dropped = len(tracks) - len(lasting)
    what = "1 track" if dropped == 1 else f"{dropped} tracks"
    notes = [f"{what} of less than {_SHORTEST_S:g} s dropped: hardly people"] if dropped else []
    return lasting, notes


def steady_pictures(
    path: str | os.PathLike[str], timing: Timing, size_wh: tuple[int, int] | None = None
) -> Generator[ImageArray]:
    """The pictures that go with the frames of a result, one after the other; they are decoded ahead.

    Args:
        path: The video.
        timing: How its frames lie on the constant rate of the results.
        size_wh: See `VideoReader`.

    Yields:
        (H, W, 3) RGB, one per frame of the results: the nearest in time, shown again or left out where the
        video's own rate varies.

    Raises:
        InputError: the video cannot be read.
        MissingExtraError: PyAV is not installed.
    """
    wanted = iter(timing.nearest_frames().tolist())
    next_wanted = next(wanted, None)
    with VideoReader(path, size_wh) as reader, Ahead(reader) as frames:
        for frame in frames:
            while next_wanted == frame.index:
                yield frame.image
                next_wanted = next(wanted, None)


def _described(video: VideoReader, image_size: tuple[int, int], timing: Timing) -> list[str]:
    if video.is_picture:
        return [f"picture: {image_size[0]} x {image_size[1]} px, lifted as a clip of one frame"]
    rate = f"{float(timing.rate):.6g} frames per second"
    shown = f"video: {counted(len(timing.times_s), 'frame')} of {image_size[0]} x {image_size[1]} px"
    if not timing.constant:
        return [f"{shown} at a varying rate: keypoints interpolated at {rate}, {timing.frames} frames"]
    if not video.timed:
        return [
            f"{shown}",
            f"the video does not say when its frames are shown: {rate} assumed; `fps` gives others",
        ]
    return [f"{shown} at {rate}"]


def _found(tracks: list[Track], detector: Detector) -> str:
    who = counted(len(tracks), "person", "people")
    return f"{who} found by {detector.name}: " + "; ".join(track.who for track in tracks)
