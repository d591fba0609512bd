"""Person normalisation: what the network sees depends neither on the place in the image nor on the camera."""

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from rtpca.errors import ShapeError
from rtpca.geometry import TORSO_JOINTS, Intrinsics, person_view, rotation_about
from rtpca.skeletons import get_skeleton

SEEDS = st.integers(0, 2**31 - 1)
FOCAL, PRINCIPAL = torch.tensor([1150.0, 1145.0]).double(), torch.tensor([510.0, 515.0]).double()
SIZE = torch.tensor([1000.0, 1000.0]).double()
LENS = Intrinsics(FOCAL, PRINCIPAL, SIZE)


def _person(generator: torch.Generator, frames: int = 5, depth_m: float = 5.0) -> torch.Tensor:
    """(F, 17, 3) points about the size of a person, in front of the camera."""
    pose = torch.randn(17, 3, generator=generator).double() * torch.tensor([0.25, 0.5, 0.25]).double()
    motion = torch.randn(frames, 17, 3, generator=generator).double() * 0.03
    return pose + motion + torch.tensor([0.0, 0.0, depth_m]).double()


def _project(points_cam: torch.Tensor) -> torch.Tensor:
    return points_cam[..., :2] / points_cam[..., 2:] * FOCAL + PRINCIPAL


def test_torso_joints_are_the_torso():
    joints = get_skeleton("h36m17").joints
    names = {"pelvis", "right_hip", "left_hip", "spine", "thorax", "left_shoulder", "right_shoulder"}
    assert {joints[i] for i in TORSO_JOINTS} == names


@given(seed=SEEDS)
def test_the_torso_is_in_the_middle_and_the_larger_side_is_two(seed):
    points = _person(torch.Generator().manual_seed(seed), frames=1)
    view = person_view(_project(points), torch.ones(1, 17), LENS)
    torso = view.points_norm[0, list(TORSO_JOINTS)] * view.scale
    rays = torch.nn.functional.normalize(torch.cat([torso, torch.ones(7, 1).double()], dim=-1), dim=-1)
    torch.testing.assert_close(rays.sum(dim=0)[:2], torch.zeros(2).double(), atol=1e-12, rtol=0)
    sides = view.points_norm[0].amax(dim=0) - view.points_norm[0].amin(dim=0)
    torch.testing.assert_close(sides.max(), torch.tensor(2.0).double())


@given(seed=SEEDS)
def test_points_norm_times_scale_are_the_points_in_the_view(seed):
    points = _person(torch.Generator().manual_seed(seed))
    view = person_view(_project(points), torch.ones(5, 17), LENS)
    in_view = view.to_view(points)
    torch.testing.assert_close(view.points_norm * view.scale, in_view[..., :2] / in_view[..., 2:])
    torch.testing.assert_close(view.to_camera(in_view), points)


@given(seed=SEEDS, turn=st.floats(-0.35, 0.35), about_y=st.booleans())
def test_a_person_turned_around_the_camera_looks_the_same(seed, turn, about_y):
    """From the middle of the image the turn leaves no roll, so the view is the same to the last digit."""
    points = _person(torch.Generator().manual_seed(seed), frames=1)
    axis = torch.tensor([0.0, 1.0, 0.0] if about_y else [1.0, 0.0, 0.0]).double()
    first = person_view(_project(points), torch.ones(1, 17), LENS)
    centred = first.to_view(points)
    turned = centred @ rotation_about(axis, torch.tensor(turn).double()).mT
    before = person_view(_project(centred), torch.ones(1, 17), LENS)
    after = person_view(_project(turned), torch.ones(1, 17), LENS)
    torch.testing.assert_close(after.points_norm, before.points_norm, atol=1e-9, rtol=0)
    torch.testing.assert_close(after.scale, before.scale)


@given(seed=SEEDS, turn=st.floats(-0.3, 0.3))
def test_from_anywhere_to_anywhere_the_view_is_nearly_the_same(seed, turn):
    """Two turns about different axes leave a small roll about the viewing axis, and nothing else."""
    generator = torch.Generator().manual_seed(seed)
    points = (
        _person(generator, frames=1)
        @ rotation_about(torch.tensor([1.0, 0.0, 0.0]).double(), torch.tensor(0.2).double()).mT
    )
    turned = points @ rotation_about(torch.tensor([0.0, 1.0, 0.0]).double(), torch.tensor(turn).double()).mT
    before = person_view(_project(points), torch.ones(1, 17), LENS)
    after = person_view(_project(turned), torch.ones(1, 17), LENS)
    distance = before.points_norm.norm(dim=-1) * before.scale
    torch.testing.assert_close(after.points_norm.norm(dim=-1) * after.scale, distance, atol=1e-9, rtol=0)
    assert (after.points_norm - before.points_norm).abs().max() < 0.12


@given(seed=SEEDS, zoom=st.floats(0.2, 5), shift=st.floats(-300, 300))
def test_the_camera_behind_the_pixels_does_not_matter(seed, zoom, shift):
    keypoints = _project(_person(torch.Generator().manual_seed(seed)))
    scores = torch.ones(5, 17)
    before = person_view(keypoints, scores, LENS)
    after = person_view(
        keypoints * zoom + shift, scores, Intrinsics(FOCAL * zoom, PRINCIPAL * zoom + shift, SIZE)
    )
    torch.testing.assert_close(after.points_norm, before.points_norm)
    torch.testing.assert_close(after.R_cam_from_view, before.R_cam_from_view)


