"""Lens distortion: OpenCV's two formulas, how far they hold, and their inverses.

A viewing ray is (a, b) = (x/z, y/z). What a lens makes of it is its formula; the way back has none and is
found by Newton's method from the undistorted radius of a purely radial lens.

Source: OpenCV's documentation of camera calibration and of its fisheye model (Kannala and Brandt, 2006).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from rtpca.errors import InputError

COUNTS = (4, 5, 8, 12)
"""How many coefficients a lens has: k1, k2, p1, p2[, k3[, k4, k5, k6[, s1, s2, s3, s4]]], OpenCV's order."""
FISHEYE_COUNT = 4
"""k1, k2, k3, k4 of the fisheye formula."""

_WIDEST_RAD = math.radians(87.0)
_ANGLES = 1024
_STEPS = 30
_EXACT, _SAME = 1e-13, 1e-8
_SMALL_STEP = 1e-6

_Formula = Callable[[Tensor], Tensor]


def distort(rays: Tensor, coefficients: Tensor, fisheye: bool = False) -> Tensor:
    """Where a lens puts viewing rays.

    With r2 = a^2 + b^2 and `k = (1 + k1 r2 + k2 r2^2 + k3 r2^3) / (1 + k4 r2 + k5 r2^2 + k6 r2^3)` the point
    (a, b) becomes `(a k + 2 p1 a b + p2 (r2 + 2 a^2) + s1 r2 + s2 r2^2, b k + p1 (r2 + 2 b^2) + 2 p2 a b +
    s3 r2 + s4 r2^2)`. A fisheye lens puts a ray at the angle t from its axis to the radius `t (1 + k1 t^2 +
    k2 t^4 + k3 t^6 + k4 t^8)`.

    Args:
        rays: (..., 2) x/z and y/z.
        coefficients: (..., 4, 5, 8 or 12) in OpenCV's order, or (..., 4) of a fisheye lens; broadcast against
            the rays.
        fisheye: Which of the formulas.

    Returns:
        (..., 2) distorted x/z and y/z; NaN beyond the angle at which the formula folds back (`reach`), where
        it stands for no lens.
    """
    radius = torch.linalg.vector_norm(rays, dim=-1, keepdim=True)
    within = radius <= reach(coefficients, fisheye)
    return torch.where(within, _formula(coefficients, fisheye)(rays), torch.nan)


def undistort(points: Tensor, coefficients: Tensor, fisheye: bool = False) -> Tensor:
    """The viewing rays that a lens puts to some points: the inverse of `distort`.

    Args:
        points: (..., 2) distorted x/z and y/z; double precision for exact ones.
        coefficients: See `distort`.
        fisheye: See `distort`.

    Returns:
        (..., 2) x/z and y/z; NaN where no ray that the lens sees comes to lie there, and where points are.
    """
    formula = _formula(coefficients, fisheye)
    profile, radii = _radial_profile(coefficients, fisheye)
    distance = torch.linalg.vector_norm(points, dim=-1, keepdim=True)
    rays = points / distance.clamp(min=1e-12) * _interpolated(distance, profile, radii)
    for _ in range(_STEPS):
        error = formula(rays) - points
        if not (error.abs() > _EXACT).any():
            break
        rays = rays - _solved(*_slopes(formula, rays), error)
    off = torch.linalg.vector_norm(formula(rays) - points, dim=-1, keepdim=True)
    radius = torch.linalg.vector_norm(rays, dim=-1, keepdim=True)
    same = off <= _SAME * (1 + distance)
    return torch.where(same & (radius <= reach(coefficients, fisheye)), rays, torch.nan)


def reach(coefficients: Tensor, fisheye: bool = False) -> Tensor:
    """How far from its axis a lens sees: (..., 1) largest x/z before its formula folds back or ends."""
    profile, radii = _radial_profile(coefficients, fisheye)
    last = (profile[..., 1:] > profile[..., :-1]).long().cumprod(dim=-1).sum(dim=-1, keepdim=True)
    return radii.expand(profile.shape).gather(-1, last)


def check_coefficients(coefficients: Tensor, fisheye: bool, name: str = "distortion") -> None:
    """Refuse coefficients of another number than the formula has, and such that are no numbers.

    Raises:
        InputError: that is the case.
    """
    count = coefficients.shape[-1] if coefficients.ndim else 0
    wanted = (FISHEYE_COUNT,) if fisheye else COUNTS
    if count not in wanted:
        known = "k1, k2, k3, k4" if fisheye else "k1, k2, p1, p2[, k3[, k4, k5, k6[, s1, s2, s3, s4]]]"
        raise InputError(
            f"{name} has {count} coefficients: {'a fisheye lens' if fisheye else 'a lens'} has {known}, in "
            "OpenCV's order"
        )
    if not bool(coefficients.isfinite().all()):
        raise InputError(f"{name} holds something that is no number")


