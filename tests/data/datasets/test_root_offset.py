"""Positions of a root that are added to its OFFSET are told from those that replace it, on real motion."""

from __future__ import annotations

import numpy as np
import pytest

from rtpca.data.datasets.root_offset import RootOffset
from rtpca.data.synthetic import generate_motion
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17")


def rest_place(joints: np.ndarray) -> np.ndarray:
    """Where the root of somebody is who stands in the middle, or a little beside it."""
    at = {name: joints[:, index] for index, name in enumerate(H36M.joints)}
    leg = np.linalg.norm(at["left_knee"] - at["left_hip"], axis=-1) + np.linalg.norm(
        at["left_ankle"] - at["left_knee"], axis=-1
    )
    return np.array([0.3, 1.08 * float(np.median(leg)), -0.2])


def decisions(joints: np.ndarray, rest: np.ndarray, scale: float = 1.0) -> tuple[str, str]:
    """What is decided of the take as a program writes it that adds, and as one that replaces."""
    added, replaced = joints * scale, (joints + rest) * scale
    return (
        RootOffset().decide(added, H36M, added[0, 0], rest * scale),
        RootOffset().decide(replaced, H36M, replaced[0, 0], rest * scale),
    )


@pytest.mark.parametrize("kind", ["walk", "squat", "wave"])
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_both_kinds_of_files_are_told_apart_in_any_unit(kind, scale):
    joints = generate_motion(kind, 90, 30.0, 3).astype(np.float64)
    assert decisions(joints, rest_place(joints), scale) == ("add", "replace")


def test_an_offset_without_height_makes_no_difference():
    joints = generate_motion("walk", 60, 30.0).astype(np.float64)
    assert decisions(joints, np.array([5.0, 0.05, -3.0])) == ("same", "same")


def test_a_body_without_legs_decides_nothing():
    joints = np.zeros((5, 17, 3))
    assert decisions(joints, np.array([0.0, 1.0, 0.0])) == ("same", "same")


@pytest.mark.parametrize("file", ["accad_joints.npz", "cmu4_joints.npz"])
def test_no_real_take_is_read_the_wrong_way(shared_data, file):
    """Walks, crawling, lying down, cartwheels; few may say nothing."""
    with np.load(shared_data / "data3" / file, allow_pickle=False) as pack:
        positions, offsets = pack["positions"].astype(np.float64), pack["offsets"]
        names = [str(name) for name in pack["names"]]
    unsaid = 0
    for name, first, last in zip(names, offsets, offsets[1:], strict=False):
        joints = positions[first:last]
        added, replaced = decisions(joints, rest_place(joints))
        assert added in ("add", "unknown"), name
        assert replaced in ("replace", "unknown"), name
        unsaid += (added == "unknown") + (replaced == "unknown")
    assert unsaid <= 0.1 * 2 * len(names)
