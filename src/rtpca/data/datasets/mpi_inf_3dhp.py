"""MPI-INF-3DHP: P-STMO's two `.npz` files, or the dataset's own `annot.mat` and `annot_data.mat`.

The truth is given in camera axes, camera by camera, so every sequence and camera is a recording of its own,
in a world of its own: level, with the camera at its origin. Intrinsics are not in the files; they are fitted,
one pinhole per recording. The truth is the annotation scaled to the universal height (`univ_annot3`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.arrays import AnyFloatArray, BoolArray
from rtpca.data.attribution import Attribution
from rtpca.data.datasets.facts import facts, in_camera, level_camera, with_intrinsics
from rtpca.data.datasets.intrinsics import fit_pinhole, fit_summary
from rtpca.data.datasets.options import PrepareOptions
from rtpca.data.datasets.reader import DatasetReader, PrepareReport, Take
from rtpca.data.datasets.subject_splits import subject_splits
from rtpca.data.formats.archives import (
    NOTE_ARRAY,
    Archive,
    files_of,
    find_archives,
    finite_metres,
    imitation_terms,
    named_entries,
    pixels,
    points_of,
    read_archive,
)
from rtpca.data.formats.mat import (
    TEST_FIELDS,
    TRAIN_FIELDS,
    fields_of,
    read_note,
    read_test,
    read_train,
)
from rtpca.data.recording import Recording
from rtpca.errors import InputError

ATTRIBUTION = Attribution(
    source="mpi-inf-3dhp",
    title="MPI-INF-3DHP",
    licence="MPI-INF-3DHP terms: non-commercial research only",
    citation=(
        "D. Mehta, H. Rhodin, D. Casas, P. Fua, O. Sotnychenko, W. Xu, C. Theobalt: Monocular 3D Human Pose "
        "Estimation In The Wild Using Improved CNN Supervision, 3DV 2017"
    ),
    url="https://vcai.mpi-inf.mpg.de/3dhp-dataset/",
)

TRAIN, TEST = tuple(f"S{n}" for n in range(1, 9)), tuple(f"TS{n}" for n in range(1, 7))
CAMERAS = (0, 1, 2, 4, 5, 6, 7, 8)
"""The training cameras that the literature uses, of 14."""

KEPT_OF_28 = (7, 5, 14, 15, 16, 9, 10, 11, 23, 24, 25, 18, 19, 20, 4, 3, 6)
"""The 17 joints of the test files among the 28 of the training files, in the order of the test files."""

TEST_FPS = 25.0
"""Frame rate that is assumed for the test sequences, whose files state none; only times depend on it."""

_TEST_CAMERA = "test"
_POOR_FIT_PX = 2.0


class Reader(DatasetReader):
    """Reads a sequence seen by one camera as one recording."""

    skeleton = "mpi_inf_3dhp17"

    def __init__(self, sources: Sequence[Path], options: PrepareOptions, report: PrepareReport) -> None:
        """Find the archives, and the annotation files in folders `S1/Seq1/` and `TS1/`."""
        super().__init__(sources, options, report)
        self._split = subject_splits(TRAIN, TEST, options.val_subjects, "MPI-INF-3DHP")
        self._rms_px: dict[str, float] = {}
        self._archives = find_archives(sources, "mpi-inf-3dhp")
        self._annotations: list[tuple[Path, str]] = []
        for path, named in files_of(sources, (".mat",)):
            if path.suffix.lower() != ".mat":
                continue
            found = fields_of(path)
            if found is not None and found >= set(TEST_FIELDS):
                self._annotations.append((path, _sequence_of(path, r"TS\d+")))
            elif found is not None and found >= set(TRAIN_FIELDS):
                self._annotations.append((path, _sequence_of(path, r"S\d+", r"Seq\d+")))
            elif named or (found is None and path.name.startswith("annot")):
                what = "damaged or no MATLAB file" if found is None else "holds other variables"
                raise InputError(f"{path}: {what}; needed is an annot.mat or annot_data.mat of MPI-INF-3DHP")
        if not (self._archives or self._annotations):
            raise InputError(
                f"{', '.join(map(str, sources))}: no files of MPI-INF-3DHP found; needed are "
                "data_train_3dhp.npz and data_test_3dhp.npz, or the folders S1 to S8 and TS1 to TS6 with "
                "annot.mat and annot_data.mat"
            )

    def takes(self) -> list[Take]:
        """The sequences: one take per training sequence and camera of an archive, else one per sequence."""
        takes: list[Take] = []
        terms = ATTRIBUTION
        for archive in self._archives:
            contents = read_archive(archive)
            terms = imitation_terms(contents.get(NOTE_ARRAY), terms)
            takes += self._takes_of(archive, contents[archive.array])
        for path, sequence in self._annotations:
            if self._is_known(sequence, path):
                read = self._test_file if sequence in TEST else self._train_file
                takes.append(Take(sequence, partial(read, path, sequence)))
        if terms is ATTRIBUTION and self._annotations:
            terms = imitation_terms(read_note(self._annotations[0][0]), terms)
        self.attributions[ATTRIBUTION.source] = terms
        return takes

    def last_note(self) -> str | None:
        """How well the pinholes fitted."""
        if not self._rms_px:
            return None
        text = fit_summary(self._rms_px, "sequence and camera")
        poor = sum(rms_px > _POOR_FIT_PX for rms_px in self._rms_px.values())
        if poor:
            text += f"; {poor} of {len(self._rms_px)} over {_POOR_FIT_PX:g} px: 2D and 3D do not quite agree"
        return text

    def _is_known(self, sequence: str, path: Path) -> bool:
        known = sequence in facts("mpi-inf-3dhp")["train"] or sequence in TEST
        if not known:
            self.report.note(f"{path.name}: {sequence} left out, it is no sequence of the standard protocol")
        return known

    def _takes_of(self, archive: Archive, sequences: dict[str, Any]) -> Iterator[Take]:
        for sequence, content in sequences.items():
            if not self._is_known(sequence, archive.path):
                continue
            label = f"{archive.path}: {sequence}"
            if sequence in TEST:
                read = partial(self._test_entry, named_entries(content, label), sequence, label)
                yield Take(sequence, read)
                continue
            if not isinstance(content, list | tuple) or len(content) != 2:
                raise InputError(f"{label}: needed are the cameras' data and the frame rate")
            cameras, fps = named_entries(content[0], label), _fps(content[1], label)
            for camera in [name for name in cameras if name in map(str, CAMERAS)]:
                read = partial(self._train_entry, cameras, sequence, camera, fps, label)
                yield Take(f"{sequence} camera {camera}", read)

    def _train_entry(
        self, cameras: dict[str, Any], sequence: str, camera: str, fps: float, label: str
    ) -> list[Recording]:
        label = f"{label}, camera {camera}"
        # Taken out of the dictionary, so that its memory is free again once the recording is written.
        points_px, points_mm = _points(named_entries(cameras.pop(camera), label), label)
        return [self._train(sequence, camera, points_px, points_mm, fps, label)]

    def _train_file(self, path: Path, sequence: str) -> Iterator[Recording]:
        fps, joints = facts("mpi-inf-3dhp")["train"][sequence]["fps"], list(KEPT_OF_28)
        all_px, all_mm = read_train(path)
        if min(len(all_px), len(all_mm)) <= max(CAMERAS):
            raise InputError(f"{path}: has {len(all_px)} cameras, needed are the dataset's 14")
        for camera in CAMERAS:
            points_px, points_mm = all_px[camera][:, joints], all_mm[camera][:, joints]
            yield self._train(sequence, str(camera), points_px, points_mm, fps, f"{path}, camera {camera}")

    def _train(
        self,
        sequence: str,
        camera: str,
        points_px: AnyFloatArray,
        points_mm: AnyFloatArray,
        fps: float,
        label: str,
    ) -> Recording:
        subject, action = sequence.split(" ")
        name, image_size = f"{subject}/{action} camera {camera}", facts("mpi-inf-3dhp")["train_size_wh"]
        return self._recording(
            (name, subject, action), fps, camera, image_size, points_px, points_mm, None, label
        )

    def _test_entry(self, entry: dict[str, Any], sequence: str, label: str) -> list[Recording]:
        points_px, points_mm = _points(entry, label)
        valid = entry.get("valid")
        if not isinstance(valid, np.ndarray) or valid.dtype.kind not in "fiub":
            raise InputError(f"{label}: has no array 'valid' of the frames that count; the file is damaged")
        return [self._test(sequence, points_px, points_mm, np.ravel(valid) != 0, label)]

    def _test_file(self, path: Path, sequence: str) -> list[Recording]:
        return [self._test(sequence, *read_test(path), str(path))]

    def _test(
        self,
        sequence: str,
        points_px: AnyFloatArray,
        points_mm: AnyFloatArray,
        valid: BoolArray,
        label: str,
    ) -> Recording:
        known = facts("mpi-inf-3dhp")["test"][sequence]
        if len(valid) != len(points_mm) or not valid.any():
            raise InputError(
                f"{label}: {len(valid)} marks of valid frames, {valid.sum()} of them set, for "
                f"{len(points_mm)} frames; the file is damaged"
            )
        if valid.sum() != known["valid_frames"]:
            self.report.note(
                f"{sequence}: {valid.sum()} valid frames, the published sequence has {known['valid_frames']}"
            )
        name, image_size = (sequence, sequence, sequence), known["size_wh"]
        return self._recording(name, TEST_FPS, _TEST_CAMERA, image_size, points_px, points_mm, valid, label)

    def _recording(
        self,
        names: tuple[str, str, str],
        fps: float,
        camera_name: str,
        image_size: tuple[int, int],
        points_px: AnyFloatArray,
        points_mm: AnyFloatArray,
        valid: BoolArray | None,
        label: str,
    ) -> Recording:
        """A recording in metres, in a level world with the fitted camera at its origin.

        Args:
            names: of the recording, its subject, its action.
            fps: frames per second.
            camera_name: of its camera.
            image_size: width and height of the picture, pixels.
            points_px: (F, 17, 2) pixels.
            points_mm: (F, 17, 3) camera axes, millimetres.
            valid: (F,) which frames count; None: all.
            label: how messages name it.

        Raises:
            InputError: the points are damaged or do not belong together.
        """
        if len(points_px) != len(points_mm):
            raise InputError(
                f"{label}: {len(points_px)} frames in 2D but {len(points_mm)} in 3D; the file is damaged"
            )
        name, subject, action = names
        counted = np.ones(len(points_mm), dtype=np.bool_) if valid is None else valid
        camera = level_camera(image_size)
        # The level camera's axes are the world's, turned by half about x.
        positions3d = finite_metres(_filled(points_mm / 1000.0, counted) * (1.0, -1.0, -1.0), label)
        fit = fit_pinhole(in_camera(camera, positions3d[counted]), points_px[counted], label)
        self._rms_px[name] = fit.rms_px
        return Recording(
            name=name,
            positions3d=positions3d,
            fps=fps,
            subject=subject,
            action=action,
            split=self._split[subject],
            source=ATTRIBUTION.source,
            licence=ATTRIBUTION.licence,
            keypoints2d={camera_name: pixels(points_px)},
            cameras=(with_intrinsics(camera, fit.focal_px, fit.principal_px),),
            camera_names=(camera_name,),
            valid=valid,
        )


def _sequence_of(path: Path, *patterns: str) -> str:
    """The sequence that the folders of a file name: "TS1" or "S1 Seq1"."""
    folders = path.resolve().parts[-1 - len(patterns) : -1]
    for folder, pattern in zip(folders, patterns, strict=False):
        if not re.fullmatch(pattern, folder):
            raise InputError(
                f"{path}: its folders do not say which sequence it is; keep the dataset's own, "
                "S1/Seq1/annot.mat or TS1/annot_data.mat"
            )
    return " ".join(folders)


def _fps(value: Any, label: str) -> float:
    try:
        fps = float(value)
    except (TypeError, ValueError):
        fps = 0.0
    if not 1 <= fps <= 1000:
        raise InputError(f"{label}: its frame rate is {value!r}; needed is a number of frames per second")
    return fps


def _points(entry: dict[str, Any], label: str) -> tuple[np.ndarray, np.ndarray]:
    """Take the 2D and the 3D points (F, 17, 2 and 3) out of an entry of an archive."""
    points_px = points_of(entry.pop("data_2d", None), (2,), (17,), f"{label}, data_2d")
    return points_px, points_of(entry.pop("data_3d", None), (3,), (17,), f"{label}, data_3d")


def _filled(points: AnyFloatArray, counted: BoolArray) -> AnyFloatArray:
    """The points, where frames that do not count and hold no numbers repeat the last frame that does."""
    finite = np.asarray(np.isfinite(points.reshape(len(points), -1)).all(axis=-1))
    if finite.all() or not finite[counted].all():
        return points
    last = np.maximum.accumulate(np.where(finite, np.arange(len(points)), -1))
    return points[np.where(last < 0, np.flatnonzero(finite)[0], last)]
