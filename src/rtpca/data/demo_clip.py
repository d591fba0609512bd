"""The clip inside the package: a generated person walks, squats and waves before a camera; with the truth.

It serves the demo, the examples and first tries without own data. `tools/make_demo_clip.py` makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import numpy as np

from rtpca.arrays import FloatArray
from rtpca.keypoints import Keypoints
from rtpca.skeletons import get_skeleton


@dataclass(frozen=True)
class DemoClip:
    """2D keypoints of one person, and the 3D poses that they came from.

    Attributes:
        keypoints: (F, 17) h36m17 joints with 2 px of Gaussian noise, their scores, frame rate and image size.
        truth_poses3d: (F, 17, 3) float32 metres, root-relative, camera axes.
        truth_root: (F, 3) float32 metres, the pelvis in camera axes.
        truth_focal_px: (fx, fy), not known to a lifter.
        parts: Name, first frame and frame after the last of each part of the motion.
    """

    keypoints: Keypoints
    truth_poses3d: FloatArray
    truth_root: FloatArray
    truth_focal_px: tuple[float, float]
    parts: tuple[tuple[str, int, int], ...]


def load_demo_clip() -> DemoClip:
    """Read the clip out of the package.

    Returns:
        The clip.

    Example:
        >>> load_demo_clip().keypoints.keypoints_px.shape[1:]
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
        keypoints=Keypoints(
            keypoints_px=keypoints[..., :2],
            scores=keypoints[..., 2],
            skeleton=get_skeleton(str(content["skeleton"])),
            fps=float(content["fps"]),
            image_size=(width, height),
        ),
        truth_poses3d=content["truth_poses3d"],
        truth_root=content["truth_root"],
        truth_focal_px=(focal_x, focal_y),
        parts=tuple(zip(content["part_names"].tolist(), starts, ends, strict=True)),
    )
