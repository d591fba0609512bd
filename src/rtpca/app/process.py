"""The work behind the page: a file in; poses, viewer, moving picture and exports out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rtpca.app.jobs import JobOptions, Progress
from rtpca.errors import InputError
from rtpca.inference import KeypointFile, Lifter, LiftResult, read_keypoints
from rtpca.inference.lifter import Device
from rtpca.viz import SceneRenderer, picture_size, save_gif, save_html

ENDINGS = (".npz", ".npy", ".json")
"""What can be read; the page offers no others."""

_ASSUMED_FPS = 30.0
_MAX_PEOPLE = 8
_PICTURE_WIDTH = 800


class LiftProcess:
    """Lifts uploads with one set of weights, which stay loaded."""

    def __init__(self, weights: str = "rtpca-s", device: Device = "auto", max_seconds: float = 600) -> None:
        """Nothing is loaded yet.

        Args:
            weights: Name or path.
            device: "auto", "cpu" or "cuda".
            max_seconds: Longest clip that is taken on.
        """
        self._weights = weights
        self._device: Device = device
        self._max_seconds = max_seconds
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

    def __call__(self, path: Path, options: JobOptions, progress: Progress) -> Mapping[str, str]:
        """See `rtpca.app.jobs.Process`."""
        progress(0, 0, "loading")
        people = self._people(path, options, progress)
        return write_files(people, options, progress)

    def _people(self, path: Path, options: JobOptions, progress: Progress) -> list[LiftResult]:
        first = read_keypoints(path, options.skeleton)
        self._check_length(first)
        lifter = self.load()
        people: list[LiftResult] = []
        for number in range(1, min(first.people, _MAX_PEOPLE) + 1):
            keypoints = first if number == 1 else read_keypoints(path, options.skeleton, number)
            note = "lifting" if first.people == 1 else f"lifting person {number} of {first.people}"
            people.append(
                lifter(
                    keypoints.keypoints_px,
                    image_size=keypoints.image_size,
                    fps=keypoints.fps,
                    skeleton=keypoints.skeleton,
                    scores=keypoints.scores,
                    progress=lambda done, total, note=note: progress(done, total, note),
                )
            )
        # The sequences of a VideoPose3D file are clips of their own, not people of one clip.
        return [person for person in people if person.frames == people[0].frames]

    def _check_length(self, keypoints: KeypointFile) -> None:
        seconds = len(keypoints.keypoints_px) / (keypoints.fps or _ASSUMED_FPS)
        if seconds > self._max_seconds:
            raise InputError(
                f"the clip takes {seconds:.0f} s, and this page takes at most {self._max_seconds:.0f} s: cut "
                "it, start rtpca app with a larger --max-seconds, or use rtpca lift"
            )


def write_files(people: Sequence[LiftResult], options: JobOptions, progress: Progress) -> dict[str, str]:
    """Write everything that is asked for.

    Args:
        people: Results of one clip, most complete first.
        options: What is asked for, and where to write.
        progress: Called with (done, total, what is being done).

    Returns:
        File name -> what it is.
    """
    folder = options.folder
    files: dict[str, str] = {}
    for number, person in enumerate(people, start=1):
        name = "poses3d.npz" if number == 1 else f"poses3d-person{number}.npz"
        person.save(folder / name)
        whose = "" if len(people) == 1 else f" of person {number}"
        files[name] = f"3D joints{whose} {person.poses3d.shape} in metres, root, confidence"
    progress(0, 0, "writing the viewer")
    save_html(folder / "viewer.html", people, title=options.name)
    files["viewer.html"] = "the viewer above, as a file"
    if options.render:
        size_wh = picture_size(people[0].image_size, _PICTURE_WIDTH)
        renderer = SceneRenderer(people, size_wh)
        save_gif(
            folder / "motion.gif",
            renderer,
            on_frame=lambda done, total: progress(done, total, "drawing"),
        )
        files["motion.gif"] = "keypoints and skeleton, moving"
    return files