def from_videopose3d(radial: Tensor, tangential: Tensor) -> Tensor:
    """Coefficients in OpenCV's order of a lens of Human3.6M as VideoPose3D has it.

    Its formula, `(a, b) (1 + k1 r2 + k2 r2^2 + k3 r2^3 + p1 a + p2 b) + (p1, p2) r2`, has neither the
    crossing nor the factor 2 of OpenCV's tangential terms, and is OpenCV's with a thin prism: exactly.

    Args:
        radial: (..., 3) k1, k2, k3.
        tangential: (..., 2) p1, p2.

    Returns:
        (..., 12).
    """
    k1, k2, k3 = radial.unbind(-1)
    along, across = (tangential / 2).unbind(-1)
    none = torch.zeros_like(k1)
    return torch.stack((k1, k2, across, along, k3, none, none, none, along, none, across, none), dim=-1)


def _formula(coefficients: Tensor, fisheye: bool) -> _Formula:
    return _Fisheye(coefficients) if fisheye else _BrownConrady(coefficients)


class _BrownConrady:
    """The formula of usual lenses, with coefficients that are not given as zeros."""

    def __init__(self, coefficients: Tensor) -> None:
        count = coefficients.shape[-1]
        full = torch.nn.functional.pad(coefficients, (0, COUNTS[-1] - count))
        self._k = [full[..., index, None] for index in (0, 1, 4, 5, 6, 7)]
        self._p = [full[..., index, None] for index in (2, 3)]
        self._s = [full[..., 8:10], full[..., 10:12]]
        self._has_prism = count == COUNTS[-1]

    def __call__(self, rays: Tensor) -> Tensor:
        a, b = rays[..., :1], rays[..., 1:]
        r2 = a * a + b * b
        k1, k2, k3, k4, k5, k6 = self._k
        p1, p2 = self._p
        radial = (1 + r2 * (k1 + r2 * (k2 + r2 * k3))) / (1 + r2 * (k4 + r2 * (k5 + r2 * k6)))
        crossed = 2 * a * b
        x = a * radial + p1 * crossed + p2 * (r2 + 2 * a * a)
        y = b * radial + p1 * (r2 + 2 * b * b) + p2 * crossed
        points = torch.cat((x, y), dim=-1)
        if not self._has_prism:
            return points
        (s1, s2), (s3, s4) = (each.split(1, dim=-1) for each in self._s)
        return points + torch.cat((r2 * (s1 + r2 * s2), r2 * (s3 + r2 * s4)), dim=-1)


class _Fisheye:
    """The formula of fisheye lenses: a radius for each angle."""

    def __init__(self, coefficients: Tensor) -> None:
        self._k = [coefficients[..., index, None] for index in range(FISHEYE_COUNT)]

    def __call__(self, rays: Tensor) -> Tensor:
        radius = torch.linalg.vector_norm(rays, dim=-1, keepdim=True).clamp(min=1e-12)
        angle = torch.atan(radius)
        t2 = angle * angle
        k1, k2, k3, k4 = self._k
        return rays * (angle * (1 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4)))) / radius)


def _radial_profile(coefficients: Tensor, fisheye: bool) -> tuple[Tensor, Tensor]:
    """Distorted radii (..., N) of rays at (N,) radii, by the radial terms alone, in double precision."""
    radii = torch.tan(
        torch.linspace(0, _WIDEST_RAD, _ANGLES, dtype=torch.float64, device=coefficients.device)
    )
    radial = coefficients.double()
    if not fisheye:
        radial = radial.clone()
        radial[..., 2:4] = 0
        radial[..., 8:] = 0
    rays = torch.stack((radii, torch.zeros_like(radii)), dim=-1)  # (N, 2)
    return _formula(radial[..., None, :], fisheye)(rays)[..., 0], radii


def _interpolated(distance: Tensor, profile: Tensor, radii: Tensor) -> Tensor:
    """(..., 1) undistorted radii of distorted ones; beyond what the lens sees, the last."""
    rising = profile.cummax(dim=-1).values
    if rising.ndim == 1:
        place = torch.searchsorted(rising, distance.double().contiguous())
    else:
        place = (distance.double() > rising).sum(dim=-1, keepdim=True)
    place = place.clamp(1, _ANGLES - 1)
    ends = torch.broadcast_to(rising, (*place.shape[:-1], _ANGLES))
    low, high = ends.gather(-1, place - 1), ends.gather(-1, place)
    share = ((distance - low) / (high - low).clamp(min=1e-12)).clamp(0, 1)
    return (radii[place - 1] + share * (radii[place] - radii[place - 1])).to(distance)


def _slopes(formula: _Formula, rays: Tensor) -> tuple[Tensor, Tensor]:
    """How the formula changes along a and b: twice (..., 2), by central differences."""
    steps = _SMALL_STEP * torch.eye(2, dtype=rays.dtype, device=rays.device)
    along_a, along_b = ((formula(rays + step) - formula(rays - step)) / (2 * _SMALL_STEP) for step in steps)
    return along_a, along_b


def _solved(along_a: Tensor, along_b: Tensor, error: Tensor) -> Tensor:
    """The step that undoes an error: the 2 x 2 system of the slopes."""
    determinant = along_a[..., :1] * along_b[..., 1:] - along_b[..., :1] * along_a[..., 1:]
    determinant = torch.where(determinant.abs() > 1e-9, determinant, torch.nan)
    a = along_b[..., 1:] * error[..., :1] - along_b[..., :1] * error[..., 1:]
    b = along_a[..., :1] * error[..., 1:] - along_a[..., 1:] * error[..., :1]
    return torch.cat((a, b), dim=-1) / determinant
