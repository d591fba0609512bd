"""How far a predicted joint may be from the truth: a density with a scale, and its calibration.

The head of a network gives a scale per joint and frame. It is trained as that of a Student's t distribution
in space, whose heavy tails forgive what nobody could foresee. Afterwards two quantiles of the true errors,
per joint and on people whom the network was not trained on, say what a scale means in metres: split conformal
prediction (Vovk et al., 2005; with a learnt scale: Lei et al., 2018). Errors of one person resemble each
other more than those of another, so the quantiles are those that hold for a person who is left out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rtpca.arrays import AnyFloatArray
from rtpca.errors import ConfigError

TRAINING_DOF = 4.0
"""Degrees of freedom of the density in training."""
CALIBRATED_LEVELS = (0.5, 0.9)
"""Shares of the errors at which the calibration is made."""
_FIRST_SCALE_M = 0.05
_STEEPEST, _LARGEST = 1e3, 1e6
_BISECTIONS = 12
_SMALLEST = 0.003  # in units of the normalised input: a tremble that nobody would call noise
_AXES = 3


class ScaleHead(nn.Module):
    """From the last tokens and the keypoints to a scale in metres per joint and frame.

    Besides its own token a joint reads the mean of its frame and of the window: a pose that is hard is hard
    for all joints. The body has learnt to see through noise, so its tokens tell little of it; the head sees
    from the keypoints themselves how much they tremble.

    Args:
        dim: Width C of the tokens, and of the one hidden layer.
        in_channels: Of the keypoints: 2, or 3 with scores.
    """

    def __init__(self, dim: int, in_channels: int) -> None:
        super().__init__()
        self.token = nn.Linear(dim, dim)
        self.frame = nn.Linear(dim, dim, bias=False)
        self.window = nn.Linear(dim, dim, bias=False)
        self.noise = nn.Linear(3 if in_channels == 2 else 5, dim, bias=False)
        self.out = nn.Linear(dim, 1)
        nn.init.constant_(self.out.bias, math.log(_FIRST_SCALE_M))

    def forward(self, tokens: Tensor, keypoints: Tensor) -> Tensor:
        """Tokens (B, F, J, C) and the network's input (B, F, J, 2|3) to scales (B, F, J), above 0."""
        of_frame = tokens.mean(2, keepdim=True)  # (B, F, 1, C)
        of_window = of_frame.mean(1, keepdim=True)  # (B, 1, 1, C)
        hidden = self.token(tokens) + self.frame(of_frame) + self.window(of_window)
        hidden = hidden + self.noise(noise_signs(keypoints))
        return self.out(nn.functional.gelu(hidden)).squeeze(-1).exp()


def noise_signs(keypoints: Tensor) -> Tensor:
    """What the keypoints themselves tell of their noise.

    Args:
        keypoints: (B, F, J, 2) normalised, or (B, F, J, 3) with scores, 0 where missing.

    Returns:
        (B, F, J, 3) logarithms of how far a keypoint is off a steady motion (its second difference): in this
        frame, the joint's mean over the window, and the mean over all joints. With scores (B, F, J, 5): the
        joint's own score and the mean of the frame follow.
    """
    points, seen = keypoints[..., :2], keypoints[..., 2:].squeeze(-1) > 0
    if keypoints.shape[-1] == 2:
        seen = torch.ones_like(points[..., 0], dtype=torch.bool)
    tremble, known = torch.zeros_like(points[..., 0]), torch.zeros_like(seen)  # (B, F, J)
    if points.shape[1] > 2:
        known[:, 1:-1] = seen[:, 2:] & seen[:, 1:-1] & seen[:, :-2]
        tremble[:, 1:-1] = (points[:, 2:] - 2 * points[:, 1:-1] + points[:, :-2]).norm(dim=-1)
        tremble = tremble * known
    means = [
        tremble.sum(axes, keepdim=True) / known.sum(axes, keepdim=True).clamp(min=1) for axes in (1, (1, 2))
    ]
    signs = [(value + _SMALLEST).log().expand_as(tremble) for value in (tremble, *means)]
    if keypoints.shape[-1] == 3:
        scores = keypoints[..., 2]
        signs += [scores, scores.mean(2, keepdim=True).expand_as(scores)]
    return torch.stack(signs, dim=-1)


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
    constant = math.lgamma(dof / 2) - math.lgamma((dof + _AXES) / 2) + _AXES / 2 * math.log(dof * math.pi)
    tail = (dof + _AXES) / 2 * torch.log1p((distance / scale).square() / dof)
    return constant + _AXES * scale.log() + tail


