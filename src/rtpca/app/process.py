"""The work behind the page: a file in; poses, viewer, moving picture and exports out."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rtpca.app.jobs import JobOptions, Outcome
from rtpca.errors import InputError
from rtpca.inference import Lifter, LiftResult, lift_each
from rtpca.inference.lifter import Device
from rtpca.keypoints import ASSUMED_FPS, open_keypoints
from rtpca.outputs import Clip, save_motion, write_exports
from rtpca.progress import Progress
from rtpca.viz import save_html

VIDEO_ENDINGS = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi")
ENDINGS = (*VIDEO_ENDINGS, ".npz", ".npy", ".json")
"""What can be read; the page offers no others."""

Say = Callable[[str], None]

_MAX_PEOPLE = 8
_LONGEST_GIF_S = 60.0  # a GIF is held in memory


class LiftProcess:
    """Lifts uploads with one set of weights, which stay loaded."""

    def __init__(
        self,
        weights: str = "rtpca-s",
        device: Device = "auto",
        max_seconds: float = 600,
        detector: str = "auto",
    ) -> None:
        """Nothing is loaded yet.

        Args:
            weights: Name or path.
            device: "auto", "cpu" or "cuda".
            max_seconds: Longest clip that is taken on.
            detector: What finds people in videos; see `rtpca.video.load_detector`.
        """
        self._weights = weights
        self._device: Device = device
        self._max_seconds = max_seconds
        self._detector = detector
        self._lifter: Lifter | None = None

    def load(self) -> Lifter:
        """Load the weights, once.

        Raises:
            CheckpointError: There are no such weights, or they are damaged.
            ConfigError: The device is not there, or the weights lift another skeleton.
        """
        if self._lifter is None:
            self._lifter = Lifter.from_pretrained(self._weights, self._device)
        return self._lifter

    def __call__(self, path: Path, options: JobOptions, progress: Progress) -> Outcome:
        """See `rtpca.app.jobs.Process`."""
        progress(0, 0, "loading")
        notes: list[str] = []
        is_video = path.suffix.lower() in VIDEO_ENDINGS
        lift = self._lift_video if is_video else self._lift_keypoints
        clip = lift(path, options, progress, notes.append)
        return Outcome(write_files(clip, options, progress), notes)

    def _lift_keypoints(self, path: Path, options: JobOptions, progress: Progress, say: Say) -> Clip:
        file = open_keypoints(path)
        if not self.load().needs_image_size:
            file = file.in_one_image()

        def lift(number: int) -> LiftResult:
            note = "lifting" if len(file) == 1 else f"lifting person {number} of {len(file)}"
            progress(0, 0, note)
            keypoints = file.person(number, options.skeleton)
            self._check_length(keypoints.frames / (keypoints.fps or ASSUMED_FPS))
            return self.load()(keypoints, progress=_noted(progress, note))

        _say_of_many(len(file), say)
        lifted = lift_each(range(1, min(len(file), _MAX_PEOPLE) + 1), lift, say)
        # The sequences of a VideoPose3D file are clips of their own, not people of one clip.
        people = [person for person in lifted if person.frames == lifted[0].frames]
        if len(people) < len(lifted):
            say(
                f"left out, as not as long as the first: {len(lifted) - len(people)} of {len(lifted)} "
                "sequences; rtpca lift --person N lifts each of them"
            )
        return Clip(people, options.name)

    def _lift_video(self, path: Path, options: JobOptions, progress: Progress, say: Say) -> Clip:
        from rtpca.video import VideoReader, lift_tracks, load_detector, steady_pictures, track_video

        with VideoReader(path) as reader:
            self._check_length(reader.packets / float(reader.rates[0]))
        detector = load_detector(
            self._detector, device="cuda" if self.load().device.type == "cuda" else "cpu"
        )
        try:
            video = track_video(path, detector, _noted(progress, f"finding people ({detector.name})"))
        finally:
            detector.close()
        _say_of_many(len(video.tracks), say)
        seen_most = replace(video, tracks=video.tracks[:_MAX_PEOPLE])
        people = lift_tracks(seen_most, self.load(), progress=_noted(progress, "lifting"), say=say)
        return Clip(people, options.name, lambda: steady_pictures(path, video.timing))

    def _check_length(self, seconds: float) -> None:
        if seconds > self._max_seconds:
            raise InputError(
                f"the clip takes {seconds:.0f} s, and this page takes at most {self._max_seconds:.0f} s: cut "
                "it, start rtpca app with a larger --max-seconds, or use rtpca lift"
            )


def write_files(clip: Clip, options: JobOptions, progress: Progress) -> dict[str, str]:
    """Write everything that is asked for.

    Args:
        clip: The people.
        options: What is asked for, and where to write. Exports stand on the floor.
        progress: Called with (done, total, what is being done).

    Returns:
        File name -> what it is.
    """
    folder, people = options.folder, clip.people
    files: dict[str, str] = {}

    def stem(number: int) -> str:
        return "poses3d" if number == 1 else f"poses3d-person{number}"

    def whose(number: int) -> str:
        return "" if len(people) == 1 else f" of person {number}"

    def place(name: str, number: int) -> Path:
        progress(0, 0, f"writing {name}")
        return folder / f"{stem(number)}.{name}"

    for number, person in enumerate(people, start=1):
        person.save(folder / f"{stem(number)}.npz")
        files[f"{stem(number)}.npz"] = (
            f"3D joints{whose(number)} {person.poses3d.shape} in metres, root, confidence"
        )
    for name, number in write_exports(people, options.exports, place, grounded=True):
        files[f"{stem(number)}.{name}"] = f"{name.upper()}{whose(number)}"
    progress(0, 0, "writing the viewer")
    save_html(folder / "viewer.html", people, title=clip.title)
    files["viewer.html"] = "the viewer above, as a file"
    moving = _motion_name(people[0]) if options.render else None
    if moving is not None:
        save_motion(clip, folder / moving, _noted(progress, "drawing"))
        files[moving] = "image and skeleton, moving"
    return files


def _say_of_many(people: int, say: Say) -> None:
    if people > _MAX_PEOPLE:
        say(
            f"only the first {_MAX_PEOPLE} of {people} people are taken here; rtpca lift --person all takes "
            "everybody"
        )


def _motion_name(first: LiftResult) -> str | None:
    """The moving picture's file: MP4 where that can be written, else GIF unless the clip is too long."""
    if importlib.util.find_spec("av") is not None:
        return "motion.mp4"
    return "motion.gif" if first.frames / first.fps <= _LONGEST_GIF_S else None


def _noted(progress: Progress, note: str) -> Progress:
    """The job's progress, for work that only counts."""
    return lambda done, total, _="": progress(done, total, note)
