"""What a temporal block attends to: the softmax weights that the fused forward pass never writes down.

The forward pass stays as fast as it is: the block's input is caught on its way in, and the weights are
computed again from it with the block's own projections.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from rtpca.errors import ConfigError
from rtpca.models.layers import Attention, Block
from rtpca.models.rtpca import RTPCA


@dataclass(frozen=True, eq=False)
class TemporalAttention:
    """Attention weights of one temporal block; each row sums to 1 over all keys.

    Attributes:
        own: (B, J, H, F, L) weights on the block's own keys; L = F unless its pyramid leaves keys compressed.
        memory: (B, J, H, F, M) weights on the keys handed on by an earlier block; M = 0 where there are none.
    """

    own: Tensor
    memory: Tensor

    @property
    def memory_share(self) -> Tensor:
        """(B, J, H) part of the weight that goes to the keys handed on, mean over the rows."""
        return self.memory.sum(-1).mean(-1)


def attention_weights(
    attention: Attention, x: Tensor, memory: Tensor | None = None
) -> tuple[Tensor, Tensor, int]:
    """The weights softmax(Q K^T / sqrt(d)) that an attention module applies to its input.

    Args:
        attention: The module.
        x: Its input (N, L, C), after the block's norm.
        memory: Keys and values handed to it, (N, M, 2 C).

    Returns:
        Weights (N, H, L, K), the values they weigh (N, H, K, D), and how many of the K keys, counted from the
        first, are the block's own.
    """
    q, own = attention.project(x)
    joined = own if memory is None or attention.merge_memory is None else attention.merge_memory(own, memory)
    keys, values = (attention.split_heads(part) for part in joined.chunk(2, dim=-1))
    q = attention.split_heads(q)
    logits = q @ keys.transpose(-1, -2) * q.shape[-1] ** -0.5  # (N, H, L, K)
    return logits.softmax(-1), values, own.shape[1]


@torch.no_grad()
def temporal_attention(model: nn.Module, keypoints: Tensor, block: int = 1) -> TemporalAttention:
    """Attention weights of one temporal block while the network lifts a batch.

    Args:
        model: RTPCA or one of its configurations (STE), in evaluation mode.
        keypoints: Normalised keypoints (B, F, J, C), as the network takes them.
        block: Which temporal block, counted from 0; 1 is the second, which the paper shows.

    Returns:
        The weights, on the network's device.

    Raises:
        ConfigError: If the network is of another architecture, or has no such block.
    """
    if not isinstance(model, RTPCA):
        raise ConfigError(
            f"attention maps are those of RTPCA's temporal blocks (STE included), not of "
            f"{type(model).__name__}; give weights of rtpca or ste"
        )
    if not 0 <= block < model.config.depth:
        raise ConfigError(
            f"temporal block {block + 1} of a network of {model.config.depth}: give one from 1 to "
            f"{model.config.depth}"
        )
    temporal = cast(Block, model.temporal_blocks[block])
    caught: list[tuple[Tensor, Tensor | None]] = []

    def catch(module: nn.Module, inputs: tuple[Tensor, Tensor | None]) -> None:
        caught.append(inputs)

    hook = temporal.register_forward_pre_hook(catch)
    try:
        model(keypoints)
    finally:
        hook.remove()
    x, memory = caught[0]
    weights, _, own = attention_weights(temporal.attention, temporal.norm1(x), memory)
    weights = weights.unflatten(0, (len(keypoints), -1))  # (B * J, H, F, K) -> (B, J, H, F, K)
    return TemporalAttention(weights[..., :own], weights[..., own:])
