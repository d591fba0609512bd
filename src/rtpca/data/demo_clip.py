"""The clip inside the package: a generated person walks, squats and waves before a camera; with the truth.

It serves the demo, the examples and first tries without own data. `tools/make_demo_clip.py` makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import numpy as np

from rtpca.arrays import FloatArray


@dataclass(frozen=True)
class DemoClip:
    """2D keypoints of one person, and the 3D poses that they came from.

    Attributes:
        keypoints_px: (F, 17, 2) float32 image points with 2 px of Gaussian noise.
        scores: (F, 17) float32 in [0, 1].
        image_size: (width, height) in pixels.
        fps: Frames per second.
        skeleton: Name of the joint set, "h36m17".
        truth_poses3d: (F, 17, 3) float32 metres, root-relative, camera axes.
        truth_root: (F, 3) float32 metres, the pelvis in camera axes.
        truth_focal_px: (fx, fy), not known to a lifter.
        parts: Name, first frame and frame after the last of each part of the motion.
    """

    keypoints_px: FloatArray
    scores: FloatArray
    image_size: tuple[int, int]
    fps: float
    skeleton: str
    truth_poses3d: FloatArray
    truth_root: FloatArray
    truth_focal_px: tuple[float, float]
    parts: tuple[tuple[str, int, int], ...]

    @property
    def frames(self) -> int:
        """Number of frames F."""
        return len(self.keypoints_px)


def load_demo_clip() -> DemoClip:
    """Read the clip out of the package.

    Returns:
        The clip.

    Example:
        >>> load_demo_clip().keypoints_px.shape[1:]
        (17, 2)
    """
    with (
        resources.as_file(resources.files("rtpca") / "assets" / "demo_clip.npz") as path,
        np.load(path, allow_pickle=False) as arrays,
    ):
        content = {name: arrays[name] for name in arrays.files}
    keypoints = content["keypoints"]  # (F, 17, 3): x, y, score
    width, height = content["image_size"].tolist()
    focal_x, focal_y = content["truth_focal_px"].tolist()
    starts = content["part_starts"].tolist()
    ends = [*starts[1:], len(keypoints)]
    return DemoClip(
        keypoints_px=keypoints[..., :2],
        scores=keypoints[..., 2],
        image_size=(width, height),
        fps=float(content["fps"]),
        skeleton=str(content["skeleton"]),
        truth_poses3d=content["truth_poses3d"],
        truth_root=content["truth_root"],
        truth_focal_px=(focal_x, focal_y),
        parts=tuple(zip(content["part_names"].tolist(), starts, ends, strict=True)),
    )
