"""stub"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rtpca.inference.result import LiftResult

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ground:
    R_world_from_cam: Array
    origin_cam: Array

    def place(self, result: LiftResult) -> Array:
        root = np.where(np.isfinite(result.root), result.root, 0.0)
        joints = result.poses3d.astype(np.float64) + root[:, None]
        return (joints - self.origin_cam) @ self.R_world_from_cam.T


LEVEL_CAMERA = Ground(np.diag([1.0, -1.0, -1.0]), np.zeros(3))
