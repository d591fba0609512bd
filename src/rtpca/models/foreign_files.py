"""Reads checkpoints of other repositories without running anything in them.

PyTorch's restricted loader admits tensors and plain containers. Training checkpoints of the MixSTE family
also hold the state of a numpy generator, which nobody needs: its constructor is replaced by an object that
keeps nothing.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from rtpca.errors import CheckpointError

_STATE_DICT_KEYS = ("model_pos", "model", "state_dict", "model_state_dict")


class _Ignored:
    """Stands in for whatever a checkpoint holds besides weights."""

    def __init__(self, *arguments: object) -> None:
        del arguments

    def __setstate__(self, state: object) -> None:
        del state


_IGNORED_NAMES = (
    "numpy.random._pickle.__randomstate_ctor",
    "numpy.random._pickle.__bit_generator_ctor",
    "numpy.random._mt19937.MT19937",
    "numpy._core.multiarray._reconstruct",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy.core.multiarray.scalar",
    "numpy.ndarray",
    "numpy.dtype",
)


def read_foreign_state_dict(path: str | Path) -> dict[str, Tensor]:
    """Tensors of a `.safetensors` or PyTorch checkpoint.

    Args:
        path: The file. Of a training checkpoint the network's state dict is taken (`model_pos`, `model`,
            `state_dict`, `model_state_dict`).

    Returns:
        Key to tensor.

    Raises:
        CheckpointError: If the file is missing, damaged, holds code, or holds no state dict.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file; give a .safetensors, .bin, .pt or .pth checkpoint")
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{path}: not a readable .safetensors file: {error}") from error
    return _state_dict(path, _read_restricted(path))


def _read_restricted(path: Path) -> Any:
    ignored: Any = [(_Ignored, name) for name in _IGNORED_NAMES]
    try:
        with torch.serialization.safe_globals(ignored), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols; what cannot be read is an error anyway
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        wanted = re.search(r"GLOBAL ([\w.]+)", str(error))
        if wanted:
            raise CheckpointError(
                f"{path}: not opened, because it asks for {wanted[1]}, and reading that could run code; save "
                "its state dict alone, or as .safetensors"
            ) from error
        raise CheckpointError(
            f"{path}: not a readable PyTorch checkpoint; it is damaged, incomplete, or something else"
        ) from error


def _state_dict(path: Path, content: Any) -> dict[str, Tensor]:
    for key in _STATE_DICT_KEYS:
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
            break
    if isinstance(content, dict) and content and all(isinstance(value, Tensor) for value in content.values()):
        return {str(key): value for key, value in content.items()}
    found = ", ".join(map(str, content)) if isinstance(content, dict) else type(content).__name__
    raise CheckpointError(
        f"{path}: no state dict under {', '.join(_STATE_DICT_KEYS)}, nor is it one itself; "
        f"found: {found[:150]}"
    )
