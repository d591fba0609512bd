from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rtpca.data.cameras import (
    EVALUATION_MIN_DEPTH_M,
    FULL_FRAME_DIAGONAL_MM,
    RandomCameraConfig,
    evaluation_cameras,
    random_cameras,
)
from rtpca.data.synthetic import generate_motion
from rtpca.errors import ConfigError, ShapeError
from rtpca.geometry import rotation_from_quaternion


def take(kind: str = "walk", frames: int = 120) -> torch.Tensor:
    return torch.from_numpy(generate_motion(kind, frames, 30))


def windows(batch: int = 48, frames: int = 27, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    walk = take("walk", 400)
    start = torch.randint(400 - frames, (batch,), generator=generator)
    moved = torch.randn(batch, 1, 1, 3, generator=generator) * torch.tensor([20.0, 1.0, 20.0])
    return torch.stack([walk[s : s + frames] for s in start.tolist()]) + moved


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_evaluation_cameras_look_as_those_of_human36m(shared_data):
    golden = json.loads((shared_data / "golden" / "cameras.json").read_text())["h36m"]
    cameras = evaluation_cameras(take().double())
    turn = torch.tensor([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]], dtype=torch.float64)
    for i, intrinsic in enumerate(golden["cameras_intrinsic"]):
        assert torch.allclose(
            cameras.intrinsics.focal_px[i], torch.tensor(intrinsic["focal_length_px"]).double(), atol=0.01
        )
        assert torch.allclose(
            cameras.intrinsics.principal_px[i], torch.tensor(intrinsic["center_px"]).double(), atol=0.01
        )
        assert cameras.intrinsics.image_size[i].tolist() == intrinsic["resolution_px"]
        for subject in golden["cameras_extrinsic"].values():
            wxyz = torch.tensor(subject[i]["orientation_wxyz"], dtype=torch.float64)
            R_theirs = (turn @ rotation_from_quaternion(wxyz)).T
            cos = ((R_theirs @ cameras.R_cam_from_world[i].T).trace() - 1) / 2
            assert math.degrees(math.acos(min(1.0, cos.item()))) < 3.5


def test_evaluation_cameras_stand_round_the_take_as_in_human36m(shared_data):
    golden = json.loads((shared_data / "golden" / "cameras.json").read_text())["h36m"]
    motion = take().double()
    cameras = evaluation_cameras(motion)
    mine = (cameras.center_world - cameras.center_world.mean(0)).numpy()
    heights = cameras.center_world[:, 1] - motion[..., 1].min()
    for subject in golden["cameras_extrinsic"].values():
        theirs = np.array([camera["translation_mm"] for camera in subject])[:, [0, 2, 1]] / 1000
        theirs[:, 2] *= -1
        flat = theirs - theirs.mean(0)
        assert np.abs(mine - flat)[:, [0, 2]].max() < 0.2
        assert np.abs(heights.numpy() - theirs[:, 1]).max() < 0.12


def test_evaluation_cameras_follow_the_take():
    motion = take()
    moved = motion + torch.tensor([7.0, 1.5, -30.0])
    here, there = evaluation_cameras(motion), evaluation_cameras(moved)
    assert torch.allclose(there.center_world - here.center_world, torch.tensor([7.0, 1.5, -30.0]), atol=1e-4)
    assert torch.equal(here.R_cam_from_world, there.R_cam_from_world)


def test_evaluation_cameras_see_the_person_upright_and_whole():
    motion = take("squat")
    cameras = evaluation_cameras(motion)
    pixels = cameras.project(cameras.world_to_camera(motion.expand(4, -1, -1, -1)))
    assert (pixels > 0).all()
    assert (pixels < cameras.intrinsics.image_size[:, None, None]).all()
    assert (pixels[:, :, 10, 1] < pixels[:, :, 0, 1]).all()  # the head is above the pelvis in the picture
    height = (pixels.amax(2) - pixels.amin(2))[..., 1].amax(1)
    assert (height > 250).all()


def test_evaluation_cameras_keep_their_distance():
    motion = take()
    long_way = motion + torch.linspace(-12, 12, len(motion))[:, None, None] * torch.tensor([0.4, 0.0, 0.9])
    cameras = evaluation_cameras(long_way)
    depth = cameras.world_to_camera(long_way.expand(4, -1, -1, -1))[..., 2]
    assert depth.min().item() == pytest.approx(EVALUATION_MIN_DEPTH_M, abs=1e-4)
    near = evaluation_cameras(motion - motion[:, :1] * torch.tensor([1.0, 0.0, 1.0]))
    assert (near.center_world[:, [0, 2]].norm(dim=-1) < 6).all()  # no camera moved for somebody on the spot