@given(seed=SEEDS)
def test_mirroring_the_image_mirrors_the_view(seed):
    keypoints = _project(_person(torch.Generator().manual_seed(seed)))
    scores = torch.ones(5, 17)
    mirrored = keypoints.clone()
    mirrored[..., 0] = 2 * PRINCIPAL[0] - mirrored[..., 0]
    before = person_view(keypoints, scores, LENS).points_norm
    after = person_view(mirrored, scores, LENS).points_norm
    torch.testing.assert_close(after * torch.tensor([-1.0, 1.0]).double(), before)


@given(seed=SEEDS)
def test_views_are_rotations(seed):
    generator = torch.Generator().manual_seed(seed)
    keypoints = torch.rand(2, 3, 17, 2, generator=generator).double() * 4000 - 1500
    lenses = Intrinsics(FOCAL.expand(2, 2), PRINCIPAL.expand(2, 2), SIZE.expand(2, 2))
    view = person_view(keypoints, torch.ones(2, 3, 17), lenses)
    R = view.R_cam_from_view
    torch.testing.assert_close(R @ R.mT, torch.eye(3).double().expand(2, 3, 3, 3))
    torch.testing.assert_close(torch.linalg.det(R), torch.ones(2, 3).double())
    assert view.points_norm.isfinite().all()


@given(seed=SEEDS)
def test_a_batch_gives_what_each_window_gives(seed):
    generator = torch.Generator().manual_seed(seed)
    keypoints = torch.stack([_project(_person(generator)) for _ in range(3)])
    scores = (torch.rand(3, 5, 17, generator=generator) > 0.3).double()
    focal = FOCAL * torch.tensor([[0.5], [1.0], [2.0]]).double()
    lenses = Intrinsics(focal, PRINCIPAL.expand(3, 2), SIZE.expand(3, 2))
    together = person_view(keypoints, scores, lenses)
    for i in range(3):
        alone = person_view(keypoints[i], scores[i], lenses[i])
        torch.testing.assert_close(together.points_norm[i], alone.points_norm)
        torch.testing.assert_close(together.R_cam_from_view[i], alone.R_cam_from_view)
        torch.testing.assert_close(together.scale[i], alone.scale)


@given(seed=SEEDS)
def test_what_stands_in_missing_joints_does_not_matter(seed):
    generator = torch.Generator().manual_seed(seed)
    keypoints = _project(_person(generator))
    scores = (torch.rand(5, 17, generator=generator) > 0.3).double()
    assume(scores.any())
    hidden = keypoints.masked_fill(scores.unsqueeze(-1) == 0, torch.nan)
    garbage = keypoints + torch.where(scores.unsqueeze(-1) > 0, 0.0, 1e6)
    a = person_view(hidden, torch.ones(5, 17), LENS)
    b = person_view(garbage, scores, LENS)
    torch.testing.assert_close(a.points_norm, b.points_norm)
    assert (a.points_norm[scores == 0] == 0).all()
    assert a.points_norm.isfinite().all()


def test_empty_frames_take_the_view_of_the_nearest_seen_frame():
    keypoints = _project(_person(torch.Generator().manual_seed(1), frames=7))
    keypoints = keypoints + torch.arange(7)[:, None, None] * 60.0
    scores = torch.ones(7, 17)
    scores[[0, 2, 3, 4, 6]] = 0  # frames 1 and 5 are seen
    R = person_view(keypoints, scores, LENS).R_cam_from_view
    for frame, nearest in enumerate([1, 1, 1, 1, 5, 5, 5]):
        torch.testing.assert_close(R[frame], R[nearest])
    assert not torch.allclose(R[1], R[5])


def test_nothing_visible_gives_zeros_without_turn():
    view = person_view(torch.full((3, 17, 2), torch.nan), torch.zeros(3, 17), LENS.to(dtype=torch.float32))
    assert (view.points_norm == 0).all()
    torch.testing.assert_close(view.R_cam_from_view, torch.eye(3).expand(3, 3, 3))
    assert view.scale == 1


def test_without_torso_all_visible_joints_make_the_middle():
    keypoints = _project(_person(torch.Generator().manual_seed(3), frames=1))
    scores = torch.ones(1, 17)
    scores[:, list(TORSO_JOINTS)] = 0
    view = person_view(keypoints, scores, LENS)
    kept = [i for i in range(17) if i not in TORSO_JOINTS]
    expected = person_view(keypoints, torch.ones(1, 17), LENS, torso=tuple(kept))
    torch.testing.assert_close(view.R_cam_from_view, expected.R_cam_from_view)


def test_one_frame_with_few_joints_does_not_change_the_scale():
    keypoints = _project(_person(torch.Generator().manual_seed(4), frames=9))
    scores = torch.ones(9, 17)
    full = person_view(keypoints, scores, LENS).scale
    scores[4, 1:] = 0
    partial = person_view(keypoints, scores, LENS).scale
    assert abs(partial / full - 1) < 0.05


def test_dtype_is_kept_and_shapes_are_checked():
    assert person_view(torch.rand(2, 17, 2), torch.ones(2, 17), LENS).points_norm.dtype == (torch.float32)
    with pytest.raises(ShapeError, match=r"keypoints_px has shape \(17, 2\), needed is \(..., F, J, 2\)"):
        person_view(torch.rand(17, 2), torch.ones(17), LENS)
    with pytest.raises(ShapeError, match=r"scores have shape \(2, 16\), keypoints \(2, 17, 2\)"):
        person_view(torch.rand(2, 17, 2), torch.ones(2, 16), LENS)
