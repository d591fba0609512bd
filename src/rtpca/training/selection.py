"""Validation, and which weights are kept in the end: the last, or the best of all validations.

The best are chosen on `data.val_split`. The authors choose on the test subjects, which makes their numbers
better than those of unseen people would be; only their recipes do so here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from rtpca.data.store import Dataset, check_split
from rtpca.errors import InputError
from rtpca.evaluation import EvalConfig, evaluate, get_protocol, summarise
from rtpca.models import LiftingNetwork
from rtpca.training.config import TrainConfig


@dataclass
class Best:
    """The weights with the lowest validation error so far.

    Attributes:
        error_mm: Their MPJPE.
        step: Steps that they were trained for.
        weights: State dict of the network; empty before the first validation.
    """

    error_mm: float = math.inf
    step: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)

    def offer(self, error_mm: float, step: int, weights: Mapping[str, Tensor]) -> None:
        """Take the weights after a step if they are better."""
        if error_mm < self.error_mm:
            self.error_mm, self.step = error_mm, step
            self.weights = {key: tensor.detach().clone() for key, tensor in weights.items()}


def check_selection(config: TrainConfig, dataset: Dataset) -> None:
    """Refuse a choice by a split that is not there, or an uncertainty that is calibrated on it.

    Raises:
        InputError: There is no such split; the message says what can be done.
    """
    split = config.data.val_split
    needed_by = {
        "select=best chooses by": (config.select == "best", "keep the last weights, select=last"),
        "the uncertainty is calibrated on": (
            config.model.predicts_scale,
            "train without the head, model.uncertainty=false",
        ),
    }
    for what, (needed, otherwise) in needed_by.items():
        if needed:
            try:
                check_split(dataset.splits(), split, f"{what} data.val_split={split!r}, but {dataset.path}")
            except InputError as error:
                raise InputError(
                    f"{error}; prepare the data with one (docs/data.md), name another split as "
                    f"data.val_split, or {otherwise}"
                ) from None


def validate(model: LiftingNetwork, config: TrainConfig, dataset: Dataset) -> dict[str, float]:
    """Errors on the validation split with clean 2D, as columns of the curves; none without such a split."""
    recordings = list(dataset.iterate(config.data.val_split))
    if not recordings:
        return {}
    protocol = get_protocol(config.data.val_protocol)
    how = EvalConfig(
        all_cameras=config.data.val_cameras == "all", keypoints=config.data.keypoints, protocol=protocol
    )
    with torch.no_grad():
        errors = evaluate(model.eval(), config.input, recordings, how)
        report = summarise(errors, protocol).all_frames
    return {"val_mpjpe_mm": report.mpjpe_mm, "val_p_mpjpe_mm": report.p_mpjpe_mm}
