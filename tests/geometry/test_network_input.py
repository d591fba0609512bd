"""From pixels to features and back from predictions: one way for training, evaluation and lifting."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rtpca.geometry import Intrinsics, normalise_screen, person_view
from rtpca.geometry.network_input import network_input

SIZE = torch.tensor([1000.0, 1002.0])
FOCAL, PRINCIPAL = torch.tensor([1145.0, 1144.0]), torch.tensor([512.5, 515.4])
CAMERA = Intrinsics(FOCAL, PRINCIPAL, SIZE)


@pytest.fixture
def seen():
    generator = torch.Generator().manual_seed(4)
    pose = torch.randn(2, 1, 17, 3, generator=generator) * torch.tensor([0.3, 0.5, 0.3])
    points = pose + 0.02 * torch.randn(2, 6, 17, 3, generator=generator) + torch.tensor([0.7, -0.2, 5.0])
    keypoints = points[..., :2] / points[..., 2:] * FOCAL + PRINCIPAL
    scores = torch.rand(2, 6, 17, generator=generator) * 0.8 + 0.2
    return points, keypoints, scores


def test_screen_input_is_the_paper_s(seen) -> None:
    _, keypoints, scores = seen
    prepared = network_input(keypoints, scores, CAMERA, normalisation="screen", with_scores=False)
    expected = torch.stack((2 * keypoints[..., 0] / 1000 - 1, 2 * keypoints[..., 1] / 1000 - 1.002), dim=-1)
    torch.testing.assert_close(prepared.features, expected)
    poses = torch.randn(2, 6, 17, 3)
    assert prepared.to_camera(poses) is poses
    assert prepared.from_camera(poses) is poses


def test_scores_are_the_third_channel_in_both_normalisations(seen) -> None:
    _, keypoints, scores = seen
    for normalisation in ("screen", "person"):
        plain, scored = (
            network_input(keypoints, scores, CAMERA, normalisation=normalisation, with_scores=with_scores)
            for with_scores in (False, True)
        )
        assert torch.equal(scored.features[..., :2], plain.features)
        assert torch.equal(scored.features[..., 2], scores)


@given(seed=st.integers(0, 1000))
def test_predictions_turn_into_camera_axes_and_back(seed) -> None:
    generator = torch.Generator().manual_seed(seed)
    keypoints = torch.rand(2, 5, 17, 2, generator=generator, dtype=torch.float64) * 800 + 100
    camera = CAMERA.to(dtype=torch.float64)
    prepared = network_input(
        keypoints, torch.ones(2, 5, 17).double(), camera, normalisation="person", with_scores=True
    )
    poses = torch.randn(2, 5, 17, 3, generator=generator, dtype=torch.float64)
    back = prepared.to_camera(prepared.from_camera(poses))
    torch.testing.assert_close(back, poses, atol=1e-12, rtol=0)
    # A rotation: distances stay.
    torch.testing.assert_close(prepared.from_camera(poses).norm(dim=-1), poses.norm(dim=-1))


def test_person_input_is_the_person_view_of_the_same_keypoints(seen) -> None:
    points, keypoints, scores = seen
    prepared = network_input(keypoints, scores, CAMERA, normalisation="person", with_scores=False)
    view = person_view(keypoints, scores, CAMERA)
    assert torch.equal(prepared.features, view.points_norm)
    torch.testing.assert_close(prepared.from_camera(points), view.to_view(points))


@pytest.mark.parametrize("normalisation", ["screen", "person"])
def test_missing_keypoints_are_zero_whatever_stands_in_their_place(seen, normalisation) -> None:
    _, keypoints, scores = seen
    scores = scores.clone()
    scores[0, 2, 5] = 0.0
    scores[1, :, 9] = 0.0
    results = []
    for filling in (float("nan"), float("inf"), -1e6, 0.0):
        filled = torch.where(scores[..., None] > 0, keypoints, filling)
        prepared = network_input(filled, scores, CAMERA, normalisation=normalisation, with_scores=True)
        assert prepared.features.isfinite().all()
        assert (prepared.features[scores == 0] == 0).all()
        results.append(prepared.features)
    assert all(torch.equal(result, results[0]) for result in results)


@pytest.mark.parametrize("normalisation", ["screen", "person"])
def test_cameras_may_differ_within_a_batch(seen, normalisation) -> None:
    _, keypoints, scores = seen
    other = Intrinsics(FOCAL / 2, PRINCIPAL / 2, torch.tensor([640.0, 480.0]))
    batch = Intrinsics(
        torch.stack((CAMERA.focal_px, other.focal_px)),
        torch.stack((CAMERA.principal_px, other.principal_px)),
        torch.stack((CAMERA.image_size, other.image_size)),
    )
    together = network_input(keypoints, scores, batch, normalisation=normalisation, with_scores=False)
    for i, camera in enumerate((CAMERA, other)):
        alone = network_input(
            keypoints[i : i + 1], scores[i : i + 1], camera, normalisation=normalisation, with_scores=False
        )
        torch.testing.assert_close(together.features[i : i + 1], alone.features)


def test_screen_points_can_be_told_from_pixels(seen) -> None:
    _, keypoints, scores = seen
    prepared = network_input(keypoints, scores, CAMERA, normalisation="screen", with_scores=False)
    torch.testing.assert_close(prepared.features, normalise_screen(keypoints, SIZE))
