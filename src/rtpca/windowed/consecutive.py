"""Whole sequences in consecutive windows, each frame predicted from one of them: for evaluation.

A model sees windows of `frames` and predicts the `out_frames` in their middle. Frames before the first and
after the last one of a sequence are repetitions of these.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rtpca.data.chunks import windows_around
from rtpca.geometry import Intrinsics
from rtpca.models import InputSpec, LiftingNetwork
from rtpca.windowed.predict import Lifted, lift_windows


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


def lift_consecutive(
    model: LiftingNetwork,
    spec: InputSpec,
    keypoints_px: Tensor,
    scores: Tensor,
    intrinsics: Intrinsics,
    windows: tuple[Tensor, Tensor],
    *,
    flip: bool = False,
    keep_root: bool = False,
    batch: int = 64,
) -> Lifted:
    """Lift one sequence as several cameras see it.

    Args:
        model: In evaluation mode, on the device of the keypoints.
        spec: How keypoints are prepared for it.
        keypoints_px: (V, F, J, 2) pixels; anything where the score is 0.
        scores: (V, F, J) in [0, 1].
        intrinsics: Batch axis V.
        windows: Frames that windows see, and ownership of the predicted ones: from `cover`.
        flip: See `lift_windows`.
        keep_root: See `lift_windows`.
        batch: Windows that are lifted together.

    Returns:
        (V, N, J, ...) of the N owned frames, in order.
    """
    index, owned = (part.to(keypoints_px.device) for part in windows)
    views, count = len(keypoints_px), len(index)
    parts: list[dict[str, Tensor]] = []
    # Windows are cut batch by batch: those of a model that predicts one frame hold each frame many times.
    for chosen in torch.arange(views * count, device=keypoints_px.device).split(batch):
        view, rows = chosen // count, index[chosen % count]
        lifted = lift_windows(
            model,
            spec,
            keypoints_px[view[:, None], rows],  # (B, F, J, 2)
            scores[view[:, None], rows],
            intrinsics[view],
            flip=flip,
            keep_root=keep_root,
        )
        parts.append(lifted.parts())
    joined = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    return Lifted(
        **{name: values.reshape(views, count, *values.shape[1:])[:, owned] for name, values in joined.items()}
    )
