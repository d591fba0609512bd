"""The weights that a run starts from, random or trained."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from rtpca.errors import TrainingError
from rtpca.models import LiftingNetwork, build, load_checkpoint
from rtpca.training.config import TrainConfig


def starting_model(config: TrainConfig, weights: str | Path | None) -> LiftingNetwork:
    """The model of a recipe, in training mode.

    Args:
        config: The recipe.
        weights: Start from these, by name or path; None: from random ones.

    Raises:
        TrainingError: If the weights are not of the recipe's sizes, options and input.
    """
    model = build(config.model)
    if weights is None:
        return model
    checkpoint = load_checkpoint(weights)
    new, old = config.to_dict(), {"model": checkpoint.config.to_dict(), "input": asdict(checkpoint.input)}
    # How weights were initialised and regularised does not bind the next training.
    free = ("init", "dropout", "drop_path")
    changed = [
        f"{group}.{key}"
        for group, values in old.items()
        for key in values
        if key not in free and key in new[group] and new[group][key] != values[key]
    ]
    if changed:
        raise TrainingError(
            f"{weights} has other values of {', '.join(changed)} than the recipe; give the recipe its "
            "values, or choose other weights"
        )
    model.load_state_dict(checkpoint.model.state_dict())
    return model
