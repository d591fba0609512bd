"""The state of a run between two steps: written atomically, read back exactly.

It holds tensors and plain values only, and is read by PyTorch's restricted loader, which admits nothing else.
No generator state is needed: the randomness of a step depends on the seed and its number alone (`loop.py`).
"""

from __future__ import annotations

import math
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rtpca.errors import CheckpointError, InputError
from rtpca.files import written_whole

FORMAT = "rtpca-training-state-1"


@dataclass
class TrainState:
    """Everything that the next step depends on.

    Attributes:
        step: Steps done.
        model: State dict of the network.
        ema: State dict of the running mean of the weights; empty without one.
        optimizers: State dict of each optimiser.
        seconds: Training time so far.
        config: The recipe, plain values.
        seen: What else decides the batches: sequences and frames of the training split, processes.
        best: State dict of the best weights so far; empty where the last are kept.
        best_error_mm: Their validation error.
        best_step: Steps that they were trained for.
    """

    step: int
    model: dict[str, Tensor]
    ema: dict[str, Tensor]
    optimizers: list[dict[str, Any]]
    seconds: float
    config: dict[str, Any]
    seen: dict[str, int]
    # States from before these existed have their defaults.
    best: dict[str, Tensor] = field(default_factory=dict)
    best_error_mm: float = math.inf
    best_step: int = 0


def save_state(path: Path, state: TrainState) -> None:
    """Write, whole or not at all.

    Raises:
        InputError: If it cannot be written.
    """
    with written_whole(path) as partial:
        try:
            torch.save({"format": FORMAT, **vars(state)}, partial)
        except RuntimeError as error:  # PyTorch's writer raises no OSError
            if "inline_container" not in str(error):
                raise
            raise InputError(
                f"{path}: cannot be written; is the disk full? The state before is kept"
            ) from error


def load_state(path: Path, device: torch.device | str = "cpu") -> TrainState:
    """Read a state.

    Raises:
        CheckpointError: If the file is missing, damaged or something else.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file, so there is nothing to resume; start without `resume`")
    try:
        values = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:
        raise CheckpointError(
            f"{path}: not a readable training state, it is damaged or something else; start again in another "
            "folder"
        ) from error
    values = values if isinstance(values, dict) else {}
    needed = {item.name for item in fields(TrainState) if _needed(item)} | {"format"}
    known = {item.name for item in fields(TrainState)} | {"format"}
    if not needed <= values.keys() <= known or values.pop("format") != FORMAT:
        raise CheckpointError(f"{path}: not a training state of this package")
    return TrainState(**values)


def _needed(item: Field[Any]) -> bool:
    return item.default is MISSING and item.default_factory is MISSING
