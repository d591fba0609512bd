"""CSV: one line per frame with time, validity, and each joint's place and confidence."""

from __future__ import annotations

from pathlib import Path

from rtpca.export.world import PathLike, world_motion
from rtpca.files import write_lines
from rtpca.inference import Ground, LiftResult


def save_csv(path: PathLike, result: LiftResult, ground: Ground | None = None) -> Path:
    """Write joint positions as comma-separated values; see `Save`.

    The columns are `frame`, `time_s`, `valid` (1 or 0), and `<joint>_x_m`, `<joint>_y_m`, `<joint>_z_m`,
    `<joint>_confidence` for each joint.
    """
    motion = world_motion(result, ground)
    parts = ("x_m", "y_m", "z_m", "confidence")
    lines = [
        ",".join(["frame", "time_s", "valid", *(f"{name}_{part}" for name in motion.names for part in parts)])
    ]
    for frame, (time_s, seen) in enumerate(zip(motion.times_s.tolist(), motion.valid.tolist(), strict=True)):
        cells = [str(frame), f"{time_s:.9f}", str(int(seen))]
        for point, sure in zip(
            motion.joints_m[frame].tolist(), result.confidence[frame].tolist(), strict=True
        ):
            cells += [f"{value:.6f}" for value in point] + [f"{sure:.4f}"]
        lines.append(",".join(cells))
    return write_lines(path, lines)
