"""Attention, feed-forward part, stochastic depth and folding."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from rtpca.models.layers import (
    Attention,
    Block,
    DropPath,
    attend,
    fold_frames,
    fold_joints,
    unfold_joints,
)


@given(
    n=st.integers(1, 3),
    heads=st.integers(1, 3),
    queries=st.integers(1, 12),
    keys=st.integers(1, 12),
    width=st.integers(1, 8),
)
def test_plain_products_equal_the_fused_kernel(n, heads, queries, keys, width) -> None:
    generator = torch.Generator().manual_seed(n + 7 * keys)

    def draw(length):
        return 2 * torch.randn(n, heads, length, width, generator=generator, dtype=torch.float64)

    tensors = [draw(queries), draw(keys), draw(keys)]
    plain = [tensor.clone().requires_grad_() for tensor in tensors]
    fused = [tensor.clone().requires_grad_() for tensor in tensors]
    out = attend(*plain)
    reference = F.scaled_dot_product_attention(*fused)
    torch.testing.assert_close(out, reference, atol=1e-12, rtol=1e-10)
    with torch.no_grad():
        torch.testing.assert_close(attend(*tensors), reference, atol=1e-12, rtol=1e-10)
    out.square().sum().backward()
    reference.square().sum().backward()
    for mine, theirs in zip(plain, fused, strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, atol=1e-10, rtol=1e-8)


def test_attention_equals_pytorch_s_own_module() -> None:
    torch.manual_seed(0)
    attention = Attention(12, 3).double()
    reference = torch.nn.MultiheadAttention(12, 3, batch_first=True).double()
    reference.in_proj_weight.data = attention.qkv.weight.data
    reference.in_proj_bias.data = attention.qkv.bias.data
    reference.out_proj.load_state_dict(attention.proj.state_dict())
    x = torch.randn(4, 9, 12, dtype=torch.float64)
    with torch.no_grad():
        out, own, attended = attention(x)
        torch.testing.assert_close(out, reference(x, x, x)[0], atol=1e-12, rtol=0)
    assert own.shape == (4, 9, 24)
    assert attended is own


def test_heads_cannot_see_each_other() -> None:
    torch.manual_seed(0)
    attention = Attention(8, 2).double()
    x = torch.randn(1, 5, 8, dtype=torch.float64)
    q, own = attention.project(x)
    keys, values = own.chunk(2, dim=-1)
    changed = keys.clone()
    changed[..., 4:] *= 2.0  # the second head's keys
    before, after = (
        attend(*(attention.split_heads(t) for t in (q, k, values))).detach() for k in (keys, changed)
    )
    assert torch.equal(before[:, 0], after[:, 0])
    assert (before[:, 1] - after[:, 1]).abs().max() > 1e-3


def test_stochastic_depth_drops_whole_samples_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    drop = DropPath(0.25)
    out = drop(torch.ones(20_000, 3, 2))
    per_sample = out.flatten(1)
    assert (per_sample == per_sample[:, :1]).all()
    assert per_sample[:, 0].unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert float((per_sample[:, 0] == 0).float().mean()) == pytest.approx(0.25, abs=0.01)
    assert float(out.mean()) == pytest.approx(1.0, abs=0.02)


def test_stochastic_depth_is_off_in_evaluation_and_at_rate_zero() -> None:
    x = torch.randn(5, 3)
    assert DropPath(0.5).eval()(x) is x
    assert DropPath(0.0).train()(x) is x


def test_a_dropped_branch_leaves_the_stream_as_it_is() -> None:
    torch.manual_seed(1)
    block = Block(8, Attention(8, 2), 16, 0.0, 0.5).train()
    x = torch.randn(64, 5, 8)
    out, _, _ = block(x)
    untouched = (out == x).flatten(1).all(1).float().mean().item()
    assert untouched == pytest.approx(0.25, abs=0.15)  # both branches dropped


def test_dropout_acts_in_training_only() -> None:
    torch.manual_seed(0)
    block = Block(8, Attention(8, 2, dropout=0.5), 16, 0.5, 0.0)
    x = torch.randn(3, 5, 8)
    assert not torch.equal(block(x)[0], block(x)[0])
    block.eval()
    assert torch.equal(block(x)[0], block(x)[0])


@given(
    batch=st.integers(1, 3), frames=st.integers(1, 5), joints=st.integers(1, 5), channels=st.integers(1, 3)
)
def test_folding_puts_the_right_axis_in_the_middle(batch, frames, joints, channels) -> None:
    x = torch.arange(batch * frames * joints * channels).reshape(batch, frames, joints, channels)
    by_frame, by_joint = fold_frames(x), fold_joints(x)
    assert torch.equal(by_frame[(batch - 1) * frames + frames - 1], x[batch - 1, frames - 1])
    assert torch.equal(by_joint[(batch - 1) * joints + joints - 1], x[batch - 1, :, joints - 1])
    assert torch.equal(unfold_joints(by_joint, joints), x)
