"""How far a predicted joint may be from the truth: a density with a scale, and its calibration.

The head of a network gives a scale per joint and frame. It is trained as that of a Student's t distribution
in space, whose heavy tails forgive what nobody could foresee. Afterwards two quantiles of the true errors, per
joint and on people whom the network was not trained on, say what a scale means in metres: split conformal
prediction (Vovk et al., 2005; with a learnt scale: Lei et al., 2018).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import brentq
from scipy.special import fdtr, fdtri
from torch import Tensor, nn

from rtpca.errors import ConfigError
from rtpca.models.config import is_number

FloatArray = npt.NDArray[np.floating]

TRAINING_DOF = 4.0
"""Degrees of freedom of the density in training; the calibration finds those of each joint."""
CALIBRATED_LEVELS = (0.5, 0.9)
"""At these levels the calibration is exact on its split."""
_FIRST_SCALE_M = 0.05
_DOF_RANGE = (0.2, 1e4)
_AXES = 3


class ScaleHead(nn.Module):
    """From the last tokens to a scale in metres per joint and frame.

    Besides its own token a joint reads the mean of its frame and of the window: a pose that is hard is hard
    for all joints.

    Args:
        dim: Width C of the tokens, and of the one hidden layer.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.token = nn.Linear(dim, dim)
        self.frame = nn.Linear(dim, dim, bias=False)
        self.window = nn.Linear(dim, dim, bias=False)
        self.out = nn.Linear(dim, 1)
        nn.init.constant_(self.out.bias, math.log(_FIRST_SCALE_M))

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, F, J, C) to scales (B, F, J), above 0."""
        of_frame = tokens.mean(2, keepdim=True)  # (B, F, 1, C)
        of_window = of_frame.mean(1, keepdim=True)  # (B, 1, 1, C)
        hidden = self.token(tokens) + self.frame(of_frame) + self.window(of_window)
        return self.out(nn.functional.gelu(hidden)).squeeze(-1).exp()


def negative_log_likelihood(distance: Tensor, scale: Tensor, dof: float = TRAINING_DOF) -> Tensor:
    """Minus the log density of a place in space, under Student's t distribution round the prediction.

    p(x) = Gamma((v + 3) / 2) / (Gamma(v / 2) (v pi)^(3/2) s^3) (1 + r^2 / (v s^2))^(-(v + 3) / 2)

    Args:
        distance: (...) metres r between prediction and truth.
        scale: (...) metres s, above 0.
        dof: Degrees of freedom v.

    Returns:
        (...) nats, for a density per cubic metre.
    """
    constant = (
        math.lgamma(dof / 2) - math.lgamma((dof + _AXES) / 2) + _AXES / 2 * math.log(dof * math.pi)
    )
    tail = (dof + _AXES) / 2 * torch.log1p((distance / scale).square() / dof)
    return constant + _AXES * scale.log() + tail


@dataclass(frozen=True)
class ScaleCalibration:
    """What a scale means in metres, joint by joint.

    The distance from the truth, over `factor` times the scale, is that of Student's t distribution in space:
    its square over 3 has the F distribution with 3 and `dof` degrees of freedom.

    Attributes:
        factor: (J,) multiplies the scale; 0 for the root, which is the origin and has no error.
        dof: (J,) degrees of freedom: small for heavy tails.
    """

    factor: tuple[float, ...]
    dof: tuple[float, ...]

    def __post_init__(self) -> None:
        fits = len(self.factor) == len(self.dof)
        known = fits and all(
            0 <= factor < math.inf and 0 < dof < math.inf
            for factor, dof in zip(self.factor, self.dof, strict=True)
        )
        if not known:
            raise ConfigError(
                "the calibration of the uncertainty needs a factor of at least 0 and degrees of freedom above "
                f"0 for each joint; found are factors {list(self.factor)} and degrees {list(self.dof)}"
            )

    @classmethod
    def fit(cls, error_m: FloatArray, scale_m: FloatArray, root: int = 0) -> ScaleCalibration:
        """From errors that the network had no part in.

        Args:
            error_m: (N, J) distances from the truth, metres.
            scale_m: (N, J) what the head said, metres.
            root: The joint that is the origin.

        Returns:
            The calibration under which, in each joint, half the errors lie within the radius of 50 % and nine
            of ten within that of 90 %.
        """
        ratio = np.asarray(error_m, np.float64) / np.asarray(scale_m, np.float64)
        half, nine = np.quantile(ratio, CALIBRATED_LEVELS, axis=0, method="higher")
        factor, dof = np.zeros(len(half)), np.full(len(half), _DOF_RANGE[1])
        for joint in range(len(half)):
            if joint != root:
                dof[joint] = _dof_of(nine[joint] / half[joint])
                factor[joint] = nine[joint] / _unit_radius(dof[joint], CALIBRATED_LEVELS[1])
        return cls(tuple(factor.tolist()), tuple(dof.tolist()))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], joints: int) -> ScaleCalibration:
        """From plain values, for so many joints.

        Raises:
            ConfigError: If they do not fit.
        """
        found = {key: values.get(key) for key in ("factor", "dof")}
        lists = [value for value in found.values() if isinstance(value, list) and len(value) == joints]
        if len(lists) < len(found) or not all(is_number(number) for value in lists for number in value):
            raise ConfigError(f"the calibration needs a factor and a dof for each of {joints} joints, not {found}")
        return cls(*(tuple(map(float, value)) for value in lists))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for the metadata of weights."""
        return {key: list(value) for key, value in asdict(self).items()}

    def radius_m(self, scale_m: FloatArray, level: float = 0.9) -> FloatArray:
        """(..., J) radius round each joint that holds the truth with probability `level`.

        Args:
            scale_m: (..., J) metres, what the head said.
            level: Between 0 and 1.
        """
        return scale_m * (np.array(self.factor) * _unit_radius(np.array(self.dof), level))

    def share_within(self, scale_m: FloatArray, radius_m: float) -> FloatArray:
        """(..., J) probability that the truth lies within `radius_m` of each joint; the inverse of `radius_m`."""
        with np.errstate(divide="ignore"):
            apart = radius_m / (scale_m * np.array(self.factor))
        return fdtr(_AXES, np.array(self.dof), np.square(apart) / _AXES)


def radius_ratio(dof: FloatArray, level: float, of_level: float = 0.9) -> FloatArray:
    """(J,) radius of one level over that of another, for degrees of freedom (J,)."""
    return _unit_radius(dof, level) / _unit_radius(dof, of_level)


def _unit_radius(dof: Any, level: float) -> Any:
    """Radius that holds a share of Student's t distribution in space, in units of its scale."""
    return np.sqrt(_AXES * fdtri(_AXES, dof, level))


def _dof_of(ratio: float) -> float:
    """Degrees of freedom for which the radius of 90 % is `ratio` times that of 50 %."""

    def miss(log_dof: float) -> float:
        low, high = (_unit_radius(math.exp(log_dof), level) for level in CALIBRATED_LEVELS)
        return math.log(high / low) - math.log(ratio)

    low, high = (math.log(dof) for dof in _DOF_RANGE)
    if miss(high) >= 0:  # lighter than the lightest tail
        return _DOF_RANGE[1]
    return _DOF_RANGE[0] if miss(low) <= 0 else math.exp(float(brentq(miss, low, high)))
