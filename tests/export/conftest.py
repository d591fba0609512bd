from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtpca.data.demo_clip import load_demo_clip
from rtpca.inference import LiftResult
from rtpca.skeletons import get_skeleton


@pytest.fixture(scope="session")
def truth() -> LiftResult:
    """The generated motion of the embedded clip, as if it had been lifted without error."""
    clip = load_demo_clip()
    return LiftResult(
        poses3d=clip.truth_poses3d,
        root=clip.truth_root,
        confidence=np.full((clip.keypoints.frames, 17), 0.75, dtype=np.float32),
        keypoints2d=clip.keypoints.keypoints_px,
        valid=np.ones(clip.keypoints.frames, dtype=bool),
        image_size=clip.keypoints.image_size,
        fps=30000 / 1001,
        skeleton="h36m17",
        joint_names=get_skeleton("h36m17").joints,
    )


@pytest.fixture(scope="session")
def short(truth) -> LiftResult:
    """Twelve frames, of which 4 to 6 show nobody."""
    valid = np.ones(12, dtype=bool)
    valid[4:7] = False
    arrays = {
        name: getattr(truth, name)[:12].copy() for name in ("poses3d", "root", "confidence", "keypoints2d")
    }
    arrays["keypoints2d"][4:7] = np.nan
    return replace(truth, valid=valid, **arrays)


@pytest.fixture(scope="session")
def rootless(short) -> LiftResult:
    """A result whose path of the root is not known."""
    return replace(short, root=np.full_like(short.root, np.nan))
