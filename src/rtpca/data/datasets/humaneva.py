"""HumanEva-I with 15 joints as VideoPose3D's files have it: `data_3d_humaneva15.npz` and one 2D file.

The cameras' poses are public, their intrinsics are not in the files: they are fitted, one pinhole per subject
and camera, to the 2D keypoints and the 3D joints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.data.attribution import Attribution
from rtpca.data.datasets.clips import BenchmarkOptions, Clip, Clips, standard_splits
from rtpca.data.datasets.facts import facts, humaneva_cameras, in_camera, with_intrinsics, y_up
from rtpca.data.datasets.intrinsics import fit_pinhole
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
from rtpca.data.recording import FloatArray, Recording
from rtpca.errors import ConfigError, InputError
from rtpca.geometry import Camera

SKELETON = "humaneva15"

ATTRIBUTION = Attribution(
    source="humaneva",
    title="HumanEva-I",
    licence="HumanEva licence agreement: research purposes only, no redistribution",
    citation=(
        "L. Sigal, A. O. Balan, M. J. Black: HumanEva: Synchronized Video and Motion Capture Dataset and "
        "Baseline Algorithm for Evaluation of Articulated Human Motion, IJCV 87(1-2), 2010"
    ),
    url="http://humaneva.is.tue.mpg.de",
)

SUBJECTS = ("S1", "S2", "S3")
TRAIN, TEST = tuple(f"Train/{s}" for s in SUBJECTS), tuple(f"Validate/{s}" for s in SUBJECTS)
DAMAGED = ("S3", "ThrowCatch")
"""The motion capture of these clips is damaged, so the literature leaves them out."""


@dataclass(frozen=True)
class Files:
    """The 3D and the 2D file."""

    positions: Archive
    keypoints: Archive


def locate(sources: Sequence[Path]) -> Files:
    """Find the files.

    Args:
        sources: files, or folders that hold them.

    Raises:
        InputError: there is not one 3D and one 2D file, or a file that was named is foreign.
    """
    found = find_archives(sources, "humaneva")
    positions = [archive for archive in found if archive.array == "positions_3d"]
    keypoints = [archive for archive in found if archive.array == "positions_2d"]
    given = ", ".join(str(archive.path) for archive in found) or ", ".join(map(str, sources))
    if len(positions) != 1:
        raise InputError(f"{given}: needed is one 3D file of HumanEva-I, data_3d_humaneva15.npz")
    if not keypoints:
        raise InputError(
            f"{given}: a 2D file is needed too, since the cameras' intrinsics are found from it; give "
            "data_2d_humaneva15_gt.npz"
        )
    if len(keypoints) > 1:
        raise InputError(
            f"{given}: {len(keypoints)} files of 2D input, but a data file holds one: name the one that you "
            "want, and make two data files for two inputs"
        )
    return Files(positions[0], keypoints[0])


def splits(val_subjects: Sequence[str] = ()) -> dict[str, str]:
    """The standard split by the first key of the files, "Train/S1" to "Validate/S3".

    Args:
        val_subjects: training subjects ("S1") whose training clips become `"val"`.
    """
    by_subject = standard_splits(SUBJECTS, (), val_subjects, "HumanEva-I")
    return {f"Train/{s}": split for s, split in by_subject.items()} | dict.fromkeys(TEST, "test")


def read(files: Files, options: BenchmarkOptions, report: PrepareReport) -> Clips:
    """Open the clips, one per chunk of the files; the three cameras belong to the clip.

    Raises:
        InputError: a file is damaged or hostile, or its 2D and 3D do not belong together.
        ConfigError: an action or subject of the options is not there.
    """
    split = splits(options.val_subjects)
    contents = read_archive(files.positions)
    keypoints = read_keypoints2d(files.keypoints, (SKELETON,))
    chunks = _chunks(files.positions, contents[files.positions.array], split, options, report)
    taken: list[_Chunk] = []
    for chunk in chunks:
        try:
            taken.append(_take(chunk, files.positions, keypoints))
        except InputError as error:
            if not options.skip_damaged:
                raise
            report.note(f"left out: {error}")
    rms_px: dict[str, float] = {}
    cameras = {
        subject: _cameras(subject, taken, files, rms_px)
        for subject in dict.fromkeys(c.subject for c in taken)
    }
    if rms_px:
        worst = max(rms_px, key=lambda name: rms_px[name])
        middle = float(np.median([*rms_px.values()]))
        report.note(
            f"intrinsics fitted to 2D and 3D of each subject and camera: {middle:.2f} px off (rms, median), "
            f"{rms_px[worst]:.2f} px in {worst}"
        )
    clips = [Clip(chunk.name, partial(_recording, chunk, cameras[chunk.subject], split)) for chunk in taken]
    attribution = imitation_terms(contents.get(NOTE_ARRAY), ATTRIBUTION)
    return Clips(clips, attribution, partial(keypoints.note, report))


@dataclass(frozen=True)
class _Chunk:
    """One clip of the files: `key` is "Train/S1", `clip` "Walking 1 chunk0"."""

    key: str
    clip: str
    raw: Any
    positions3d: FloatArray | None = None
    views: dict[str, FloatArray] | None = None

    @property
    def name(self) -> str:
        return f"{self.key}/{self.clip}"

    @property
    def subject(self) -> str:
        return self.key.split("/")[-1]

    @property
    def action(self) -> str:
        return self.clip.split(" ")[0]


def _chunks(
    archive: Archive,
    keys: dict[str, Any],
    split: dict[str, str],
    options: BenchmarkOptions,
    report: PrepareReport,
) -> list[_Chunk]:
    """The clips that are wanted, in the order of the file."""
    found: list[_Chunk] = []
    for key, clips in keys.items():
        if key not in split:
            reason = "no ground truth" if key.startswith("Unlabeled") else "its cameras are not public"
            report.note(f"{key}: left out, {reason}")
            continue
        for clip, raw in named_entries(clips, f"{archive.path}: {key}").items():
            chunk = _Chunk(key, clip, raw)
            if (chunk.subject, chunk.action) == DAMAGED:
                report.note(f"{chunk.name}: left out, its motion capture is damaged")
                continue
            found.append(chunk)
    known = sorted({chunk.action for chunk in found})
    for action in options.actions:
        if not any(name.startswith(action) for name in known):
            raise ConfigError(
                f"--action {action}: there is none in {archive.path}; choose of {', '.join(known)}"
            )
    wanted = options.actions or ("",)
    return [chunk for chunk in found if chunk.action.startswith(wanted)]


def _take(chunk: _Chunk, archive: Archive, keypoints: Keypoints2D) -> _Chunk:
    label = f"{archive.path}: {chunk.name}"
    points = points_of(chunk.raw, (3,), (15,), label)
    names = tuple(humaneva_cameras(chunk.subject))
    views = keypoints.views(chunk.key, chunk.clip, names, len(points), SKELETON)
    return _Chunk(chunk.key, chunk.clip, None, y_up(finite_metres(points, label)), views)


def _cameras(subject: str, chunks: list[_Chunk], files: Files, rms_px: dict[str, float]) -> dict[str, Camera]:
    """The subject's cameras with intrinsics fitted to all of its clips; `rms_px` takes their deviations."""
    own = [chunk for chunk in chunks if chunk.subject == subject]
    cameras: dict[str, Camera] = {}
    for name, camera in humaneva_cameras(subject).items():
        points = [in_camera(camera, c.positions3d) for c in own if c.positions3d is not None]
        pixels = [c.views[name][..., :2] for c in own if c.views is not None]
        label = f"{files.keypoints.path}: {subject}, camera {name}"
        fit = fit_pinhole(np.concatenate(points), np.concatenate(pixels), label)
        cameras[name] = with_intrinsics(camera, fit.focal_px, fit.principal_px)
        rms_px[f"{subject} {name}"] = fit.rms_px
    return cameras


def _recording(chunk: _Chunk, cameras: dict[str, Camera], split: dict[str, str]) -> list[Recording]:
    assert chunk.positions3d is not None
    return [
        Recording(
            name=chunk.name,
            positions3d=chunk.positions3d,
            fps=facts("humaneva")["fps"],
            subject=chunk.subject,
            action=chunk.action,
            split=split[chunk.key],
            source=ATTRIBUTION.source,
            licence=ATTRIBUTION.licence,
            keypoints2d=chunk.views,
            cameras=tuple(cameras.values()),
            camera_names=tuple(cameras),
        )
    ]
