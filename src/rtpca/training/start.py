"""What a run starts from: random weights, trained ones, or trained ones that get an uncertainty head."""

from __future__ import annotations

from dataclasses import asdict, replace

from rtpca.errors import ConfigError, TrainingError
from rtpca.models import Checkpoint, LiftingNetwork, RTPCAConfig, build
from rtpca.training.config import TrainConfig

_HEAD = "scale_head."


def recipe_for(config: TrainConfig, start: Checkpoint | None) -> TrainConfig:
    """The recipe, with model and input of the weights where only the uncertainty head is trained.

    Args:
        config: The recipe.
        start: The weights that the run starts from.

    Raises:
        ConfigError: If the weights are of an architecture without such a head.
    """
    if config.optim.train != "uncertainty" or start is None:
        return config
    if not isinstance(start.config, RTPCAConfig):
        raise ConfigError(
            f"{start.name} are weights of {start.config.arch}, which has no uncertainty head; take weights "
            "of rtpca"
        )
    return replace(config, model=replace(start.config, uncertainty=True), input=start.input)


def adds_head(config: TrainConfig, start: Checkpoint | None) -> bool:
    """Whether the recipe's model has an uncertainty head that the weights lack."""
    return start is not None and config.model.predicts_scale and not start.config.predicts_scale


def starting_model(config: TrainConfig, start: Checkpoint | None) -> LiftingNetwork:
    """The model of a recipe, in training mode.

    Args:
        config: The recipe.
        start: Start from these weights; None: from random ones. An uncertainty head that they lack is new.

    Raises:
        TrainingError: If the weights are not of the recipe's sizes, options and input.
    """
    model = build(config.model)
    if start is None:
        return model
    new, old = config.to_dict(), {"model": start.config.to_dict(), "input": asdict(start.input)}
    head_is_new = adds_head(config, start)
    # How weights were initialised and regularised does not bind the next training.
    free = ("init", "dropout", "drop_path", *(("uncertainty",) if head_is_new else ()))
    changed = [
        f"{group}.{key}"
        for group, values in old.items()
        for key in values
        if key not in free and key in new[group] and new[group][key] != values[key]
    ]
    if changed:
        raise TrainingError(
            f"{start.name} has other values of {', '.join(changed)} than the recipe; give the recipe its "
            "values, or choose other weights"
        )
    weights = start.model.state_dict()
    if head_is_new:
        weights |= {key: tensor for key, tensor in model.state_dict().items() if key.startswith(_HEAD)}
    model.load_state_dict(weights)
    return model


def freeze_body(model: LiftingNetwork) -> None:
    """Leave nothing to train but the uncertainty head."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(_HEAD))
