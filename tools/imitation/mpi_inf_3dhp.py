"""Imitated files of MPI-INF-3DHP: P-STMO's two `.npz` files, and the dataset's own `.mat` files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import torch
from scipy.io import savemat

from imitation.archives import save_archive
from imitation.motion import MotionLibrary
from rtpca.arrays import FloatArray
from rtpca.data.datasets.facts import facts, in_camera
from rtpca.data.datasets.mpi_inf_3dhp import CAMERAS, KEPT_OF_28, TEST, TEST_FPS, TRAIN
from rtpca.data.formats.archives import NOTE_ARRAY
from rtpca.files import written_whole
from rtpca.geometry import Camera, Intrinsics, look_at
from rtpca.skeletons import get_skeleton

NUM_CAMERAS = 14
_FOCAL_PX = 1498.0
_ORIGIN_JOINTS = {"neck": "thorax", "head": "neck", "head_top": "head"}
"""Joints of this skeleton that h36m17 has under another name."""
# Joints of the 28 that the 17 lack: (from, through, how far beyond), by their numbers among the 28.
_UNUSED = {
    0: (3, 5, 0.5),
    1: (3, 5, 0.8),
    2: (3, 5, 0.2),
    8: (5, 9, 0.3),
    13: (5, 14, 0.3),
    12: (10, 11, 1.3),
    17: (15, 16, 1.3),
    21: (19, 20, 1.1),
    22: (19, 20, 1.2),
    26: (24, 25, 1.1),
    27: (24, 25, 1.2),
}


@dataclass(frozen=True)
class _View:
    """A sequence seen by one camera: (F, 17, 2) pixels and (F, 17, 3) camera axes, millimetres."""

    points_px: np.ndarray
    points_mm: np.ndarray


def write_mpi_inf_3dhp(
    library: MotionLibrary,
    folder: Path,
    *,
    frames: int | None = 300,
    train: Sequence[str] = TRAIN,
    test: Sequence[str] = TEST,
    compress: bool = True,
) -> list[Path]:
    """Write `data_train_3dhp.npz` and `data_test_3dhp.npz`.

    Args:
        library: motion to fill them with.
        folder: where they go.
        frames: frames of every sequence; None for the published lengths.
        train: training subjects.
        test: test sequences.
        compress: as published.

    Returns:
        The paths.
    """
    training = {
        sequence: [
            {
                str(c): {"data_2d": v.points_px, "data_3d": v.points_mm}
                for c, v in views.items()
                if c in CAMERAS
            },
            facts("mpi-inf-3dhp")["train"][sequence]["fps"],
        ]
        for sequence, views in _training(library, frames, train, CAMERAS)
    }
    testing = {
        sequence: {"data_2d": view.points_px, "data_3d": view.points_mm, "valid": valid.astype(np.float64)}
        for sequence, view, valid in _testing(library, frames, test)
    }
    return [
        save_archive(folder / "data_train_3dhp.npz", {"data": training}, library.terms, compress),
        save_archive(folder / "data_test_3dhp.npz", {"data": testing}, library.terms, compress),
    ]


def write_mpi_inf_3dhp_mat(
    library: MotionLibrary,
    folder: Path,
    *,
    frames: int | None = 300,
    train: Sequence[str] = TRAIN,
    test: Sequence[str] = TEST,
) -> list[Path]:
    """Write `S*/Seq*/annot.mat` (28 joints, 14 cameras) and `TS*/annot_data.mat` (HDF5).

    Arguments and sequences as of `write_mpi_inf_3dhp`.
    """
    paths: list[Path] = []
    for sequence, views in _training(library, frames, train, range(NUM_CAMERAS)):
        path = folder / sequence.replace(" ", "/") / "annot.mat"
        path.parent.mkdir(parents=True, exist_ok=True)
        cells = {
            name: np.empty((NUM_CAMERAS, 1), dtype=object) for name in ("annot2", "annot3", "univ_annot3")
        }
        for camera, view in views.items():
            count = len(view.points_px)
            cells["annot2"][camera, 0] = _with_unused_joints(view.points_px).reshape(count, -1)
            full_mm = _with_unused_joints(view.points_mm).reshape(count, -1)
            cells["annot3"][camera, 0] = cells["univ_annot3"][camera, 0] = full_mm
        more = {"cameras": np.arange(NUM_CAMERAS)[None], "frames": np.arange(_count_of(views))[:, None]}
        with written_whole(path) as scratch:
            savemat(scratch, {**cells, **more, NOTE_ARRAY: library.terms}, do_compression=True)
        paths.append(path)
    for sequence, view, valid in _testing(library, frames, test):
        path = folder / sequence / "annot_data.mat"
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as scratch:
            # A MATLAB 7.3 file is an HDF5 file behind 512 bytes of its own; arrays have their axes reversed.
            with h5py.File(scratch, "w", userblock_size=512) as file:
                file["annot2"] = view.points_px[:, None]
                file["univ_annot3"] = file["annot3"] = view.points_mm[:, None]
                file["valid_frame"] = valid.astype(np.float64)[:, None]
                file["activity_annotation"] = 1.0 + np.arange(len(valid))[:, None] * 7 // len(valid)
                file[NOTE_ARRAY] = np.bytes_(library.terms.encode())
            with open(scratch, "r+b") as raw:
                raw.write(b"MATLAB 7.3 MAT-file, imitated".ljust(124) + b"\x00\x02IM")
        paths.append(path)
    return paths


def _count_of(views: dict[int, _View]) -> int:
    """Number of frames of a sequence."""
    return len(next(iter(views.values())).points_px)


def _training(
    library: MotionLibrary, frames: int | None, subjects: Sequence[str], cameras: Sequence[int]
) -> Iterator[tuple[str, dict[int, _View]]]:
    for sequence, known in facts("mpi-inf-3dhp")["train"].items():
        subject = sequence.split(" ")[0]
        if subject not in subjects:
            continue
        clip = library.clip(f"3dhp {sequence}", "train", frames or known["frames"], known["fps"])
        image_size = facts("mpi-inf-3dhp")["train_size_wh"]
        yield (
            sequence,
            {c: _seen(library, clip, f"3dhp {subject} {c}", c, image_size, _FOCAL_PX) for c in cameras},
        )


def _testing(
    library: MotionLibrary, frames: int | None, sequences: Sequence[str]
) -> Iterator[tuple[str, _View, np.ndarray]]:
    for sequence, known in facts("mpi-inf-3dhp")["test"].items():
        if sequence not in sequences:
            continue
        count = frames or known["frames"]
        clip = library.clip(f"3dhp {sequence}", "test", count, TEST_FPS)
        view = _seen(library, clip, f"3dhp {sequence}", 0, known["size_wh"], known["focal_px"])
        valid = _valid_frames(count, max(1, round(count * known["valid_frames"] / known["frames"])))
        # Where the truth does not count it is that of another moment, so that nobody scores it unnoticed.
        wrong = np.roll(view.points_mm, count // 3, axis=0)
        points_mm = np.where(valid[:, None, None], view.points_mm, wrong)
        yield sequence, _View(view.points_px, points_mm), valid


def _valid_frames(frames: int, valid: int) -> np.ndarray:
    """(F,) with `valid` frames set, in stretches of about a hundred."""
    marks = np.zeros(frames, dtype=np.bool_)
    stretches = max(1, round(valid / 100))
    for index in range(stretches):
        length = valid * (index + 1) // stretches - valid * index // stretches
        end = frames * (index + 1) // stretches
        marks[end - length : end] = True
    return marks


def _seen(
    library: MotionLibrary,
    clip: FloatArray,
    key: str,
    number: int,
    image_size: tuple[int, int],
    focal_px: float,
) -> _View:
    """The clip (F, 17, 3) h36m17 as a camera of this name sees it."""
    rng = library.rng(key)
    azimuth = 2 * np.pi * number / NUM_CAMERAS + rng.uniform(0, 0.2)
    distance_m, height_m = rng.uniform(4.0, 4.6), rng.uniform(0.8, 1.6)
    center = torch.tensor([np.cos(azimuth) * distance_m, height_m, np.sin(azimuth) * distance_m])
    size = torch.tensor(image_size, dtype=torch.float64)
    principal = size / 2 + torch.from_numpy(rng.normal(size=2) * 8)
    intrinsics = Intrinsics(torch.tensor([focal_px, focal_px], dtype=torch.float64), principal, size)
    rotation = look_at(center, torch.tensor([0.0, 0.9, 0.0], dtype=torch.float64))
    camera = Camera(intrinsics, rotation, center)
    source, target = get_skeleton("h36m17"), get_skeleton("mpi_inf_3dhp17")
    order = [source.index(_ORIGIN_JOINTS.get(joint, joint)) for joint in target.joints]
    points_cam = in_camera(camera, clip[:, order])
    return _View(camera.project(torch.from_numpy(points_cam)).numpy(), points_cam * 1000)


def _with_unused_joints(points: np.ndarray) -> np.ndarray:
    """(F, 17, C) as the 28 joints of the annotation files."""
    full = np.empty((len(points), 28, points.shape[-1]))
    full[:, list(KEPT_OF_28)] = points
    for joint, (start, through, share) in _UNUSED.items():
        full[:, joint] = full[:, start] + share * (full[:, through] - full[:, start])
    return full
