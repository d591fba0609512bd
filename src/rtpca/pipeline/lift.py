"""The one way from a file to 3D poses: read, find people, lift, smooth.

The command line, the page, `rtpca.lift_path` and whatever lifts many inputs all go through `lift_input`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtpca.arrays import ImageArray
from rtpca.errors import InputError
from rtpca.geometry import Camera
from rtpca.inference import Lifter, LiftResult, smooth_result, world_notes
from rtpca.pipeline.events import Events, Silence
from rtpca.pipeline.inputs import Input, read_input
from rtpca.pipeline.options import LiftOptions
from rtpca.progress import Progress


@dataclass(frozen=True, eq=False)
class LiftedClip:
    """The people of one input.

    Attributes:
        people: One result per person, the most complete first.
        title: What to call the clip.
        pictures: See `Input`.
    """

    people: Sequence[LiftResult]
    title: str
    pictures: Callable[[tuple[int, int]], Generator[ImageArray]] | None = None


def lift_path(
    path: str | os.PathLike[str],
    *,
    lifter: Lifter | None = None,
    events: Events | None = None,
    **options: Any,
) -> list[LiftResult]:
    """Lift the people of a video or keypoint file.

    Args:
        path: A video, or keypoints as `rtpca.read_keypoints` reads them.
        lifter: One that is loaded already; then the options that are about it (weights, device, ...) do not
            count.
        events: Told how far it is and what was noticed.
        **options: The fields of `rtpca.pipeline.LiftOptions`.

    Returns:
        One result per person, the most complete first: everybody in a video, the first of a keypoint file
        unless `person` says otherwise.

    Raises:
        RtpcaError: the file cannot be read, shows nobody, or nobody in it can be lifted.

    Example:
        >>> people = rtpca.lift_path("walk.mp4", weights="rtpca-b")  # doctest: +SKIP
        >>> people[0].poses3d.shape  # doctest: +SKIP
        (230, 17, 3)
    """
    return list(lift_input(Path(path), LiftOptions(**options), lifter=lifter, events=events).people)


def lift_input(
    path: Path,
    options: LiftOptions,
    *,
    lifter: Lifter | None = None,
    events: Events | None = None,
) -> LiftedClip:
    """Lift the people of a video or keypoint file, with what pictures and files need; see `lift_path`."""
    events = events or Silence()
    camera = options.load_camera()  # what is wrong with its file is better known before the work
    lifter = lifter or options.load_lifter()
    read = read_input(path, options, lifter, events, camera)
    _check_heights(read, options, events)
    people = _lift_people(path, read, lifter, options, camera, events)
    for note in world_notes(*people):
        events.note(note)
    return LiftedClip(people, path.stem, read.pictures)


def _check_heights(read: Input, options: LiftOptions, events: Events) -> None:
    """Statures must be those of people who are there; one stature for several people is said."""
    if isinstance(options.height_m, Mapping):
        absent = [str(number) for number in options.height_m if number not in read.people]
        if absent:
            there = ", ".join(map(str, read.people))
            raise InputError(f"`height_m` names person {', '.join(absent)}, but lifted are only {there}")
    elif options.height_m is not None and len(read.people) > 1:
        events.note(
            f"warning: all {len(read.people)} people are taken to be {options.height_m:g} m tall; by number, "
            "1=1.78,2=1.65, each gets their own"
        )


def _lift_people(
    path: Path,
    read: Input,
    lifter: Lifter,
    options: LiftOptions,
    camera: Camera | None,
    events: Events,
) -> list[LiftResult]:
    """Those who can be lifted; who cannot does not keep the others from it."""
    lifted: list[LiftResult] = []
    failures: dict[int, InputError] = {}
    # What is said about the input is the same for all people of it.
    said: set[str] = set()
    started_s = time.perf_counter()
    with events.stage("lifting", "windows") as progress:
        for number, keypoints_of in read.people.items():
            try:
                keypoints = keypoints_of()
                for note in keypoints.notes:
                    if note not in said:
                        events.note(note)
                said.update(keypoints.notes)
                with _named(path):
                    result = lifter(
                        keypoints,
                        image_size=options.image_size,
                        fps=options.fps,
                        focal_px=options.focal_px,
                        progress=_of_person(progress, number, len(read.people)),
                        height_m=options.height_of(number),
                        camera=camera,
                    )
            except InputError as error:
                failures[number] = error
            else:
                lifted.append(smooth_result(result, options.smoothing))
    if not lifted:
        raise _nobody(list(failures.values()))
    events.took("lift, per person", time.perf_counter() - started_s, sum(one.frames for one in lifted))
    for number, error in failures.items():
        moved = "" if number == max(read.people) else ", later ones move up"
        events.note(f"person {number} is left out{moved}: {error}")
    for number, person in enumerate(lifted, start=1):
        whose = f"person {number}: " if len(lifted) > 1 else ""
        for note in person.notes:
            if note not in said:
                events.note(whose + note)
    return lifted


def _of_person(progress: Progress, number: int, people: int) -> Progress:
    """Progress that says whose it is, where there are several people."""

    def told(done: int, total: int, note: str = "", /) -> None:
        progress(done, total, note if people == 1 else f"person {number} of {people}")

    return told


@contextmanager
def _named(path: Path) -> Generator[None]:
    """Errors of the lifter, which knows no files, name the one that is lifted."""
    try:
        yield
    except InputError as error:
        raise type(error)(f"{path}: {error}") from error


def _nobody(failures: Sequence[InputError]) -> InputError:
    """Why nobody is lifted: the reason that all share, or that of the first."""
    first = failures[0]
    if len({str(error) for error in failures}) == 1:
        return first
    return InputError(f"none of the {len(failures)} people can be lifted; the first: {first}")
