"""Weights of public repositories under our names: one converter per architecture.

A converter reads the sizes off the shapes, renames every tensor, drops what its model never uses, and says
so. A key that it does not know, or one that is missing, is an error: nothing is loaded half.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from rtpca.errors import CheckpointError
from rtpca.models.config import RTPCAConfig
from rtpca.models.rtpca import RTPCA

StateDict = Mapping[str, Tensor]


@dataclass(frozen=True)
class ImportReport:
    """What an import did to the tensors of the source.

    Attributes:
        arch: Architecture that the source was read as.
        renamed: Source key to our key; several source keys may be joined into one.
        dropped: Source key to the reason why it was left out.
    """

    arch: str
    renamed: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ConvertedWeights:
    """Configuration, tensors under our names, and the report of one conversion."""

    config: RTPCAConfig
    state_dict: dict[str, Tensor]
    report: ImportReport


def architectures() -> tuple[str, ...]:
    """Architectures that `import_state_dict` reads."""
    return tuple(_CONVERTERS)


def convert_state_dict(state_dict: StateDict, arch: str, heads: int) -> ConvertedWeights:
    """Rename a public repository's tensors.

    Args:
        state_dict: Key to tensor; a "module." in front of every key (data-parallel wrapper) is taken off.
        arch: `mixste` or `rtpca-authors`.
        heads: Attention heads, the one size that no shape tells.

    Returns:
        Configuration, renamed tensors and the report.

    Raises:
        CheckpointError: If the architecture is unknown, or keys or shapes are not its own.
    """
    if arch not in _CONVERTERS:
        raise CheckpointError(f"cannot import arch {arch!r}; known: {', '.join(_CONVERTERS)}")
    source = {key.removeprefix("module."): tensor for key, tensor in state_dict.items()}
    _check_is_mixste_family(source, arch)
    return _CONVERTERS[arch](source, heads)


def import_state_dict(state_dict: StateDict, *, arch: str, heads: int = 8) -> RTPCA:
    """Build a model from a public repository's state dict.

    Args:
        state_dict: Key to tensor.
        arch: `mixste` (JinluZhang1126/MixSTE) or `rtpca-authors` (hbing-l/RTPCA).
        heads: Attention heads; every other size is read off the shapes.

    Returns:
        The model in evaluation mode and in the dtype of the weights. `model.import_report` lists what was
        renamed and dropped.

    Raises:
        CheckpointError: If the architecture is unknown, or keys or shapes are not its own.
    """
    converted = convert_state_dict(state_dict, arch, heads)
    model = RTPCA(converted.config)
    dtype = converted.state_dict["embed.weight"].dtype
    model.to(dtype)
    expected = model.state_dict()
    for key, tensor in converted.state_dict.items():
        if expected[key].shape != tensor.shape:
            raise CheckpointError(
                f"{arch}: {key} has shape {tuple(tensor.shape)}, the sizes read off the other tensors need "
                f"{tuple(expected[key].shape)}; is this another architecture?"
            )
    model.load_state_dict(converted.state_dict)
    model.import_report = converted.report
    return model.eval()


_TOP = {
    "Spatial_patch_to_embedding": "embed",
    "Spatial_norm": "spatial_norm",
    "Temporal_norm": "temporal_norm",
    "head.0": "head_norm",
    "head.1": "head",
}
_BLOCK = {
    "norm1": "norm1",
    "norm2": "norm2",
    "mlp.fc1": "mlp.expand",
    "mlp.fc2": "mlp.contract",
    "attn.proj": "attention.proj",
    "attn.qkv": "attention.qkv",
}
_AUTHORS_PYRAMID = {
    "attn.norm1": "attention.refine.compress.0.norm",
    "attn.norm2": "attention.refine.compress.1.norm",
    "attn.norm3": "attention.refine.compress.2.norm",
    "attn.up1": "attention.refine.amplify.0.resample",
    "attn.up2": "attention.refine.amplify.1.resample",
    "attn.up3": "attention.refine.amplify.2.resample",
    "attn.upnorm1": "attention.refine.amplify.0.norm",
    "attn.upnorm2": "attention.refine.amplify.1.norm",
    "attn.upnorm3": "attention.refine.amplify.2.norm",
    "attn.norm4": "attention.refine.norm",
}
_KINDS = {"STEblocks": "spatial_blocks", "TTEblocks": "temporal_blocks"}
_BLOCK_KEY = re.compile(r"(STEblocks|TTEblocks)\.(\d+)\.(.+)\.(weight|bias)")


class _Renamer:
    """Collects renamed and dropped keys, and complains about unknown and missing ones."""

    def __init__(self, source: StateDict, arch: str) -> None:
        self.source = source
        self.state_dict: dict[str, Tensor] = {}
        self.report = ImportReport(arch)

    def take(self, old: str, new: str, tensor: Tensor | None = None) -> None:
        self.state_dict[new] = self.source[old].detach() if tensor is None else tensor
        self.report.renamed[old] = new

    def finish(self, config: RTPCAConfig) -> ConvertedWeights:
        arch = self.report.arch
        unknown = [k for k in self.source if k not in self.report.renamed and k not in self.report.dropped]
        if unknown:
            raise CheckpointError(f"{arch}: unknown tensors {_some(unknown)}; is this another architecture?")
        expected = RTPCA(config).state_dict()
        missing = [key for key in expected if key not in self.state_dict]
        if missing:
            raise CheckpointError(f"{arch}: tensors are missing for {_some(missing)}; is the file complete?")
        surplus = [old for old, new in self.report.renamed.items() if new not in expected]
        if surplus:
            raise CheckpointError(
                f"{arch}: {config.depth} blocks were found, and tensors of others: {_some(surplus)}; is the "
                "file complete?"
            )
        return ConvertedWeights(config, self.state_dict, self.report)


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:4]) + (f" and {len(keys) - 4} more" if len(keys) > 4 else "")


def _check_is_mixste_family(source: StateDict, arch: str) -> None:
    needed = (
        "Spatial_patch_to_embedding.weight",
        "Spatial_pos_embed",
        "Temporal_pos_embed",
        "STEblocks.0.mlp.fc1.weight",
    )
    missing = [key for key in needed if key not in source]
    if missing:
        raise CheckpointError(f"{arch}: not a state dict of this architecture, it has no {_some(missing)}")
    for key, axes in zip(needed, (2, 3, 3, 2), strict=True):
        if source[key].dim() != axes:
            raise CheckpointError(
                f"{arch}: {key} has shape {tuple(source[key].shape)}, needed are {axes} axes; is this "
                "another architecture?"
            )
    whole = [key for key, tensor in source.items() if not tensor.is_floating_point()]
    if whole:
        raise CheckpointError(f"{arch}: weights must be floating-point numbers, not {_some(whole)}")


def _sizes(source: StateDict, heads: int, qkv_bias_key: str) -> dict[str, int | float | bool]:
    dim, in_channels = source["Spatial_patch_to_embedding.weight"].shape
    depth = len(
        {match[2] for key in source if (match := _BLOCK_KEY.fullmatch(key)) and match[1] == "STEblocks"}
    )
    return {
        "frames": source["Temporal_pos_embed"].shape[1],
        "joints": source["Spatial_pos_embed"].shape[1],
        "in_channels": in_channels,
        "dim": dim,
        "depth": depth,
        "heads": heads,
        "mlp_ratio": source["STEblocks.0.mlp.fc1.weight"].shape[0] / dim,
        "qkv_bias": qkv_bias_key in source,
    }


def _rename_common(rename: _Renamer) -> None:
    """Everything that MixSTE and the authors' RTPCA share."""
    source = rename.source
    for old, new in _TOP.items():
        for kind in ("weight", "bias"):
            if f"{old}.{kind}" in source:
                rename.take(f"{old}.{kind}", f"{new}.{kind}")
    # (1, J, C) -> (1, 1, J, C) and (1, F, C) -> (1, F, 1, C)
    rename.take("Spatial_pos_embed", "spatial_position", source["Spatial_pos_embed"].detach().unsqueeze(1))
    rename.take("Temporal_pos_embed", "temporal_position", source["Temporal_pos_embed"].detach().unsqueeze(2))
    for key in source:
        match = _BLOCK_KEY.fullmatch(key)
        if match and match[3] in _BLOCK:
            rename.take(key, f"{_KINDS[match[1]]}.{match[2]}.{_BLOCK[match[3]]}.{match[4]}")


