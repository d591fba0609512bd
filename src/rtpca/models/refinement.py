"""Cross-layer refinement (XLR, Equation 4): an earlier temporal block's keys and values join a block's own.

The module has no parameters: the keys and values handed on are those that the earlier block projected itself,
after its pyramid, pooled over time.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def adaptive_pool_windows(n_in: int, n_out: int) -> Tensor:
    """Windows of adaptive average pooling from `n_in` to `n_out` frames: (n_out, n_in), ones inside.

    Output i averages inputs floor(i n_in / n_out) up to, not including, ceil((i + 1) n_in / n_out).
    """
    outputs = torch.arange(n_out).unsqueeze(-1)
    inputs = torch.arange(n_in)
    first = outputs * n_in // n_out
    last = -((outputs + 1) * n_in // -n_out)
    return ((inputs >= first) & (inputs < last)).float()


class CrossLayerRefinement(nn.Module):
    """Concat(K_t, pool(K_{t-1})) and the same for V, over time.

    Args:
        memory_in: Frames of the keys and values handed on.
        memory_frames: Frames that they are pooled to.
    """

    windows: Tensor

    def __init__(self, memory_in: int, memory_frames: int) -> None:
        super().__init__()
        # Pooling as a matrix product: its windows are irregular, and the library's kernel is slower. The
        # buffer holds ones and zeros, so that no precision is lost when the model changes its dtype.
        self.register_buffer("windows", adaptive_pool_windows(memory_in, memory_frames), persistent=False)

    def forward(self, own: Tensor, memory: Tensor) -> Tensor:
        """Own (N, L, 2 C) and handed-on (N, M, 2 C) keys and values to (N, L + memory_frames, 2 C)."""
        windows = self.windows.to(memory.dtype)
        return torch.cat((own, (windows / windows.sum(-1, keepdim=True)) @ memory), dim=1)
