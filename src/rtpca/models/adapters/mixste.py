"""MixSTE, the authors' RTPCA and HoT on MixSTE, which share most of their keys."""

from __future__ import annotations

import re
from typing import Any

import torch

from rtpca.models.adapters.renamer import BLOCK, ConvertedWeights, Renamer, StateDict
from rtpca.models.config import RTPCAConfig

_NEEDED = {
    "Spatial_patch_to_embedding.weight": 2,
    "Spatial_pos_embed": 3,
    "Temporal_pos_embed": 3,
    "STEblocks.0.mlp.fc1.weight": 2,
}
_TOP = {
    "Spatial_patch_to_embedding": "embed",
    "Spatial_norm": "spatial_norm",
    "Temporal_norm": "temporal_norm",
    "head.0": "head_norm",
    "head.1": "head",
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


def _sizes(source: StateDict, heads: int, qkv_bias_key: str) -> dict[str, Any]:
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


def _rename_common(rename: Renamer) -> None:
    """Everything that MixSTE and the authors' RTPCA share."""
    source = rename.source
    for old, new in _TOP.items():
        rename.take_module(old, new)
    # (1, J, C) -> (1, 1, J, C) and (1, F, C) -> (1, F, 1, C)
    rename.take("Spatial_pos_embed", "spatial_position", source["Spatial_pos_embed"].detach().unsqueeze(1))
    rename.take("Temporal_pos_embed", "temporal_position", source["Temporal_pos_embed"].detach().unsqueeze(2))
    for key in source:
        match = _BLOCK_KEY.fullmatch(key)
        if match and match[3] in BLOCK:
            rename.take(key, f"{_KINDS[match[1]]}.{match[2]}.{BLOCK[match[3]]}.{match[4]}")


def convert_mixste(source: StateDict, heads: int) -> ConvertedWeights:
    """MixSTE (JinluZhang1126/MixSTE): our STE baseline."""
    rename = Renamer(source, "mixste", _NEEDED)
    sizes = _sizes(source, heads, "STEblocks.0.attn.qkv.bias")
    config = RTPCAConfig(**sizes, tpca=False, cross_layer="none")
    _rename_common(rename)
    return rename.finish(config)


def convert_rtpca_authors(source: StateDict, heads: int) -> ConvertedWeights:
    """The authors' RTPCA (hbing-l/RTPCA): time norms, accumulated memory, doubled residual."""
    rename = Renamer(source, "rtpca-authors", _NEEDED)
    sizes = _sizes(source, heads, "STEblocks.0.attn.q.bias")
    config = RTPCAConfig(**sizes, memory="accumulated", block_residual="doubled")
    _rename_common(rename)
    for key in source:
        match = _BLOCK_KEY.fullmatch(key)
        if not match:
            continue
        blocks, index, part, kind = match.groups()
        if part in _AUTHORS_PYRAMID and blocks == "TTEblocks":
            rename.take(key, f"temporal_blocks.{index}.{_AUTHORS_PYRAMID[part]}.{kind}")
        elif part in _AUTHORS_PYRAMID:
            rename.dropped[key] = "pyramid of a spatial block: the forward pass never uses it"
        elif part == "attn.q" and f"{blocks}.{index}.attn.kv.{kind}" in source:
            other = f"{blocks}.{index}.attn.kv.{kind}"
            new = f"{_KINDS[blocks]}.{index}.attention.qkv.{kind}"
            rename.take(key, new, torch.cat((source[key], source[other])).detach())
            rename.renamed[other] = new
    return rename.finish(config)


def convert_hot_mixste(
    source: StateDict, heads: int, tokens: int | None = None, prune_after: int = 3
) -> ConvertedWeights:
    """HoT on MixSTE (NationalGAILab/HoT); ties of density, in its code left to chance, are broken by time."""
    rename = Renamer(source, "hot-mixste", _NEEDED | {"pos_embed_token": 3, "x_token": 3})
    rename.agree("tokens", tokens, source["pos_embed_token"].shape[1])
    config = RTPCAConfig(
        **_sizes(source, heads, "STEblocks.0.attn.qkv.bias"),
        tpca=False,
        cross_layer="none",
        prune=True,
        tokens=source["pos_embed_token"].shape[1],
        prune_after=prune_after,
    )
    _rename_common(rename)
    # (1, kept, C) -> (1, kept, 1, C)
    rename.take("pos_embed_token", "pruning.position", source["pos_embed_token"].detach().unsqueeze(2))
    rename.take("x_token", "recovery.tokens")
    for old, new in {"linear_q": "query", "linear_k": "key", "linear_v": "value", "proj": "proj"}.items():
        rename.take_module(f"cross_attention.{old}", f"recovery.attention.{new}")
    return rename.finish(config)
