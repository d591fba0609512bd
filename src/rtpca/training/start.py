"""What a run starts from: random weights, or trained ones.

Trained ones may get or lose an uncertainty head, go on with windows of another length, and become wider.
"""

from __future__ import annotations

from dataclasses import asdict, replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from rtpca.errors import ConfigError, TrainingError
from rtpca.models import Checkpoint, LiftingNetwork, ModelConfig, RTPCAConfig, build
from rtpca.training.config import TrainConfig
from rtpca.training.widen import widened, width_factor

_HEAD = "scale_head."
_POSITION = "temporal_position"


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


def check_has_body(config: TrainConfig, start: Checkpoint | None) -> None:
    """Check that there is something for an uncertainty head to sit on, where it alone is trained.

    Raises:
        TrainingError: If the run starts from random weights.
    """
    if config.optim.train == "uncertainty" and start is None:
        raise TrainingError("optim.train=uncertainty adds a head to trained weights: name them, `weights`")


def start_notes(config: TrainConfig, start: Checkpoint | None) -> list[str]:
    """What people should know of the weights that a run starts from: what its model has otherwise."""
    if start is None:
        return []
    new, old = config.model, start.config
    notes: list[str] = []
    if new.predicts_scale and not old.predicts_scale:
        notes.append(f"{start.name} has no uncertainty head: it is new, all else is as in the weights")
    if old.predicts_scale and not new.predicts_scale:
        notes.append(f"{start.name} has an uncertainty head, and the recipe has none: it is left out")
    if new.frames != old.frames:
        notes.append(f"{start.name} has windows of {old.frames} frames: the run goes on with {new.frames}")
    if factor := width_factor(new, old):
        notes.append(
            f"{start.name} is made {factor} times as wide: until its first step the model computes the same"
        )
    return notes


def starting_model(config: TrainConfig, start: Checkpoint | None) -> LiftingNetwork:
    """The model of a recipe, in training mode.

    Args:
        config: The recipe.
        start: Start from these weights; None: from random ones. An uncertainty head that they lack is new,
            one that the recipe lacks is left out. Temporal positions of windows of another length are
            stretched to the recipe's. Where dim and heads of the recipe are the same whole number of times
            theirs they are widened (`widen.py`; the recipe's seed decides how).

    Raises:
        TrainingError: If the weights are not of the recipe's sizes, options and input, but for the length
            of windows and such a width, or another part depends on that length.
    """
    model = build(config.model)
    if start is None:
        return model
    new, old = config.to_dict(), {"model": start.config.to_dict(), "input": asdict(start.input)}
    wider = width_factor(config.model, start.config) is not None
    # How weights were initialised and regularised does not bind the next training.
    free = {"init", "dropout", "drop_path", "uncertainty", "frames"} | ({"dim", "heads"} if wider else set())
    changed = [
        f"{group}.{key}"
        for group, values in old.items()
        for key in values
        if key not in free and key in new[group] and new[group][key] != values[key]
    ]
    if changed:
        raise TrainingError(
            f"{start.name} has other values of {', '.join(changed)} than the recipe; give the recipe its "
            f"values, {_wider_values(start.config) if 'model.dim' in changed else ''}or choose other weights"
        )
    weights, own = start.model.state_dict(), model.state_dict()
    if config.model.frames != start.config.frames:
        weights = _at_length(weights, config.model.frames, start)
    if config.model.predicts_scale != start.config.predicts_scale:
        weights = {key: tensor for key, tensor in weights.items() if not key.startswith(_HEAD)}
        weights |= {key: tensor for key, tensor in own.items() if key.startswith(_HEAD)}
    if wider:
        weights = widened(weights, own, torch.Generator().manual_seed(config.seed))
    model.load_state_dict(weights)
    return model


def _wider_values(config: ModelConfig) -> str:
    """What else could be done about another width."""
    if not isinstance(config, RTPCAConfig):
        return ""
    return f"widen the weights with model.dim={2 * config.dim} model.heads={2 * config.heads}, "


def _at_length(weights: dict[str, Tensor], frames: int, start: Checkpoint) -> dict[str, Tensor]:
    """The weights for windows of another length, their temporal positions stretched (as ViTs do)."""
    if isinstance(start.config, RTPCAConfig):
        along = weights[_POSITION][:, :, 0].transpose(1, 2)  # (1, C, F)
        stretched = interpolate(along, size=frames, mode="linear", align_corners=True)
        weights = weights | {_POSITION: stretched.transpose(1, 2).unsqueeze(2)}
    longer = build(replace(start.config, frames=frames)).state_dict()
    unfit = [key for key in longer if key not in weights or longer[key].shape != weights[key].shape]
    if unfit:
        raise TrainingError(
            f"{start.name} has windows of {start.config.frames} frames and cannot go on with {frames}: "
            f"{len(unfit)} of its tensors depend on the length, {unfit[0]} first; {_fitting(start.config)}"
        )
    return weights


def _fitting(config: ModelConfig) -> str:
    """What to do where weights do not fit a length."""
    frames = config.frames
    if not isinstance(config, RTPCAConfig) or config.query == "pyramidal":
        return f"take model.frames={frames}"
    if config.tpca and config.pyramid_norm == "time":
        return f"take model.frames={frames}, or weights that were trained with model.pyramid_norm=channels"
    # A transposed convolution is as wide as the ratio and what is left over where its level is divided by it.
    return f"take a length that differs from {frames} by a multiple of {config.ratio**config.stages}"


def freeze_body(model: LiftingNetwork) -> None:
    """Leave nothing to train but the uncertainty head."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(_HEAD))
