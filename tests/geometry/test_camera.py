"""The camera: reference values, round trips, batches."""

import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rtpca.errors import InputError, ShapeError
from rtpca.geometry import (
    Camera,
    Intrinsics,
    assumed_focal_px,
    look_at,
    rotation_about,
    rotation_from_quaternion,
)
from rtpca.geometry.lens import from_videopose3d

SEEDS = st.integers(0, 2**31 - 1)


def _camera(generator: torch.Generator, *batch: int, distortion: bool = False) -> Camera:
    """Random cameras about 5 m from the origin, looking at it."""
    center = torch.nn.functional.normalize(torch.randn(*batch, 3, generator=generator).double(), dim=-1) * 5
    lens = torch.tensor([-0.2, 0.24, -0.001, -0.002, -0.003]).double().expand(*batch, 5)
    return Camera(
        Intrinsics(
            focal_px=1000 + 200 * torch.rand(*batch, 2, generator=generator).double(),
            principal_px=500 + 20 * torch.rand(*batch, 2, generator=generator).double(),
            image_size=torch.tensor([1000.0, 1002.0]).double().expand(*batch, 2),
            distortion=lens if distortion else None,
        ),
        R_cam_from_world=look_at(center, torch.zeros(3).double()),
        center_world=center,
    )


def _reference_cameras(reference: dict, subject: str, distortion: bool):
    for intrinsic, extrinsic, check in zip(
        reference["cameras_intrinsic"],
        reference["cameras_extrinsic"][subject],
        reference["checks"]["cameras"][subject],
        strict=True,
    ):
        assert intrinsic["camera"] == extrinsic["camera"] == check["camera"]
        lens = from_videopose3d(
            torch.tensor(intrinsic["radial_distortion"]).double(),
            torch.tensor(intrinsic["tangential_distortion"]).double(),
        )
        yield (
            Camera(
                Intrinsics(
                    torch.tensor(intrinsic["focal_length_px"]).double(),
                    torch.tensor(intrinsic["center_px"]).double(),
                    torch.tensor(intrinsic["resolution_px"]).double(),
                    lens if distortion else None,
                ),
                # The file's quaternion turns camera axes into world axes.
                rotation_from_quaternion(torch.tensor(extrinsic["orientation_wxyz"]).double()).mT,
                torch.tensor(extrinsic["translation_mm"]).double() / 1000,
            ),
            check,
        )


