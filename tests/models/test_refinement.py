"""Cross-layer refinement against Equation 4."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from rtpca.models.layers import Attention
from rtpca.models.refinement import CrossLayerRefinement, adaptive_pool_windows


@given(n_in=st.integers(1, 60), n_out=st.integers(1, 20))
def test_windows_are_those_of_adaptive_pooling(n_in, n_out) -> None:
    z = torch.randn(2, 3, n_in, dtype=torch.float64, generator=torch.Generator().manual_seed(n_in))
    windows = adaptive_pool_windows(n_in, n_out).double()
    pooled = z @ (windows / windows.sum(-1, keepdim=True)).mT
    torch.testing.assert_close(pooled, F.adaptive_avg_pool1d(z, n_out), atol=1e-12, rtol=0)


def test_equation_4() -> None:
    torch.manual_seed(0)
    attention = Attention(8, 2, merge_memory=CrossLayerRefinement(17, 3)).double()
    x = torch.randn(4, 10, 8, dtype=torch.float64)
    memory = torch.randn(4, 17, 16, dtype=torch.float64)
    with torch.no_grad():
        out, own, attended = attention(x, memory)
        q, k, v = (x @ attention.qkv.weight.T + attention.qkv.bias).chunk(3, dim=-1)
        k_before, v_before = memory.chunk(2, dim=-1)

        def pool(t):
            return F.adaptive_avg_pool1d(t.transpose(1, 2), 3).transpose(1, 2)

        k_joined, v_joined = torch.cat((k, pool(k_before)), dim=1), torch.cat((v, pool(v_before)), dim=1)
        heads = []
        for part in (slice(0, 4), slice(4, 8)):
            logits = q[..., part] @ k_joined[..., part].mT / 2.0  # sqrt(d) with d = 4
            heads.append(logits.softmax(-1) @ v_joined[..., part])
        expected = torch.cat(heads, dim=-1) @ attention.proj.weight.T + attention.proj.bias
    torch.testing.assert_close(out, expected, atol=1e-12, rtol=0)
    torch.testing.assert_close(own, torch.cat((k, v), dim=-1), atol=1e-12, rtol=0)
    torch.testing.assert_close(attended, torch.cat((k_joined, v_joined), dim=-1), atol=1e-12, rtol=0)


def test_it_has_no_parameters_and_stores_nothing() -> None:
    module = CrossLayerRefinement(243, 30)
    assert list(module.parameters()) == []
    assert module.state_dict() == {}


def test_pooling_is_as_precise_in_double_after_a_conversion() -> None:
    module = CrossLayerRefinement(7, 3).half().double()
    memory = torch.ones(1, 7, 4, dtype=torch.float64) / 3
    joined = module(torch.zeros(1, 2, 4, dtype=torch.float64), memory)
    torch.testing.assert_close(joined[:, 2:], memory[:, :3], atol=1e-15, rtol=0)
