"""Human3.6M as VideoPose3D's files have it: `data_3d_h36m.npz` and one `data_2d_h36m_*.npz` as 2D input."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rtpca.data.attribution import Attribution
from rtpca.data.datasets.facts import facts, h36m_cameras, y_up
from rtpca.data.datasets.options import PrepareOptions
from rtpca.data.datasets.reader import DatasetReader, PrepareReport, Take
from rtpca.data.datasets.subject_splits import subject_splits
from rtpca.data.formats.archives import (
    NOTE_ARRAY,
    finite_metres,
    imitation_terms,
    named_entries,
    points_of,
    read_archive,
)
from rtpca.data.formats.videopose3d import Keypoints2D, find_pair, read_keypoints2d
from rtpca.data.recording import Recording

ATTRIBUTION = Attribution(
    source="h36m",
    title="Human3.6M",
    licence="Human3.6M licence agreement: academic use only, no redistribution",
    citation=(
        "C. Ionescu, D. Papava, V. Olaru, C. Sminchisescu: Human3.6M: Large Scale Datasets and Predictive "
        "Methods for 3D Human Sensing in Natural Environments, IEEE TPAMI 36(7), 2014; C. Ionescu, F. Li, "
        "C. Sminchisescu: Latent Structured Models for Human Pose Estimation, ICCV 2011"
    ),
    url="http://vision.imar.ro/human3.6m",
)

TRAIN, TEST = ("S1", "S5", "S6", "S7", "S8"), ("S9", "S11")
ACTIONS = (
    "Directions",
    "Discussion",
    "Eating",
    "Greeting",
    "Phoning",
    "Photo",
    "Posing",
    "Purchases",
    "Sitting",
    "SittingDown",
    "Smoking",
    "Waiting",
    "WalkDog",
    "Walking",
    "WalkTogether",
)
"""As the files call them, in the order of the columns of papers."""
CORRUPTED = ("S11", "Directions")
"""The video of this clip is corrupted, so the literature leaves it out."""

KEPT_OF_32 = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
"""The 17 joints among the 32 of the motion capture, in h36m17's order."""

_LAYOUTS = ("h36m17", "coco17", "mpii16")


class Reader(DatasetReader):
    """Reads a clip with its four cameras as one recording."""

    skeleton = "h36m17"

    def __init__(self, sources: Sequence[Path], options: PrepareOptions, report: PrepareReport) -> None:
        """Find the 3D file, and the 2D file where there is one."""
        super().__init__(sources, options, report)
        self._file, self._keypoints_file = find_pair(sources, "h36m", "Human3.6M, data_3d_h36m.npz")
        self._keypoints: Keypoints2D | None = None
        self._split = subject_splits(TRAIN, TEST, options.val_subjects, "Human3.6M")

    def takes(self) -> list[Take]:
        """The clips, one per subject and action."""
        contents = read_archive(self._file)
        self.attributions["h36m"] = imitation_terms(contents.get(NOTE_ARRAY), ATTRIBUTION)
        subjects: dict[str, Any] = contents[self._file.array]
        self._open_keypoints()
        takes: list[Take] = []
        for subject, actions in subjects.items():
            if subject not in self._split:
                self.report.note(f"{subject}: left out, its cameras are not public")
                continue
            clips = named_entries(actions, f"{self._file.path}: {subject}")
            for clip in list(clips):
                if (subject, clip) == CORRUPTED and not self.options.keep_corrupted:
                    self.report.note(
                        f"{subject}/{clip}: left out, its video is corrupted; `keep_corrupted` keeps it"
                    )
                else:
                    takes.append(Take(f"{subject}/{clip}", partial(self._read, clips, subject, clip)))
        absent = [subject for subject in self._split if subject not in subjects]
        if absent:
            self.report.note(f"{', '.join(absent)}: not in {self._file.path.name}")
        return takes

    def _open_keypoints(self) -> None:
        file = self._keypoints_file
        if file is None:
            self.report.note("no 2D file: evaluation projects the 3D joints with the dataset's cameras")
            return
        self._keypoints = read_keypoints2d(file, _LAYOUTS)
        if self._keypoints.skeleton != self.skeleton:
            self.report.note(f"{file.path.name}: joints of {self._keypoints.skeleton}, converted by name")

    def _read(self, clips: dict[str, Any], subject: str, clip: str) -> list[Recording]:
        label = f"{self._file.path}: {subject}/{clip}"
        # Taken out of the dictionary, so that its memory is free again once the clip is written.
        points = points_of(clips.pop(clip), (3,), (32, 17), label)
        points = points[:, KEPT_OF_32] if points.shape[1] == 32 else points
        positions3d = y_up(finite_metres(points, label))
        cameras = h36m_cameras(subject)
        views = None
        if self._keypoints is not None:
            views = self._keypoints.views(subject, clip, tuple(cameras), len(positions3d), self.skeleton)
        return [
            Recording(
                name=f"{subject}/{clip}",
                positions3d=positions3d,
                fps=facts("h36m")["fps"],
                subject=subject,
                action=clip.split(" ")[0],
                split=self._split[subject],
                source=ATTRIBUTION.source,
                licence=ATTRIBUTION.licence,
                keypoints2d=views,
                cameras=tuple(cameras.values()),
                camera_names=tuple(cameras),
            )
        ]

    def last_note(self) -> str | None:
        """What was cut."""
        return None if self._keypoints is None else self._keypoints.what_was_cut()