@dataclass(frozen=True)
class ScaleCalibration:
    """What a scale means in metres, joint by joint.

    The distance from the truth, over the scale, is taken to be log-logistic: it lies below t in a share
    1 / (1 + (factor / t)^steepness). Two quantiles fix it, and everything else follows in closed form.

    Attributes:
        factor: (J,) the median distance over the scale; 0 for the root, which is the origin and has no error.
        steepness: (J,) large where the distances are near their median, small for heavy tails.
    """

    factor: tuple[float, ...]
    steepness: tuple[float, ...]

    def __post_init__(self) -> None:
        fits = all(0 <= factor < math.inf for factor in self.factor)
        if not fits or not all(0 < steepness < math.inf for steepness in self.steepness):
            raise ConfigError(
                "the calibration needs factors of at least 0 and a steepness above 0; found are factors "
                f"{list(self.factor)} and steepness {list(self.steepness)}"
            )

    @classmethod
    def fit(
        cls,
        error_m: AnyFloatArray,
        scale_m: AnyFloatArray,
        people: Sequence[str] | None = None,
        kinds: Sequence[str] | None = None,
        root: int = 0,
    ) -> ScaleCalibration:
        """From errors that the network had no part in.

        Args:
            error_m: (N, J) distances from the truth, metres; not all of them 0.
            scale_m: (N, J) what the head said, metres.
            people: (N,) whose errors these are; None where that does not matter.
            kinds: (N,) from which kind of keypoints they are; None where that does not matter.
            root: The joint that is the origin.

        Returns:
            The calibration under which half the errors lie within the radius of 50 % and nine of ten within
            that of 90 %: for each joint; or, where there are several people or kinds, over the joints of each
            person with a calibration to the others, for the kind that is held worst.
        """
        ratio = np.asarray(error_m, np.float64) / np.asarray(scale_m, np.float64)
        levels = [
            _level_that_holds(np.delete(ratio, root, 1), people, kinds, level) for level in CALIBRATED_LEVELS
        ]
        half, nine = np.quantile(ratio, levels, axis=0, method="higher")
        with np.errstate(divide="ignore", invalid="ignore"):
            steepness = _log_odds(CALIBRATED_LEVELS[1]) / np.log(nine / half)
        half[root], steepness[root] = 0.0, 1.0
        return cls(tuple(half.tolist()), tuple(np.minimum(steepness, _STEEPEST).tolist()))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], joints: int) -> ScaleCalibration:
        """From plain values, for so many joints.

        Raises:
            ConfigError: If they do not fit.
        """
        found = {key: values.get(key) for key in ("factor", "steepness")}
        lists = [value for value in found.values() if isinstance(value, list) and len(value) == joints]
        if len(lists) < len(found) or not all(
            type(number) in (int, float) and 0 <= number < _LARGEST for value in lists for number in value
        ):
            raise ConfigError(
                f"the calibration needs a factor and a steepness for each of {joints} joints, from 0 to "
                f"{_LARGEST:g}"
            )
        return cls(*(tuple(map(float, value)) for value in lists))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for the metadata of weights."""
        return {key: list(value) for key, value in asdict(self).items()}

    def radius_m(self, scale_m: AnyFloatArray, level: float = 0.9) -> AnyFloatArray:
        """(..., J) radius round each joint that holds the truth with probability `level`.

        Args:
            scale_m: (..., J) metres, what the head said.
            level: Between 0 and 1.
        """
        return scale_m * (np.array(self.factor) * np.exp(_log_odds(level) / np.array(self.steepness)))

    def share_within(self, scale_m: AnyFloatArray, radius_m: float) -> AnyFloatArray:
        """(..., J) probability that the truth lies within so many metres of each joint."""
        apart = scale_m * np.array(self.factor) / radius_m
        return 1 / (1 + apart ** np.array(self.steepness))


def _level_that_holds(
    ratio: AnyFloatArray, people: Sequence[str] | None, kinds: Sequence[str] | None, level: float
) -> float:
    """The level whose quantiles over all others hold a share `level` of a person's errors, of any kind."""
    names, kind_of = (np.array([""] * len(ratio) if labels is None else labels) for labels in (people, kinds))
    known, found = sorted(set(names.tolist())), sorted(set(kind_of.tolist()))
    if len(known) == len(found) == 1:
        return level
    # Kind, a person's errors of it, those of others.
    groups: list[tuple[str, AnyFloatArray, AnyFloatArray]] = []
    for name in known:
        own = names == name
        rest = np.sort(ratio[~own] if len(known) > 1 else ratio, axis=0)
        groups += [(kind, ratio[own & (kind_of == kind)], rest) for kind in found]

    def held(tried: float) -> float:
        within, total = Counter[str](), Counter[str]()
        for kind, mine, rest in groups:
            within[kind] += int((mine <= rest[round(tried * (len(rest) - 1))]).sum())
            total[kind] += mine.size
        return min(within[kind] / total[kind] for kind in found)

    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if held(middle) < level else (low, middle)
    return high


def radius_ratio(steepness: AnyFloatArray, level: float, of_level: float = 0.9) -> AnyFloatArray:
    """(J,) radius of one level over that of another, for a steepness (J,)."""
    return np.exp((_log_odds(level) - _log_odds(of_level)) / steepness)


def _log_odds(level: float) -> float:
    return math.log(level / (1 - level))