def test_evaluation_cameras_refuse_batches():
    with pytest.raises(ShapeError, match=r"\(1, 120, 17, 3\).*\(F, J, 3\)"):
        evaluation_cameras(take()[None])


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**31),
    focal=st.floats(12, 100),
    distance=st.floats(0.5, 15),
    spread=st.floats(0, 4),
)
def test_random_cameras_have_everything_in_front_and_in_the_frame(seed, focal, distance, spread):
    points = windows(8, 9, seed % 100)
    points = points + torch.linspace(-spread, spread, 9)[:, None, None]
    config = RandomCameraConfig(
        focal_range_mm=(focal, focal), distance_range_m=(distance, distance), principal_std=0.0
    )
    camera = random_cameras(points, config, seeded(seed))
    points_cam = camera.world_to_camera(points)
    assert points_cam[..., 2].min() > config.min_depth_m - 1e-3
    offset = (camera.project(points_cam) - camera.intrinsics.principal_px[:, None, None]).abs()
    limit = config.framing_range[1] * camera.intrinsics.image_size[:, None, None] / 2
    assert (offset <= limit * 1.001 + 0.1).all()
    R = camera.R_cam_from_world
    assert torch.allclose(R @ R.mT, torch.eye(3).expand_as(R), atol=1e-5)
    assert torch.allclose(torch.linalg.det(R), torch.ones(8), atol=1e-5)


def test_random_cameras_follow_their_configuration():
    config = RandomCameraConfig(elevation_range_deg=(-15, 70), framing_range=(0.9, 0.9), principal_std=0.0)
    points = windows(4000, 2)
    camera = random_cameras(points, config, seeded())
    forward = camera.R_cam_from_world[:, 2]
    down = torch.rad2deg(torch.asin(-forward[:, 1]))
    assert down.min() >= -15.01
    assert down.max() <= 70.01
    assert (down > 45).float().mean() == pytest.approx(config.steep_share * 25 / 85, abs=0.015)
    azimuth = torch.atan2(forward[:, 0], forward[:, 2])
    assert (azimuth.sin().mean().abs() + azimuth.cos().mean().abs()) < 0.06
    right = camera.R_cam_from_world[:, 0]
    roll = torch.rad2deg(torch.asin(right[:, 1] / forward[:, 1].square().neg().add(1).sqrt()))
    assert roll.std().item() == pytest.approx(config.roll_std_deg, rel=0.06)
    diagonal = camera.intrinsics.image_size.square().sum(-1).sqrt()
    focal_mm = camera.intrinsics.focal_px[:, 0] / diagonal * FULL_FRAME_DIAGONAL_MM
    assert focal_mm.min() >= 20 - 1e-3
    assert focal_mm.max() <= 70 + 1e-3
    assert focal_mm.median().item() == pytest.approx(math.sqrt(20 * 70), rel=0.05)
    sizes = {tuple(size) for size in camera.intrinsics.image_size.int().tolist()}
    assert sizes == set(config.image_sizes)
    middle = (points.amax((1, 2)) + points.amin((1, 2))) / 2
    distance = (camera.center_world - middle).norm(dim=-1)
    assert distance.min() > 1.5
    assert distance.median() < 10


def test_some_cameras_are_rolled_far():
    config = RandomCameraConfig(rolled_share=0.4, rolled_most_deg=60.0, roll_std_deg=0.0)
    camera = random_cameras(windows(3000, 2), config, seeded())
    right, forward = camera.R_cam_from_world[:, 0], camera.R_cam_from_world[:, 2]
    roll = torch.rad2deg(torch.asin(right[:, 1] / forward[:, [0, 2]].norm(dim=-1)))
    rolled = roll.abs() > 0.1
    assert rolled.float().mean() == pytest.approx(0.4, abs=0.03)
    assert roll.abs().max() <= 60.01
    assert roll[rolled].mean().abs() < 4.0
    assert roll[rolled].abs().mean() == pytest.approx(30.0, abs=2.0)  # uniform
    plain = random_cameras(windows(3000, 2), RandomCameraConfig(roll_std_deg=0.0), seeded())
    assert torch.equal(plain.R_cam_from_world[:1, 2], camera.R_cam_from_world[:1, 2])  # the azimuth before it


def test_random_cameras_off_centre_by_the_aim():
    config = RandomCameraConfig(aim_std=0.0, principal_std=0.0, roll_std_deg=0.0)
    points = windows(64)
    camera = random_cameras(points, config, seeded())
    middle = (points.amax((1, 2)) + points.amin((1, 2))) / 2
    pixels = camera.project(camera.world_to_camera(middle))
    assert torch.allclose(pixels, camera.intrinsics.image_size / 2, atol=0.05)


def test_same_seed_same_cameras():
    points = windows()
    one, two = (random_cameras(points, RandomCameraConfig(), seeded(5)) for _ in range(2))
    other = random_cameras(points, RandomCameraConfig(), seeded(6))
    assert torch.equal(one.center_world, two.center_world)
    assert torch.equal(one.R_cam_from_world, two.R_cam_from_world)
    assert not torch.equal(one.center_world, other.center_world)


def test_random_cameras_refuse_a_single_window():
    with pytest.raises(ShapeError, match="add a batch axis"):
        random_cameras(take(), RandomCameraConfig(), seeded())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"distance_range_m": (5.0, 2.0)}, "distance_range_m"),
        ({"focal_range_mm": (0.0, 50.0)}, "focal_range_mm"),
        ({"elevation_range_deg": (0.0, 90.0)}, "at most 89"),
        ({"steep_share": 1.5}, "steep_share"),
        ({"roll_std_deg": -1.0}, "roll_std_deg"),
        ({"rolled_share": 2.0}, "rolled_share"),
        ({"rolled_most_deg": 181.0}, "at most 180"),
        ({"min_depth_m": 0.0}, "min_depth_m"),
        ({"image_sizes": ()}, "image_sizes"),
    ],
)
def test_wrong_camera_configuration_is_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        RandomCameraConfig(**options)