@pytest.mark.parametrize("subject", ["S1", "S5", "S6", "S7", "S8", "S9", "S11"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_human36m_cameras_agree_with_the_reference(shared_data, subject, dtype):
    reference = json.loads((shared_data / "golden" / "cameras.json").read_text())["h36m"]
    world = torch.tensor(reference["checks"]["world_points_m"], dtype=dtype)
    for camera, check in _reference_cameras(reference, subject, distortion=True):
        points_cam = camera.to(dtype=dtype).world_to_camera(world)
        pixels = camera.to(dtype=dtype).project(points_cam)
        torch.testing.assert_close(
            points_cam, torch.tensor(check["camera_space_m"], dtype=dtype), atol=2e-6, rtol=0
        )
        torch.testing.assert_close(pixels, torch.tensor(check["pixels"], dtype=dtype), atol=5e-4, rtol=0)


@pytest.mark.parametrize("subject", ["S1", "S5", "S6", "S7", "S8", "S9", "S11"])
def test_projection_without_distortion_agrees_with_the_reference(shared_data, subject):
    reference = json.loads((shared_data / "golden" / "cameras.json").read_text())["h36m"]
    world = torch.tensor(reference["checks"]["world_points_m"]).double()
    for camera, check in _reference_cameras(reference, subject, distortion=False):
        width = camera.intrinsics.image_size[0]
        norm = torch.tensor(check["normalised_2d_without_distortion"]).double()
        expected = (norm + camera.intrinsics.image_size / width) * width / 2
        torch.testing.assert_close(camera.project(camera.world_to_camera(world)), expected, atol=5e-4, rtol=0)


def test_humaneva_cameras_agree_with_the_reference(shared_data):
    reference = json.loads((shared_data / "golden" / "cameras.json").read_text())["humaneva15"]
    world = torch.tensor(reference["checks"]["world_points_m"]).double()
    for subject, checks in reference["checks"]["cameras"].items():
        for extrinsic, check in zip(reference["cameras_extrinsic"][subject], checks, strict=True):
            camera = Camera(
                Intrinsics(*(torch.ones(2).double(),) * 3),
                rotation_from_quaternion(torch.tensor(extrinsic["orientation_wxyz"]).double()).mT,
                torch.tensor(extrinsic["translation_mm"]).double() / 1000,
            )
            expected = torch.tensor(check["camera_space_m"]).double()
            torch.testing.assert_close(camera.world_to_camera(world), expected, atol=2e-6, rtol=0)


def test_projection_worked_by_hand():
    lens = Intrinsics(
        torch.tensor([1000.0, 500.0]), torch.tensor([320.0, 240.0]), torch.tensor([640.0, 480.0])
    )
    # Half a metre right, a quarter up, 2 m ahead: 320 + 1000 / 4, 240 - 500 / 8.
    torch.testing.assert_close(lens.project(torch.tensor([0.5, -0.25, 2.0])), torch.tensor([570.0, 177.5]))
    torch.testing.assert_close(lens.rays(torch.tensor([570.0, 177.5])), torch.tensor([0.25, -0.125]))


def test_distortion_worked_by_hand():
    """(a, b) = (0.5, 0), r2 = 0.25: (0.5 (1 + 0.1 * 0.25) + 0.02 (0.25 + 0.5), 0.03 * 0.25)."""
    lens = Intrinsics(torch.ones(2), torch.zeros(2), torch.ones(2), torch.tensor([0.1, 0, 0.03, 0.02, 0]))
    expected = torch.tensor([0.5125 + 0.015, 0.0075])
    torch.testing.assert_close(lens.project(torch.tensor([1.0, 0.0, 2.0])), expected)


@given(seed=SEEDS)
def test_world_to_camera_and_back_is_the_identity(seed):
    generator = torch.Generator().manual_seed(seed)
    camera = _camera(generator, 3)
    points = torch.randn(3, 4, 5, 3, generator=generator).double()
    torch.testing.assert_close(camera.camera_to_world(camera.world_to_camera(points)), points)


@given(seed=SEEDS)
def test_a_projected_point_lies_on_its_viewing_ray(seed):
    """Projection round trip: the pixel's ray, as far as the point's depth, is the point."""
    generator = torch.Generator().manual_seed(seed)
    camera = _camera(generator)
    points_cam = camera.world_to_camera(torch.randn(20, 3, generator=generator).double())
    rays = camera.intrinsics.rays(camera.project(points_cam))
    torch.testing.assert_close(rays * points_cam[:, 2:], points_cam[:, :2])


@given(seed=SEEDS, distortion=st.booleans())
def test_a_batch_of_cameras_gives_what_each_camera_gives(seed, distortion):
    generator = torch.Generator().manual_seed(seed)
    cameras = _camera(generator, 4, distortion=distortion)
    points = torch.randn(6, 17, 3, generator=generator).double() * 0.5
    together_cam = cameras.world_to_camera(points[None])
    together = cameras.project(together_cam)
    assert together.shape == (4, 6, 17, 2)
    for i in range(4):
        one_cam = cameras[i].world_to_camera(points)
        torch.testing.assert_close(together_cam[i], one_cam)
        torch.testing.assert_close(together[i], cameras[i].project(one_cam))


def test_two_batch_axes_and_a_single_point_each():
    generator = torch.Generator().manual_seed(0)
    cameras = _camera(generator, 2, 3)
    points = torch.randn(2, 3, 3, generator=generator).double()
    points_cam = cameras.world_to_camera(points)
    assert cameras.project(points_cam).shape == (2, 3, 2)
    torch.testing.assert_close(points_cam[1, 2], cameras[1][2].world_to_camera(points[1, 2]))


def test_points_behind_the_camera_are_missing_not_mirrored():
    camera = _camera(torch.Generator().manual_seed(0))
    pixels = camera.project(torch.tensor([[0.1, 0.1, -3.0], [0.1, 0.1, 0.0], [0.1, 0.1, 3.0]]).double())
    assert pixels.isnan().all(dim=-1).tolist() == [True, True, False]


def test_to_changes_the_dtype_of_every_field():
    camera = _camera(torch.Generator().manual_seed(0), 2, distortion=True).to(dtype=torch.float32)
    fields = [
        camera.R_cam_from_world,
        camera.center_world,
        camera.intrinsics.focal_px,
        camera.intrinsics.principal_px,
        camera.intrinsics.image_size,
    ]
    assert {field.dtype for field in [*fields, camera.intrinsics.distortion]} == {torch.float32}
    assert camera.batch_shape == (2,)


def test_shape_mistakes_are_told():
    with pytest.raises(ShapeError, match=r"focal_px has shape \(3,\), needed is \(..., 2\)"):
        Intrinsics(torch.ones(3), torch.ones(2), torch.ones(2))
    with pytest.raises(ShapeError, match=r"center_world has shape \(2,\), needed is \(..., 3\)"):
        Camera(Intrinsics(*(torch.ones(2),) * 3), torch.eye(3), torch.zeros(2))
    with pytest.raises(ShapeError, match="batch axes in front"):
        _camera(torch.Generator().manual_seed(0), 4).world_to_camera(torch.zeros(3).double())
    with pytest.raises(IndexError):
        _camera(torch.Generator().manual_seed(0))[0]


@given(seed=SEEDS)
def test_look_at_puts_the_target_on_the_axis_with_a_level_horizon(seed):
    generator = torch.Generator().manual_seed(seed)
    center, target = torch.randn(2, 5, 3, generator=generator).double()
    R = look_at(center, target)
    torch.testing.assert_close(R @ R.mT, torch.eye(3).double().expand(5, 3, 3))
    torch.testing.assert_close(torch.linalg.det(R), torch.ones(5).double())
    ahead = (R @ (target - center).unsqueeze(-1)).squeeze(-1)
    torch.testing.assert_close(ahead[:, :2], torch.zeros(5, 2).double(), atol=1e-9, rtol=0)
    assert (ahead[:, 2] > 0).all()
    assert (R[:, 0, 1].abs() < 1e-12).all()  # the x axis is level
    assert (R[:, 1, 1] <= 0).all()  # and the world's up points up in the image


def test_look_at_straight_down_is_still_a_rotation():
    R = look_at(torch.tensor([0.0, 3.0, 0.0]), torch.zeros(3))
    torch.testing.assert_close(R @ R.mT, torch.eye(3))
    torch.testing.assert_close(R[2], torch.tensor([0.0, -1.0, 0.0]))


def test_rotations_worked_by_hand():
    quarter = rotation_about(torch.tensor([0.0, 0.0, 2.0]), torch.tensor(math.pi / 2))
    torch.testing.assert_close(quarter @ torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0]))
    # (w, x, y, z): half a turn about x, of any length.
    half = rotation_from_quaternion(torch.tensor([0.0, 3.0, 0.0, 0.0]))
    torch.testing.assert_close(half, torch.diag(torch.tensor([1.0, -1.0, -1.0])))


