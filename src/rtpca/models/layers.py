"""Attention, feed-forward part and stochastic depth: the pieces that spatial and temporal blocks share.

Tensors here are folded to `(N, L, C)`: N sequences of length L. A spatial block folds frames into N and
attends over joints; a temporal block folds joints into N and attends over frames.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

BLOCK_NORM_EPS = 1e-6
"""Epsilon of the block norms and the shared norms; head and pyramid have PyTorch's 1e-5 (authors' code)."""


class DropPath(nn.Module):
    """Stochastic depth: a residual branch is left out for whole samples, with probability `rate`."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Drop per first axis in training, identity in evaluation."""
        if not self.training or self.rate == 0.0:
            return x
        keep = 1.0 - self.rate
        mask = x.new_empty((x.shape[0],) + (1,) * (x.dim() - 1)).bernoulli_(keep)
        return x * mask.div_(keep)


def drop_path_rate(last: float, index: int, depth: int) -> float:
    """Rate of block `index` of `depth`: grows linearly from 0 at the first to `last` at the last."""
    return last * index / max(1, depth - 1)


class FeedForward(nn.Module):
    """Linear, GELU, linear."""

    def __init__(self, dim: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.expand = nn.Linear(dim, hidden)
        self.contract = nn.Linear(hidden, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) to (..., C)."""
        return self.dropout(self.contract(self.dropout(F.gelu(self.expand(x)))))


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Softmax(q k^T / sqrt(D)) v for (N, H, L, D) tensors.

    The fused CPU kernel's backward pass is slow on short sequences, and very slow where matrix products run
    in bfloat16 (more than half of a profiled training step), so training on a CPU takes plain products.
    """
    if q.requires_grad and q.device.type == "cpu":
        logits = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        return logits.softmax(-1) @ v
    return F.scaled_dot_product_attention(q, k, v)


def attend_in_heads(q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:
    """Multi-head attention of (N, L, C) queries, or (1, L, C), to (N, M, C) keys and values: (N, L, C)."""
    q, k, v = (split_heads(x, heads) for x in (q.expand(len(k), -1, -1), k, v))
    return join_heads(attend(q, k, v))


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(N, L, C) -> (N, H, L, D), a view."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def join_heads(x: Tensor) -> Tensor:
    """(N, H, L, D) -> (N, L, C)."""
    return x.transpose(1, 2).flatten(2)


class SelfAttention(nn.Module):
    """Multi-head attention of a sequence to itself."""

    def __init__(self, dim: int, heads: int, *, qkv_bias: bool = True, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(N, L, C) to (N, L, C)."""
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        return self.dropout(self.proj(attend_in_heads(q, k, v, self.heads)))


class CrossAttention(nn.Module):
    """Multi-head attention whose queries, keys and values come from different sequences."""

    def __init__(self, dim: int, heads: int, *, qkv_bias: bool = True, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(dim, dim, bias=qkv_bias)
        # Its bias does nothing: it moves all logits of a query alike.
        self.key = nn.Linear(dim, dim, bias=qkv_bias)
        self.value = nn.Linear(dim, dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Queries (N, L, C), or (1, L, C) for all N, keys and values (N, M, C) to (N, L, C)."""
        q, k, v = self.query(query), self.key(key), self.value(value)
        return self.dropout(self.proj(attend_in_heads(q, k, v, self.heads)))


class Attention(nn.Module):
    """Multi-head attention over one axis, with optional refined keys and values and optional memory.

    Keys and values travel as one tensor `kv` (N, L, 2 C), keys first: that is what the projection gives, what
    is pooled and joined over time, and what a block hands on.

    Args:
        dim: Channels C.
        heads: Heads H.
        qkv_bias: Bias of the query, key and value projection.
        dropout: Dropout of the output.
        refine: Maps the input (N, L, C) to the source of keys and values (N, L', C): the temporal pyramid.
            None takes them from the input, like the queries.
        merge_memory: Joins the block's own keys and values with those of an earlier block (Equation 4).
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        *,
        qkv_bias: bool = True,
        dropout: float = 0.0,
        refine: nn.Module | None = None,
        merge_memory: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.has_bias = qkv_bias
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)
        self.dropout = nn.Dropout(dropout)
        self.refine = refine
        self.merge_memory = merge_memory

    def forward(self, x: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Attend.

        Args:
            x: (N, L, C).
            memory: Keys and values handed on by an earlier block, (N, M, 2 C).

        Returns:
            The output (N, L, C), the block's own keys and values, and those it attended to.
        """
        q, own = self.project(x)
        attended = own if memory is None or self.merge_memory is None else self.merge_memory(own, memory)
        keys, values = attended.chunk(2, dim=-1)
        return self.dropout(self.proj(attend_in_heads(q, keys, values, self.heads))), own, attended

    def project(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Queries (N, L, C) and keys with values (N, L', 2 C) of the input (N, L, C)."""
        dim = x.shape[-1]
        if self.refine is None:
            q, kv = self.qkv(x).split((dim, 2 * dim), dim=-1)
            return q, kv
        weight = self.qkv.weight
        q_bias, kv_bias = self.qkv.bias.tensor_split([dim]) if self.has_bias else (None, None)
        return F.linear(x, weight[:dim], q_bias), F.linear(self.refine(x), weight[dim:], kv_bias)

    def split_heads(self, x: Tensor) -> Tensor:
        """(N, L, C) -> (N, H, L, D), a view."""
        return split_heads(x, self.heads)


class Block(nn.Module):
    """Pre-norm transformer block (Equations 1 and 2): attention and feed-forward part, with residual sums."""

    def __init__(self, dim: int, attention: Attention, hidden: int, dropout: float, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=BLOCK_NORM_EPS)
        self.attention = attention
        self.norm2 = nn.LayerNorm(dim, eps=BLOCK_NORM_EPS)
        self.mlp = FeedForward(dim, hidden, dropout)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """(N, L, C) to (N, L, C), with the block's own and attended keys and values (N, ., 2 C)."""
        attended, own, joined = self.attention(self.norm1(x), memory)
        x = x + self.drop_path(attended)
        return x + self.drop_path(self.mlp(self.norm2(x))), own, joined


def fold_frames(x: Tensor) -> Tensor:
    """(B, F, J, C) -> (B * F, J, C), a view of a contiguous tensor."""
    return x.flatten(0, 1)


def fold_joints(x: Tensor) -> Tensor:
    """(B, F, J, C) -> (B * J, F, C)."""
    return x.transpose(1, 2).flatten(0, 1)


def unfold_joints(x: Tensor, joints: int) -> Tensor:
    """(B * J, F, C) -> (B, F, J, C)."""
    return x.unflatten(0, (-1, joints)).transpose(1, 2)
