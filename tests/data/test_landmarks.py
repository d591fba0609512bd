from __future__ import annotations

import pytest
import torch

from rtpca.data.augment import flip
from rtpca.data.landmarks import LandmarkOffsets, random_landmarks
from rtpca.data.synthetic import generate_motion
from rtpca.errors import ConfigError, ShapeError
from rtpca.geometry import rotation_about
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17")


def windows(batch: int = 8, frames: int = 30) -> torch.Tensor:
    return torch.from_numpy(generate_motion("walk", frames, 25)).double().expand(batch, -1, -1, -1).clone()


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_deviation_per_joint_is_that_of_the_configuration():
    joints = windows(4000, 2)
    config = LandmarkOffsets(share=1.0)
    offset = (random_landmarks(joints, config, seeded()) - joints)[:, 0].norm(dim=-1)
    rms = offset.square().mean(0).sqrt()
    for name, axes in (("pelvis", 2), ("neck", 2), ("head", 2), ("left_hip", 3), ("right_shoulder", 3)):
        key = {"left_hip": "hips", "right_shoulder": "shoulders"}.get(name, name)
        assert rms[H36M.index(name)].item() == pytest.approx(getattr(config, key) * axes**0.5, rel=0.05)
    shin = (joints[0, 0, H36M.index("left_ankle")] - joints[0, 0, H36M.index("left_knee")]).norm()
    assert rms[H36M.index("left_ankle")].item() == pytest.approx(config.limbs * shin.item(), rel=0.05)


def test_offsets_turn_with_the_trunk():
    joints = windows()
    turn = rotation_about(torch.tensor([0.2, 1.0, -0.4], dtype=torch.float64), torch.tensor(2.0).double())
    here = random_landmarks(joints, LandmarkOffsets(share=1.0), seeded())
    there = random_landmarks(joints @ turn.T, LandmarkOffsets(share=1.0), seeded())
    assert torch.allclose(here @ turn.T, there, atol=1e-9)


def test_offsets_are_constant_over_the_window():
    joints = windows(4, 50)
    offset = (random_landmarks(joints, LandmarkOffsets(share=1.0), seeded()) - joints).norm(dim=-1)
    assert (offset > 1e-5).all()
    assert offset.std(1).max() < 1e-6


def test_offsets_are_symmetric():
    half = windows(1, 1)
    half = half - half[:, :, :1]
    symmetric = (half + flip(half)) / 2
    landmarks = random_landmarks(symmetric.expand(20, -1, -1, -1), LandmarkOffsets(share=1.0), seeded())
    assert torch.allclose(flip(landmarks), landmarks, atol=1e-9)
    assert not torch.allclose(landmarks[0], landmarks[1], atol=1e-3)


def test_share_of_windows():
    joints = windows(3000, 1)
    moved = (random_landmarks(joints, LandmarkOffsets(share=0.2), seeded()) != joints).flatten(1).any(1)
    assert moved.double().mean().item() == pytest.approx(0.2, abs=0.03)
    assert torch.equal(random_landmarks(joints, LandmarkOffsets.none(), seeded()), joints)


def test_wrong_arguments_are_refused():
    with pytest.raises(ConfigError, match="hips=1.0 must be at most 0.2"):
        LandmarkOffsets(hips=1.0)
    with pytest.raises(ConfigError, match="share=2.0 must be at most 1"):
        LandmarkOffsets(share=2.0)
    with pytest.raises(ShapeError, match="17, 3"):
        random_landmarks(torch.zeros(2, 16, 3), LandmarkOffsets(), seeded())
