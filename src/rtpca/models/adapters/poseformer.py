"""PoseFormer (zczcwh/PoseFormer)."""

from __future__ import annotations

from rtpca.models.adapters.renamer import ConvertedWeights, Renamer, StateDict
from rtpca.models.poseformer import PoseFormerConfig

_NEEDED = {
    "Spatial_patch_to_embedding.weight": 2,
    "Spatial_pos_embed": 3,
    "Temporal_pos_embed": 3,
    "Spatial_blocks.0.mlp.fc1.weight": 2,
    "weighted_mean.weight": 3,
}
_TOP = {
    "Spatial_patch_to_embedding": "embed",
    "Spatial_norm": "spatial_norm",
    "Temporal_norm": "temporal_norm",
    "head.0": "head_norm",
    "head.1": "head",
}


def convert_poseformer(source: StateDict, heads: int) -> ConvertedWeights:
    """Spatial and temporal blocks; the 1x1 convolution over frames becomes a linear layer."""
    rename = Renamer(source, "poseformer", _NEEDED)
    joint_dim, in_channels = source["Spatial_patch_to_embedding.weight"].shape
    depth = rename.count("Spatial_blocks")
    config = PoseFormerConfig(
        frames=source["Temporal_pos_embed"].shape[1],
        joints=source["Spatial_pos_embed"].shape[1],
        in_channels=in_channels,
        joint_dim=joint_dim,
        depth=depth,
        heads=heads,
        mlp_ratio=source["Spatial_blocks.0.mlp.fc1.weight"].shape[0] / joint_dim,
        qkv_bias="Spatial_blocks.0.attn.qkv.bias" in source,
    )
    for old, new in _TOP.items():
        rename.take_module(old, new)
    rename.take("Spatial_pos_embed", "spatial_position")
    rename.take("Temporal_pos_embed", "temporal_position")
    rename.take_module("weighted_mean", "weighted_sum")
    rename.state_dict["weighted_sum.weight"] = source["weighted_mean.weight"].detach()[..., 0]  # (1, F)
    for index in range(depth):
        rename.take_block(f"Spatial_blocks.{index}", f"spatial_blocks.{index}")
    for index in range(rename.count("blocks")):
        rename.take_block(f"blocks.{index}", f"temporal_blocks.{index}")
    return rename.finish(config)