@given(seed=SEEDS)
def test_turning_by_two_angles_is_turning_by_their_sum(seed):
    generator = torch.Generator().manual_seed(seed)
    axis, angles = torch.randn(3, generator=generator).double(), torch.randn(2, generator=generator).double()
    R = rotation_about(axis, angles)
    torch.testing.assert_close(R[0] @ R[1], rotation_about(axis, angles.sum()))
    torch.testing.assert_close(R[0] @ axis, axis)


def test_assumed_focal_length_is_a_35_mm_lens():
    """36 x 24 mm behind a 35 mm lens: focal length / diagonal = 35 / 43.267."""
    focal = assumed_focal_px(torch.tensor([[36.0, 24.0], [1920.0, 1080.0]]))
    torch.testing.assert_close(focal[0], torch.tensor([35.0, 35.0]), atol=0.01, rtol=0)
    torch.testing.assert_close(focal[1], torch.tensor([1782.2, 1782.2]), atol=0.1, rtol=0)
    assert assumed_focal_px(torch.tensor([1920, 1080])).dtype == torch.float32


def test_an_unknown_camera_looks_through_the_middle_of_its_picture():
    lens = Intrinsics.of_image((1920, 1080))
    assert lens.principal_px.tolist() == [960, 540]
    torch.testing.assert_close(lens.focal_px, assumed_focal_px(torch.tensor([1920, 1080])))
    assert lens.image_size.tolist() == [1920, 1080]
    assert {values.dtype for values in (lens.focal_px, lens.principal_px, lens.image_size)} == {torch.float32}
    assert Intrinsics.of_image((1920, 1080), 900).focal_px.tolist() == [900, 900]
    assert Intrinsics.of_image((1920, 1080), (900, 950.5)).focal_px.tolist() == [900, 950.5]
    with pytest.raises(InputError, match="image size is 0: give a number above zero in pixels"):
        Intrinsics.of_image((1920, 0))
    with pytest.raises(InputError, match="`focal_px` is -1.0: give a number above zero in pixels"):
        Intrinsics.of_image((1920, 1080), -1)
    with pytest.raises(InputError, match=r"focal length is \(1, 2, 3\): give one number in pixels, or two"):
        Intrinsics.of_image((1920, 1080), (1, 2, 3))
