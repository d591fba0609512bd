"""Lens distortion: OpenCV's own numbers, the way back, and where there is none."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rtpca.errors import InputError
from rtpca.geometry import Intrinsics
from rtpca.geometry.lens import distort, from_videopose3d, reach, undistort

POINTS = torch.tensor([[0.3, -0.2, 1.0], [-0.4, 0.35, 1.2], [0.05, 0.6, 1.5]], dtype=torch.float64)
# What OpenCV 4.11 projects: cv2.projectPoints, and cv2.fisheye.projectPoints.
OPENCV = {
    (-0.28, 0.09, 0.001, -0.002): [
        [928.7963, 148.16838],
        [322.790997541, 665.151815909],
        [671.6075, 781.649555556],
    ],
    (-0.28, 0.09, 0.001, -0.002, -0.01): [
        [928.789709, 148.1732134],
        [322.81616542, 665.127591825],
        [671.606106024, 781.631155075],
    ],
    (0.5, 0.2, 0.001, -0.002, 0.02, 0.8, 0.3, 0.05): [
        [928.236744394, 148.578720778],
        [323.581371873, 664.391080614],
        [671.536422354, 780.711330628],
    ],
    (-0.28, 0.09, 0.001, -0.002, -0.01, 0.02, 0.01, 0.0, 0.004, -0.003, 0.002, 0.005): [
        [928.459515035, 149.138458975],
        [324.841720489, 664.465434224],
        [672.061975185, 780.667057007],
    ],
}
FISHEYE = (0.05, -0.02, 0.01, -0.003)
OPENCV_FISHEYE = [
    [929.574590819, 147.645300066],
    [323.657398002, 664.479754423],
    [671.91694415, 781.30366278],
]


def intrinsics(coefficients, fisheye=False) -> Intrinsics:
    return Intrinsics(
        torch.tensor([1000.0, 1100.0]).double(),
        torch.tensor([640.0, 360.0]).double(),
        torch.tensor([1280.0, 720.0]).double(),
        torch.tensor(coefficients, dtype=torch.float64),
        fisheye,
    )


@pytest.mark.parametrize("coefficients", OPENCV)
def test_projection_agrees_with_opencv(coefficients):
    expected = torch.tensor(OPENCV[coefficients], dtype=torch.float64)
    torch.testing.assert_close(intrinsics(coefficients).project(POINTS), expected, atol=1e-6, rtol=0)


def test_fisheye_projection_agrees_with_opencv():
    expected = torch.tensor(OPENCV_FISHEYE, dtype=torch.float64)
    torch.testing.assert_close(intrinsics(FISHEYE, True).project(POINTS), expected, atol=1e-6, rtol=0)


LENSES = st.tuples(
    *(st.floats(-0.4, 0.4), st.floats(-0.2, 0.2), st.floats(-0.01, 0.01), st.floats(-0.01, 0.01)),
    st.floats(-0.05, 0.05),
)
RAYS = st.lists(st.tuples(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9)), min_size=1, max_size=8)


@settings(deadline=None)
@given(lens=LENSES, rays=RAYS, fisheye=st.booleans())
def test_what_a_lens_does_is_undone(lens, rays, fisheye):
    coefficients = torch.tensor(lens[:4] if fisheye else lens, dtype=torch.float64)
    rays = torch.tensor(rays, dtype=torch.float64)
    # Near the fold two rays are all but in one place, and tangential terms move it.
    assume(bool((rays.norm(dim=-1) < 0.9 * reach(coefficients, fisheye)).all()))
    back = undistort(distort(rays, coefficients, fisheye), coefficients, fisheye)
    torch.testing.assert_close(back, rays, atol=1e-7, rtol=1e-6)


def test_a_batch_of_lenses_gives_what_each_gives():
    lenses = torch.tensor([[-0.3, 0.1, 0.001, 0.002, 0.0], [0.2, 0.0, 0.0, 0.0, 0.01]]).double()
    rays = torch.rand(2, 5, 2, dtype=torch.float64) - 0.5
    together = undistort(distort(rays, lenses[:, None]), lenses[:, None])
    for index in range(2):
        assert torch.equal(distort(rays, lenses[:, None])[index], distort(rays[index], lenses[index]))
    torch.testing.assert_close(together, rays, atol=1e-9, rtol=0)


def test_where_a_lens_folds_back_there_is_no_picture_and_no_way_back():
    """r (1 - r^2 / 3) is largest at r = 1, where it is 2/3."""
    barrel = torch.tensor([-1 / 3, 0, 0, 0]).double()
    assert reach(barrel).item() == pytest.approx(1, abs=0.01)
    seen = distort(torch.tensor([[0.9, 0.0], [1.2, 0.0]]).double(), barrel)
    assert seen.isnan().all(dim=-1).tolist() == [False, True]
    back = undistort(torch.tensor([[0.5, 0.0], [0.0, 0.7]]).double(), barrel)
    assert back.isnan().all(dim=-1).tolist() == [False, True]
    assert distort(back[:1], barrel)[0].tolist() == pytest.approx([0.5, 0.0])


def test_pixels_without_the_lens_and_back():
    camera = intrinsics((-0.28, 0.09, 0.001, -0.002, -0.01))
    pixels = camera.project(POINTS)
    straight = camera.undistorted(pixels.float())
    assert straight.dtype == torch.float32
    torch.testing.assert_close(straight, camera.pinhole().project(POINTS).float(), atol=2e-4, rtol=0)
    torch.testing.assert_close(camera.distorted(straight), pixels.float(), atol=2e-4, rtol=0)
    missing = camera.undistorted(torch.full((1, 2), torch.nan))
    assert missing.isnan().all()
    assert camera.pinhole().undistorted(pixels) is pixels


def test_human36m_lenses_of_videopose3d_are_opencv_lenses():
    """The formula of VideoPose3D, worked by hand: (a, b) = (0.5, 0.2)."""
    radial, tangential = torch.tensor([0.1, 0.2, 0.3]).double(), torch.tensor([0.02, 0.03]).double()
    a, b = 0.5, 0.2
    r2 = a * a + b * b
    factor = 1 + 0.1 * r2 + 0.2 * r2**2 + 0.3 * r2**3 + 0.02 * a + 0.03 * b
    expected = torch.tensor([a * factor + 0.02 * r2, b * factor + 0.03 * r2]).double()
    found = distort(torch.tensor([a, b]).double(), from_videopose3d(radial, tangential))
    torch.testing.assert_close(found, expected)


def test_another_number_of_coefficients_is_refused():
    with pytest.raises(InputError, match=r"distortion has 6 coefficients: a lens has k1, k2, p1, p2\["):
        intrinsics((0.1,) * 6)
    with pytest.raises(InputError, match="distortion has 5 coefficients: a fisheye lens has k1, k2, k3, k4"):
        intrinsics((0.1,) * 5, fisheye=True)
    with pytest.raises(InputError, match="holds something that is no number"):
        intrinsics((0.1, float("nan"), 0, 0))
