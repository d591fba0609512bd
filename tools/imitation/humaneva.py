"""Imitated files of HumanEva-I: `data_3d_humaneva15.npz` and `data_2d_humaneva15_gt.npz`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from imitation.archives import save_archive
from imitation.motion import MotionLibrary
from rtpca.data.datasets.facts import humaneva_cameras, projected, with_intrinsics, z_up
from rtpca.skeletons import get_skeleton

FRAME_RANGES = {
    "Train/S1": {"Walking 1": (590, 1203), "Jog 1": (367, 740), "Box 1": (385, 789)},
    "Train/S2": {"Walking 1": (438, 876), "Jog 1": (398, 795), "Box 1": (382, 734)},
    "Train/S3": {"Walking 1": (448, 939), "Jog 1": (401, 842), "Box 1": (512, 1021)},
    "Validate/S1": {"Walking 1": (5, 590), "Jog 1": (5, 367), "Box 1": (5, 385)},
    "Validate/S2": {"Walking 1": (5, 438), "Jog 1": (5, 398), "Box 1": (5, 382)},
    "Validate/S3": {"Walking 1": (5, 448), "Jog 1": (5, 401), "Box 1": (5, 512)},
}
"""First frame and the frame after the last of the published clips."""

INTRINSICS = {
    "C1": ((766.0, 764.0), (325.0, 239.0)),
    "C2": ((757.0, 755.0), (318.0, 246.0)),
    "C3": ((771.0, 769.0), (331.0, 243.0)),
}
"""Focal lengths and principal points, made up: the real ones are not public."""

_FPS = 60.0
_GAP = 4  # frames between two chunks, as if the motion capture had failed there


def write_humaneva(
    library: MotionLibrary,
    folder: Path,
    *,
    frames: int | None = 300,
    subjects: Sequence[str] = ("S1", "S2", "S3"),
    compress: bool = True,
) -> list[Path]:
    """Write the files; each clip comes in two chunks, 0 and 2, with a short gap, chunk 1, between them.

    Args:
        library: motion to fill them with.
        folder: where they go.
        frames: frames of every clip; None for the published lengths.
        subjects: which subjects.
        compress: as published.

    Returns:
        The paths: 3D and true 2D.
    """
    order = [get_skeleton("h36m17").index(joint) for joint in get_skeleton("humaneva15").joints]
    positions: dict[str, dict[str, Any]] = {}
    keypoints: dict[str, dict[str, Any]] = {}
    for key, clips in FRAME_RANGES.items():
        prefix, subject = key.split("/")
        if subject not in subjects:
            continue
        positions[key], keypoints[key] = {}, {}
        cameras = [
            with_intrinsics(camera, *INTRINSICS[name]) for name, camera in humaneva_cameras(subject).items()
        ]
        for clip, (first, end) in clips.items():
            count = frames or end - first
            split = "test" if prefix == "Validate" else "train"
            joints = library.clip(f"humaneva {key} {clip}", split, count, _FPS)[:, order]
            middle = count * 3 // 5
            for chunk, part in (("chunk0", joints[:middle]), ("chunk2", joints[middle + _GAP :])):
                if len(part):
                    positions[key][f"{clip} {chunk}"] = z_up(part).astype(np.float32)
                    views = [projected(camera, part).astype(np.float32) for camera in cameras]
                    keypoints[key][f"{clip} {chunk}"] = views
    metadata = {
        "layout_name": "humaneva15",
        "num_joints": 15,
        "keypoints_symmetry": [[2, 3, 4, 8, 9, 10], [5, 6, 7, 11, 12, 13]],
    }
    contents: dict[str, dict[str, Any]] = {
        "data_3d_humaneva15": {"positions_3d": positions},
        "data_2d_humaneva15_gt": {"positions_2d": keypoints, "metadata": metadata},
    }
    return [
        save_archive(folder / f"{name}.npz", arrays, library.terms, compress)
        for name, arrays in contents.items()
    ]
