"""MOT: joint angles as a motion that OpenSim plays on a model of the full body.

OpenSim sets a model's coordinates from the columns of their names, and has no word for one that is not known:
a NaN makes the whole model disappear. So what the joints do not determine is bridged straight from the
frames around it and held at the ends, the header says of how many frames that is so, and angles that no frame
determines have no column, which leaves the model's own value.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rtpca.arrays import DoubleArray
from rtpca.export.world import PathLike, world_motion
from rtpca.files import write_lines
from rtpca.inference import Ground, LiftResult
from rtpca.skeletons import get_skeleton

# From the origin of the pelvis to the middle of the hips in the pelvis's axes, metres, in the unscaled model
# of Rajagopal et al. (2016) and those made of it.
_HIPS_IN_PELVIS_M = np.array([-0.0564, -0.0785, 0.0])
_HIPS = [get_skeleton("h36m17").index(f"{side}_hip") for side in ("left", "right")]
_PATH = ("pelvis_tx", "pelvis_ty", "pelvis_tz")


def save_mot(path: PathLike, result: LiftResult, ground: Ground | None = None) -> Path:
    """Write joint angles and the path of the pelvis as OpenSim's motion file; see `Save`.

    Degrees and metres; names and signs are those of the model of Rajagopal et al. (2016). The pelvis of the
    unscaled model is placed so that the middle of its hips is that of the joints.
    """
    motion = world_motion(result, ground)
    angles = result.angles(ground)
    known = np.isfinite(angles.values_rad)
    columns: dict[str, DoubleArray] = {}
    bridged: list[str] = []
    for place, name in enumerate(angles.names):
        if not known[:, place].any():
            continue
        frames = np.flatnonzero(known[:, place])
        columns[name] = np.interp(np.arange(motion.frames), frames, angles.values_rad[frames, place])
        missing = result.valid & ~known[:, place]
        if missing.any():
            bridged.append(f"{name} {100 * missing.sum() / result.valid.sum():.0f} %")
    turned = [columns.get(name, np.zeros(motion.frames)) for name in angles.names[:3]]
    origin_m = motion.joints_m[:, _HIPS].mean(axis=1) - _in_world(turned, _HIPS_IN_PELVIS_M)
    names = ["time", *columns, *_PATH]
    table = np.column_stack([motion.times_s, *map(np.degrees, columns.values()), origin_m])
    lines = [
        Path(path).stem,
        "version=1",
        f"nRows={motion.frames}",
        f"nColumns={len(names)}",
        "inDegrees=yes",
        "",
        "Names and signs of the full-body model of Rajagopal et al. (2016).",
        f"Frames without anybody, filled: {motion.frames - int(result.valid.sum())}.",
        f"Not determined by the joints, bridged: {', '.join(bridged) or 'nothing'}.",
        "",
        "endheader",
        "\t".join(names),
    ]
    for row in table.tolist():
        lines.append("\t".join([f"{row[0]:.9f}", *(f"{value:.6f}" for value in row[1:])]))
    return write_lines(path, lines)


def _in_world(turned_rad: list[DoubleArray], vector: DoubleArray) -> DoubleArray:
    """(F, 3) a vector of the pelvis's axes in the world: R = Rz(tilt) Rx(list) Ry(rotation)."""
    tilt, bend, turn = turned_rad
    x, y, z = vector
    x, z = x * np.cos(turn) + z * np.sin(turn), -x * np.sin(turn) + z * np.cos(turn)
    y, z = y * np.cos(bend) - z * np.sin(bend), y * np.sin(bend) + z * np.cos(bend)
    x, y = x * np.cos(tilt) - y * np.sin(tilt), x * np.sin(tilt) + y * np.cos(tilt)
    return np.stack([x, y, z], axis=-1)
