"""TRC: marker positions for OpenSim, millimetres or metres, y up.

Frames in which the person was not seen hold NaN: OpenSim reads them as missing and does not track them. Blank
cells mean the same to it, but its newer reader drops a blank cell at the end of a line and then refuses the
file, and readers of tables take blanks, or a tab behind them, each in its own way.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from rtpca.checks import check_choice
from rtpca.export.world import PathLike, WorldMotion, world_motion
from rtpca.files import write_lines
from rtpca.inference import Ground, LiftResult

_PER_METRE = {"mm": 1000.0, "m": 1.0}


def save_trc(
    path: PathLike, result: LiftResult, ground: Ground | None = None, unit: Literal["mm", "m"] = "mm"
) -> Path:
    """Write joint positions as markers in OpenSim's TRC; see `Save`.

    Raises:
        InputError: see `Save`.
        ConfigError: the unit is neither "mm" nor "m".
    """
    return save_markers(path, world_motion(result, ground), unit)


def save_markers(
    path: PathLike,
    motion: WorldMotion,
    unit: Literal["mm", "m"] = "mm",
    gaps: Literal["nan", "left out"] = "nan",
) -> Path:
    """Write points of any names as markers; see `save_trc`.

    Args:
        path: File to write.
        motion: The points.
        unit: Of lengths.
        gaps: What becomes of frames without anybody: NaN, or no line, which keeps the numbers and times of
            the others. OpenSim's inverse kinematics fails at a frame that has no marker at all.
    """
    scale = _PER_METRE[check_choice("unit of a TRC file", unit, tuple(_PER_METRE))]
    path, names, rate = Path(path), motion.names, repr(float(motion.fps))
    lines_of_frames = motion.frames if gaps == "nan" else int(motion.valid.sum())
    keys = ("DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units")
    keys += ("OrigDataRate", "OrigDataStartFrame", "OrigNumFrames")
    values = (rate, rate, str(lines_of_frames), str(len(names)), unit, rate, "1", str(lines_of_frames))
    axes = [f"{axis}{number}" for number in range(1, len(names) + 1) for axis in "XYZ"]
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "\t".join(keys),
        "\t".join(values),
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(axes),
        "",
    ]
    missing = ["NaN"] * len(axes)
    points = (motion.joints_m * scale).reshape(motion.frames, -1).tolist()
    for number, (time_s, seen, row) in enumerate(
        zip(motion.times_s.tolist(), motion.valid.tolist(), points, strict=True), 1
    ):
        if not seen and gaps == "left out":
            continue
        cells = [f"{value:.{_digits(unit)}f}" for value in row] if seen else missing
        lines.append("\t".join([str(number), f"{time_s:.9f}", *cells]))
    return write_lines(path, lines)


def _digits(unit: str) -> int:
    """Decimals that resolve a micrometre."""
    return 3 if unit == "mm" else 6
