"""Joint angles as a table: CSV, degrees, with how far each may be off."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rtpca.export.world import PathLike, check_exportable
from rtpca.files import write_lines
from rtpca.inference import Ground, LiftResult


def save_angles(path: PathLike, result: LiftResult, ground: Ground | None = None) -> Path:
    """Write joint angles as comma-separated values; see `Save`.

    The columns are `frame`, `time_s`, `valid` (1 or 0), and `<angle>_deg` for each angle, followed by
    `<angle>_within_deg` where the weights had an uncertainty head: in 9 of 10 cases the true angle is no
    further off. NaN where the joints do not determine the angle, and in frames without anybody.
    """
    check_exportable(result)
    angles = result.angles(ground)
    parts = {"deg": angles.values_rad}
    if angles.half_width_rad is not None:
        parts["within_deg"] = angles.half_width_rad
    heads = [f"{name}_{part}" for name in angles.names for part in parts]
    table = np.degrees(np.stack(list(parts.values()), axis=-1)).reshape(result.frames, -1)
    lines = [",".join(["frame", "time_s", "valid", *heads])]
    for frame, (time_s, seen, row) in enumerate(
        zip(angles.times_s.tolist(), result.valid.tolist(), table.tolist(), strict=True)
    ):
        cells = ("NaN" if value != value else f"{value:.3f}" for value in row)
        lines.append(",".join([str(frame), f"{time_s:.9f}", str(int(seen)), *cells]))
    return write_lines(path, lines)
