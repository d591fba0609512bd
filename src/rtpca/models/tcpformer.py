"""TCPFormer: a few learned poses, the proxies, gather the motion of a window and hand it back to its frames.

Liu, Liu, Liu, Li: "TCPFormer: Learning Temporal Correlation with Implicit Pose Proxy for 3D Human Pose
Estimation", AAAI 2025. The attention of frames by way of the proxies is computed from right to left, as
M2 (M1 V): the same numbers as (M2 M1) V for a fraction of the work. What the abstract does not name, the
local attention and the plain self-attention, follows the authors' code.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from rtpca.errors import ConfigError
from rtpca.models.config import Size
from rtpca.models.layers import (
    CrossAttention,
    DropPath,
    attend,
    fold_joints,
    join_heads,
    split_heads,
    unfold_joints,
)
from rtpca.models.network import LiftingNetwork
from rtpca.models.streams import (
    LAYER_SCALE,
    FusedStreams,
    MixerBlock,
    RepresentationHead,
    Residual,
    Stream,
    TwoStreamConfig,
    feed_forward,
)
from rtpca.options import Positive, options

PARTS = 3
"""Into how many parts the local attention cuts the window; also frames for each proxy."""


@options("model")
class TCPFormerConfig(TwoStreamConfig):
    """Sizes of TCPFormer; the defaults are the published model of 243 frames (others: 9, 27, 81).

    Attributes:
        frames: 3 or from 5 on, so that they can be cut into three parts.
        proxies: Learned poses; None for a third as many as frames.
        layer_scale: What the scales of the residual branches begin with.
        local_scales: Whether the scales of the local attention are "learned" like the others; or "fixed" at
            `layer_scale`, as in the authors' code, which never hands them to the optimiser.
    """

    arch: Literal["tcpformer"] = "tcpformer"
    proxies: Size | None = None
    layer_scale: Positive = LAYER_SCALE
    local_scales: Literal["learned", "fixed"] = "learned"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.frames < PARTS or self.frames == PARTS + 1:
            raise ConfigError(
                f"model.frames={self.frames} cannot be cut into {PARTS} parts of equal length but the last; "
                f"use {PARTS}, or at least {PARTS + 2}"
            )

    @property
    def proxy_count(self) -> int:
        """Learned poses."""
        return self.frames // PARTS if self.proxies is None else self.proxies

    def main_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of tensors that bound the size of the whole network."""
        return super().main_shapes() | {"proxies": (self.proxy_count, self.joints, self.dim)}


class TCPFormer(LiftingNetwork):
    """Embedding -> [two fused streams -> proxy block] x depth -> representation -> coordinates.

    There is no position embedding over frames; what a proxy stands for in time is what it learns.

    Args:
        config: Sizes and options.
    """

    config: TCPFormerConfig  # pyright: ignore[reportIncompatibleVariableOverride] (never assigned again)

    def __init__(self, config: TCPFormerConfig) -> None:
        super().__init__(config)
        self.embed = nn.Linear(config.in_channels, config.dim)
        self.spatial_position = nn.Parameter(torch.zeros(1, 1, config.joints, config.dim))
        # Only the sum of the two acts.
        self.proxies = nn.Parameter(torch.randn(config.proxy_count, config.joints, config.dim))
        self.proxy_position = nn.Parameter(torch.zeros(1, config.joints, config.dim))
        self.layers = nn.ModuleList(
            FusedStreams(config.dim, _stream(config, index), _stream(config, index, temporal_first=True))
            for index in range(config.depth)
        )
        self.proxy_blocks = nn.ModuleList(ProxyBlock(config, index) for index in range(config.depth))
        self.head = RepresentationHead(config)

    def forward(self, keypoints: Tensor) -> Tensor:
        """Lift (B, F, J, C) to (B, F, J, 3); see `LiftingNetwork.forward`."""
        self.check_input(keypoints)
        x = self.embed(keypoints) + self.spatial_position  # (B, F, J, C)
        proxies = (self.proxies + self.proxy_position).expand(len(x), -1, -1, -1)  # (B, P, J, C)
        proxies = fold_joints(proxies)  # (B * J, P, C)
        for layer, proxy_block in zip(self.layers, self.proxy_blocks, strict=True):
            frames, proxies = proxy_block(fold_joints(layer(x)), proxies)
            x = unfold_joints(frames, self.config.joints)
        return self.head(x)

    def transformer_blocks(self) -> list[nn.Module]:
        """The blocks of the streams and of the proxies."""
        blocks = [module for module in self.layers.modules() if isinstance(module, MixerBlock)]
        return [*blocks, *self.proxy_blocks]


