"""Radii of the uncertainty head on their way through the lifters."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from rtpca.data.synthetic import generate_motion
from rtpca.inference import Lifter, StreamLifter, smooth_result
from rtpca.models import Checkpoint, InputSpec, RTPCAConfig, ScaleCalibration

CALIBRATION = ScaleCalibration((0.0, *[2.0] * 16), (1.0, *[3.0] * 16))
SCREEN = InputSpec(fps=20.0)
IMAGE = (1000, 1000)


class Scaled(torch.nn.Module):
    """Poses are the keypoints; the scale of a joint grows with its x, so that it can be followed."""

    def __init__(self) -> None:
        super().__init__()
        self.config = RTPCAConfig(frames=9, in_channels=3, dim=8, depth=1, heads=1, uncertainty=True)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x[..., :2], torch.zeros_like(x[..., :1])], dim=-1)

    def forward_with_scale(self, x: Tensor, detached: bool = False) -> tuple[Tensor, Tensor]:
        return self.forward(x), 0.02 * x[..., 0].exp()


@pytest.fixture
def keypoints() -> np.ndarray:
    motion = generate_motion("walk", frames=40, fps=20, seed=3)
    return (500 + 200 * motion[..., :2]).astype(np.float32)


def expected_m(x_px: np.ndarray) -> np.ndarray:
    radius = 0.02 * np.exp(x_px / 500 - 1) * 2.0 * 9 ** (1 / 3)
    radius[..., 0] = 0
    return radius


def lifter(calibration: ScaleCalibration | None = CALIBRATION, **options) -> Lifter:
    options = {"flip": False, "average_phases": False, "repair": False, "device": "cpu"} | options
    return Lifter(Checkpoint(Scaled(), SCREEN, calibration=calibration), **options)


@pytest.mark.parametrize("fps", [20, 60, 8])
def test_each_frame_has_its_own_radius_at_any_rate(keypoints, fps) -> None:
    result = lifter()(keypoints, IMAGE, fps, "h36m17")
    assert result.uncertainty.dtype == np.float32
    np.testing.assert_allclose(result.uncertainty, expected_m(keypoints[..., 0]), rtol=1e-3)
    np.testing.assert_array_equal(result.radius(0.9), result.uncertainty)
    assert (result.radius(0.5) <= result.uncertainty).all()


def test_the_mirror_image_counts_as_much_with_its_sides_exchanged(keypoints) -> None:
    result = lifter(flip=True)(keypoints, IMAGE, 20, "h36m17")
    mirrored = 1000 - keypoints[..., 0]
    mean = (expected_m(keypoints[..., 0]) + expected_m(mirrored)) / 2
    np.testing.assert_allclose(result.uncertainty, mean, rtol=1e-3)


def test_where_nobody_is_nothing_is_known(keypoints) -> None:
    keypoints[10:35] = np.nan
    result = lifter(max_gap_s=0.1)(keypoints, IMAGE, 20, "h36m17")
    assert not result.valid[15]
    assert np.isnan(result.uncertainty[~result.valid]).all()
    assert np.isfinite(result.uncertainty[result.valid]).all()


def test_smoothing_keeps_the_radii_and_uncalibrated_weights_have_none(keypoints) -> None:
    result = lifter()(keypoints, IMAGE, 20, "h36m17")
    np.testing.assert_array_equal(smooth_result(result).uncertainty, result.uncertainty)
    assert lifter(calibration=None)(keypoints, IMAGE, 20, "h36m17").uncertainty is None


def test_live_poses_have_radii(keypoints) -> None:
    checkpoint = Checkpoint(Scaled(), SCREEN, calibration=CALIBRATION)
    stream = StreamLifter(checkpoint, skeleton="h36m17", image_size=IMAGE, device="cpu", latency_frames=0)
    poses = [stream.push(frame, number / 20) for number, frame in enumerate(keypoints[:12])]
    np.testing.assert_allclose(poses[-1].uncertainty, expected_m(keypoints[11, :, 0]), rtol=1e-3)
