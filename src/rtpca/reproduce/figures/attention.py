"""Figure 5: what the second temporal block attends to, as maps of F x F and as numbers.

The paper shows Human3.6M's S11 "Sitting", and does not say which heads and joints. Here: the mean over all
joints and heads, then one joint with one head for each further column, fixed beforehand. Other data: the
action given, or that of the longest take. Shown is the middle window of its longest take in its first camera;
the numbers are means over all windows of that take in all its cameras.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rtpca.arrays import FloatArray
from rtpca.data.recording import Recording, RecordingInfo
from rtpca.data.store import Dataset, open_dataset
from rtpca.errors import InputError
from rtpca.evaluation import EvalConfig, Prediction, predictions
from rtpca.files import written_whole
from rtpca.geometry.network_input import network_input
from rtpca.models import Checkpoint
from rtpca.models.attention_maps import TemporalAttention, temporal_attention
from rtpca.progress import Progress, in_silence
from rtpca.reproduce.figures.compared import by_action, common_rate, figure_page, networks_of
from rtpca.reproduce.page import Cell, Column, Grid, Line, Page
from rtpca.reproduce.setup import Setup
from rtpca.skeletons import Skeleton
from rtpca.viz.attention_grid import attention_figure

PAPER_ACTION, PAPER_SUBJECT = "Sitting", "S11"
NEAR_FRAMES = 5
MOST_WINDOWS = 64
_JOINTS = ("pelvis", "head_top", "head", "left_wrist", "right_wrist", "left_ankle", "right_ankle")
_COLUMNS = (
    Column("row_entropy", "entropy of a row (nats)", 3),
    Column("received_entropy", "entropy of the mean row (nats)", 3),
    Column("uniform_entropy", "if uniform (nats)", 3),
    Column("near_percent", f"within {NEAR_FRAMES} frames (%)"),
    Column("uniform_near_percent", "if uniform (%)", terminal=False),
    Column("memory_percent", "on the memory (%)"),
    Column("uniform_memory_percent", "if uniform over keys (%)", terminal=False),
    Column("windows", "windows", terminal=False),
)


@dataclass(frozen=True, eq=False)
class AttentionOfTake:
    """What one network attends to in a take.

    Attributes:
        first_frame: Of the window that is shown, at the network's frame rate.
        columns: What each map is.
        maps: (N, F, L) weights on own keys, not scaled.
        memory: (N, F, M) weights on the keys handed on by the block before.
        numbers: Means over windows, by key of the table's column.
    """

    first_frame: int
    columns: tuple[str, ...]
    maps: FloatArray
    memory: FloatArray
    numbers: dict[str, float]


def figure_5(
    setup: Setup,
    weights: Mapping[str, str],
    split: str = "test",
    action: str | None = None,
    progress: Progress = in_silence,
) -> Page:
    """Lift a take of an action (None chooses), draw maps of its middle window.

    Raises:
        InputError: There is no such action, no take as long as a window, or the data do not fit the networks.
        ConfigError: A network is of another architecture.
        TrainingError: Runs could not be trained, or time was up.
    """
    networks, made = networks_of(setup, weights, progress)
    found: dict[str, AttentionOfTake] = {}
    with open_dataset(setup.data[0].path) as dataset:
        take = chosen_take(networks, dataset, split, action)
        for done, (name, checkpoint) in enumerate(networks.items()):
            progress(done, len(networks), name)
            found[name] = attention_of_take(checkpoint, dataset.read(take.name), dataset.skeleton)
    arrays = {f"{name}_own": each.maps for name, each in found.items()}
    arrays |= {f"{name}_memory": each.memory for name, each in found.items()}
    with written_whole(setup.out / "figure5.npz") as scratch, scratch.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    first = next(iter(found.values()))
    lines = (Line(name, "", dict[str, Cell](each.numbers)) for name, each in found.items())
    return figure_page(
        5,
        setup,
        Grid("", _COLUMNS, tuple(lines)),
        attention_figure({name: each.maps for name, each in found.items()}, first.columns),
        setup.out / "figure5.npz",
        [*made, f"Shown: split {split}."],
        take=take.name,
        action=take.action,
        first=first.first_frame,
        columns="; ".join(column.replace("\n", ", ") for column in first.columns),
    )


def chosen_take(
    networks: Mapping[str, Checkpoint], dataset: Dataset, split: str, action: str | None
) -> RecordingInfo:
    """The longest take of the action; by its name where two are as long.

    Raises:
        InputError: There is no such action, or its takes are shorter than a window.
    """
    fps = common_rate(networks, dataset, split)
    frames = max(checkpoint.config.frames for checkpoint in networks.values())
    wanted, found = by_action(dataset, split, action, fps, PAPER_ACTION)
    lengths = {info: n for of, its in found.items() if wanted in (None, of) for info, n in its.items()}
    if wanted == PAPER_ACTION and action is None:
        lengths = {info: n for info, n in lengths.items() if info.subject == PAPER_SUBJECT} or lengths
    chosen = min(lengths, key=lambda info: (-lengths[info], info.name))
    if lengths[chosen] < frames:
        raise InputError(
            f"the longest take of {chosen.action!r} has {lengths[chosen]} frames, a window {frames}; choose "
            f"another `action` ({', '.join(sorted(found))})"
        )
    return chosen


def attention_of_take(
    checkpoint: Checkpoint, recording: Recording, skeleton: Skeleton, block: int = 1
) -> AttentionOfTake:
    """Maps and numbers of a temporal block, counted from 0, in a recording.

    Raises:
        ConfigError: The network is of another architecture.
    """
    seen = list(predictions(checkpoint.model, checkpoint.input, [recording], EvalConfig()))
    length, frames = len(seen[0].poses_m), checkpoint.config.frames
    first = (length - frames) // 2
    shown = _attention(checkpoint, seen[0], first, block)
    picked = picked_maps(skeleton, shown.own.shape[2])
    # Consecutive windows in all cameras; evenly spaced ones where there are very many.
    every = [(camera, start) for camera in seen for start in range(0, length - frames + 1, frames)]
    every = every[:: max(1, math.ceil(len(every) / MOST_WINDOWS))]
    parts = [attention_numbers(_attention(checkpoint, *window, block)) for window in every]
    means = {key: sum(part[key] for part in parts) / len(parts) for key in parts[0]}
    return AttentionOfTake(
        first,
        tuple(label for label, _, _ in picked),
        _stacked(shown.own[0], picked),
        _stacked(shown.memory[0], picked),
        means | {"windows": len(parts)},
    )


def picked_maps(skeleton: Skeleton, heads: int) -> list[tuple[str, int | None, int | None]]:
    """Heading, joint and head of each map; None stands for the mean over all."""
    picked: list[tuple[str, int | None, int | None]] = [("mean of joints\nand attention heads", None, None)]
    joints = [joint for joint in _JOINTS if joint in skeleton.joints][:4]
    for index, joint in enumerate(joints):
        head = index % heads
        label = f"{joint.replace('_', ' ')}\nattention head {head + 1}"
        picked.append((label, skeleton.joints.index(joint), head))
    return picked


def attention_numbers(attention: TemporalAttention, near: int = NEAR_FRAMES) -> dict[str, float]:
    """Means over windows, joints, heads and rows of maps.

    "Own" rows are the weights on the block's own frames, scaled to sum 1 without the memory. `uniform_` is
    what a number would be if all keys weighed alike.

    Returns:
        `row_entropy` of own rows, in nats; `received_entropy` of the mean own row: how evenly the frames are
        attended by all queries together; `near_percent` of own rows within `near` frames of the query;
        `memory_percent` of whole rows on the keys handed on by the block before.
    """
    own, memory = attention.own.double(), attention.memory.double()
    frames, keys = own.shape[-2:]
    rows = own / own.sum(-1, keepdim=True)
    # Keys that a pyramid leaves compressed stand for frames at even distances.
    key_frames = (torch.arange(keys, device=own.device) + 0.5) * frames / keys - 0.5
    close = (key_frames - torch.arange(frames, device=own.device)[:, None]).abs() <= near  # (F, L)
    return {
        "row_entropy": float(_entropy(rows).mean()),
        "received_entropy": float(_entropy(rows.mean(-2)).mean()),
        "uniform_entropy": math.log(keys),
        "near_percent": 100 * float((rows * close).sum(-1).mean()),
        "uniform_near_percent": 100 * float(close.double().mean()),
        "memory_percent": 100 * float(memory.sum(-1).mean()),
        "uniform_memory_percent": 100 * memory.shape[-1] / (keys + memory.shape[-1]),
    }


def _attention(checkpoint: Checkpoint, seen: Prediction, start: int, block: int) -> TemporalAttention:
    """Maps of one window, on the CPU."""
    window = slice(start, start + checkpoint.config.frames)
    prepared = network_input(
        seen.keypoints_px[None, window],
        seen.scores[None, window],
        seen.view.intrinsics,
        normalisation=checkpoint.input.normalisation,
        with_scores=checkpoint.config.in_channels == 3,
    )
    device = next(checkpoint.model.parameters()).device
    maps = temporal_attention(checkpoint.model, prepared.features.to(device), block)
    return TemporalAttention(maps.own.cpu(), maps.memory.cpu())


def _stacked(weights: Tensor, picked: Sequence[tuple[str, int | None, int | None]]) -> FloatArray:
    """(J, H, F, K) to the picked maps (N, F, K)."""
    maps = [
        weights.mean((0, 1)) if joint is None or head is None else weights[joint, head]
        for _, joint, head in picked
    ]
    return torch.stack(maps).float().numpy()


def _entropy(rows: Tensor) -> Tensor:
    return -torch.xlogy(rows, rows).sum(-1)
