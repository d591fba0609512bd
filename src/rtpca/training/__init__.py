"""Training: recipe, losses, batches, optimiser, loop, state."""

from rtpca.training.config import TrainConfig
from rtpca.training.loop import StepReport, TrainResult, train
from rtpca.training.recipe import load_config, load_recipe
from rtpca.training.stages import train_recipe

__all__ = [
    "StepReport",
    "TrainConfig",
    "TrainResult",
    "load_config",
    "load_recipe",
    "train",
    "train_recipe",
]
