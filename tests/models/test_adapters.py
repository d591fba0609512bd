"""Other repositories' keys and shapes, at any size, into our names."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_network import naive_forward

from rtpca.errors import CheckpointError, ConfigError
from rtpca.models import convert_state_dict, import_state_dict


def foreign_weights(
    arch: str, frames=16, joints=17, dim=8, depth=2, hidden=16, qkv_bias=True, seed=0
) -> dict[str, torch.Tensor]:
    """A random state dict with the keys and shapes of a public repository."""
    generator = torch.Generator().manual_seed(seed)
    weights: dict[str, torch.Tensor] = {}

    def add(key: str, *shape: int, bias: int | None = None) -> None:
        weights[f"{key}.weight"] = torch.randn(shape, generator=generator)
        if bias is not None:
            weights[f"{key}.bias"] = torch.randn(bias, generator=generator)

    weights["Spatial_pos_embed"] = torch.randn(1, joints, dim, generator=generator)
    weights["Temporal_pos_embed"] = torch.randn(1, frames, dim, generator=generator)
    add("Spatial_patch_to_embedding", dim, 2, bias=dim)
    for key in ("Spatial_norm", "Temporal_norm", "head.0"):
        add(key, dim, bias=dim)
    add("head.1", 3, dim, bias=3)
    n = [frames, frames // 2, frames // 4, frames // 8]
    for name in (f"{kind}blocks.{i}" for kind in ("STE", "TTE") for i in range(depth)):
        for key in ("norm1", "norm2"):
            add(f"{name}.{key}", dim, bias=dim)
        add(f"{name}.mlp.fc1", hidden, dim, bias=hidden)
        add(f"{name}.mlp.fc2", dim, hidden, bias=dim)
        add(f"{name}.attn.proj", dim, dim, bias=dim)
        if arch == "mixste":
            add(f"{name}.attn.qkv", 3 * dim, dim, bias=3 * dim if qkv_bias else None)
            continue
        add(f"{name}.attn.q", dim, dim, bias=dim if qkv_bias else None)
        add(f"{name}.attn.kv", 2 * dim, dim, bias=2 * dim if qkv_bias else None)
        for stage in (1, 2, 3):
            add(f"{name}.attn.norm{stage}", n[stage], bias=n[stage])
            add(f"{name}.attn.upnorm{stage}", n[3 - stage], bias=n[3 - stage])
            add(f"{name}.attn.up{stage}", dim, 1, n[3 - stage] - 2 * (n[4 - stage] - 1), bias=dim)
        add(f"{name}.attn.norm4", dim, bias=dim)
    return weights


@settings(max_examples=20)
@given(
    arch=st.sampled_from(["mixste", "rtpca-authors"]),
    frames=st.integers(8, 40),
    joints=st.integers(1, 6),
    heads=st.sampled_from([1, 2, 4]),
    depth=st.integers(1, 4),
    hidden=st.integers(1, 20),
    qkv_bias=st.booleans(),
)
def test_sizes_are_read_off_the_shapes(arch, frames, joints, heads, depth, hidden, qkv_bias) -> None:
    dim = 3 * heads
    weights = foreign_weights(arch, frames, joints, dim, depth, hidden, qkv_bias)
    converted = convert_state_dict(weights, arch, heads)
    model, config = converted.model(), converted.config
    assert (config.frames, config.joints, config.dim, config.depth) == (frames, joints, dim, depth)
    assert (config.hidden, config.qkv_bias, config.heads) == (hidden, qkv_bias, heads)
    assert not model.training
    keypoints = torch.randn(1, frames, joints, 2)
    with torch.no_grad():
        poses = model(keypoints)
        expected = naive_forward(config, model.state_dict(), keypoints)
    torch.testing.assert_close(poses, expected, atol=2e-3, rtol=2e-3)
    assert set(converted.renamed) | set(converted.dropped) == set(weights)
    assert len(converted.dropped) == (20 * depth if arch == "rtpca-authors" else 0)


def test_the_authors_options_are_chosen() -> None:
    config = import_state_dict(foreign_weights("rtpca-authors"), arch="rtpca-authors", heads=2).config
    assert (config.tpca, config.pyramid_norm, config.cross_layer) == (True, "time", "adjacent")
    assert (config.memory, config.block_residual) == ("accumulated", "doubled")
    plain = import_state_dict(foreign_weights("mixste"), arch="mixste", heads=2).config
    assert (plain.tpca, plain.cross_layer, plain.block_residual) == (False, "none", "none")


def test_queries_keys_and_values_are_joined_in_this_order() -> None:
    weights = foreign_weights("rtpca-authors")
    converted = convert_state_dict(weights, "rtpca-authors", heads=2)
    joined = converted.state_dict["temporal_blocks.1.attention.qkv.weight"]
    assert torch.equal(joined[:8], weights["TTEblocks.1.attn.q.weight"])
    assert torch.equal(joined[8:], weights["TTEblocks.1.attn.kv.weight"])
    renamed = converted.renamed
    assert renamed["TTEblocks.1.attn.q.weight"] == renamed["TTEblocks.1.attn.kv.weight"]


def test_the_source_is_neither_changed_nor_shared() -> None:
    weights = foreign_weights("mixste")
    before = {key: value.clone() for key, value in weights.items()}
    model = import_state_dict(weights, arch="mixste", heads=2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    assert all(torch.equal(weights[key], before[key]) for key in weights)


def test_half_precision_stays_half() -> None:
    weights = {key: value.bfloat16() for key, value in foreign_weights("mixste").items()}
    assert import_state_dict(weights, arch="mixste", heads=2).head.weight.dtype == torch.bfloat16


def without(weights, fragment):
    return {key: value for key, value in weights.items() if fragment not in key}


@pytest.mark.parametrize(
    ("arch", "change", "message"),
    [
        ("mixste", lambda w: without(w, "Temporal_pos_embed"), "it has no Temporal_pos_embed"),
        ("mixste", lambda w: w | {"Temporal_pos_embed": torch.zeros(3)}, r"shape \(3,\), needed are 3 axes"),
        ("mixste", lambda w: {k: v.int() for k, v in w.items()}, "must be floating-point numbers"),
        ("mixste", lambda w: w | {"head.1.weight": torch.zeros(4, 8)}, r"head.weight has shape \(4, 8\)"),
        ("mixste", lambda w: without(w, "TTEblocks.1"), "tensors are missing for temporal_blocks.1.norm1"),
        (
            "mixste",
            lambda w: without(w, "STEblocks.1"),
            "depth 1, 2 heads were found, and tensors that do not belong to them: TTEblocks.1",
        ),
        ("mixste", lambda w: without(w, "mlp.fc2.bias"), "missing for .* is the file complete"),
        ("mixste", lambda w: w | {"pos_drop": torch.zeros(1)}, "unknown tensors pos_drop; is this another"),
        ("rtpca-authors", lambda w: without(w, "kv.weight"), "unknown tensors .*attn.q.weight"),
        ("rtpca-authors", lambda w: without(w, "upnorm2"), "missing for temporal_blocks.0.attention.refine"),
        (
            "rtpca-authors",
            lambda w: w | {"TTEblocks.0.attn.up1.weight": torch.zeros(8, 1, 9)},
            r"amplify.0.resample.weight has shape \(8, 1, 9\)",
        ),
    ],
)
def test_damaged_state_dicts_are_refused(arch, change, message) -> None:
    with pytest.raises(CheckpointError, match=message):
        import_state_dict(change(foreign_weights(arch)), arch=arch, heads=2)


def test_one_architecture_is_not_taken_for_the_other() -> None:
    with pytest.raises(CheckpointError, match="unknown tensors"):
        import_state_dict(foreign_weights("rtpca-authors"), arch="mixste", heads=2)
    with pytest.raises(CheckpointError, match="missing for temporal_blocks"):
        import_state_dict(foreign_weights("mixste"), arch="rtpca-authors", heads=2)
    with pytest.raises(CheckpointError, match="known: mixste, rtpca-authors"):
        convert_state_dict({}, "motionbert", heads=2)


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"model\.dim=8 is not a multiple of model\.heads=3"):
        import_state_dict(foreign_weights("mixste"), arch="mixste", heads=3)
