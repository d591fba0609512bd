"""Training: recipe, losses, batches, optimiser, loop, state."""

from rtpca.training.config import TrainConfig, load_config
from rtpca.training.loop import Progress, TrainResult, train

__all__ = ["Progress", "TrainConfig", "TrainResult", "load_config", "train"]
