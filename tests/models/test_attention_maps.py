"""Attention weights computed again from a block's input are those that the block applied."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from rtpca.errors import ConfigError
from rtpca.models import build_model
from rtpca.models.attention_maps import attention_weights, temporal_attention

SIZES = {"frames": 16, "joints": 5, "dim": 16, "depth": 3, "heads": 4}


def built(name: str, **options):
    torch.manual_seed(3)
    model = build_model(name, **{**SIZES, **options}).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return model


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("rtpca", {}),
        ("ste", {}),
        ("ste+xlr", {"qkv_bias": False}),
        ("rtpca", {"memory": "accumulated"}),
        ("rtpca", {"amplification": "none"}),
        ("rtpca", {"cross_layer": "pyramidal"}),
    ],
)
@pytest.mark.parametrize("block", [0, 1, 2])
def test_weights_times_values_projected_are_what_the_block_computed(name, options, block, generator) -> None:
    model = built(name, **options)
    attention = model.temporal_blocks[block].attention
    seen = {}

    def keep(module, inputs, outputs) -> None:
        seen["inputs"], seen["out"] = inputs, outputs[0]

    handle = attention.register_forward_hook(keep)
    keypoints = torch.randn(2, 16, 5, 2, generator=generator)
    with torch.no_grad():
        model(keypoints)
        handle.remove()
        weights, values, own = attention_weights(attention, *seen["inputs"])
        again = attention.proj((weights @ values).transpose(1, 2).flatten(2))
    assert torch.allclose(again, seen["out"], atol=1e-6, rtol=1e-6)
    maps = temporal_attention(model, keypoints, block)
    assert maps.own.shape[-1] == own
    assert torch.equal(torch.cat((maps.own, maps.memory), -1).flatten(0, 1), weights)


def test_axes_are_batch_joint_head_query_key(generator) -> None:
    model = built("rtpca")
    maps = temporal_attention(model, torch.randn(2, 16, 5, 2, generator=generator))
    assert maps.own.shape == (2, 5, 4, 16, 16)
    assert maps.memory.shape == (2, 5, 4, 16, 2)
    total = maps.own.sum(-1) + maps.memory.sum(-1)
    assert torch.allclose(total, torch.ones(2, 5, 4, 16))
    assert maps.memory_share.shape == (2, 5, 4)
    assert ((maps.memory_share > 0) & (maps.memory_share < 1)).all()


def test_maps_of_a_batch_are_those_of_its_sequences(generator) -> None:
    model = built("rtpca")
    keypoints = torch.randn(3, 16, 5, 2, generator=generator)
    together, alone = temporal_attention(model, keypoints), temporal_attention(model, keypoints[1:2])
    assert torch.allclose(together.own[1], alone.own[0], atol=1e-6)


def test_the_baseline_has_no_memory(generator) -> None:
    maps = temporal_attention(built("ste"), torch.randn(1, 16, 5, 2, generator=generator))
    assert maps.memory.shape[-1] == 0
    assert maps.memory_share.eq(0).all()


def test_the_network_is_left_as_it_was(generator) -> None:
    model = built("rtpca")
    keypoints = torch.randn(1, 16, 5, 2, generator=generator)
    with torch.no_grad():
        before = model(keypoints)
        temporal_attention(model, keypoints)
        assert torch.equal(model(keypoints), before)
    assert not model.temporal_blocks[1]._forward_pre_hooks


def test_blocks_that_do_not_exist_and_other_networks_are_named() -> None:
    keypoints = torch.zeros(1, 16, 5, 2)
    with pytest.raises(ConfigError, match=r"temporal block 4 of a network of 3: give one from 1 to 3"):
        temporal_attention(built("ste"), keypoints, 3)
    with pytest.raises(ConfigError, match=r"not of Linear; give weights of rtpca or ste"):
        temporal_attention(nn.Linear(2, 3), keypoints)
