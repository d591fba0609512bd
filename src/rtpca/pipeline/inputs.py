"""What is lifted: the people of a keypoint file, or those who are found and followed in a video."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rtpca.arrays import ImageArray
from rtpca.errors import InputError, counted
from rtpca.files.reading import check_file
from rtpca.geometry import Camera
from rtpca.inference import Lifter
from rtpca.keypoints import ASSUMED_FPS, Keypoints, open_keypoints
from rtpca.pipeline.events import Events
from rtpca.pipeline.options import LiftOptions

if TYPE_CHECKING:
    from rtpca.video import Detector

MOST_FRAMES_OF_PEOPLE = 5_000_000
"""Of all people of an input: each frame of each takes 0.5 kB of results, whether they are seen in it or
not."""


@dataclass(frozen=True, eq=False)
class Input:
    """The people of one input who are wanted.

    Attributes:
        people: By their number in the input, what reads them; an `InputError` if that cannot be done.
        pictures: Gives the pictures of all frames one after the other, scaled to a width and height, or None
            where there are none.
    """

    people: Mapping[int, Callable[[], Keypoints]]
    pictures: Callable[[tuple[int, int]], Generator[ImageArray]] | None = None


def read_input(
    path: Path, options: LiftOptions, lifter: Lifter, events: Events, camera: Camera | None = None
) -> Input:
    """Read a keypoint file, or find the people in a video.

    Args:
        path: A video or picture, by its ending or how it begins; everything else is read as keypoints.
        options: Who is wanted, and what the user knows better than the file.
        lifter: Who will lift them: whether an image size may be assumed, and where a detector computes.
        events: Told how far it is and what was noticed.
        camera: What filmed it, which may know the image size.

    Raises:
        RtpcaError: the file cannot be read, shows nobody, or not the person who is asked for.
    """
    from rtpca.video.container import is_video

    if path.exists() and not path.is_dir():
        check_file(path)  # whoever opens a pipe to look into it waits for ever
    if is_video(path):
        return _read_video(path, options, lifter, events)
    return _read_file(path, options, lifter, events, camera)


def _read_file(
    path: Path, options: LiftOptions, lifter: Lifter, events: Events, camera: Camera | None
) -> Input:
    file = open_keypoints(path, options.image_size)
    chosen = options.person
    numbers = _first_people(len(file), options, events) if chosen == "all" else [chosen]
    each = [file.each[min(number or 1, len(file)) - 1] for number in numbers]
    _check_amount(path, [one.frames for one in each if not isinstance(one, InputError)])
    knows_size = camera is not None and camera.intrinsics.size_wh is not None
    if options.image_size is None and not lifter.needs_image_size and not knows_size:
        file = file.in_one_image()

    def read(number: int | None) -> Keypoints:
        keypoints = file.person(number, options.skeleton)
        _check_length(keypoints.frames / (options.fps or keypoints.fps or ASSUMED_FPS), options)
        return keypoints

    return Input({number or 1: partial(read, number) for number in numbers})


def _read_video(path: Path, options: LiftOptions, lifter: Lifter, events: Events) -> Input:
    from rtpca.video import VideoReader, steady_pictures, track_people

    if options.skeleton != "auto" or options.image_size is not None:
        raise InputError(
            f"{path}: `skeleton` and `image_size` are for keypoint files; a video says its size itself, and "
            "the detector its joints"
        )
    # The video is opened first: what is wrong with it is said before a detector is loaded.
    with VideoReader(path) as reader:
        _check_length(reader.packets / float(reader.rates[0]), options)
        with (
            _detector(options, lifter, events) as finder,
            events.stage(f"finding people ({finder.name})", "frames") as progress,
        ):
            video = track_people(reader, finder, progress)
        _check_length(video.timing.frames / float(video.timing.rate), options)
    for note in video.notes:
        events.note(note)
    for stage, seconds in video.seconds.items():
        events.took(stage, seconds, len(video.timing.times_s))
    people = len(video)
    if options.person is None or options.person == "all":
        numbers = _first_people(people, options, events)
    else:
        numbers = [options.person]
        if options.person > people:
            there = f"{counted(people, 'person', 'people')} {'was' if people == 1 else 'were'}"
            raise InputError(
                f"`person` is {options.person}, but {there} found; give a number from 1 to {people}, or all"
            )
    _check_amount(path, [video.timing.frames] * len(numbers))
    return Input(
        {number: partial(video.person, number) for number in numbers},
        partial(steady_pictures, path, video.timing),
    )


def _first_people(people: int, options: LiftOptions, events: Events) -> range:
    most = people if options.max_people is None else min(people, options.max_people)
    if most < people:
        events.note(f"only the first {most} of {people} people are taken here: more with `max_people`")
    events.people(most)
    return range(1, most + 1)


def _check_length(seconds: float, options: LiftOptions) -> None:
    if seconds > options.max_seconds:
        raise InputError(
            f"the clip takes {seconds:.0f} s, and at most {options.max_seconds:.0f} s are taken here: cut "
            "it, or allow more with `max_seconds`"
        )


def _check_amount(path: Path, frames: Sequence[int]) -> None:
    """Refuse clips (so many frames of each person) that memory would hardly hold, before it is taken."""
    if sum(frames) > MOST_FRAMES_OF_PEOPLE:
        people = counted(len(frames), "person", "people")
        raise InputError(
            f"{path}: {people} in clips of up to {max(frames):,} frames: at most {MOST_FRAMES_OF_PEOPLE:,} "
            "frames of all people together are lifted at a time; take one with `person`, or cut the clip"
        )


def _detector(options: LiftOptions, lifter: Lifter, events: Events) -> AbstractContextManager[Detector]:
    """The detector; one that is loaded here is closed at the end."""
    from rtpca.video import load_detector

    if not isinstance(options.detector, str):
        return nullcontext(options.detector)
    return closing(
        load_detector(
            options.detector,
            detector_path=options.detector_model,
            pose_path=options.pose_model,
            device="cuda" if lifter.device.type == "cuda" else "cpu",
            say=events.note,
        )
    )
