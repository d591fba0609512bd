"""PoseFormerV2 (QitaoZhao/PoseFormerV2)."""

from __future__ import annotations

from rtpca.errors import CheckpointError
from rtpca.models.adapters.renamer import ConvertedWeights, Renamer, StateDict
from rtpca.models.poseformerv2 import PoseFormerV2Config

_NEEDED = {
    "Joint_embedding.weight": 2,
    "Freq_embedding.weight": 2,
    "Spatial_pos_embed": 3,
    "Temporal_pos_embed": 3,
    "Temporal_pos_embed_": 3,
    "blocks.0.mlp1.fc1.weight": 2,
    "weighted_mean.weight": 3,
    "weighted_mean_.weight": 3,
}
_TOP = {
    "Joint_embedding": "embed",
    "Freq_embedding": "coefficient_embed",
    "Spatial_norm": "spatial_norm",
    "Temporal_norm": "temporal_norm",
    "weighted_mean": "coefficient_sum",
    "weighted_mean_": "frame_sum",
    "head.0": "head_norm",
    "head.1": "head",
}
_POSITIONS = {
    "Spatial_pos_embed": "spatial_position",
    "Temporal_pos_embed": "frame_position",
    "Temporal_pos_embed_": "coefficient_position",
}
_MIXED = {
    "norm1": "norm",
    "norm2": "plain_norm",
    "norm3": "frequency_norm",
    "attn.qkv": "attention.qkv",
    "attn.proj": "attention.proj",
    "mlp1.fc1": "plain_mlp.expand",
    "mlp1.fc2": "plain_mlp.contract",
    "mlp2.fc1": "frequency_mlp.mlp.expand",
    "mlp2.fc2": "frequency_mlp.mlp.contract",
}


def convert_poseformerv2(
    source: StateDict,
    heads: int,
    frames: int | None = None,
    kept_frames: int | None = None,
    kept_coefficients: int | None = None,
) -> ConvertedWeights:
    """The window has to be told: no weight depends on it, but the numbers do."""
    rename = Renamer(source, "poseformerv2", _NEEDED)
    rename.agree("kept_frames", kept_frames, source["Temporal_pos_embed"].shape[1])
    rename.agree("kept_coefficients", kept_coefficients, source["Temporal_pos_embed_"].shape[1])
    if frames is None:
        raise CheckpointError(
            "poseformerv2: no shape tells the window that the weights were trained for, and they fit any; "
            "give `frames` (27, 81 or 243 of the published ones)"
        )
    joint_dim, in_channels = source["Joint_embedding.weight"].shape
    depth = rename.count("Spatial_blocks")
    hidden, dim = source["blocks.0.mlp1.fc1.weight"].shape
    config = PoseFormerV2Config(
        frames=frames,
        joints=source["Spatial_pos_embed"].shape[1],
        in_channels=in_channels,
        kept_frames=source["Temporal_pos_embed"].shape[1],
        kept_coefficients=source["Temporal_pos_embed_"].shape[1],
        joint_dim=joint_dim,
        depth=depth,
        heads=heads,
        mlp_ratio=hidden / dim,
        qkv_bias="Spatial_blocks.0.attn.qkv.bias" in source,
        mlp_split="half",
    )
    for old, new in _TOP.items():
        rename.take_module(old, new)
    for old, new in _POSITIONS.items():
        rename.take(old, new)
    for old in ("weighted_mean", "weighted_mean_"):  # 1x1 convolutions (1, tokens, 1) -> (1, tokens)
        rename.state_dict[f"{_TOP[old]}.weight"] = source[f"{old}.weight"].detach()[..., 0]
    for index in range(depth):
        rename.take_block(f"Spatial_blocks.{index}", f"spatial_blocks.{index}")
    for index in range(rename.count("blocks")):
        for old, new in _MIXED.items():
            rename.take_module(f"blocks.{index}.{old}", f"mixed_blocks.{index}.{new}")
    return rename.finish(config)
