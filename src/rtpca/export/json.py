"""JSON: everything of a result in one readable file; for web pages and other languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from rtpca.export.world import PathLike, world_motion
from rtpca.files import written_whole
from rtpca.inference import Ground, LiftResult
from rtpca.skeletons import get_skeleton

FORMAT, FORMAT_VERSION = "rtpca-poses", 1


def save_json(path: PathLike, result: LiftResult, ground: Ground | None = None) -> Path:
    """Write joint positions, confidence and keypoints as JSON; see `Save`.

    Keypoints that are missing are null.
    """
    motion = world_motion(result, ground)
    skeleton = get_skeleton(result.skeleton)
    header: dict[str, Any] = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "fps": float(result.fps),
        "image_size": list(result.image_size),
        "skeleton": result.skeleton,
        "joint_names": list(motion.names),
        "parents": list(skeleton.parents),
        "unit": "m",
        "axes": "x right, y up, z towards the camera",
        "origin": "camera" if ground is None else "floor",
        "root_known": bool(np.isfinite(result.root).all()),
    }
    with written_whole(path) as scratch, open(scratch, "w", encoding="utf-8") as file:
        file.write(json.dumps(header, allow_nan=False)[:-1] + ', "frames": [\n')
        for frame, time_s in enumerate(motion.times_s.tolist()):
            keypoints = [
                [round(value, 2) for value in point] if np.isfinite(point).all() else None
                for point in result.keypoints2d[frame].tolist()
            ]
            content = {
                "time_s": round(time_s, 9),
                "valid": bool(result.valid[frame]),
                "joints": [[round(value, 5) for value in point] for point in motion.joints_m[frame].tolist()],
                "confidence": [round(value, 4) for value in result.confidence[frame].tolist()],
                "keypoints2d": keypoints,
            }
            file.write(("" if frame == 0 else ",\n") + json.dumps(content, allow_nan=False))
        file.write("\n]}\n")
    return Path(path)
