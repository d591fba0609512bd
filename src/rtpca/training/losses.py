"""The terms of the training loss, each a named function of root-relative poses in metres.

The paper's total is `position + lambda_t * consistency + lambda_m * velocity` with the weights of MixSTE, 0.5
and 2.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from rtpca.errors import ConfigError
from rtpca.metrics.position import n_mpjpe
from rtpca.models.uncertainty import negative_log_likelihood
from rtpca.options import NotNegative, options
from rtpca.skeletons import get_skeleton

JointWeights = Literal["paper", "authors", "uniform"]

_PAPER_LIMBS = {2.5: ("knee", "elbow"), 4.0: ("ankle", "wrist")}
# What belongs to the head is not told by the names: h36m17's neck is at the height of the chin.
_PAPER_HEAD = {
    "h36m17": ("neck", "head"),
    "humaneva15": ("head",),
    "mpi_inf_3dhp17": ("head", "head_top"),
}
_AUTHORS = {
    "h36m17": (1, 1, 2.5, 2.5, 1, 2.5, 2.5, 1, 1, 1, 1.5, 1.5, 4, 4, 1.5, 4, 4),
    "humaneva15": (1, 1, 2.5, 2.5, 1, 2.5, 2.5, 1, 1.5, 1.5, 4, 4, 1.5, 4, 4),
}


@options("loss")
class LossConfig:
    """Which terms count how much."""

    joint_weights: JointWeights = "paper"
    """By body part as the paper says (torso 1, head 1.5, middle limb 2.5, terminal limb 4), as the authors'
    array has them (Human3.6M: shoulders 1.5, elbows and wrists 4, knees and ankles 2.5), or all 1."""
    position: NotNegative = 1.0
    """Weight of the weighted MPJPE."""
    consistency: NotNegative = 0.5
    """Weight of the temporal consistency term: it penalises motion of the prediction as such."""
    velocity: NotNegative = 2.0
    """Weight of the mean velocity error."""
    normalised: NotNegative = 0.0
    """Weight of the mean distance after each predicted pose is brought to the size that fits best, as
    MotionBERT and the networks after it have it beside the MPJPE."""
    likelihood: NotNegative = 1.0
    """Weight of the likelihood of the truth under the scales of an uncertainty head, where there is one."""
    likelihood_detached: bool = True
    """The likelihood trains the uncertainty head alone; else its gradient reaches poses and body too."""
    squared: bool = False
    """Square the distance in the position term, as the paper prints it (its metric and the code do not)."""
    scaled_by_value: bool = False
    """Propagate the gradient of the total times the total, as the authors' script does."""


def joint_weights(kind: JointWeights, skeleton: str = "h36m17") -> Tensor:
    """Weight of each joint, (J,).

    The authors' array for HumanEva is in the order of Human3.6M, so it falls on other joints than it says.

    Raises:
        ConfigError: If there are no such weights for the skeleton.
    """
    names = get_skeleton(skeleton).joints
    if kind == "uniform":
        return torch.ones(len(names))
    known = _PAPER_HEAD if kind == "paper" else _AUTHORS
    if skeleton not in known:
        raise ConfigError(
            f"loss.joint_weights={kind} is known for {', '.join(known)}, not for {skeleton}; use uniform"
        )
    if kind == "authors":
        return torch.tensor(_AUTHORS[skeleton], dtype=torch.float32)
    return torch.tensor([_paper_weight(name, _PAPER_HEAD[skeleton]) for name in names])


def _paper_weight(joint: str, head: tuple[str, ...]) -> float:
    if joint in head:
        return 1.5
    limbs = (weight for weight, parts in _PAPER_LIMBS.items() if any(part in joint for part in parts))
    return next(limbs, 1.0)


def weighted_mpjpe(predicted: Tensor, target: Tensor, weights: Tensor, squared: bool = False) -> Tensor:
    """Mean over batch, frames and joints of w_j times the distance (the paper's L_w).

    Args:
        predicted: (B, F, J, 3).
        target: (B, F, J, 3).
        weights: (J,), not normalised.
        squared: Square the distance, as the formula is printed.
    """
    difference = predicted - target
    distance = difference.square().sum(-1) if squared else difference.norm(dim=-1)
    return (weights * distance).mean()


def temporal_consistency(predicted: Tensor, weights: Tensor) -> Tensor:
    """Mean over batch, steps, joints and coordinates of w_j times the squared step (MixSTE's TCLoss)."""
    step = predicted[:, 1:] - predicted[:, :-1]
    return (weights[:, None] * step.square()).mean()


def velocity_error(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean over batch, frame differences and joints of the distance between the steps (MPJVE)."""
    difference = (predicted[:, 1:] - predicted[:, :-1]) - (target[:, 1:] - target[:, :-1])
    return difference.norm(dim=-1).mean()


def likelihood_loss(predicted: Tensor, target: Tensor, scale: Tensor, root: int) -> Tensor:
    """Mean negative log likelihood of the true places, under scales of the distance from the predicted ones.

    Args:
        predicted: (B, F, J, 3).
        target: (B, F, J, 3), root at the origin.
        scale: (B, F, J) metres.
        root: The joint that is the origin; it has no error and is left out.
    """
    distance = (predicted - predicted[:, :, root, None] - target).norm(dim=-1)
    moving = [joint for joint in range(distance.shape[-1]) if joint != root]
    return negative_log_likelihood(distance, scale)[..., moving].mean()


class PoseLoss:
    """The configured sum, with its terms by name."""

    def __init__(self, config: LossConfig, skeleton: str, device: torch.device | str) -> None:
        self._config = config
        self._weights = joint_weights(config.joint_weights, skeleton).to(device)
        self._root = get_skeleton(skeleton).root

    def __call__(
        self, predicted: Tensor, target: Tensor, scale: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Total and weighted terms for (B, F, J, 3) poses; terms of weight 0 are left out.

        Args:
            predicted: (B, F, J, 3) metres.
            target: (B, F, J, 3) metres.
            scale: (B, F, J) metres, what an uncertainty head says of the poses; None without one.
        """
        config = self._config
        terms: dict[str, Tensor] = {}
        if config.position:
            terms["position"] = config.position * weighted_mpjpe(
                predicted, target, self._weights, config.squared
            )
        if config.consistency and predicted.shape[1] > 1:
            terms["consistency"] = config.consistency * temporal_consistency(predicted, self._weights)
        if config.velocity and predicted.shape[1] > 1:
            terms["velocity"] = config.velocity * velocity_error(predicted, target)
        if config.normalised:
            terms["normalised"] = config.normalised * n_mpjpe(predicted, target).mean()
        if scale is not None:
            poses = predicted.detach() if config.likelihood_detached else predicted
            terms["likelihood"] = config.likelihood * likelihood_loss(poses, target, scale, self._root)
        return torch.stack(list(terms.values())).sum(), {k: v.detach() for k, v in terms.items()}

    def objective(self, total: Tensor) -> Tensor:
        """What the gradient is taken of: the total, or half its square."""
        return total.square() / 2 if self._config.scaled_by_value else total
