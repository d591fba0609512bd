"""Screen normalisation."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rtpca.geometry import denormalise_screen, normalise_screen


def test_worked_by_hand():
    """Corners and middle of a 1000 x 500 image."""
    points = torch.tensor([[0.0, 0.0], [1000.0, 500.0], [500.0, 250.0], [750.0, 250.0]])
    expected = torch.tensor([[-1.0, -0.5], [1.0, 0.5], [0.0, 0.0], [0.5, 0.0]])
    torch.testing.assert_close(normalise_screen(points, (1000, 500)), expected)


@given(width=st.integers(1, 8000), height=st.integers(1, 8000), seed=st.integers(0, 2**31 - 1))
def test_there_and_back_is_the_identity(width, height, seed):
    points = torch.randn(2, 3, 17, 2, generator=torch.Generator().manual_seed(seed)).double() * 1000
    back = denormalise_screen(normalise_screen(points, (width, height)), (width, height))
    torch.testing.assert_close(back, points)


def test_each_clip_of_a_batch_has_its_own_image_size():
    points = torch.rand(3, 4, 17, 2) * 1000
    sizes = torch.tensor([[1000, 1000], [1920, 1080], [640, 480]])
    together = normalise_screen(points, sizes)
    for i, (width, height) in enumerate(sizes.tolist()):
        torch.testing.assert_close(together[i], normalise_screen(points[i], (width, height)))


def test_missing_stays_missing():
    assert normalise_screen(torch.full((1, 17, 2), torch.nan), (10, 10)).isnan().all()


@pytest.mark.parametrize("subject", ["S1", "S9", "S11"])
def test_agrees_with_the_reference(shared_data, subject):
    reference = json.loads((shared_data / "golden" / "cameras.json").read_text())["h36m"]
    checks = reference["checks"]["cameras"][subject]
    for check, intrinsic in zip(checks, reference["cameras_intrinsic"], strict=True):
        norm = normalise_screen(torch.tensor(check["pixels"]).double(), tuple(intrinsic["resolution_px"]))
        torch.testing.assert_close(norm, torch.tensor(check["normalised_2d"]).double(), atol=1e-6, rtol=0)
