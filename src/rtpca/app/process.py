"""The work behind the page: a file in; poses, viewer, moving picture and exports out."""

from __future__ import annotations

import importlib.util
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rtpca.app.jobs import JobOptions, Outcome
from rtpca.inference import Lifter, LiftResult
from rtpca.keypoints.files import KEYPOINT_ENDINGS
from rtpca.pipeline import LiftedClip, LiftOptions, Outputs, lift_input
from rtpca.progress import Progress
from rtpca.video.container import VIDEO_ENDINGS

ENDINGS = (*VIDEO_ENDINGS, *KEYPOINT_ENDINGS)
"""What can be read; the page offers no others."""

_MAX_PEOPLE = 8
_LONGEST_GIF_S = 60.0  # a GIF is held in memory


class LiftProcess:
    """Lifts uploads with one set of weights, which stay loaded."""

    def __init__(self, options: LiftOptions | None = None) -> None:
        """Nothing is loaded yet.

        Args:
            options: How to read and lift; joint set, image size and frame rate are each job's own, and
                everybody is lifted up to eight people, for the page cannot ask who is meant.
        """
        self._options = replace(options or LiftOptions(), person="all", max_people=_MAX_PEOPLE)
        self._lifter: Lifter | None = None

    def load(self) -> Lifter:
        """Load the weights, once.

        Raises:
            CheckpointError: There are no such weights, or they are damaged.
            ConfigError: The device is not there, or the weights lift another skeleton.
        """
        if self._lifter is None:
            self._lifter = self._options.load_lifter()
        return self._lifter

    def __call__(self, path: Path, options: JobOptions, progress: Progress) -> Outcome:
        """See `rtpca.app.jobs.Process`."""
        progress(0, 0, "loading")
        events = _JobEvents(progress)
        wanted = replace(
            self._options,
            skeleton=options.skeleton,
            image_size=options.image_size,
            fps=options.fps,
            height_m=options.height_m,
        )
        clip = lift_input(path, wanted, lifter=self.load(), events=events)
        clip = _of_one_length(replace(clip, title=options.name), events)
        written = _outputs(options, clip.people[0]).write(clip, events=events)
        return Outcome({path.name: what for path, what in written.items()}, events.notes)


class _JobEvents:
    """See `rtpca.pipeline.Events`: stages move the job's bar, notes are kept for its end."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.notes: list[str] = []

    @contextmanager
    def stage(self, doing: str, unit: str, /) -> Generator[Progress]:
        del unit
        self._progress(0, 0, doing)
        yield lambda done, total, note="": self._progress(done, total, f"{doing}, {note}" if note else doing)

    def note(self, text: str, /) -> None:
        self.notes.append(text)

    def people(self, count: int, /) -> None:
        del count

    def took(self, stage: str, seconds: float, frames: int, /) -> None:
        del stage, seconds, frames


def _of_one_length(clip: LiftedClip, events: _JobEvents) -> LiftedClip:
    """The people as one clip: the sequences of a VideoPose3D file are clips of their own."""
    people = [person for person in clip.people if person.frames == clip.people[0].frames]
    if len(people) < len(clip.people):
        events.note(
            f"left out, as not as long as the first: {len(clip.people) - len(people)} of {len(clip.people)} "
            "sequences; rtpca lift --person N lifts each of them"
        )
    return replace(clip, people=people)


def _outputs(options: JobOptions, first: LiftResult) -> Outputs:
    moving = _motion_name(first) if options.render else None
    return Outputs(
        options.folder / "poses3d.npz",
        render=None if moving is None else options.folder / moving,
        html=options.folder / "viewer.html",
        exports=options.exports,
        ground=bool(options.exports),
    )


def _motion_name(first: LiftResult) -> str | None:
    """The moving picture's file: MP4 where that can be written, else GIF unless the clip is too long."""
    if importlib.util.find_spec("av") is not None:
        return "motion.mp4"
    return "motion.gif" if first.frames / first.fps <= _LONGEST_GIF_S else None