class ProxyBlock(nn.Module):
    """Local attention, proxy update, proxy invocation, self-attention and proxy attention, over time.

    Args:
        config: Sizes and options.
        index: Place among the layers.
    """

    def __init__(self, config: TCPFormerConfig, index: int) -> None:
        super().__init__()
        dim, rate, scale = config.dim, config.drop_path_rate(index), config.layer_scale
        fixed = config.local_scales == "fixed"
        self.local = nn.ModuleList(
            MixerBlock(config, index, layer_scale=scale, fixed_scale=fixed) for _ in range(PARTS)
        )
        self.frame_norm = nn.LayerNorm(dim)
        self.proxy_norm = nn.LayerNorm(dim)
        self.update = MappedAttention(dim, config.heads, qkv_bias=config.qkv_bias, dropout=config.dropout)
        self.update_scale = nn.Parameter(torch.full((dim,), scale))
        self.update_mlp = Residual(dim, feed_forward(config), layer_scale=scale, drop_path=rate)
        self.invocation = MappedAttention(dim, config.heads, qkv_bias=config.qkv_bias, dropout=config.dropout)
        self.invocation_scale = nn.Parameter(torch.full((dim,), scale))
        self.invocation_mlp = Residual(dim, feed_forward(config), layer_scale=scale, drop_path=rate)
        self.drop_path = DropPath(rate)
        self.self_attention = MixerBlock(config, index, layer_scale=scale)
        self.proxy_attention = MixerBlock(config, index, ProxyAttention(config), layer_scale=scale)

    def forward(self, x: Tensor, proxies: Tensor) -> tuple[Tensor, Tensor]:
        """Frames (N, F, C) and proxies (N, P, C), in and out; N counts the joints of all windows."""
        parts = zip(self.local, x.chunk(PARTS, dim=1), strict=True)
        x = torch.cat([block(part) for block, part in parts], dim=1)
        frames = self.frame_norm(x)
        gathered, gather = self.update.with_map(self.proxy_norm(proxies), frames)
        proxies = self.update_mlp(proxies + self.drop_path(gathered * self.update_scale))
        handed_back, spread = self.invocation.with_map(frames, self.proxy_norm(proxies))
        x = self.invocation_mlp(x + self.drop_path(handed_back * self.invocation_scale))
        return self.proxy_attention(self.self_attention(x), gather, spread), proxies


class MappedAttention(CrossAttention):
    """Attention of one sequence to another that also tells its map."""

    def with_map(self, queries: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
        """Queries (N, L, C) and source (N, M, C) to (N, L, C) and the map (N, H, L, M)."""
        q, k, v = (
            split_heads(part, self.heads)
            for part in (self.query(queries), self.key(source), self.value(source))
        )
        attention_map = ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)).softmax(-1)
        return self.dropout(self.proj(join_heads(attention_map @ v))), attention_map


class ProxyAttention(nn.Module):
    """Attention of frames to each other, in part directly and in part by way of the proxies.

    Both maps have rows that sum to 1, and so has their learned mean.
    """

    def __init__(self, config: TCPFormerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.qkv = nn.Linear(config.dim, 3 * config.dim, bias=config.qkv_bias)
        self.proj = nn.Linear(config.dim, config.dim)
        self.dropout = nn.Dropout(config.dropout)
        self.direct = nn.Parameter(torch.rand(1))
        self.by_proxies = ByProxies()

    def forward(self, x: Tensor, gather: Tensor, spread: Tensor) -> Tensor:
        """Frames (N, F, C), the maps (N, H, P, F) of the update and (N, H, F, P) of the invocation."""
        q, k, v = (split_heads(part, self.heads) for part in self.qkv(x).chunk(3, dim=-1))
        direct = self.direct.sigmoid()
        out = direct * attend(q, k, v) + (1 - direct) * self.by_proxies(gather, spread, v)
        return self.dropout(self.proj(join_heads(out)))


class ByProxies(nn.Module):
    """The product of both maps of the proxies, on values; from right to left."""

    def forward(self, gather: Tensor, spread: Tensor, v: Tensor) -> Tensor:
        """Maps (N, H, P, F) and (N, H, F, P), values (N, H, F, D) to (N, H, F, D)."""
        return spread @ (gather @ v)


def _stream(config: TCPFormerConfig, index: int, *, temporal_first: bool = False) -> Stream:
    spatial, temporal = (MixerBlock(config, index, layer_scale=config.layer_scale) for _ in range(2))
    return Stream(spatial, temporal, temporal_first=temporal_first)
