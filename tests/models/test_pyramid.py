"""The pyramid against Equation 3 written with the library's own layers, and its parts one by one."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from rtpca.models.pyramid import (
    ChannelNorm,
    Interpolate,
    Pool,
    PoolAndConv,
    StridedConv,
    TemporalPyramid,
    TransposedConv,
    level_lengths,
)


def equation_3(frames: int, dim: int, pyramid: TemporalPyramid, z: torch.Tensor) -> torch.Tensor:
    """TPCA(z) with default options for (N, n, C), from `nn.ConvTranspose1d` and `adaptive_avg_pool1d`."""
    m, r = 3, 2
    z_down = [z.transpose(1, 2)]
    for stage in range(m):
        norm = pyramid.compress[stage].norm
        z_down.append(F.gelu(norm(F.adaptive_avg_pool1d(z_down[-1], frames // r ** (stage + 1)))))
    z_up = z_down[m]
    for stage in range(m):
        n_in, n_out = frames // r ** (m - stage), frames // r ** (m - stage - 1)
        f_up = nn.ConvTranspose1d(dim, dim, n_out - (n_in - 1) * r, stride=r, groups=dim, dtype=z.dtype)
        f_up.weight.data = pyramid.amplify[stage].resample.weight.data
        f_up.bias.data = pyramid.amplify[stage].resample.bias.data
        z_up = F.gelu(pyramid.amplify[stage].norm(f_up(z_up))) + z_down[m - 1 - stage]
    return z_up.transpose(1, 2)


@given(frames=st.integers(8, 60), dim=st.integers(1, 6), batch=st.integers(1, 3))
def test_the_pyramid_is_equation_3(frames, dim, batch) -> None:
    torch.manual_seed(frames)
    pyramid = TemporalPyramid(frames, dim).double()
    with torch.no_grad():
        for parameter in pyramid.parameters():
            parameter.normal_()
        z = torch.randn(batch, frames, dim, dtype=torch.float64)
        expected = pyramid.norm(equation_3(frames, dim, pyramid, z))
        torch.testing.assert_close(pyramid(z), expected, atol=1e-9, rtol=1e-8)


def test_lengths_are_those_of_the_authors_at_243_frames() -> None:
    assert level_lengths(243, 3, 2) == (243, 121, 60, 30)
    assert level_lengths(5, 3, 2) == (5, 2, 1, 1)
    pyramid = TemporalPyramid(243, 4)
    assert [stage.norm.normalized_shape for stage in pyramid.compress] == [(121,), (60,), (30,)]
    assert [stage.resample.weight.shape[-1] for stage in pyramid.amplify] == [2, 3, 3]


@given(frames=st.integers(1, 60), stages=st.integers(1, 5), ratio=st.integers(2, 5))
def test_lengths_shrink_by_the_ratio_and_never_vanish(frames, stages, ratio) -> None:
    lengths = level_lengths(frames, stages, ratio)
    assert lengths == tuple(max(1, frames // ratio**i) for i in range(stages + 1))


@given(n_in=st.integers(1, 60), data=st.data())
def test_pooling_equals_the_library_s(n_in, data) -> None:
    n_out = data.draw(st.integers(1, n_in))
    z = torch.randn(2, 3, n_in, dtype=torch.float64, generator=torch.Generator().manual_seed(n_in))
    pooled = Pool(n_in, n_out)(z)
    torch.testing.assert_close(pooled, F.adaptive_avg_pool1d(z, n_out), atol=1e-12, rtol=0)


def test_pooling_leaves_its_input_alone() -> None:
    z = torch.randn(2, 3, 7)
    before = z.clone()
    for n_out in (1, 3, 7):
        Pool(7, n_out)(z)
        assert torch.equal(z, before)


@given(n_in=st.integers(1, 12), ratio=st.integers(2, 4), extra=st.integers(0, 3), batch=st.integers(1, 3))
def test_transposed_convolution_equals_the_library_s(n_in, ratio, extra, batch) -> None:
    n_out = (n_in - 1) * ratio + ratio + min(extra, ratio - 1)
    torch.manual_seed(n_in)
    mine = TransposedConv(4, n_in, n_out, ratio).double()
    theirs = nn.ConvTranspose1d(4, 4, mine.weight.shape[-1], stride=ratio, groups=4).double()
    theirs.load_state_dict(mine.state_dict())
    z = torch.randn(batch, 4, n_in, dtype=torch.float64)
    a, b = z.clone().requires_grad_(), z.clone().requires_grad_()
    out, expected = mine(a), theirs(b)
    assert out.shape == (batch, 4, n_out)
    torch.testing.assert_close(out, expected, atol=1e-12, rtol=0)
    out.square().sum().backward()
    expected.square().sum().backward()
    torch.testing.assert_close(a.grad, b.grad, atol=1e-11, rtol=1e-9)
    for p, q in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad, atol=1e-10, rtol=1e-9)


@given(n_in=st.integers(1, 40), ratio=st.integers(2, 4))
def test_compression_by_convolution_has_the_length_of_pooling(n_in, ratio) -> None:
    n_out = max(1, n_in // ratio)
    z = torch.randn(2, 3, n_in)
    conv = StridedConv(3, n_in, ratio)
    assert conv(z).shape == (2, 3, n_out)
    both = PoolAndConv(3, n_in, n_out, ratio)
    torch.testing.assert_close(both(z), both.conv(z) + F.adaptive_avg_pool1d(z, n_out))


def test_interpolation_is_linear_and_keeps_constants() -> None:
    ramp = torch.arange(4.0).expand(1, 2, 4)
    out = Interpolate(8)(ramp)
    assert out[0, 0].tolist() == [0.0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.0]


def test_norm_over_channels_takes_the_frames_apart() -> None:
    z = torch.randn(2, 5, 7)
    out = ChannelNorm(5)(z)
    torch.testing.assert_close(out.mean(1), torch.zeros(2, 7), atol=1e-6, rtol=0)


def test_without_amplification_the_last_level_comes_out() -> None:
    pyramid = TemporalPyramid(20, 4, amplification="none")
    assert pyramid(torch.randn(3, 20, 4)).shape == (3, 2, 4)
    assert len(pyramid.amplify) == 0


@pytest.mark.parametrize("norm", ["time", "channels"])
def test_the_pyramid_leaves_its_input_alone(norm) -> None:
    pyramid = TemporalPyramid(20, 4, norm=norm, compression="pool+conv")
    z = torch.randn(3, 20, 4)
    before = z.clone()
    with torch.no_grad():
        pyramid(z)
        pyramid(z.transpose(1, 2).contiguous().transpose(1, 2))
    assert torch.equal(z, before)
