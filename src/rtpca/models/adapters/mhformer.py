"""MHFormer (Vegetebird/MHFormer): everything three times, numbered from 1."""

from __future__ import annotations

from rtpca.models.adapters.renamer import ConvertedWeights, Renamer, StateDict
from rtpca.models.mhformer import HYPOTHESES, LONGEST_NORMALISED_EMBEDDING, MHFormerConfig

_HYPOTHESIS = "Transformer_hypothesis"
_REFINE = f"{_HYPOTHESIS}.SHR_blocks"
_CROSS = f"{_HYPOTHESIS}.CHI_blocks.0"
_NEEDED = {
    f"{_HYPOTHESIS}.pos_embed_1": 3,
    f"{_CROSS}.mlp.fc1.weight": 2,
    "regression.1.weight": 3,
}
_CROSS_NORMS = {1: "query_norm", 2: "key_norm", 3: "value_norm"}
_CROSS_LAYERS = {"linear_q": "query", "linear_k": "key", "linear_v": "value", "proj": "proj"}


def convert_mhformer(source: StateDict, heads: int) -> ConvertedWeights:
    """Sizes of the published kind: 4 generator blocks and one cross-interaction block."""
    rename = Renamer(source, "mhformer", _NEEDED)
    frames = source[f"{_HYPOTHESIS}.pos_embed_1"].shape[1]
    # With more frames the convolution stands alone.
    embedding = ".0" if frames <= LONGEST_NORMALISED_EMBEDDING else ""
    rename.require({f"embedding_1{embedding}.weight": 3})
    dim, tokens, _ = source[f"embedding_1{embedding}.weight"].shape
    joints, in_channels = rename.joints(tokens, source["regression.1.weight"].shape[0])
    refinements = rename.count(_REFINE)
    config = MHFormerConfig(
        frames=frames,
        joints=joints,
        in_channels=in_channels,
        dim=dim,
        hidden=source[f"{_CROSS}.mlp.fc1.weight"].shape[0],
        layers=refinements + 1,
        heads=heads,
    )
    for ours in range(HYPOTHESES):
        _rename_hypothesis(rename, ours, ours + 1)
        rename.take_module(f"embedding_{ours + 1}{embedding}", f"embeddings.{ours}.0")
        rename.take_module(f"embedding_{ours + 1}.1", f"embeddings.{ours}.1")
    for index in range(refinements):
        for ours in range(HYPOTHESES):
            theirs, block = ours + 1, f"refinement.{index}"
            rename.take_module(f"{_REFINE}.{index}.norm1_{theirs}", f"{block}.norms.{ours}")
            for layer in ("qkv", "proj"):
                rename.take_module(
                    f"{_REFINE}.{index}.attn_{theirs}.{layer}", f"{block}.attentions.{ours}.{layer}"
                )
        _rename_joint(rename, f"{_REFINE}.{index}", f"refinement.{index}")
    for ours in range(HYPOTHESES):
        theirs, attention = ours + 1, f"interaction.attentions.{ours}"
        for role, norm in _CROSS_NORMS.items():
            rename.take_module(f"{_CROSS}.norm3_{theirs}{role}", f"{attention}.{norm}")
        for old, new in _CROSS_LAYERS.items():
            rename.take_module(f"{_CROSS}.attn_{theirs}.{old}", f"{attention}.{new}")
    _rename_joint(rename, _CROSS, "interaction")
    rename.take_module(f"{_HYPOTHESIS}.norm", "norm")
    rename.take_module("regression.0", "regression_norm")
    rename.take_module("regression.1", "regression")
    return rename.finish(config)


def _rename_hypothesis(rename: Renamer, ours: int, theirs: int) -> None:
    """Generator and positions of one hypothesis."""
    encoder, generator = f"Transformer_encoder_{theirs}", f"generators.{ours}"
    rename.take_module(f"norm_{theirs}", f"{generator}.norm_in")
    rename.take_module(f"{encoder}.norm", f"{generator}.norm")
    for index in range(rename.count(f"{encoder}.blocks")):
        rename.take_block(f"{encoder}.blocks.{index}", f"{generator}.blocks.{index}")
    positions = {
        f"{encoder}.pos_embed": f"{generator}.position",
        f"{_HYPOTHESIS}.pos_embed_{theirs}": f"positions.{ours}",
    }
    for old, new in positions.items():
        if old in rename.source:
            rename.take(old, new)


def _rename_joint(rename: Renamer, old: str, new: str) -> None:
    """Norm and feed-forward part on the joined hypotheses."""
    rename.take_module(f"{old}.norm2", f"{new}.joint.norm")
    rename.take_module(f"{old}.mlp.fc1", f"{new}.joint.mlp.expand")
    rename.take_module(f"{old}.mlp.fc2", f"{new}.joint.mlp.contract")
