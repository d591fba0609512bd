"""Consecutive windows of a clip, as frame indices: for evaluation, and for training as the authors do it.

A model sees windows of `frames` and predicts the `out_frames` in their middle. Frames before the first and
after the last one of a clip are repetitions of these.
"""

from __future__ import annotations

import torch
from torch import Tensor


def cover(length: int, frames: int, out_frames: int | None = None) -> tuple[Tensor, Tensor]:
    """Windows that cover a clip, and who owns which frame.

    Predicted frames are consecutive from window to window; those of the last window end with the clip, and it
    owns only what the others have left. What a clip shorter than that needs is repeated, and owned by nobody.

    Args:
        length: Frames of the clip, at least 1.
        frames: Frames F that a window sees.
        out_frames: Frames P in its middle that are predicted; None: all.

    Returns:
        Frame indices (W, F), and ownership of the predicted ones (W, P): each frame of the clip is owned
        exactly once, in order.
    """
    predicted = frames if out_frames is None else out_frames
    count = -(-length // predicted)
    start = torch.arange(count) * predicted
    start[-1] = max(0, length - predicted)
    shown = start[:, None] + torch.arange(predicted)
    owned = (shown >= torch.arange(count)[:, None] * predicted) & (shown < length)
    return windows_around(start, length, frames, predicted), owned


def reference_cover(length: int, frames: int) -> tuple[Tensor, Tensor]:
    """The windows of the authors' evaluation: as `cover`, but every predicted frame counts.

    So the frames that the last window shares with the one before count twice, and the repetitions that fill
    a clip shorter than a window count too.

    Args:
        length: Frames of the clip, at least 1.
        frames: Frames F of a window.

    Returns:
        Frame indices (W, F), and ownership (W, F): all true.
    """
    index, owned = cover(length, frames)
    return index, torch.ones_like(owned)


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
