"""Known cameras and statures: what a lens bends is lifted straight, and in the world it was filmed in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.synthetic import generate_motion
from rtpca.errors import ConfigError, InputError
from rtpca.export.world import world_motion
from rtpca.geometry import Camera, Intrinsics
from rtpca.inference import Lifter, LiftResult, StreamLifter, estimate_ground, world_notes
from rtpca.metrics import stature_m
from rtpca.models import load_checkpoint

LENSES = {
    "barrel": ((-0.28, 0.09, 0.001, -0.002, -0.01), False),
    "rational": ((0.1, 0.2, 0.001, 0.002, 0.02, 0.3, 0.1, 0.02), False),
    "fisheye": ((0.05, -0.02, 0.01, -0.003), True),
}
SIZE = (1000, 1002)


@pytest.fixture(scope="module")
def world() -> torch.Tensor:
    return torch.as_tensor(generate_motion("walk", frames=60, fps=25, seed=3))


@pytest.fixture(scope="module")
def lifter() -> Lifter:
    return Lifter(load_checkpoint("rtpca-xs"), "cpu", flip=False, repair=False)


def camera_with(world: torch.Tensor, coefficients=None, fisheye=False) -> Camera:
    """The first of the fixed cameras with a lens, its axis beside the middle of the picture; y is up."""
    camera = evaluation_cameras(world)[0].to(dtype=torch.float64)
    lens = None if coefficients is None else torch.tensor(coefficients, dtype=torch.float64)
    inside = replace(
        camera.intrinsics,
        distortion=lens,
        fisheye=fisheye,
        principal_px=camera.intrinsics.principal_px + torch.tensor([30.0, -20.0]),
    )
    return replace(camera, intrinsics=inside)


def seen(camera: Camera, world: torch.Tensor) -> np.ndarray:
    return camera.project(camera.world_to_camera(world.double())).float().numpy()


@pytest.mark.parametrize("name", LENSES)
def test_a_distorting_lens_is_lifted_as_a_straight_one(lifter, world, name):
    bending = camera_with(world, *LENSES[name])
    pinhole = replace(bending, intrinsics=bending.intrinsics.pinhole())
    bent, straight = seen(bending, world), seen(pinhole, world)
    assert np.abs(bent - straight).max() > 3
    result = lifter(bent, SIZE, 25, "h36m17", camera=bending)
    expected = lifter(straight, SIZE, 25, "h36m17", camera=pinhole)
    np.testing.assert_allclose(result.poses3d, expected.poses3d, atol=1e-3)
    np.testing.assert_allclose(result.root, expected.root, atol=5e-3)
    # What was lifted is said in the pixels of the picture.
    np.testing.assert_allclose(result.keypoints2d, bent, atol=1e-2)


def test_the_principal_point_counts(lifter, world):
    pinhole = camera_with(world)
    result = lifter(seen(pinhole, world), SIZE, 25, "h36m17", camera=pinhole)
    focal = pinhole.intrinsics.focal_px[0].item()
    middle = lifter(seen(pinhole, world), SIZE, 25, "h36m17", focal_px=focal)
    truth = pinhole.world_to_camera(world[:, 0].double()).numpy()
    sideways = np.abs((result.root / result.root[:, 2:] - truth / truth[:, 2:])[:, 0]).mean()
    assert sideways < np.abs((middle.root / middle.root[:, 2:] - truth / truth[:, 2:])[:, 0]).mean() / 3


@pytest.mark.parametrize("turn", ["y", "z"])
def test_poses_come_back_in_the_world_of_the_camera_and_on_its_floor(lifter, world, turn, tmp_path):
    camera = camera_with(world)
    to_file = torch.eye(3).double()
    if turn == "z":  # the same world with z up: (x, y, z) becomes (x, -z, y)
        to_file = torch.tensor([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]).double()
        camera = replace(
            camera,
            R_cam_from_world=camera.R_cam_from_world @ to_file.T,
            center_world=to_file @ camera.center_world,
        )
    in_file = world.double() @ to_file.T
    height = stature_m(world.numpy())
    result = lifter(seen(camera, in_file), SIZE, 25, "h36m17", camera=camera, height_m=height)
    error = np.linalg.norm(result.joints_world() - in_file.numpy(), axis=-1).mean()
    assert error < 0.2
    assert world_notes(result) == (
        f"the world of the camera has {turn} up: it does not say so, but people stand that way",
    )
    ground = estimate_ground(result)
    np.testing.assert_allclose(ground.up_cam, camera.R_cam_from_world[:, 1 if turn == "y" else 2], atol=1e-6)
    origin_cam = camera.world_to_camera(torch.zeros(3).double()).numpy()
    np.testing.assert_allclose(ground.to_world(origin_cam), 0, atol=1e-6)
    # Exports have y up, and stand in the world without being asked.
    exported = world_motion(result).joints_m
    np.testing.assert_allclose(exported, result.joints_world() @ to_file.numpy(), atol=1e-4)
    again = LiftResult.load(result.save(tmp_path / "out.npz"))
    assert again.camera is not None
    np.testing.assert_array_equal(again.joints_world(), result.joints_world())
    assert (again.stature_known, again.stature_m) == (True, pytest.approx(height, abs=1e-4))


def test_a_floor_that_is_none_of_these_people_is_said(lifter, world):
    camera = camera_with(world)
    raised = replace(camera, center_world=camera.center_world + torch.tensor([0.0, 2.0, 0.0]))
    result = lifter(seen(camera, world), SIZE, 25, "h36m17", camera=raised)
    assert any("above the height 0 of the camera's world" in note for note in world_notes(result))
    lying = replace(camera, up_world=(1.0, 0.0, 0.0))
    result = lifter(seen(camera, world), SIZE, 25, "h36m17", camera=lying)
    assert any("people lean by" in note for note in world_notes(result))


def test_everything_has_the_size_that_the_stature_says(lifter, world):
    points = seen(camera_with(world), world)
    assumed = lifter(points, SIZE, 25, "h36m17")
    known = lifter(points, SIZE, 25, "h36m17", height_m=1.2)
    assert not assumed.stature_known
    assert known.stature_known
    assert known.stature_m == pytest.approx(1.2, abs=1e-4)
    scale = 1.2 / assumed.stature_m
    np.testing.assert_allclose(known.poses3d, scale * assumed.poses3d, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(known.root, scale * assumed.root, rtol=1e-4)
    np.testing.assert_allclose(known.uncertainty, scale * assumed.uncertainty, rtol=1e-4)
    np.testing.assert_array_equal(known.confidence, assumed.confidence)


@pytest.mark.parametrize(
    ("height", "message"),
    [(178, r"`height_m` is 178: give metres.*e\.g\. 1\.78"), (0, "above zero"), (float("nan"), "above zero")],
)
def test_a_stature_that_nobody_has_is_refused(lifter, world, height, message):
    with pytest.raises(InputError, match=message):
        lifter(seen(camera_with(world), world), SIZE, 25, "h36m17", height_m=height)


def test_a_camera_of_other_pictures_is_enlarged_or_refused(lifter, world):
    camera = camera_with(world, *LENSES["barrel"])
    points = seen(camera, world)
    half = lifter(points / 2, (500, 501), 25, "h36m17", camera=camera)
    assert any("taken for the same, enlarged" in note for note in half.notes)
    np.testing.assert_allclose(
        half.poses3d, lifter(points, SIZE, 25, "h36m17", camera=camera).poses3d, atol=2e-3
    )
    with pytest.raises(
        InputError, match="the camera has pictures of 1000 x 1002 px, and this clip has 1920 x"
    ):
        lifter(points, (1920, 1080), 25, "h36m17", camera=camera)
    with pytest.raises(ConfigError, match="`camera` and `focal_px` both say the focal length"):
        lifter(points, SIZE, 25, "h36m17", camera=camera, focal_px=1000)
    without = lifter(points, None, 25, "h36m17", camera=camera)
    assert without.image_size == SIZE


def test_where_the_lens_puts_nothing_keypoints_are_missing_and_it_is_said(lifter, world):
    size = torch.tensor([1000.0, 1002.0]).double()
    folding = torch.tensor([-2.0, 0.0, 0.0, 0.0]).double()
    camera = Camera.unplaced(Intrinsics(size / 2, size / 2, size, folding))
    points = seen(camera_with(world), world)
    result = lifter(points, SIZE, 25, "h36m17", camera=camera)
    assert any("undistortion diverges" in note for note in result.notes)
    assert not np.isfinite(result.keypoints2d).all()
    with pytest.raises(InputError, match="all keypoints lie where this camera's lens puts nothing"):
        lifter(points * 0.05, SIZE, 25, "h36m17", camera=camera)


def test_live_poses_have_camera_and_stature_too(world):
    bending = camera_with(world, *LENSES["barrel"])
    pinhole = replace(bending, intrinsics=bending.intrinsics.pinhole())
    checkpoint = load_checkpoint("rtpca-xs")
    poses = []
    for camera in (bending, pinhole):
        live = StreamLifter(
            checkpoint, skeleton="h36m17", image_size=SIZE, device="cpu", camera=camera, height_m=1.5
        )
        points = seen(camera, world)
        poses.append([live.push(points[frame], frame / 25) for frame in range(8)][-1])
    bent, straight = poses
    np.testing.assert_allclose(bent.pose3d, straight.pose3d, atol=1e-3)
    assert stature_m(bent.pose3d[None]) == pytest.approx(1.5, abs=0.03)
