"""Hourglass tokens (HoT): most frames are left out after a few blocks, and all come back before the head.

Li, Liu, Liu, Wang, Cai, Sebe: "Hourglass Tokenizer for Efficient Transformer-Based 3D Human Pose
Estimation", CVPR 2024: the token pruning cluster and the token recovering attention. The frames that are kept
stand for clusters of like frames, which density peaks find (Rodriguez and Laio, Science 2014).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rtpca.models.layers import CrossAttention, fold_joints, unfold_joints

_NEAREST = 2
"""Frames that the density of a frame is measured by, the frame itself among them (authors' code)."""
_NOISE = 1e-6
"""What the authors' code breaks ties of density with."""


class FramePruning(nn.Module):
    """Keeps the frames that stand for the window, and adds a learned position to them.

    Args:
        dim: Channels C.
        kept: Frames that are kept.
        random_ties: Whether chance says which of two equally dense frames counts as denser, as in the
            authors' code, where a window is lifted differently each time; else the earlier one does.
    """

    def __init__(self, dim: int, kept: int, *, random_ties: bool = False) -> None:
        super().__init__()
        self.kept = kept
        self.random_ties = random_ties
        self.position = nn.Parameter(torch.zeros(1, kept, 1, dim))

    def forward(self, x: Tensor) -> Tensor:
        """(B, F, J, C) to (B, kept, J, C), in the order of time."""
        frames = self.kept_frames(x)
        return x[torch.arange(len(x), device=x.device)[:, None], frames] + self.position

    @torch.no_grad()
    def kept_frames(self, x: Tensor) -> Tensor:
        """Indices of the frames of (B, F, J, C) that are kept, (B, kept), ascending.

        A frame's score is its density times its distance to the nearest denser frame: high for one that lies
        amid others like it and far from whatever is denser. Nothing is learnt through the choice.
        """
        # Distances from differences: through products, equal ones would be told apart by rounding.
        features = x.mean(2).to(torch.promote_types(x.dtype, torch.float32))  # (B, F, C)
        distance = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")
        distance = distance / features.shape[-1] ** 0.5
        nearest = distance.topk(min(_NEAREST, distance.shape[-1]), largest=False).values
        density = (-nearest.square().mean(-1)).exp()  # (B, F)
        if self.random_ties:
            density = density + _NOISE * torch.rand_like(density)
        to_denser = distance.masked_fill(~_denser(density), torch.inf).amin(-1)
        farthest = distance.amax((1, 2), keepdim=True).squeeze(-1)  # (B, 1), for the densest
        score = density * torch.where(to_denser.isinf(), farthest, to_denser)
        # A stable order, so that of equal scores the earlier frame is kept.
        best = score.sort(dim=-1, descending=True, stable=True).indices[:, : self.kept]
        return best.sort(dim=-1).values


def _denser(density: Tensor) -> Tensor:
    """Whether the frame of a column is denser than that of a row, (B, F, F); of equals the earlier one is."""
    frame = torch.arange(density.shape[-1], device=density.device)
    own, other = density[..., :, None], density[..., None, :]
    return (other > own) | ((other == own) & (frame < frame[:, None]))


class FrameRecovery(nn.Module):
    """All frames from the kept ones: learned tokens, one for each frame, attend to them.

    Args:
        dim: Channels C.
        heads: Attention heads.
        frames: Frames F that come back.
        dropout: Dropout of the attention's output.
    """

    def __init__(self, dim: int, heads: int, frames: int, dropout: float) -> None:
        super().__init__()
        self.tokens = nn.Parameter(torch.zeros(1, frames, dim))
        self.attention = CrossAttention(dim, heads, dropout=dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, kept, J, C) to (B, F, J, C)."""
        kept = fold_joints(x)  # (B * J, kept, C)
        # The queries are the same for all joints and windows, and broadcast.
        return unfold_joints(self.tokens + self.attention(self.tokens, kept, kept), x.shape[2])
