"""TRC files of pixels, as Sports2D and Pose2Sim write them beside those in metres."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rtpca.errors import InputError
from rtpca.files.reading import read_whole
from rtpca.keypoints.files.found import Found, people_of
from rtpca.keypoints.files.frames import ClipFrames
from rtpca.keypoints.files.parsing import frame_number
from rtpca.keypoints.files.tables import LARGEST_TABLE_BYTES, cell_number
from rtpca.keypoints.people import People

_HEADER_LINES = 5
_FEWEST_PX = 20.0
"""A body in an image is larger than this; one in metres is smaller."""


def read_trc(path: Path) -> People:
    """Joints by name over time, whose third coordinate is zero.

    The unit that such files state is not heeded: Sports2D writes "m" into those of pixels too.

    Raises:
        InputError: it is no TRC file, or holds positions in space.
    """
    lines = read_whole(path, LARGEST_TABLE_BYTES).decode("utf-8-sig", errors="replace").splitlines()
    if len(lines) <= _HEADER_LINES or not lines[0].startswith("PathFileType"):
        raise InputError(f"{path}: no TRC file: it begins with 'PathFileType' and has at least one frame")
    stated = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
    names = [name.strip() for name in lines[3].split("\t")[2:] if name.strip()]
    rows = [line.rstrip("\r\n").split("\t") for line in lines[_HEADER_LINES:] if line.strip()]
    if not names or not rows:
        raise InputError(f"{path}: a TRC file without {'markers' if not names else 'frames'}")
    width = 2 + 3 * len(names)
    values = np.array(
        [
            [cell_number(cell.strip(), f"{path}, frame {number}") for cell in (row + [""] * width)[2:width]]
            for number, row in enumerate(rows)
        ],
        dtype=np.float32,
    ).reshape(len(rows), len(names), 3)
    points, depth = values[..., :2], values[..., 2]
    known = points[np.isfinite(points).all(axis=2)]
    if not len(known):
        raise InputError(f"{path}: no person in it: all markers are empty")
    extent = float(np.nanmax(np.ptp(np.percentile(known, (5, 95), axis=0), axis=0)))
    if np.nanmax(np.abs(depth), initial=0) > 1e-3 * extent or extent < _FEWEST_PX:
        raise InputError(
            f"{path}: positions in space, not in an image: of Sports2D take the file of pixels, `_px_`; 3D "
            "data are "
            "read by `rtpca prepare`"
        )
    joints = np.concatenate([points, np.ones((*points.shape[:2], 1), dtype=np.float32)], axis=2)
    found = [Found(frame, body) for frame, body in enumerate(joints)]
    rate = frame_number(stated.get("DataRate", "").strip())
    return people_of(
        path,
        "TRC file of pixels",
        found,
        [ClipFrames({}, len(rows))],
        joint_names=names,
        fps=float(rate) if rate is not None and rate > 0 else None,
    )
