"""A video in, 3D poses of everybody in it out: decode, detect, follow, lift.

Frames go through one at a time; what is kept of them is the keypoints, so that memory does not depend on the
pictures of a video, only (slightly) on its number of frames.
"""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rtpca.errors import InputError
from rtpca.inference import Lifter, LiftResult, lift_each
from rtpca.keypoints import Keypoints
from rtpca.progress import Progress, in_silence
from rtpca.skeletons import get_skeleton
from rtpca.video.detectors.base import Detector
from rtpca.video.reader import Image, VideoReader
from rtpca.video.timing import Timing, at_constant_rate, find_timing
from rtpca.video.tracking import PersonTracker


@dataclass(frozen=True, eq=False)
class TrackedVideo:
    """The people of a video in 2D.

    Attributes:
        tracks: One per person, the most complete first, at a constant rate; the image is the upright picture.
        timing: How the video's frames lie on that rate.
        notes: What was found and dropped, one sentence each.
        seconds: Time that each stage took: "decode", "detect", "track".
    """

    tracks: list[Keypoints]
    timing: Timing
    notes: tuple[str, ...]
    seconds: dict[str, float] = field(default_factory=dict[str, float])


def track_video(
    path: str | os.PathLike[str], detector: Detector, progress: Progress = in_silence
) -> TrackedVideo:
    """Find the people in a video and follow them.

    Where the frame rate varies, the keypoints are interpolated at the times of a constant rate; see
    `rtpca.video.timing`.

    Args:
        path: The video.
        detector: What finds people in a picture; it is not closed.
        progress: Called with (frames done, frames in all, about).

    Returns:
        The people, at least one.

    Raises:
        InputError: the video cannot be read, or nobody is found in it.
        MissingExtraError: PyAV or supervision is not installed.
    """
    seconds: dict[str, float] = {"decode": 0.0, "detect": 0.0, "track": 0.0}
    times_s = array("d")
    image_size = (0, 0)
    clock = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        seconds[stage] += now - clock
        clock = now

    with VideoReader(path) as video:
        tracker = PersonTracker(float(video.rates[0]))
        clock = time.perf_counter()
        for frame in video:
            lap("decode")
            found = detector(frame.image, frame.time_s)
            lap("detect")
            tracker.update(frame.index, found)
            lap("track")
            if frame.index == 0:
                image_size = (frame.image.shape[1], frame.image.shape[0])
            times_s.append(frame.time_s)
            progress(len(times_s), max(video.packets, len(times_s)))
        timing = find_timing(times_s, video.rates)
    tracks, notes = tracker.finish(len(times_s))
    if not tracks:
        raise InputError(
            f"{path}: nobody was found in its {_counted(len(times_s))} by {detector.name}; people must be "
            "upright and not too small (a tenth of the picture at least)"
        )
    lap("track")
    return TrackedVideo(
        tracks=[_at_rate(track, timing, detector.skeleton, image_size) for track in tracks],
        timing=timing,
        notes=(_described(image_size, timing), _found(tracks, detector), *notes),
        seconds=seconds,
    )


def lift_tracks(
    video: TrackedVideo,
    lifter: Lifter,
    *,
    person: int | None = None,
    fps: float | None = None,
    focal_px: float | tuple[float, float] | None = None,
    progress: Progress = in_silence,
    say: Callable[[str], None] | None = None,
) -> list[LiftResult]:
    """Lift the people of a video; those whose keypoints do not allow it are left out.

    Args:
        video: What `track_video` gave.
        lifter: The lifter.
        person: Which person, from 1; None lifts everybody.
        fps: True frames per second, where the video plays slower or faster than it was filmed.
        focal_px: See `Lifter`.
        progress: Called with (windows done, windows in all), anew for every person.
        say: Called with one line for each person who is left out.

    Returns:
        One result per person, the most complete first, each over all frames.

    Raises:
        InputError: there is no such person, or nobody who can be lifted.
    """

    def lift(number: int) -> LiftResult:
        return lifter(video.tracks[number - 1], fps=fps, focal_px=focal_px, progress=progress)

    return lift_each(_chosen(len(video.tracks), person), lift, say)


def lift_video(
    path: str | os.PathLike[str],
    lifter: Lifter,
    detector: Detector,
    *,
    person: int | None = None,
    progress: Progress = in_silence,
) -> list[LiftResult]:
    """Lift everybody in a video: `track_video`, then `lift_tracks`.

    Args:
        path: The video.
        lifter: The lifter.
        detector: What finds people, e.g. `rtpca.video.load_detector()`.
        person: Which person, from 1; None lifts everybody.
        progress: Called with (frames done, frames in all) while people are being found.

    Returns:
        One result per person, the most complete first, each over all frames.

    Raises:
        InputError: the video cannot be read, or nobody is found in it.
        MissingExtraError: PyAV or supervision is not installed.

    Example:
        >>> lifter = rtpca.Lifter.from_pretrained("rtpca-s")  # doctest: +SKIP
        >>> people = rtpca.video.lift_video("walk.mp4", lifter, rtpca.video.load_detector())  # doctest: +SKIP
    """
    return lift_tracks(track_video(path, detector, progress), lifter, person=person)


def steady_pictures(path: str | os.PathLike[str], timing: Timing) -> Iterator[Image]:
    """The pictures that go with the frames of a result, one after the other.

    Args:
        path: The video.
        timing: How its frames lie on the constant rate of the results.

    Yields:
        (H, W, 3) RGB, one per frame of the results: the nearest in time, shown again or left out where the
        video's own rate varies.

    Raises:
        InputError: the video cannot be read.
        MissingExtraError: PyAV is not installed.
    """
    wanted = iter(timing.nearest_frames().tolist())
    next_wanted = next(wanted, None)
    with VideoReader(path) as reader:
        for frame in reader:
            while next_wanted == frame.index:
                yield frame.image
                next_wanted = next(wanted, None)


def _at_rate(track: Keypoints, timing: Timing, skeleton: str, image_size: tuple[int, int]) -> Keypoints:
    points, scores = at_constant_rate(track.keypoints_px, track.scores, timing)
    return Keypoints(
        points, scores, get_skeleton(skeleton), float(timing.rate), image_size=image_size, who=track.who
    )


def _chosen(people: int, person: int | None) -> Sequence[int]:
    if person is None:
        return range(1, people + 1)
    if not 1 <= person <= people:
        there = "1 person was" if people == 1 else f"{people} people were"
        raise InputError(f"`person` is {person}, but {there} found; give a number from 1 to {people}, or all")
    return [person]


def _described(image_size: tuple[int, int], timing: Timing) -> str:
    rate = f"{float(timing.rate):.6g} frames per second"
    shown = f"video: {_counted(len(timing.times_s))} of {image_size[0]} x {image_size[1]} px"
    if timing.constant:
        return f"{shown} at {rate}"
    return f"{shown} at a varying rate: keypoints interpolated at {rate}, {timing.frames} frames"


def _counted(frames: int) -> str:
    return "1 frame" if frames == 1 else f"{frames} frames"


def _found(tracks: list[Keypoints], detector: Detector) -> str:
    who = "1 person" if len(tracks) == 1 else f"{len(tracks)} people"
    return f"{who} found by {detector.name}: " + "; ".join(track.who for track in tracks)
