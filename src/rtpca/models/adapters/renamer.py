"""Book-keeping of an import: what was renamed, what was dropped, what is unknown or missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from rtpca.errors import CheckpointError
from rtpca.models.config import ModelConfig
from rtpca.models.network import LiftingNetwork
from rtpca.models.registry import build

StateDict = Mapping[str, Tensor]

BLOCK = {
    "norm1": "norm1",
    "norm2": "norm2",
    "mlp.fc1": "mlp.expand",
    "mlp.fc2": "mlp.contract",
    "attn.proj": "attention.proj",
    "attn.qkv": "attention.qkv",
}
"""Parts of a transformer block as all these repositories call them, and as `layers.Block` does."""

_COUNTER = "num_batches_tracked"


@dataclass(frozen=True)
class ConvertedWeights:
    """What became of a foreign state dict.

    Attributes:
        config: The model that it belongs to.
        state_dict: Its tensors under our names.
        renamed: Source key to our key; several source keys may be joined into one.
        dropped: Source key to the reason why it was left out.
    """

    config: ModelConfig
    state_dict: dict[str, Tensor]
    renamed: dict[str, str]
    dropped: dict[str, str]

    def model(self) -> LiftingNetwork:
        """The model in evaluation mode and in the dtype of the weights."""
        model = build(self.config)
        model.to(next(tensor.dtype for tensor in self.state_dict.values() if tensor.is_floating_point()))
        model.load_state_dict(self.state_dict)
        return model.eval()


class Renamer:
    """Collects renamed and dropped keys, and complains about unknown and missing ones.

    Args:
        source: The foreign state dict.
        arch: What it is read as.
        needed: Tensors that sizes are read off, with their number of axes.

    Raises:
        CheckpointError: If one of those is missing or has other axes, or weights are whole numbers.
    """

    def __init__(self, source: StateDict, arch: str, needed: Mapping[str, int]) -> None:
        self.source, self.arch = source, arch
        self.state_dict: dict[str, Tensor] = {}
        self.renamed: dict[str, str] = {}
        self.dropped: dict[str, str] = {}
        self.require(needed)
        counters = [key for key in source if key.endswith(_COUNTER)]
        self.dropped.update(dict.fromkeys(counters, "counts training batches: nothing reads it"))
        whole = [k for k, tensor in source.items() if not tensor.is_floating_point() and k not in counters]
        if whole:
            raise CheckpointError(f"{arch}: weights must be floating-point numbers, not {_some(whole)}")

    def require(self, needed: Mapping[str, int]) -> None:
        """Refuse a source without these tensors, or with other numbers of axes of them."""
        arch, source = self.arch, self.source
        missing = [key for key in needed if key not in source]
        if missing:
            raise CheckpointError(
                f"{arch}: not a state dict of this architecture, it has no {_some(missing)}"
            )
        for key, axes in needed.items():
            if source[key].dim() != axes:
                raise CheckpointError(
                    f"{arch}: {key} has shape {tuple(source[key].shape)}, needed are {axes} axes; is this "
                    "another architecture?"
                )

    def joints(self, inputs: int, outputs: int) -> tuple[int, int]:
        """Joints and coordinates per joint of a network that flattens them.

        Raises:
            CheckpointError: If other joints come out than go in.
        """
        joints = outputs // 3
        if joints == 0 or outputs % 3 or inputs not in (2 * joints, 3 * joints):
            raise CheckpointError(
                f"{self.arch}: {inputs} numbers go in and {outputs} come out per frame, which is not "
                "2 or 3 in and 3 out for each joint; only weights that predict the joints they see fit"
            )
        return joints, inputs // joints

    def agree(self, name: str, given: int | None, found: int) -> None:
        """Refuse a size that was given and is another than the shapes tell.

        Raises:
            CheckpointError: With both.
        """
        if given not in (None, found):
            raise CheckpointError(
                f"{self.arch}: `{name}` {given} was given, the shapes tell {found}; leave it out"
            )

    def take(self, old: str, new: str, tensor: Tensor | None = None) -> None:
        """Rename a tensor; `tensor` is what becomes of it where its shape changes."""
        self.state_dict[new] = self.source[old].detach() if tensor is None else tensor
        self.renamed[old] = new

    def take_module(self, old: str, new: str) -> None:
        """Rename every tensor of a layer that the source has: weight, bias, running statistics."""
        for kind in ("weight", "bias", "running_mean", "running_var"):
            if f"{old}.{kind}" in self.source:
                self.take(f"{old}.{kind}", f"{new}.{kind}")

    def take_block(self, old: str, new: str) -> None:
        """Rename a transformer block."""
        for theirs, ours in BLOCK.items():
            self.take_module(f"{old}.{theirs}", f"{new}.{ours}")

    def count(self, list_name: str) -> int:
        """Members of a list of layers: different numbers right after its name."""
        prefix = f"{list_name}."
        rests = (key.removeprefix(prefix) for key in self.source if key.startswith(prefix))
        return len({rest.partition(".")[0] for rest in rests})

    def finish(self, config: ModelConfig) -> ConvertedWeights:
        """The conversion, if every tensor has found its place.

        Raises:
            CheckpointError: If tensors are unknown, missing, surplus or of other shapes than the sizes need.
        """
        arch, renamed = self.arch, self.renamed
        unknown = [key for key in self.source if key not in renamed and key not in self.dropped]
        if unknown:
            raise CheckpointError(f"{arch}: unknown tensors {_some(unknown)}; is this another architecture?")
        expected = _shapes(config)
        counters = {key: torch.zeros((), dtype=torch.long) for key in expected if key.endswith(_COUNTER)}
        state_dict = self.state_dict | counters
        missing = [key for key in expected if key not in state_dict]
        if missing:
            raise CheckpointError(f"{arch}: tensors are missing for {_some(missing)}; is the file complete?")
        surplus = [old for old, new in renamed.items() if new not in expected]
        if surplus:
            raise CheckpointError(
                f"{arch}: sizes of {config.describe()} were found, and tensors that do not belong to them: "
                f"{_some(surplus)}; is the file complete?"
            )
        for key, tensor in state_dict.items():
            if expected[key] != tensor.shape:
                raise CheckpointError(
                    f"{arch}: {key} has shape {tuple(tensor.shape)}, the sizes read off the other tensors "
                    f"need {tuple(expected[key])}; is this another architecture?"
                )
        return ConvertedWeights(config, state_dict, renamed, self.dropped)


@lru_cache(maxsize=1)
def _shapes(config: ModelConfig) -> dict[str, torch.Size]:
    """Key to shape of a network's tensors."""
    with torch.device("meta"):
        return {key: tensor.shape for key, tensor in build(config).state_dict().items()}


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:4]) + (f" and {len(keys) - 4} more" if len(keys) > 4 else "")
