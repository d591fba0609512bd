"""MPI-INF-3DHP: P-STMO's two `.npz` files, or the dataset's own `annot.mat` and `annot_data.mat`.

The truth is given in camera axes, camera by camera, so every sequence and camera is a recording of its own,
in a world of its own: level, with the camera at its origin. Intrinsics are not in the files; they are fitted,
one pinhole per recording. The truth is the annotation scaled to the universal height (`univ_annot3`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.data.datasets.clips import BenchmarkOptions, Clip, Clips, standard_splits
from rtpca.data.datasets.facts import facts
from rtpca.data.datasets.mpi_inf_3dhp_recordings import ATTRIBUTION, RecordingMaker
from rtpca.data.datasets.options import PrepareReport
from rtpca.data.formats.archives import (
    NOTE_ARRAY,
    Archive,
    files_of,
    find_archives,
    imitation_terms,
    named_entries,
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

SKELETON = "mpi_inf_3dhp17"

TRAIN, TEST = tuple(f"S{n}" for n in range(1, 9)), tuple(f"TS{n}" for n in range(1, 7))
CAMERAS = (0, 1, 2, 4, 5, 6, 7, 8)
"""The training cameras that the literature uses, of 14."""

KEPT_OF_28 = (7, 5, 14, 15, 16, 9, 10, 11, 23, 24, 25, 18, 19, 20, 4, 3, 6)
"""The 17 joints of the test files among the 28 of the training files, in the order of the test files."""


@dataclass(frozen=True)
class Files:
    """Archives, and annotation files with the sequence that their folders name."""

    archives: list[Archive]
    train: list[tuple[Path, str]]
    test: list[tuple[Path, str]]


def locate(sources: Sequence[Path]) -> Files:
    """Find the files.

    Args:
        sources: files, or folders that hold them; annotation files lie in folders named after their sequence,
            `S1/Seq1/annot.mat`, `TS1/annot_data.mat`.

    Raises:
        InputError: there is none, or a file that was named is foreign.
    """
    files = Files(find_archives(sources, "mpi-inf-3dhp"), [], [])
    for path, named in files_of(sources, (".mat",)):
        if path.suffix.lower() != ".mat":
            continue
        found = fields_of(path)
        if found is not None and found >= set(TEST_FIELDS):
            files.test.append((path, _sequence_of(path, r"TS\d+")))
        elif found is not None and found >= set(TRAIN_FIELDS):
            files.train.append((path, _sequence_of(path, r"S\d+", r"Seq\d+")))
        elif named or (found is None and path.name.startswith("annot")):
            what = "damaged or no MATLAB file" if found is None else "holds other variables"
            raise InputError(f"{path}: {what}; needed is an annot.mat or annot_data.mat of MPI-INF-3DHP")
    if not (files.archives or files.train or files.test):
        given = ", ".join(map(str, sources))
        raise InputError(
            f"{given}: no files of MPI-INF-3DHP found; needed are data_train_3dhp.npz and "
            "data_test_3dhp.npz, or the folders S1 to S8 and TS1 to TS6 with annot.mat and annot_data.mat"
        )
    return files


def splits(val_subjects: Sequence[str] = ()) -> dict[str, str]:
    """The standard split by subject."""
    return standard_splits(TRAIN, TEST, val_subjects, "MPI-INF-3DHP")


def read(files: Files, options: BenchmarkOptions, report: PrepareReport) -> Clips:
    """Open the clips: one per training sequence and camera, one per test sequence.

    Raises:
        InputError: an archive is damaged or hostile.
        ConfigError: a subject of the options is no training subject.
    """
    make = RecordingMaker(splits(options.val_subjects), report)
    clips: list[Clip] = []
    attribution = ATTRIBUTION
    for archive in files.archives:
        contents = read_archive(archive)
        attribution = imitation_terms(contents.get(NOTE_ARRAY), attribution)
        clips += _archive_clips(archive, contents[archive.array], make, report)
    for path, sequence in files.train:
        if _known(sequence, path, report):
            clips.append(Clip(sequence, partial(_train_file, path, sequence, make)))
    for path, sequence in files.test:
        if _known(sequence, path, report):
            clips.append(Clip(sequence, partial(_test_file, path, sequence, make)))
    if attribution is ATTRIBUTION and files.train + files.test:
        attribution = imitation_terms(read_note((files.train + files.test)[0][0]), attribution)
    return Clips(clips, attribution, make.note_fits)


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


def _known(sequence: str, path: Path, report: PrepareReport) -> bool:
    if sequence in facts("mpi-inf-3dhp")["train"] or sequence in TEST:
        return True
    report.note(f"{path.name}: {sequence} left out, it is no sequence of the standard protocol")
    return False


def _archive_clips(
    archive: Archive, sequences: dict[str, Any], make: RecordingMaker, report: PrepareReport
) -> Iterator[Clip]:
    for sequence, content in sequences.items():
        if not _known(sequence, archive.path, report):
            continue
        label = f"{archive.path}: {sequence}"
        if sequence in TEST:
            entries = named_entries(content, label)
            yield Clip(sequence, partial(_test_entry, entries, sequence, make, label))
            continue
        if not isinstance(content, list | tuple) or len(content) != 2:
            raise InputError(f"{label}: needed are the cameras' data and the frame rate")
        cameras, fps = named_entries(content[0], label), _fps(content[1], label)
        for camera in [name for name in cameras if name in map(str, CAMERAS)]:
            read_clip = partial(_train_entry, cameras, sequence, camera, fps, make, label)
            yield Clip(f"{sequence} camera {camera}", read_clip)


def _fps(value: Any, label: str) -> float:
    try:
        fps = float(value)
    except (TypeError, ValueError):
        fps = 0.0
    if not 1 <= fps <= 1000:
        raise InputError(f"{label}: its frame rate is {value!r}; needed is a number of frames per second")
    return fps


def _train_entry(
    cameras: dict[str, Any], sequence: str, camera: str, fps: float, make: RecordingMaker, label: str
) -> list[Recording]:
    label = f"{label}, camera {camera}"
    entry = named_entries(cameras.pop(camera), label)
    points_px = points_of(entry.get("data_2d"), (2,), (17,), f"{label}, data_2d")
    points_mm = points_of(entry.get("data_3d"), (3,), (17,), f"{label}, data_3d")
    return [make.train(sequence, camera, points_px, points_mm, fps, label)]


def _train_file(path: Path, sequence: str, make: RecordingMaker) -> Iterable[Recording]:
    fps = facts("mpi-inf-3dhp")["train"][sequence]["fps"]
    annotation = read_train(path)
    if min(len(annotation.points_px), len(annotation.points_mm)) <= max(CAMERAS):
        raise InputError(f"{path}: has {len(annotation.points_px)} cameras, needed are the dataset's 14")
    joints = list(KEPT_OF_28)
    for camera in CAMERAS:
        points_px, points_mm = (
            annotation.points_px[camera][:, joints],
            annotation.points_mm[camera][:, joints],
        )
        yield make.train(sequence, str(camera), points_px, points_mm, fps, f"{path}, camera {camera}")


def _test_entry(entry: dict[str, Any], sequence: str, make: RecordingMaker, label: str) -> list[Recording]:
    points_px = points_of(entry.pop("data_2d", None), (2,), (17,), f"{label}, data_2d")
    points_mm = points_of(entry.pop("data_3d", None), (3,), (17,), f"{label}, data_3d")
    valid = entry.get("valid")
    if not isinstance(valid, np.ndarray) or valid.dtype.kind not in "fiub":
        raise InputError(f"{label}: has no array 'valid' of the frames that count; the file is damaged")
    return [make.test(sequence, points_px, points_mm, np.ravel(valid) != 0, label)]


def _test_file(path: Path, sequence: str, make: RecordingMaker) -> list[Recording]:
    annotation = read_test(path)
    assert annotation.valid is not None
    return [
        make.test(sequence, annotation.points_px[0], annotation.points_mm[0], annotation.valid, str(path))
    ]
