"""Results to draw: made from the embedded clip's truth, so that no network is needed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rtpca.data.demo_clip import load_demo_clip
from rtpca.inference import LiftResult
from rtpca.skeletons import get_skeleton


@pytest.fixture(scope="session")
def person() -> LiftResult:
    """The embedded clip as a perfect result: a person walks, squats, and waves."""
    clip = load_demo_clip()
    return LiftResult(
        poses3d=clip.truth_poses3d,
        root=clip.truth_root,
        confidence=clip.keypoints.scores,
        keypoints2d=clip.keypoints.keypoints_px,
        valid=np.ones(clip.keypoints.frames, dtype=bool),
        image_size=clip.keypoints.image_size,
        fps=clip.keypoints.fps,
        skeleton="h36m17",
        joint_names=get_skeleton("h36m17").joints,
    )


@pytest.fixture(scope="session")
def people(person: LiftResult) -> list[LiftResult]:
    """Two people: the second walks beside the first, and is not in view in the first 40 frames."""
    keypoints = person.keypoints2d + np.float32([400.0, 30.0])
    keypoints[:40] = np.nan
    confidence = person.confidence.copy()
    confidence[:40] = 0
    second = dataclasses.replace(
        person,
        root=person.root + np.float32([1.5, 0.0, 0.5]),
        keypoints2d=keypoints,
        confidence=confidence,
        valid=np.arange(person.frames) >= 40,
    )
    return [person, second]


@pytest.fixture
def shortened():
    """A function that cuts a result down to its first frames."""

    def shorten(person: LiftResult, frames: int, **changes: object) -> LiftResult:
        arrays = {
            name: getattr(person, name)[:frames]
            for name in ("poses3d", "root", "confidence", "keypoints2d", "valid")
        }
        return dataclasses.replace(person, **{**arrays, **changes})

    return shorten
