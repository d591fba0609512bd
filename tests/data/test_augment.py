from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from rtpca.data.augment import AugmentConfig, MotionMixing, augment, flip, random_flip
from rtpca.data.cameras import RandomCameraConfig, evaluation_cameras, random_cameras
from rtpca.data.synthetic import generate_motion
from rtpca.errors import ConfigError, ShapeError
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17")


def windows(batch: int = 16, frames: int = 27) -> torch.Tensor:
    return torch.from_numpy(generate_motion("walk", frames, 25)).expand(batch, -1, -1, -1).clone()


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_mirror_twice_is_the_original():
    joints = windows()
    assert torch.equal(flip(flip(joints)), joints)
    once = flip(joints)
    left, right = H36M.index("left_wrist"), H36M.index("right_wrist")
    assert torch.equal(once[..., left, 0], -joints[..., right, 0])
    assert torch.equal(once[..., left, 1:], joints[..., right, 1:])


def test_random_flip_takes_whole_windows():
    joints = windows(2000, 2)
    mirrored = random_flip(joints, 0.3, seeded())
    hit = (mirrored != joints).flatten(1).any(1)
    assert hit.float().mean().item() == pytest.approx(0.3, abs=0.03)
    assert torch.equal(mirrored[hit], flip(joints[hit]))


def test_chain_gives_what_the_camera_sees():
    config = AugmentConfig.none()
    joints = windows()
    batch = augment(joints, config, seeded())
    assert torch.allclose(batch.camera.camera_to_world(batch.joints_cam), joints, atol=1e-4)
    assert torch.equal(batch.keypoints_px, batch.camera.project(batch.joints_cam))
    assert torch.equal(batch.scores, torch.ones(16, 27, 17))
    assert torch.equal(batch.poses3d[:, :, 0], torch.zeros(16, 27, 3))
    assert torch.allclose(batch.poses3d + batch.root[:, :, None], batch.joints_cam, atol=1e-6)


def test_chain_with_given_cameras():
    joints = windows(4)
    cameras = evaluation_cameras(joints[0])
    batch = augment(joints, AugmentConfig.none(), seeded(), cameras)
    assert batch.camera is cameras
    assert torch.equal(batch.joints_cam, cameras.world_to_camera(joints))


def test_chain_with_everything_on():
    joints = windows(64)
    kept = joints.clone()
    batch = augment(joints, AugmentConfig(), seeded())
    assert torch.equal(joints, kept)
    assert batch.joints_cam.isfinite().all()
    assert batch.joints_cam[..., 2].min() > 0.9
    missing = batch.keypoints_px.isnan().any(-1)
    assert torch.equal(missing, batch.scores == 0)
    assert 0.0 < missing.float().mean() < 0.15
    assert not batch.keypoints_px.requires_grad
    again = augment(joints, AugmentConfig(), seeded())
    assert torch.equal(batch.keypoints_px.nan_to_num(-1), again.keypoints_px.nan_to_num(-1))
    lengths = (batch.poses3d[..., 5, :] - batch.poses3d[..., 4, :]).norm(dim=-1)
    assert lengths.std(1).max() < 1e-5
    assert lengths.mean(1).std() > 0.02


def test_left_stays_left_through_the_chain():
    """Seen in camera axes, left x up of the hips and shoulders still points where the knees bend."""
    joints = torch.from_numpy(generate_motion("squat", 60, 25)).expand(32, -1, -1, -1)
    poses = augment(joints, AugmentConfig(mixing=MotionMixing.none()), seeded()).poses3d
    left = poses[:, :, H36M.index("left_hip")] - poses[:, :, H36M.index("right_hip")]
    up = poses[:, :, H36M.index("thorax")] - poses[:, :, 0]
    ahead = torch.linalg.cross(left, up)
    knee = poses[:, :, H36M.index("left_knee")] - poses[:, :, H36M.index("left_hip")]
    bent = (
        poses[:, :, H36M.index("left_ankle")].norm(dim=-1)
        < 0.75 * poses[:, :1, H36M.index("left_ankle")].norm(dim=-1).amax()
    )
    assert bent.any(1).all()
    assert ((ahead * knee).sum(-1)[bent] > 0).all()


def test_a_given_camera_is_kept_and_the_mirror_image_is_before_it():
    joints = windows()
    camera = random_cameras(joints, RandomCameraConfig(), seeded())
    plain = augment(joints, AugmentConfig.none(), seeded(), camera)
    mirrored = augment(joints, replace(AugmentConfig.none(), flip_probability=1.0), seeded(), camera)
    assert torch.allclose(mirrored.joints_cam, flip(plain.joints_cam))
    assert mirrored.camera is camera


def test_wrong_arguments_are_refused():
    with pytest.raises(ConfigError, match="flip_probability"):
        AugmentConfig(flip_probability=2.0)
    with pytest.raises(ShapeError):
        flip(torch.zeros(4, 16, 3))


@pytest.mark.gpu
def test_chain_on_a_gpu():
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    generator = torch.Generator("cuda").manual_seed(0)
    batch = augment(windows().to("cuda"), AugmentConfig(), generator)
    assert batch.keypoints_px.is_cuda
    assert batch.scores.is_cuda
    assert batch.camera.center_world.is_cuda
    assert batch.joints_cam[..., 2].min() > 0.9