def _convert_mixste(source: StateDict, heads: int) -> ConvertedWeights:
    rename = _Renamer(source, "mixste")
    sizes = _sizes(source, heads, "STEblocks.0.attn.qkv.bias")
    config = RTPCAConfig.from_dict({**sizes, "tpca": False, "cross_layer": "none"})
    _rename_common(rename)
    return rename.finish(config)


def _convert_rtpca_authors(source: StateDict, heads: int) -> ConvertedWeights:
    """The authors' code: time norms, accumulated memory, doubled residual; see `RTPCAConfig`."""
    rename = _Renamer(source, "rtpca-authors")
    sizes = _sizes(source, heads, "STEblocks.0.attn.q.bias")
    config = RTPCAConfig.from_dict({**sizes, "memory": "accumulated", "block_residual": "doubled"})
    _rename_common(rename)
    for key in source:
        match = _BLOCK_KEY.fullmatch(key)
        if not match:
            continue
        blocks, index, part, kind = match.groups()
        if part in _AUTHORS_PYRAMID and blocks == "TTEblocks":
            rename.take(key, f"temporal_blocks.{index}.{_AUTHORS_PYRAMID[part]}.{kind}")
        elif part in _AUTHORS_PYRAMID:
            rename.report.dropped[key] = "pyramid of a spatial block: the forward pass never uses it"
        elif part == "attn.q" and f"{blocks}.{index}.attn.kv.{kind}" in source:
            other = f"{blocks}.{index}.attn.kv.{kind}"
            new = f"{_KINDS[blocks]}.{index}.attention.qkv.{kind}"
            rename.take(key, new, torch.cat((source[key], source[other])).detach())
            rename.report.renamed[other] = new
    return rename.finish(config)


_CONVERTERS: dict[str, Callable[[StateDict, int], ConvertedWeights]] = {
    "mixste": _convert_mixste,
    "rtpca-authors": _convert_rtpca_authors,
}
