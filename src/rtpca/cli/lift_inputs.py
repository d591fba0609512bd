"""What `rtpca lift` reads: a keypoint file or a video, to the people in it, lifted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rtpca.cli.console import print_note
from rtpca.cli.progress import progress_bar
from rtpca.errors import InputError

if TYPE_CHECKING:
    from rtpca.inference import Lifter, LiftResult
    from rtpca.keypoints import Keypoints
    from rtpca.outputs import Clip
    from rtpca.video import TrackedVideo

_KEYPOINT_ENDINGS = (".npz", ".npy", ".json")


@dataclass(frozen=True)
class Options:
    """How to read and lift, as the command line says it.

    Attributes:
        person: Which person, from 1; "all"; or None: all of a video, the first of a keypoint file.
        skeleton: Joint set of keypoints.
        image_size: (width, height) in pixels, for keypoint files.
        fps: Frames per second, instead of what the input says.
        focal_px: Focal length in pixels.
        detector: Name of the detector of people.
        detector_model: See `RtmlibDetector`.
        pose_model: See `RtmlibDetector`.
        device: Where to compute.
        smoothing: How to smooth the result; see `smooth_result`.
    """

    person: int | Literal["all"] | None
    skeleton: str
    image_size: tuple[int, int] | None
    fps: float | None
    focal_px: float | None
    detector: str
    detector_model: Path | None
    pose_model: Path | None
    device: Literal["auto", "cpu", "cuda"]
    smoothing: Literal["none", "savgol", "kalman"] = "none"


def person_number(text: str | None) -> int | Literal["all"] | None:
    """What `--person` says.

    Raises:
        InputError: it is neither "all" nor a number from 1.
    """
    if text is None or text == "all":
        return text
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise InputError(f"--person is {text!r}: give all, or a number from 1")
    return number


def is_keypoints(path: Path) -> bool:
    """Whether an input is read as keypoints, by its name; everything else is taken for a video."""
    return path.is_dir() or path.suffix.lower() in _KEYPOINT_ENDINGS


def lift_keypoints(path: Path, lifter: Lifter, options: Options, claim: Callable[[int], None]) -> Clip:
    """Lift one or all people of a keypoint file.

    Args:
        path: The file, or folder of OpenPose frames.
        lifter: The lifter.
        options: How to read and lift.
        claim: Called with the number of people before they are lifted, so that an output of theirs that
            cannot be written ends the work here.

    Raises:
        RtpcaError: see `open_keypoints` and `Lifter`; of several people, nobody can be lifted.
    """
    from rtpca.inference import lift_each
    from rtpca.keypoints import open_keypoints
    from rtpca.outputs import Clip

    file = open_keypoints(path)
    if options.image_size is None and not lifter.needs_image_size:
        file = file.in_one_image()
    said: set[str] = set()

    def lift(number: int | None) -> LiftResult:
        one = file.person(number, options.skeleton)
        # What is said about the file is the same for all people of it.
        _say([note for note in one.notes if note not in said])
        said.update(one.notes)
        return _lift_person(one, lifter, options)

    if options.person == "all":
        claim(len(file))
        people = lift_each(range(1, len(file) + 1), lift, _say_one)
    else:
        people = [lift(options.person)]
    _say_notes(people, said)
    return Clip(people, path.stem)


def _lift_person(keypoints: Keypoints, lifter: Lifter, options: Options) -> LiftResult:
    from rtpca.inference import smooth_result

    with progress_bar("lifting", "windows") as progress:
        result = lifter(
            keypoints,
            image_size=options.image_size,
            fps=options.fps,
            focal_px=options.focal_px,
            progress=progress,
        )
    return smooth_result(result, options.smoothing)


def lift_video(path: Path, lifter: Lifter, options: Options, claim: Callable[[int], None]) -> Clip:
    """Find people in a video, follow and lift them.

    Args:
        path: The video.
        lifter: The lifter.
        options: How to read and lift.
        claim: See `lift_keypoints`.

    Raises:
        RtpcaError: see `rtpca.video`.
    """
    import time

    from rtpca.inference import smooth_result
    from rtpca.outputs import Clip
    from rtpca.video import VideoReader, lift_tracks, load_detector, steady_pictures, track_video

    if options.skeleton != "auto" or options.image_size is not None:
        raise InputError(
            f"{path}: --skeleton and --image-size are for keypoint files; a video says its size itself, "
            "and the detector its joints"
        )
    with VideoReader(path):  # what is wrong with the video is said before a detector is loaded
        pass
    detector = load_detector(
        options.detector,
        detector_path=options.detector_model,
        pose_path=options.pose_model,
        device="cuda" if options.device == "cuda" else "cpu",
        say=_say_one,
    )
    try:
        with progress_bar(f"finding people ({detector.name})", "frames") as progress:
            video = track_video(path, detector, progress)
    finally:
        detector.close()
    _say(video.notes)
    person = None if options.person == "all" else options.person
    if person is None:
        claim(len(video.tracks))
    started_s = time.perf_counter()
    with progress_bar("lifting", "windows") as progress:
        people = lift_tracks(
            video,
            lifter,
            person=person,
            fps=options.fps,
            focal_px=options.focal_px,
            progress=progress,
            say=_say_one,
        )
    lifted_s = time.perf_counter() - started_s
    people = [smooth_result(person, options.smoothing) for person in people]
    _say_notes(people)
    return Clip(
        people,
        path.stem,
        images=lambda: steady_pictures(path, video.timing),
        speeds=_speeds(video, len(people), lifted_s),
    )


def _speeds(video: TrackedVideo, people: int, lifted_s: float) -> dict[str, float]:
    frames = len(video.timing.times_s)
    stages = {stage: frames / max(seconds, 1e-9) for stage, seconds in video.seconds.items()}
    return {**stages, "lift, per person": video.timing.frames * people / max(lifted_s, 1e-9)}


def _say_notes(people: Sequence[LiftResult], said: Collection[str] = ()) -> None:
    """What was found about each person and not said yet, by the number that their files will have."""
    for number, person in enumerate(people, start=1):
        notes = [note for note in person.notes if note not in said]
        _say(notes, f"person {number}: " if len(people) > 1 else "")


def _say_one(line: str) -> None:
    _say([line])


def _say(lines: Sequence[str], before: str = "") -> None:
    for line in lines:
        print_note(before + line)
