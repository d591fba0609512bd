"""Alignment, mirroring, and the root's path."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rtpca.errors import ShapeError
from rtpca.geometry import (
    Intrinsics,
    flip_points,
    rigid_align,
    root_trajectory,
    rotation_about,
    similarity_align,
)
from rtpca.skeletons import get_skeleton, skeleton_names

SEEDS = st.integers(0, 2**31 - 1)


def _similarity(generator: torch.Generator, scale: float, points: torch.Tensor) -> torch.Tensor:
    axis, angle = (
        torch.randn(3, generator=generator).double(),
        torch.randn(1, generator=generator).double()[0] * 3,
    )
    shift = torch.randn(3, generator=generator).double()
    return scale * points @ rotation_about(axis, angle).mT + shift


@given(seed=SEEDS, scale=st.floats(0.05, 20))
def test_similarity_align_undoes_a_similarity(seed, scale):
    generator = torch.Generator().manual_seed(seed)
    target = torch.randn(2, 3, 17, 3, generator=generator).double()
    torch.testing.assert_close(similarity_align(_similarity(generator, scale, target), target), target)


@given(seed=SEEDS, scale=st.floats(0.05, 20))
def test_similarity_align_does_not_care_how_the_prediction_was_placed(seed, scale):
    generator = torch.Generator().manual_seed(seed)
    pred, target = torch.randn(2, 4, 17, 3, generator=generator).double()
    aligned = similarity_align(pred, target)
    torch.testing.assert_close(similarity_align(_similarity(generator, scale, pred), target), aligned)
    torch.testing.assert_close(similarity_align(aligned, target), aligned)


@given(seed=SEEDS)
def test_rigid_align_undoes_a_motion_but_keeps_the_size(seed):
    generator = torch.Generator().manual_seed(seed)
    target = torch.randn(4, 17, 3, generator=generator).double()
    torch.testing.assert_close(rigid_align(_similarity(generator, 1.0, target), target), target)
    doubled = rigid_align(_similarity(generator, 2.0, target), target)
    torch.testing.assert_close(doubled.std(dim=-2), 2 * target.std(dim=-2))


@given(seed=SEEDS)
def test_no_small_change_of_the_alignment_is_better(seed):
    generator = torch.Generator().manual_seed(seed)
    pred, target = torch.randn(2, 1, 17, 3, generator=generator).double()
    aligned = similarity_align(pred, target)
    best = (aligned - target).square().sum()
    axis, shift = torch.randn(2, 3, generator=generator).double() * 1e-3
    turned = aligned @ rotation_about(axis, axis.norm()).mT + shift
    assert (turned - target).square().sum() >= best
    assert (aligned * 1.001 - target).square().sum() >= best


@given(seed=SEEDS)
def test_a_mirror_image_is_not_aligned_by_mirroring(seed):
    target = torch.randn(1, 17, 3, generator=torch.Generator().manual_seed(seed)).double()
    mirrored = target * torch.tensor([-1.0, 1.0, 1.0]).double()
    assert (similarity_align(mirrored, target) - target).norm() > 0.1


def test_poses_with_nan_do_not_spoil_their_neighbours():
    generator = torch.Generator().manual_seed(0)
    pred, target = torch.randn(2, 3, 17, 3, generator=generator).double()
    expected = similarity_align(pred, target)
    pred[1, 4, 2] = torch.nan
    aligned = similarity_align(pred, target)
    assert aligned[1].isnan().all()
    torch.testing.assert_close(aligned[[0, 2]], expected[[0, 2]])


def test_a_pose_in_one_point_is_moved_to_the_middle():
    target = torch.randn(1, 17, 3, generator=torch.Generator().manual_seed(0))
    aligned = similarity_align(torch.ones(1, 17, 3), target)
    torch.testing.assert_close(aligned, target.mean(dim=-2, keepdim=True).expand(1, 17, 3))


@given(seed=SEEDS, name=st.sampled_from(skeleton_names()), coordinates=st.sampled_from([2, 3]))
def test_flip_twice_is_the_identity(seed, name, coordinates):
    mirror = get_skeleton(name).mirror
    points = torch.randn(2, 3, len(mirror), coordinates, generator=torch.Generator().manual_seed(seed))
    flipped = flip_points(points, mirror)
    assert torch.equal(flip_points(flipped, mirror), points)
    assert not torch.equal(flipped, points)


def test_flip_swaps_the_wrists_and_negates_x():
    skeleton = get_skeleton("h36m17")
    points = torch.zeros(17, 3)
    points[skeleton.index("left_wrist")] = torch.tensor([0.5, 0.2, 0.1])
    flipped = flip_points(points, skeleton.mirror)
    torch.testing.assert_close(flipped[skeleton.index("right_wrist")], torch.tensor([-0.5, 0.2, 0.1]))
    assert (flipped[skeleton.index("left_wrist")] == 0).all()
    assert points[skeleton.index("left_wrist"), 0] == 0.5  # the input is left alone


def test_flip_needs_the_skeletons_joints():
    with pytest.raises(ShapeError, match=r"shape \(16, 3\), needed is \(..., J=17, C\)"):
        flip_points(torch.zeros(16, 3), get_skeleton("h36m17").mirror)


FOCAL, PRINCIPAL = torch.tensor([1150.0, 1145.0]).double(), torch.tensor([510.0, 515.0]).double()
SIZE = torch.tensor([1000.0, 1000.0]).double()
LENS = Intrinsics(FOCAL, PRINCIPAL, SIZE)


def _scene(seed: int, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    poses = torch.randn(6, 17, 3, generator=generator).double() * 0.4
    poses = poses - poses[:, :1]
    root = torch.randn(6, 3, generator=generator).double() + torch.tensor([0.0, 0.0, 6.0]).double()
    points = poses + root[:, None]
    pixels = points[..., :2] / points[..., 2:] * FOCAL + PRINCIPAL
    return poses.to(dtype), root.to(dtype), pixels.to(dtype)


@given(seed=SEEDS)
def test_the_root_is_recovered_from_exact_projections(seed):
    poses, root, pixels = _scene(seed)
    torch.testing.assert_close(root_trajectory(poses, pixels, torch.ones(6, 17), LENS), root)


@given(seed=SEEDS)
def test_single_precision_is_enough_for_a_millimetre(seed):
    poses, root, pixels = _scene(seed, torch.float32)
    found = root_trajectory(poses, pixels, torch.ones(6, 17), LENS.to(dtype=torch.float32))
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, root, atol=1e-3, rtol=0)


@given(seed=SEEDS)
def test_joints_without_score_do_not_count(seed):
    poses, root, pixels = _scene(seed)
    scores = torch.ones(6, 17)
    scores[:, 5:8] = 0
    pixels[:, 5] = torch.nan
    pixels[:, 6] = 1e5
    pixels[:, 9] = torch.nan
    poses[:, 10] = torch.nan
    torch.testing.assert_close(root_trajectory(poses, pixels, scores, LENS), root)


@given(seed=SEEDS)
def test_low_scores_count_less(seed):
    poses, root, pixels = _scene(seed)
    pixels[:, 3] += 100
    scores = torch.ones(6, 17).double()
    equal = (root_trajectory(poses, pixels, scores, LENS) - root).norm()
    scores[:, 3] = 0.01
    assert (root_trajectory(poses, pixels, scores, LENS) - root).norm() < 0.1 * equal


def test_frames_that_do_not_fix_the_depth_are_nan():
    poses, _, pixels = _scene(0)
    scores = torch.ones(6, 17)
    scores[0] = 0
    scores[1, 1:] = 0
    pixels[2] = torch.nan
    pixels[3] = 700.0
    root = root_trajectory(poses, pixels, scores, LENS)
    assert root.isnan().any(dim=-1).tolist() == [True, True, True, True, False, False]
    assert root.isnan().all(dim=-1).tolist()[:3] == [True, True, True]


def test_batches_have_their_own_cameras():
    poses, root, pixels = _scene(1)
    poses, pixels = poses.expand(2, 6, 17, 3), torch.stack([pixels, (pixels - PRINCIPAL) * 0.5 + 100])
    focal, principal = (
        torch.stack([FOCAL, FOCAL / 2]),
        torch.stack([PRINCIPAL, torch.full((2,), 100.0).double()]),
    )
    found = root_trajectory(
        poses, pixels, torch.ones(2, 6, 17), Intrinsics(focal, principal, SIZE.expand(2, 2))
    )
    torch.testing.assert_close(found, root.expand(2, 6, 3))
