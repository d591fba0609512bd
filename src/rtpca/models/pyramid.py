"""Temporal pyramidal compression and amplification (TPCA, Equation 3 of the paper).

The pyramid refines the source of keys and values: m stages shorten the sequence by the ratio r each, m stages
restore it, and each restored level is summed with the level of equal length on the way down. Everything runs
per channel on `(N, C, F)`, so its cost is a fraction of a percent of the model's operations.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from rtpca.models.config import Amplification, Compression, PyramidNorm


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
        self.compress = nn.ModuleList(
            Stage(_down(compression, dim, n_in, n_out, ratio), _norm(norm, dim, n_out))
            for n_in, n_out in zip(lengths, lengths[1:], strict=False)
        )
        upwards = lengths[::-1]
        self.amplify = nn.ModuleList(
            Stage(_up(amplification, dim, n_in, n_out, ratio), _norm(norm, dim, n_out))
            for n_in, n_out in zip(upwards, upwards[1:], strict=False)
            if amplification != "none"
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, z: Tensor) -> Tensor:
        """(N, n, C) to (N, n, C), or (N, shortest level, C) without amplification."""
        # (N, C, n), a view: the first stage shortens it before its norm puts time into contiguous memory.
        level = z.transpose(1, 2)
        levels = [level]
        for stage in self.compress:
            level = stage(level)
            levels.append(level)
        for stage, skip in zip(self.amplify, levels[-2::-1], strict=False):
            # The skip comes first: the sum takes its layout, so the last one needs no copy on the way back.
            level = skip + stage(level)
        return self.norm(level.transpose(1, 2))  # (N, n, C)


class Stage(nn.Module):
    """One stage of Equation 3: resample, LayerNorm, GELU."""

    def __init__(self, resample: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        self.resample = resample
        self.norm = norm

    def forward(self, z: Tensor) -> Tensor:
        """(N, C, n_in) to (N, C, n_out)."""
        return F.gelu(self.norm(self.resample(z)))


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of (N, C, n)."""

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, n) to (N, C, n)."""
        return super().forward(input.transpose(1, 2)).transpose(1, 2)


class Pool(nn.Module):
    """Adaptive average pooling over time: output i averages inputs floor(i n / m) to ceil((i + 1) n / m)."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.n_out = n_out
        self.stride = n_in // n_out
        width = n_in - (n_out - 1) * self.stride
        # With a remainder of at most one frame all windows have this width and stride: a sum of slices, which
        # is several times faster on a CPU than the library's general kernel.
        self.width = width if width <= self.stride + 1 else None

    def forward(self, z: Tensor) -> Tensor:
        """(N, C, n_in) to (N, C, n_out)."""
        if self.width is None:
            return F.adaptive_avg_pool1d(z, self.n_out)
        span = (self.n_out - 1) * self.stride + 1
        total = z[..., 0 : span : self.stride].clone()
        for start in range(1, self.width):
            total += z[..., start : start + span : self.stride]
        return total.div_(self.width)


class StridedConv(nn.Conv1d):
    """Depth-wise convolution with width and stride r: n to n // r (at least 1)."""

    def __init__(self, dim: int, n_in: int, ratio: int) -> None:
        width = min(n_in, ratio)
        super().__init__(dim, dim, width, stride=ratio, groups=dim)


class PoolAndConv(nn.Module):
    """Sum of pooling and strided convolution (the rows of Table 6 with both ticked)."""

    def __init__(self, dim: int, n_in: int, n_out: int, ratio: int) -> None:
        super().__init__()
        self.pool = Pool(n_in, n_out)
        self.conv = StridedConv(dim, n_in, ratio)

    def forward(self, z: Tensor) -> Tensor:
        """(N, C, n_in) to (N, C, n_out)."""
        return self.pool(z) + self.conv(z)


class Interpolate(nn.Module):
    """Linear interpolation over time."""

    def __init__(self, n_out: int) -> None:
        super().__init__()
        self.n_out = n_out

    def forward(self, z: Tensor) -> Tensor:
        """(N, C, n_in) to (N, C, n_out)."""
        return F.interpolate(z, size=self.n_out, mode="linear", align_corners=False)


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


def _down(kind: Compression, dim: int, n_in: int, n_out: int, ratio: int) -> nn.Module:
    if kind == "pool":
        return Pool(n_in, n_out)
    if kind == "conv":
        return StridedConv(dim, n_in, ratio)
    return PoolAndConv(dim, n_in, n_out, ratio)


def _up(kind: Amplification, dim: int, n_in: int, n_out: int, ratio: int) -> nn.Module:
    if kind == "linear":
        return Interpolate(n_out)
    return TransposedConv(dim, n_in, n_out, ratio)


def _norm(axis: PyramidNorm, dim: int, frames: int) -> nn.Module:
    return nn.LayerNorm(frames) if axis == "time" else ChannelNorm(dim)
