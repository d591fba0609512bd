"""Reads checkpoints of other repositories without running anything in them.

PyTorch's restricted loader admits tensors and plain containers. Training checkpoints of the MixSTE family
also hold the state of a numpy generator, which nobody needs: its constructor is replaced by an object that
keeps nothing.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from rtpca.errors import CheckpointError
from rtpca.files.damage import ARCHIVE_DAMAGE
from rtpca.files.reading import check_file

_MAX_BYTES = 4 << 30
"""Largest checkpoint that is read: with what an optimiser keeps, of 350 million weights."""
_UNSUSPICIOUS_BYTES, _MOST_TIMES_SHARED = 1 << 20, 4
"""Several tensors may share their numbers; more than so many times those in the file are not in it."""
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
    size = check_file(path)
    if size > _MAX_BYTES:
        raise CheckpointError(
            f"{path}: {size:,} bytes, and checkpoints are read up to {_MAX_BYTES:,}; save the weights alone"
        )
    tensors = _read(path)
    _check_numbers(path, tensors, size)
    return tensors


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{path}: not a readable .safetensors file: {error}") from error
    _check_stored(path)
    return _state_dict(path, _read_restricted(path))


def _check_stored(path: Path) -> None:
    """Refuse an archive that is packed: PyTorch never does that, and a small one may unpack to any size."""
    try:
        with zipfile.ZipFile(path) as archive:
            packed = any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist())
    except ARCHIVE_DAMAGE:
        return  # of an older kind, or damaged: for PyTorch to say
    if packed:
        raise CheckpointError(f"{path}: its tensors are packed, as PyTorch does not; save it anew")


def _check_numbers(path: Path, tensors: dict[str, Tensor], size: int) -> None:
    """Refuse tensors that are not plain numbers, as many as are in the file."""
    total = 0
    for key, tensor in tensors.items():
        if tensor.layout != torch.strided or tensor.is_meta or tensor.is_quantized or tensor.is_complex():
            kind = "without numbers" if tensor.is_meta else f"of {tensor.dtype}, {tensor.layout}"
            raise CheckpointError(f"{path}: {key} is a tensor {kind}; needed are plain numbers")
        total += tensor.numel() * tensor.element_size()
    if total > max(_UNSUSPICIOUS_BYTES, _MOST_TIMES_SHARED * size):
        raise CheckpointError(f"{path}: its tensors claim {total:,} bytes, and the file has {size:,}")


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
