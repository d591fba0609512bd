"""Temporal pyramidal compression and amplification (TPCA, Equation 3 of the paper).

The pyramid refines the source of keys and values: m stages shorten the sequence by the ratio r each, m stages
restore it, and each restored level is summed with the level of equal length on the way down. Everything runs
per channel, so its cost is a fraction of a percent of the model's operations. The levels lie so that the axis
of their norms comes last: `(N, C, n)` for norms over time, `(n, N, C)` for norms over channels.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rtpca.models.config import Amplification, Compression, PyramidNorm
from rtpca.models.layers import per_token


def level_lengths(frames: int, stages: int, ratio: int) -> tuple[int, ...]:
    """Lengths n, n // r, n // r // r, ... of the levels, at least 1 each; `stages + 1` numbers."""
    lengths = [frames]
    for _ in range(stages):
        lengths.append(max(1, lengths[-1] // ratio))
    return tuple(lengths)


class TemporalPyramid(nn.Module):
    """Source of keys and values: z to TPCA(z), followed by a LayerNorm over channels.

    The LayerNorm after the pyramid stands in front of the key/value projection in the authors' code; the
    paper is silent about it. Without amplification the output stays at the length of the last level
    (Table 6).

    Args:
        frames: Sequence length n.
        dim: Channels C.
        stages: Stages m.
        ratio: Sampling ratio r.
        compression: F_down.
        amplification: F_up.
        norm: Axis of the LayerNorms inside the pyramid.
    """

    def __init__(
        self,
        frames: int,
        dim: int,
        *,
        stages: int = 3,
        ratio: int = 2,
        compression: Compression = "pool",
        amplification: Amplification = "trans-conv",
        norm: PyramidNorm = "time",
    ) -> None:
        super().__init__()
        lengths = level_lengths(frames, stages, ratio)
        self.time_first = norm == "channels"
        self.compress = nn.ModuleList(
            Stage(_down(compression, dim, n_in, n_out, ratio, norm), _norm(norm, dim, n_out))
            for n_in, n_out in zip(lengths, lengths[1:], strict=False)
        )
        upwards = lengths[::-1]
        self.amplify = nn.ModuleList(
            Stage(_up(amplification, dim, n_in, n_out, ratio, norm), _norm(norm, dim, n_out))
            for n_in, n_out in zip(upwards, upwards[1:], strict=False)
            if amplification != "none"
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, z: Tensor) -> Tensor:
        """(N, n, C) to (N, n, C), or (N, shortest level, C) without amplification."""
        # Views. A norm over time puts time into contiguous memory, after the first stage has shortened it.
        level = z.transpose(0, 1) if self.time_first else z.transpose(1, 2)
        levels = [level]
        for stage in self.compress:
            level = stage(level)
            levels.append(level)
        for stage, skip in zip(self.amplify, levels[-2::-1], strict=False):
            # The skip comes first: the sum takes its layout, so the last one needs no copy on the way back.
            level = skip + stage(level)
        return per_token(self.norm, level.transpose(0, 1) if self.time_first else level.transpose(1, 2))


class Stage(nn.Module):
    """One stage of Equation 3: resample, LayerNorm, GELU."""

    def __init__(self, resample: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        self.resample = resample
        self.norm = norm

    def forward(self, z: Tensor) -> Tensor:
        """(N, C, n_in) to (N, C, n_out), or (n_in, N, C) to (n_out, N, C)."""
        return F.gelu(self.norm(self.resample(z)))


class Pool(nn.Module):
    """Adaptive average pooling over time: output i averages inputs floor(i n / m) to ceil((i + 1) n / m)."""

    def __init__(self, n_in: int, n_out: int, time_first: bool = False) -> None:
        super().__init__()
        self.n_out = n_out
        self.time_first = time_first
        self.stride = n_in // n_out
        width = n_in - (n_out - 1) * self.stride
        # With a remainder of at most one frame all windows have this width and stride: a sum of slices, which
        # is several times faster on a CPU than the library's general kernel.
        self.width = width if width <= self.stride + 1 else None

    def forward(self, z: Tensor) -> Tensor:
        """(N, C, n_in) to (N, C, n_out), or (n_in, N, C) to (n_out, N, C)."""
        if self.width is None:
            return _over_last(partial(F.adaptive_avg_pool1d, output_size=self.n_out), z, self.time_first)
        span = (self.n_out - 1) * self.stride + 1
        moments = [slice(start, start + span, self.stride) for start in range(self.width)]
        parts = [z[each] if self.time_first else z[..., each] for each in moments]
        total = parts[0].clone()
        for part in parts[1:]:
            total += part
        return total.div_(self.width)


class StridedConv(nn.Conv1d):
    """Depth-wise convolution with width and stride r: n to n // r (at least 1)."""

    def __init__(self, dim: int, n_in: int, ratio: int, time_first: bool = False) -> None:
        width = min(n_in, ratio)
        super().__init__(dim, dim, width, stride=ratio, groups=dim)
        self.time_first = time_first

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, n_in) to (N, C, n_out), or (n_in, N, C) to (n_out, N, C)."""
        return _over_last(super().forward, input, self.time_first)


class PoolAndConv(nn.Module):
    """Sum of pooling and strided convolution (the rows of Table 6 with both ticked)."""

    def __init__(self, dim: int, n_in: int, n_out: int, ratio: int, time_first: bool = False) -> None:
        super().__init__()
        self.pool = Pool(n_in, n_out, time_first)
        self.conv = StridedConv(dim, n_in, ratio, time_first)

    def forward(self, z: Tensor) -> Tensor:
        """(N, C, n_in) to (N, C, n_out), or (n_in, N, C) to (n_out, N, C)."""
        return self.pool(z) + self.conv(z)


class Interpolate(nn.Module):
    """Linear interpolation over time."""

    def __init__(self, n_out: int, time_first: bool = False) -> None:
        super().__init__()
        self.n_out = n_out
        self.time_first = time_first

    def forward(self, z: Tensor) -> Tensor:
        """(N, C, n_in) to (N, C, n_out), or (n_in, N, C) to (n_out, N, C)."""
        resize = partial(F.interpolate, size=self.n_out, mode="linear", align_corners=False)
        return _over_last(resize, z, self.time_first)


class TransposedConv(nn.Module):
    """Depth-wise transposed convolution with stride r, as wide as `n_out` needs: r, or r plus the remainder.

    The same map as `nn.ConvTranspose1d(groups=dim)`, written as one strided product per tap, since the
    library's depth-wise kernel takes eight times longer on a CPU. In front of a LayerNorm over time the bias
    has no effect (that norm removes every per-channel constant); it is there because the authors' model has
    it.
    """

    def __init__(self, dim: int, n_in: int, n_out: int, ratio: int) -> None:
        super().__init__()
        self.stride = ratio
        self.n_out = n_out
        width = n_out - (n_in - 1) * ratio
        initial = nn.ConvTranspose1d(dim, dim, width, stride=ratio, groups=dim)
        assert initial.bias is not None
        self.weight = nn.Parameter(initial.weight.detach())  # (C, 1, width)
        self.bias = nn.Parameter(initial.bias.detach())

    def forward(self, z: Tensor) -> Tensor:
        """(N, C, n_in) to (N, C, n_out)."""
        # A copy in every case: with N = n_out = 1 `contiguous` would hand back the bias itself.
        out = self.bias.unsqueeze(-1).expand(*z.shape[:2], self.n_out).clone()
        span = (z.shape[-1] - 1) * self.stride + 1
        for start, tap in enumerate(self.weight.unbind(-1)):  # tap (C, 1)
            out[..., start : start + span : self.stride].addcmul_(z, tap)
        return out


class TimeFirstTransposedConv(TransposedConv):
    """The same where time comes first and each moment is a piece of memory: products of gathered moments."""

    sources: Tensor
    taps: Tensor

    def __init__(self, dim: int, n_in: int, n_out: int, ratio: int) -> None:
        super().__init__(dim, n_in, n_out, ratio)
        width = self.weight.shape[-1]
        # Output t is the sum over k of tap t % r + k r times input t // r - k; where there is no such tap or
        # input, a tap of zero, the last one, is taken.
        late = torch.arange(-(-width // ratio)).unsqueeze(-1)
        places = torch.arange(n_out)
        sources, taps = places // ratio - late, places % ratio + late * ratio
        there = (sources >= 0) & (sources < n_in) & (taps < width)
        self.register_buffer("sources", sources.clamp(0, n_in - 1), persistent=False)
        self.register_buffer("taps", torch.where(there, taps, width), persistent=False)

    def forward(self, z: Tensor) -> Tensor:
        """(n_in, N, C) to (n_out, N, C)."""
        taps = F.pad(self.weight.permute(2, 1, 0), (0, 0, 0, 0, 0, 1))  # (width + 1, 1, C)
        out = self.bias
        for sources, chosen in zip(self.sources, self.taps, strict=True):
            out = torch.addcmul(out, z.index_select(0, sources), taps.index_select(0, chosen))
        return out


def _over_last(resample: Callable[[Tensor], Tensor], z: Tensor, time_first: bool) -> Tensor:
    """A resampling of the last axis, for levels (N, C, n) or (n, N, C)."""
    return resample(z.movedim(0, -1)).movedim(-1, 0) if time_first else resample(z)


def _down(kind: Compression, dim: int, n_in: int, n_out: int, ratio: int, norm: PyramidNorm) -> nn.Module:
    time_first = norm == "channels"
    if kind == "pool":
        return Pool(n_in, n_out, time_first)
    if kind == "conv":
        return StridedConv(dim, n_in, ratio, time_first)
    return PoolAndConv(dim, n_in, n_out, ratio, time_first)


def _up(kind: Amplification, dim: int, n_in: int, n_out: int, ratio: int, norm: PyramidNorm) -> nn.Module:
    if kind == "linear":
        return Interpolate(n_out, norm == "channels")
    transposed = TimeFirstTransposedConv if norm == "channels" else TransposedConv
    return transposed(dim, n_in, n_out, ratio)


def _norm(axis: PyramidNorm, dim: int, frames: int) -> nn.Module:
    return nn.LayerNorm(frames if axis == "time" else dim)
