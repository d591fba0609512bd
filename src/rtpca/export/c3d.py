"""C3D: marker positions for biomechanics programs, millimetres, y up; written by ezc3d.

The format stores frame rates and positions with 32 bits. Frames in which the person was not seen are missing
points (residual -1).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rtpca.errors import InputError
from rtpca.export.world import PathLike, world_motion
from rtpca.extras import optional_import
from rtpca.files import written_whole
from rtpca.inference import Ground, LiftResult

_MM_PER_M = 1000.0
_MOST_FRAMES = 65535


def save_c3d(path: PathLike, result: LiftResult, ground: Ground | None = None) -> Path:
    """Write joint positions as points of a C3D file; see `Save`.

    Raises:
        InputError: see `Save`; or there are more frames than the format can count.
        MissingExtraError: ezc3d is not installed.
    """
    motion = world_motion(result, ground)
    if motion.frames > _MOST_FRAMES:
        raise InputError(
            f"{motion.frames} frames: a C3D file counts to {_MOST_FRAMES}; cut the clip, or export TRC or CSV"
        )
    ezc3d: Any = optional_import("ezc3d", "c3d", "to write .c3d files")
    points = np.ones((4, len(motion.names), motion.frames))
    points[:3] = motion.joints_m.transpose(2, 1, 0) * _MM_PER_M
    points[:3, :, ~motion.valid] = np.nan
    file = ezc3d.c3d()
    file["data"]["points"] = points
    file["parameters"]["POINT"]["RATE"]["value"] = [motion.fps]
    file["parameters"]["POINT"]["LABELS"]["value"] = list(motion.names)
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    # How a viewer turns the picture: x to the right and y upwards on the screen.
    file.add_parameter("POINT", "X_SCREEN", "+X")
    file.add_parameter("POINT", "Y_SCREEN", "+Y")
    with written_whole(path) as scratch:
        file.write(str(scratch))
    return Path(path)
