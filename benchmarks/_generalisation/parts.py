"""What the clean error is made of: scale, turn, the body's size, the length of each bone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from _generalisation.conditions import Condition
from _generalisation.windows import Windows, lift
from rtpca import metrics
from rtpca.models import Checkpoint
from rtpca.skeletons import get_skeleton


@dataclass(frozen=True)
class Parts:
    """What an error is made of.

    Attributes:
        label: Which sequences.
        frames: Frames behind it.
        mpjpe_mm: Mean per joint position error.
        n_mpjpe_mm: After scaling.
        p_mpjpe_mm: After scaling, turning and shifting.
        size_percent: How much too large the body is predicted on average: mean over frames of the sum of
            bone lengths against the true sum.
        size_off_percent: Mean absolute difference of it.
        bones_mm: How much too long each bone is predicted.
    """

    label: str
    frames: int
    mpjpe_mm: float
    n_mpjpe_mm: float
    p_mpjpe_mm: float
    size_percent: float
    size_off_percent: float
    bones_mm: dict[str, float]


def error_parts(label: str, skeleton: str, poses: Tensor, truth: Tensor) -> Parts:
    """Take the error of frames (N, J, 3) apart."""
    kind = get_skeleton(skeleton)
    predicted, true = (
        metrics.bone_lengths(positions, kind.bones) for positions in (poses, truth)
    )  # (N, bones)
    size = 100 * (predicted.sum(-1) / true.sum(-1) - 1)
    longer_mm = 1000 * (predicted - true).mean(0)
    by_name: dict[str, list[float]] = {}
    for (parent, child), value in zip(kind.bones, longer_mm.tolist(), strict=True):
        names = (kind.joints[joint].removeprefix("left_").removeprefix("right_") for joint in (parent, child))
        by_name.setdefault("-".join(names), []).append(value)
    return Parts(
        label,
        len(poses),
        float(1000 * metrics.mpjpe(poses, truth).mean()),
        float(1000 * metrics.n_mpjpe(poses, truth).mean()),
        float(1000 * metrics.p_mpjpe(poses, truth).mean()),
        float(size.mean()),
        float(size.abs().mean()),
        {name: sum(values) / len(values) for name, values in by_name.items()},
    )


def clean_parts(checkpoint: Checkpoint, windows: Windows) -> list[Parts]:
    """Of all windows, and of each source."""
    lifted = lift(checkpoint, windows, Condition("", ""))
    sources = [recording.source for recording in windows.recordings]
    chosen = {"all": torch.ones(len(sources), dtype=torch.bool)}
    chosen |= {name: torch.tensor([source == name for source in sources]) for name in sorted(set(sources))}
    found: list[Parts] = []
    for label, rows in chosen.items():
        counted = windows.counted[rows]
        poses, truth = lifted.poses[rows][counted], lifted.truth[rows][counted]
        found.append(error_parts(label, checkpoint.input.skeleton, poses, truth))
    return found
