"""Imitated files of Human3.6M: the 3D file, the true 2D file and the file of CPN detections."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from imitation.archives import save_archive
from imitation.detections import imitated_detections
from imitation.motion import MotionLibrary
from rtpca.arrays import FloatArray
from rtpca.data.datasets.facts import h36m_cameras, projected, z_up
from rtpca.data.datasets.h36m import ACTIONS, CORRUPTED, KEPT_OF_32, TEST, TRAIN
from rtpca.skeletons import get_skeleton

_MEAN_FRAMES = 2512  # of the 209 published clips: 2.1 million frames of four cameras
_FPS = 50.0
_SYMMETRY = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]


def write_h36m(
    library: MotionLibrary,
    folder: Path,
    *,
    frames: int | None = 300,
    subjects: Sequence[str] = (*TRAIN, *TEST),
    actions: Sequence[str] = ACTIONS,
    detections: bool = True,
    compress: bool = True,
) -> list[Path]:
    """Write the files.

    Args:
        library: motion to fill them with.
        folder: where they go.
        frames: frames of every clip; None for lengths like the published ones, 2.1 million frames in all.
        subjects: which subjects.
        actions: which actions, two clips each.
        detections: whether to write imitated CPN detections too.
        compress: as published; without it writing and reading are faster and the files larger.

    Returns:
        The paths: 3D, true 2D, and the detections if wanted.
    """
    positions: dict[str, dict[str, Any]] = {}
    keypoints: dict[str, dict[str, Any]] = {}
    found: dict[str, dict[str, Any]] = {}
    for subject in subjects:
        positions[subject], keypoints[subject], found[subject] = {}, {}, {}
        cameras = h36m_cameras(subject).values()
        for action in [name + trial for name in actions for trial in ("", " 1")]:
            if (subject, action) == CORRUPTED:
                continue
            rng = library.rng(f"h36m {subject} {action} 2D")
            count = frames or round(_MEAN_FRAMES * rng.uniform(0.4, 1.6))
            split = "test" if subject in TEST else "train"
            joints = library.clip(f"h36m {subject} {action}", split, count, _FPS)
            positions[subject][action] = z_up(with_unused_joints(joints)).astype(np.float32)
            keypoints[subject][action] = [projected(camera, joints).astype(np.float32) for camera in cameras]
            if detections:
                extra = int(rng.integers(0, 4))
                views = keypoints[subject][action]
                found[subject][action] = [imitated_detections(view, rng, extra) for view in views]
    metadata = {"num_joints": 17, "keypoints_symmetry": _SYMMETRY}
    contents: dict[str, dict[str, Any]] = {
        "data_3d_h36m": {"positions_3d": positions},
        "data_2d_h36m_gt": {"positions_2d": keypoints, "metadata": metadata},
    }
    if detections:
        detected = {"layout_name": "h36m", **metadata}
        contents["data_2d_h36m_cpn_ft_h36m_dbb"] = {"positions_2d": found, "metadata": detected}
    return [
        save_archive(folder / f"{name}.npz", arrays, library.terms, compress)
        for name, arrays in contents.items()
    ]


def with_unused_joints(joints: FloatArray) -> FloatArray:
    """The 32 joints of the motion capture around the 17 (F, 17, 3): toes, thumbs, hands and doubles."""
    skeleton = get_skeleton("h36m17")
    index = skeleton.index
    across = joints[:, index("left_hip")] - joints[:, index("right_hip")]
    ahead = np.cross(across, (0.0, 1.0, 0.0))
    ahead = ahead / np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), 1e-6)
    full = np.empty((len(joints), 32, 3), dtype=np.float32)
    full[:, KEPT_OF_32] = joints
    for side, foot, toes, clavicle, hand in (("right", 4, 5, 24, 28), ("left", 9, 10, 16, 20)):
        ankle, wrist = joints[:, index(f"{side}_ankle")], joints[:, index(f"{side}_wrist")]
        forearm = wrist - joints[:, index(f"{side}_elbow")]
        full[:, foot] = ankle + 0.14 * ahead
        full[:, toes] = ankle + 0.21 * ahead
        full[:, clavicle] = joints[:, index("thorax")]
        full[:, hand] = full[:, hand + 2] = wrist
        full[:, hand + 1] = wrist + 0.3 * forearm
        full[:, hand + 3] = wrist + 0.4 * forearm
    full[:, 11] = joints[:, index("pelvis")]
    return full
