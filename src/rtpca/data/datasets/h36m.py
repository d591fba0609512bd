"""Human3.6M as VideoPose3D's files have it: `data_3d_h36m.npz` and one `data_2d_h36m_*.npz` as 2D input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rtpca.data.attribution import Attribution
from rtpca.data.datasets.clips import BenchmarkOptions, Clip, Clips, standard_splits
from rtpca.data.datasets.facts import facts, h36m_cameras, y_up
from rtpca.data.datasets.options import PrepareReport
from rtpca.data.formats.archives import (
    NOTE_ARRAY,
    Archive,
    find_archives,
    finite_metres,
    imitation_terms,
    named_entries,
    points_of,
    read_archive,
)
from rtpca.data.formats.videopose3d import Keypoints2D, read_keypoints2d
from rtpca.data.recording import Recording
from rtpca.errors import InputError

SKELETON = "h36m17"

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


@dataclass(frozen=True)
class Files:
    """The 3D file, and the 2D file where there is one."""

    positions: Archive
    keypoints: Archive | None


def locate(sources: Sequence[Path]) -> Files:
    """Find the files.

    Args:
        sources: files, or folders that hold them.

    Raises:
        InputError: there is not one 3D file, or more than one 2D file, or a file that was named is foreign.
    """
    found = find_archives(sources, "h36m")
    positions = [archive for archive in found if archive.array == "positions_3d"]
    keypoints = [archive for archive in found if archive.array == "positions_2d"]
    if len(positions) != 1:
        raise InputError(
            f"{_named(positions, sources)}: needed is one 3D file of Human3.6M, data_3d_h36m.npz"
        )
    if len(keypoints) > 1:
        raise InputError(
            f"{_named(keypoints, sources)}: {len(keypoints)} files of 2D input, but a data file holds one: "
            "name the one that you want, and make two data files for two inputs"
        )
    return Files(positions[0], keypoints[0] if keypoints else None)


def splits(val_subjects: Sequence[str] = ()) -> dict[str, str]:
    """The standard split by subject."""
    return standard_splits(TRAIN, TEST, val_subjects, "Human3.6M")


def read(files: Files, options: BenchmarkOptions, report: PrepareReport) -> Clips:
    """Open the clips, one per subject and action; the four cameras belong to the clip.

    Raises:
        InputError: a file is damaged or hostile.
        ConfigError: a subject of the options is no training subject.
    """
    split = splits(options.val_subjects)
    contents = read_archive(files.positions)
    subjects: dict[str, Any] = contents[files.positions.array]
    keypoints = None if files.keypoints is None else read_keypoints2d(files.keypoints, _LAYOUTS)
    if keypoints is None:
        report.note("no 2D file: evaluation projects the 3D joints with the dataset's cameras")
    elif keypoints.skeleton != SKELETON:
        report.note(f"{keypoints.archive.path.name}: joints of {keypoints.skeleton}, converted by name")
    clips: list[Clip] = []
    for subject, actions in subjects.items():
        if subject not in split:
            report.note(f"{subject}: left out, its cameras are not public")
            continue
        for action in named_entries(actions, f"{files.positions.path}: {subject}"):
            if (subject, action) == CORRUPTED and not options.keep_corrupted:
                report.note(
                    f"{subject}/{action}: left out, its video is corrupted; --keep-corrupted keeps it"
                )
                continue
            read_clip = partial(
                _read_clip, files.positions, subjects, keypoints, subject, action, split[subject]
            )
            clips.append(Clip(f"{subject}/{action}", read_clip))
    absent = [subject for subject in split if subject not in subjects]
    if absent:
        report.note(f"{', '.join(absent)}: not in {files.positions.path.name}")
    attribution = imitation_terms(contents.get(NOTE_ARRAY), ATTRIBUTION)
    return Clips(clips, attribution, partial(_finish, keypoints, report))


def _read_clip(
    archive: Archive,
    subjects: dict[str, Any],
    keypoints: Keypoints2D | None,
    subject: str,
    action: str,
    split: str,
) -> list[Recording]:
    label = f"{archive.path}: {subject}/{action}"
    # Taken out of the dictionary, so that its memory is free again once the clip is written.
    points = points_of(subjects[subject].pop(action), (3,), (32, 17), label)
    points = points[:, KEPT_OF_32] if points.shape[1] == 32 else points
    positions3d = y_up(finite_metres(points, label))
    cameras = h36m_cameras(subject)
    names = tuple(cameras)
    views = None
    if keypoints is not None:
        views = keypoints.views(subject, action, names, len(positions3d), SKELETON)
    return [
        Recording(
            name=f"{subject}/{action}",
            positions3d=positions3d,
            fps=facts("h36m")["fps"],
            subject=subject,
            action=action.split(" ")[0],
            split=split,
            source=ATTRIBUTION.source,
            licence=ATTRIBUTION.licence,
            keypoints2d=views,
            cameras=tuple(cameras.values()),
            camera_names=names,
        )
    ]


def _finish(keypoints: Keypoints2D | None, report: PrepareReport) -> None:
    if keypoints is not None:
        keypoints.note(report)


def _named(archives: list[Archive], sources: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in ([archive.path for archive in archives] or sources))
