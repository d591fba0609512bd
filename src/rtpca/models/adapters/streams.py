"""MotionAGFormer, DSTformer and TCPFormer: two streams under names that the last took over from the first."""

from __future__ import annotations

from typing import Any

from rtpca.errors import CheckpointError
from rtpca.models.adapters.renamer import ConvertedWeights, Renamer, StateDict
from rtpca.models.dstformer import DSTformerConfig
from rtpca.models.motionagformer import MotionAGFormerConfig
from rtpca.models.streams import LAYER_SCALE
from rtpca.models.tcpformer import PARTS, TCPFormerConfig

_MLP = {"fc1": "expand", "fc2": "contract"}
_TOP = {
    "joints_embed": "embed",
    "norm": "head.norm",
    "rep_logit.fc": "head.representation",
    "pre_logits.fc": "head.representation",
    "head": "head.coordinates",
}
_STREAMS = {
    "att_spatial": "first.spatial",
    "att_temporal": "first.temporal",
    "graph_spatial": "second.spatial",
    "graph_temporal": "second.temporal",
}
# TCPFormer's second stream runs the block that is called spatial over frames, and the other over joints.
_TCP_STREAMS = _STREAMS | {"graph_spatial": "second.temporal", "graph_temporal": "second.spatial"}
_MIXER = {"qkv": "qkv", "proj": "proj", "U": "own", "V": "sent", "batch_norm": "norm"}
_PROXY = "cross_temporal"
_PROXY_MODULES = {
    "norm_full": "frame_norm",
    "norm_center": "proxy_norm",
    "norm_1": "update_mlp.norm",
    "norm_2": "invocation_mlp.norm",
    "norm_sa_self": "self_attention.mixing.norm",
    "norm_mlp_self": "self_attention.feed_forward.norm",
    "norm_sa_1": "proxy_attention.mixing.norm",
    "norm_sa_2": "proxy_attention.feed_forward.norm",
    "map_sa_self.qkv": "self_attention.mixing.branch.qkv",
    "map_sa_self.proj": "self_attention.mixing.branch.proj",
    "map_sum.qkv": "proxy_attention.mixing.branch.qkv",
    "map_sum.proj": "proxy_attention.mixing.branch.proj",
    **{
        f"{theirs}.{old}": f"{ours}.{new}"
        for theirs, ours in (("center_full", "update"), ("full_center", "invocation"))
        for old, new in (("wq", "query"), ("wk", "key"), ("wv", "value"), ("proj", "proj"))
    },
    **{
        f"{theirs}.{old}": f"{ours}.branch.{new}"
        for theirs, ours in (
            ("mlp_1", "update_mlp"),
            ("mlp_2", "invocation_mlp"),
            ("mlp_sa_self", "self_attention.feed_forward"),
            ("mlp_sa", "proxy_attention.feed_forward"),
        )
        for old, new in _MLP.items()
    },
}
_PROXY_SCALES = {
    1: "update_scale",
    2: "update_mlp.scale",
    3: "invocation_scale",
    4: "invocation_mlp.scale",
    5: "proxy_attention.mixing.scale",
    6: "proxy_attention.feed_forward.scale",
    7: "self_attention.mixing.scale",
    8: "self_attention.feed_forward.scale",
}
_NEEDED = {"joints_embed.weight": 2, "pos_embed": 3}
_FIRST = "layers.0.att_spatial"


def convert_motionagformer(source: StateDict, heads: int, neighbours: int = 2) -> ConvertedWeights:
    """MotionAGFormer (TaatiTeam/MotionAGFormer): frames are read off the norm of the graph over frames."""
    frame_norm = "layers.0.graph_temporal.mixer.batch_norm.weight"
    needed = {f"{_FIRST}.mlp.fc1.weight": 2, "rep_logit.fc.weight": 2, frame_norm: 1}
    rename = Renamer(source, "motionagformer", _NEEDED | needed)
    config = MotionAGFormerConfig(
        frames=source[frame_norm].shape[0],
        **_sizes(rename, heads, "layers", f"{_FIRST}.mlp.fc1", "rep_logit.fc"),
        qkv_bias=f"{_FIRST}.mixer.qkv.bias" in source,
        graph="published",
        neighbours=neighbours,
    )
    _rename_common(rename)
    _rename_streams(rename, config.depth, _STREAMS)
    return rename.finish(config)


def convert_tcpformer(
    source: StateDict, heads: int, frames: int | None = None, layer_scale: float = LAYER_SCALE
) -> ConvertedWeights:
    """TCPFormer (AsukaCamellia/TCPFormer): the scales of its local attention are not in its files."""
    needed = {f"{_FIRST}.mlp.fc1.weight": 2, "rep_logit.fc.weight": 2, "center_pose": 3}
    rename = Renamer(source, "tcpformer", _NEEDED | needed)
    proxies = source["center_pose"].shape[0]
    frames = PARTS * proxies if frames is None else frames
    config = TCPFormerConfig(
        frames=frames,
        **_sizes(rename, heads, "layers", f"{_FIRST}.mlp.fc1", "rep_logit.fc"),
        qkv_bias=f"{_FIRST}.mixer.qkv.bias" in source,
        proxies=None if proxies == frames // PARTS else proxies,
        local_scales="fixed",
        layer_scale=layer_scale,
    )
    _rename_common(rename)
    _rename_streams(rename, config.depth, _TCP_STREAMS)
    for old, new in {"center_pose": "proxies", "center_pos_embed": "proxy_position"}.items():
        if old in source:
            rename.take(old, new)
    for index in range(rename.count("temporal_layers")):
        _rename_proxy_block(rename, f"temporal_layers.{index}", f"proxy_blocks.{index}")
    return rename.finish(config)


