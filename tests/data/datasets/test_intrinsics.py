"""Intrinsics fitted to points."""

from __future__ import annotations

import numpy as np
import pytest

from rtpca.data.datasets.intrinsics import fit_pinhole
from rtpca.errors import InputError


@pytest.fixture
def points_cam(rng):
    return rng.normal(size=(50, 17, 3)) * 0.4 + (0, 0, 4)


def seen(points_cam, focal=(760.0, 755.0), principal=(322.0, 239.0)):
    return points_cam[..., :2] / points_cam[..., 2:] * focal + principal


def test_a_pinhole_is_found_again(points_cam):
    fit = fit_pinhole(points_cam, seen(points_cam), "x")
    np.testing.assert_allclose(fit.focal_px, (760, 755), rtol=1e-9)
    np.testing.assert_allclose(fit.principal_px, (322, 239), rtol=1e-9)
    assert fit.rms_px < 1e-6


def test_wild_and_missing_points_do_not_bend_it(points_cam, rng):
    pixels = seen(points_cam) + rng.normal(size=(50, 17, 2)) * 0.5
    pixels[::10, :5] += 300
    pixels[3] = np.nan
    fit = fit_pinhole(points_cam, pixels, "x")
    np.testing.assert_allclose(fit.focal_px, (760, 755), rtol=0.003)
    assert 0.5 < fit.rms_px < 0.9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda cam, px: (cam * (1, 1, -1), px), "C1: only 0 of 850 points are in front"),
        (lambda cam, px: (cam, np.full_like(px, np.nan)), "only 0 of 850"),
        (lambda cam, px: (cam, -px), "fit no camera"),
        (lambda cam, px: (cam[:1, :3], px[:1, :3]), "only 3 of 3"),
    ],
)
def test_points_that_no_camera_sees_are_refused(points_cam, change, message):
    with pytest.raises(InputError, match=message):
        fit_pinhole(*change(points_cam, seen(points_cam)), "C1")
