"""HumanEva-I with 15 joints as VideoPose3D's files have it: `data_3d_humaneva15.npz` and one 2D file.

The cameras' poses are public, their intrinsics are not in the files: they are fitted, one pinhole per subject
and camera, to the 2D keypoints and the 3D joints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.data.attribution import Attribution
from rtpca.data.datasets.facts import facts, humaneva_cameras, in_camera, with_intrinsics, y_up
from rtpca.data.datasets.intrinsics import fit_pinhole, fit_summary
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
from rtpca.errors import ConfigError, InputError
from rtpca.geometry import Camera

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


class Reader(DatasetReader):
    """Reads a chunk of the files with its three cameras as one recording."""

    skeleton = "humaneva15"

    def __init__(self, sources: Sequence[Path], options: PrepareOptions, report: PrepareReport) -> None:
        """Find the 3D and the 2D file."""
        super().__init__(sources, options, report)
        self._file, keypoints_file = find_pair(sources, "humaneva", "HumanEva-I, data_3d_humaneva15.npz")
        if keypoints_file is None:
            raise InputError(
                f"{self._file.path}: a 2D file is needed too, since the cameras' intrinsics are found from "
                "it; give data_2d_humaneva15_gt.npz"
            )
        self._keypoints_file = keypoints_file
        # The first key of the files, "Train/S1" to "Validate/S3"; only training clips can be moved.
        by_subject = subject_splits(SUBJECTS, (), options.val_subjects, "HumanEva-I")
        self._split = {f"Train/{s}": split for s, split in by_subject.items()} | dict.fromkeys(TEST, "test")

    def takes(self) -> list[Take]:
        """The chunks. All are read here, because a subject's cameras are fitted to all of its chunks."""
        contents = read_archive(self._file)
        self.attributions["humaneva"] = imitation_terms(contents.get(NOTE_ARRAY), ATTRIBUTION)
        keypoints = read_keypoints2d(self._keypoints_file, (self.skeleton,))
        recordings: list[Recording] = []
        for key, chunk, raw in self._wanted(contents[self._file.array]):
            try:
                recordings.append(self._recording(key, chunk, raw, keypoints))
            except InputError as error:
                if not self.options.skip_damaged:
                    raise
                self.report.note(f"left out: {error}")
        if cut := keypoints.what_was_cut():
            self.report.note(cut)
        rms_px: dict[str, float] = {}
        cameras = {
            subject: self._cameras(subject, [r for r in recordings if r.subject == subject], rms_px)
            for subject in dict.fromkeys(recording.subject for recording in recordings)
        }
        if rms_px:
            self.report.note(fit_summary(rms_px, "subject and camera"))
        return [Take(r.name, partial(_seen_by, r, cameras[r.subject])) for r in recordings]

    def _wanted(self, keys: dict[str, Any]) -> list[tuple[str, str, Any]]:
        """First key, second key and content of the chunks that are wanted, in the order of the file."""
        found: list[tuple[str, str, Any]] = []
        for key, chunks in keys.items():
            if key not in self._split:
                reason = "no ground truth" if key.startswith("Unlabeled") else "its cameras are not public"
                self.report.note(f"{key}: left out, {reason}")
                continue
            for chunk, raw in named_entries(chunks, f"{self._file.path}: {key}").items():
                if (key.split("/")[-1], _action(chunk)) == DAMAGED:
                    self.report.note(f"{key}/{chunk}: left out, its motion capture is damaged")
                else:
                    found.append((key, chunk, raw))
        known = sorted({_action(chunk) for _, chunk, _ in found})
        for action in self.options.actions:
            if not any(name.startswith(action) for name in known):
                raise ConfigError(
                    f"`actions` {action}: there is none in {self._file.path}; choose of {', '.join(known)}"
                )
        wanted = self.options.actions or ("",)
        return [entry for entry in found if _action(entry[1]).startswith(wanted)]

    def _recording(self, key: str, chunk: str, raw: Any, keypoints: Keypoints2D) -> Recording:
        """A chunk without its cameras, whose names it has."""
        label = f"{self._file.path}: {key}/{chunk}"
        points = points_of(raw, (3,), (15,), label)
        subject = key.split("/")[-1]
        names = tuple(humaneva_cameras(subject))
        return Recording(
            name=f"{key}/{chunk}",
            positions3d=y_up(finite_metres(points, label)),
            fps=facts("humaneva")["fps"],
            subject=subject,
            action=_action(chunk),
            split=self._split[key],
            source=ATTRIBUTION.source,
            licence=ATTRIBUTION.licence,
            keypoints2d=keypoints.views(key, chunk, names, len(points), self.skeleton),
            camera_names=names,
        )

    def _cameras(self, subject: str, own: list[Recording], rms_px: dict[str, float]) -> tuple[Camera, ...]:
        """The subject's cameras, fitted to its recordings; `rms_px` takes how far off they are."""
        cameras: list[Camera] = []
        for name, camera in humaneva_cameras(subject).items():
            points = np.concatenate([in_camera(camera, recording.positions3d) for recording in own])
            pixels = np.concatenate([(recording.keypoints2d or {})[name][..., :2] for recording in own])
            fit = fit_pinhole(points, pixels, f"{self._keypoints_file.path}: {subject}, camera {name}")
            cameras.append(with_intrinsics(camera, fit.focal_px, fit.principal_px))
            rms_px[f"{subject} {name}"] = fit.rms_px
        return tuple(cameras)


def _action(chunk: str) -> str:
    """Of "Walking 1 chunk0": "Walking"."""
    return chunk.split(" ")[0]


def _seen_by(recording: Recording, cameras: tuple[Camera, ...]) -> list[Recording]:
    return [replace(recording, cameras=cameras)]