def convert_dstformer(source: StateDict, heads: int, frames: int | None = None) -> ConvertedWeights:
    """DSTformer (Walter0807/MotionBERT): of the positions of frames those of the window are taken."""
    first = "blocks_st.0.mlp_s.fc1"
    needed = {f"{first}.weight": 2, "pre_logits.fc.weight": 2, "temp_embed": 4}
    rename = Renamer(source, "dstformer", _NEEDED | needed)
    longest = source["temp_embed"].shape[1]
    frames = longest if frames is None else frames
    if frames > longest:
        raise CheckpointError(
            f"dstformer: the weights are for windows of at most {longest} frames, not {frames}"
        )
    config = DSTformerConfig(
        frames=frames,
        **_sizes(rename, heads, "blocks_st", first, "pre_logits.fc"),
        qkv_bias="blocks_st.0.attn_s.qkv.bias" in source,
    )
    _rename_common(rename)
    rename.take("temp_embed", "temporal_position", source["temp_embed"].detach()[:, :frames].clone())
    for theirs, ours in (("st", "first"), ("ts", "second")):
        for index in range(rename.count(f"blocks_{theirs}")):
            for kind, axis in (("s", "spatial"), ("t", "temporal")):
                old, new = f"blocks_{theirs}.{index}", f"layers.{index}.{ours}.{axis}"
                rename.take_module(f"{old}.norm1_{kind}", f"{new}.mixing.norm")
                rename.take_module(f"{old}.attn_{kind}.qkv", f"{new}.mixing.branch.qkv")
                rename.take_module(f"{old}.attn_{kind}.proj", f"{new}.mixing.branch.proj")
                rename.take_module(f"{old}.norm2_{kind}", f"{new}.feed_forward.norm")
                _rename_mlp(rename, f"{old}.mlp_{kind}", f"{new}.feed_forward.branch")
    for index in range(rename.count("ts_attn")):
        rename.take_module(f"ts_attn.{index}", f"layers.{index}.fusion")
    return rename.finish(config)


def _sizes(rename: Renamer, heads: int, layers: str, mlp: str, representation: str) -> dict[str, Any]:
    source = rename.source
    dim, in_channels = source["joints_embed.weight"].shape
    return {
        "joints": source["pos_embed"].shape[1],
        "in_channels": in_channels,
        "dim": dim,
        "depth": rename.count(layers),
        "heads": heads,
        "mlp_ratio": source[f"{mlp}.weight"].shape[0] / dim,
        "representation": source[f"{representation}.weight"].shape[0],
    }


def _rename_common(rename: Renamer) -> None:
    """Embedding and head."""
    for old, new in _TOP.items():
        rename.take_module(old, new)
    # (1, J, C) -> (1, 1, J, C)
    rename.take("pos_embed", "spatial_position", rename.source["pos_embed"].detach().unsqueeze(1))


def _rename_streams(rename: Renamer, depth: int, streams: dict[str, str]) -> None:
    """The layers of MotionAGFormer and TCPFormer."""
    for index in range(depth):
        rename.take_module(f"layers.{index}.fusion", f"layers.{index}.fusion")
        for theirs, ours in streams.items():
            old, new = f"layers.{index}.{theirs}", f"layers.{index}.{ours}"
            for part, (step, branch) in {"mixer": ("mixing", _MIXER), "mlp": ("feed_forward", _MLP)}.items():
                number = 1 if part == "mixer" else 2
                rename.take_module(f"{old}.norm{number}", f"{new}.{step}.norm")
                for layer, name in branch.items():
                    rename.take_module(f"{old}.{part}.{layer}", f"{new}.{step}.branch.{name}")
                if f"{old}.layer_scale_{number}" in rename.source:
                    rename.take(f"{old}.layer_scale_{number}", f"{new}.{step}.scale")


def _rename_proxy_block(rename: Renamer, old: str, new: str) -> None:
    """Local attention and proxies of one layer of TCPFormer."""
    for part in range(PARTS):
        local = f"{new}.local.{part}"
        rename.take_module(f"{old}.local_norms.{part}", f"{local}.mixing.norm")
        rename.take_module(f"{old}.local_norms.{part + PARTS}", f"{local}.feed_forward.norm")
        for layer in ("qkv", "proj"):
            rename.take_module(f"{old}.local_attention_list.{part}.{layer}", f"{local}.mixing.branch.{layer}")
        _rename_mlp(rename, f"{old}.loacl_mlps.{part}", f"{local}.feed_forward.branch")
    for theirs, ours in _PROXY_MODULES.items():
        rename.take_module(f"{old}.{_PROXY}.{theirs}", f"{new}.{ours}")
    others = {f"layer_scale_{number}": name for number, name in _PROXY_SCALES.items()}
    for theirs, ours in (others | {"att_weight": "proxy_attention.mixing.branch.direct"}).items():
        if f"{old}.{_PROXY}.{theirs}" in rename.source:
            rename.take(f"{old}.{_PROXY}.{theirs}", f"{new}.{ours}")


def _rename_mlp(rename: Renamer, old: str, new: str) -> None:
    for theirs, ours in _MLP.items():
        rename.take_module(f"{old}.{theirs}", f"{new}.{ours}")
