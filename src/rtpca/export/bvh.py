"""BVH: joint rotations of a fixed-length skeleton with the path of the pelvis; for Blender, Maya, Unity.

Centimetres, y up. Three rotations per joint in an order of its own, position channels for the pelvis only.
Positions that lift to changing bone lengths cannot be kept exactly: see `inverse_kinematics`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rtpca.export.body import BODY, CHILDREN
from rtpca.export.inverse_kinematics import BodyMotion, euler_degrees, fit_motion
from rtpca.export.world import PathLike, world_motion
from rtpca.files import write_lines
from rtpca.inference import Ground, LiftResult

CM_PER_M = 100.0


def save_bvh(path: PathLike, result: LiftResult, ground: Ground | None = None) -> Path:
    """Write an animated skeleton as BVH; see `Save`."""
    motion = world_motion(result, ground)
    body = fit_motion(motion.joints_m, motion.fps)
    return write_lines(path, [*_hierarchy(body), *_motion(body, motion.fps)])


def _hierarchy(body: BodyMotion) -> list[str]:
    lines = ["HIERARCHY"]

    def add(number: int, depth: int) -> None:
        joint, indent = BODY[number], "  " * depth
        # The root's place is in its channels alone.
        offset = body.offsets_m[number] * CM_PER_M
        position = "" if depth else "Xposition Yposition Zposition "
        rotation = " ".join(f"{axis}rotation" for axis in joint.order)
        lines.append(f"{indent}{'JOINT' if depth else 'ROOT'} {joint.name}")
        lines.append(f"{indent}{{")
        lines.append(f"{indent}  OFFSET {_numbers(offset)}")
        lines.append(f"{indent}  CHANNELS {3 if depth else 6} {position}{rotation}")
        for child in CHILDREN[number]:
            add(child, depth + 1)
        if joint.tip_m is not None:
            lines.append(f"{indent}  End Site")
            lines.append(f"{indent}  {{")
            lines.append(f"{indent}    OFFSET {_numbers(joint.tip_m * CM_PER_M)}")
            lines.append(f"{indent}  }}")
        lines.append(f"{indent}}}")

    add(0, 0)
    return lines


def _motion(body: BodyMotion, fps: float) -> list[str]:
    angles = [
        euler_degrees(body.rotations[:, number], joint.order)  # (F, 3)
        for number, joint in enumerate(BODY)
    ]
    table = np.concatenate([body.root_m * CM_PER_M, *angles], axis=1)
    # The shortest decimal number that reads back as the same frame time: 29.97 stays 30000 / 1001.
    header = ["MOTION", f"Frames: {len(table)}", f"Frame Time: {1 / fps!r}"]
    return [*header, *(_numbers(row) for row in table)]


def _numbers(row: np.ndarray) -> str:
    return " ".join(f"{value:.5f}" for value in row.tolist())
