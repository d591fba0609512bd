"""The consecutive chunks of clips that the authors train on, and what a model sees around them.

A model sees windows of `frames` and predicts the `out_frames` in their middle. Frames before the first and
after the last one of a clip are repetitions of these.
"""

from __future__ import annotations

import torch
from torch import Tensor


def training_starts(length: int, out_frames: int) -> Tensor:
    """First predicted frames of the consecutive chunks that a clip is trained in.

    As many chunks as it takes to hold every frame; what they are longer than the clip is split between its
    two ends, the end taking the odd one.

    Args:
        length: Frames of the clip, at least 1.
        out_frames: Frames of a chunk: what the model predicts.

    Returns:
        (chunks,) frames; the first may be negative, and the last chunk may end after the clip.
    """
    count = -(-length // out_frames)
    return torch.arange(count) * out_frames - (count * out_frames - length) // 2


def windows_around(start: Tensor, length: int | Tensor, frames: int, out_frames: int) -> Tensor:
    """What a model sees that predicts runs of frames.

    Args:
        start: (W,) first predicted frame of each window.
        length: Frames of the clip, or (W,) of each window's clip.
        frames: Frames F that it sees.
        out_frames: Frames in the middle of them that it predicts.

    Returns:
        (W, F) frames, those beyond the ends of the clip replaced with its first or last one.
    """
    index = start[:, None] - (frames - out_frames) // 2 + torch.arange(frames, device=start.device)
    last = torch.as_tensor(length, device=start.device).reshape(-1, 1) - 1
    return index.clamp(min=0).minimum(last)
