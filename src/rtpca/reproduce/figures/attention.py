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
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rtpca.data.recording import Recording, RecordingInfo
from rtpca.data.store import Dataset
from rtpca.errors import InputError
from rtpca.geometry.network_input import network_input
from rtpca.models import Checkpoint
from rtpca.models.attention_maps import TemporalAttention, temporal_attention
from rtpca.reproduce.figures.lifted import (
    Update,
    at_rate,
    camera_count,
    check_data,
    common_rate,
    in_silence,
    input_of,
    length_at,
)
from rtpca.skeletons import Skeleton

PAPER_ACTION, PAPER_SUBJECT = "Sitting", "S11"
NEAR_FRAMES = 5
MOST_WINDOWS = 64
_JOINTS = ("pelvis", "head_top", "head", "left_wrist", "right_wrist", "left_ankle", "right_ankle")


@dataclass(frozen=True)
class AttentionNumbers:
    """Means over windows, joints, heads and rows of the maps.

    "Own" rows are the weights on the block's own frames, scaled to sum 1 without the memory.

    Attributes:
        row_entropy: Of own rows, in nats; `uniform_entropy` if all frames weigh alike, 0 if one frame has
            all.
        full_entropy: Of whole rows, memory keys included.
        received_entropy: Of the mean own row: how evenly the frames are attended by all queries together. Low
            where all queries look at the same few frames.
        uniform_entropy: ln of the number of own keys.
        near_share: Part of own rows within 5 frames of the query.
        uniform_near_share: The same if all frames weighed alike.
        memory_share: Part of whole rows on the keys handed on by the block before.
        uniform_memory_share: The same if all keys weighed alike.
        windows: Windows behind the means.
    """

    row_entropy: float
    full_entropy: float
    received_entropy: float
    uniform_entropy: float
    near_share: float
    uniform_near_share: float
    memory_share: float
    uniform_memory_share: float
    windows: int


@dataclass(frozen=True, eq=False)
class AttentionMaps:
    """Maps of several networks for the same window.

    Attributes:
        recording: Its name.
        action: What is done.
        first_frame: Of the window, at the networks' frame rate, by network.
        columns: What each map is.
        maps: (N, F, L) weights on own keys, not scaled, by network.
        memory: (N, F, M) weights on the keys handed on.
        numbers: Of each network.
    """

    recording: str
    action: str
    first_frame: Mapping[str, int]
    columns: tuple[str, ...]
    maps: Mapping[str, NDArray[np.float32]]
    memory: Mapping[str, NDArray[np.float32]]
    numbers: Mapping[str, AttentionNumbers]


def attention_of_networks(
    networks: Mapping[str, Checkpoint],
    dataset: Dataset,
    *,
    split: str = "test",
    action: str | None = None,
    block: int = 1,
    update: Update = in_silence,
) -> AttentionMaps:
    """Maps and numbers.

    Args:
        networks: By name: RTPCA or its configurations (STE).
        dataset: The data.
        split: Which sequences.
        action: Which action; None chooses (see above).
        block: Which temporal block, from 0.
        update: Told how far it is.

    Raises:
        InputError: If there is no such action, no take as long as a window, or the data do not fit.
        ConfigError: If a network is of another architecture.
    """
    check_data(dataset, networks, split)
    fps = common_rate(networks)
    longest = max(checkpoint.config.frames for checkpoint in networks.values())
    info = chosen_take(dataset, split, action, longest, fps)
    recording = at_rate(dataset.read(info.name), fps)
    columns: tuple[str, ...] = ()
    first: dict[str, int] = {}
    maps: dict[str, NDArray[np.float32]] = {}
    memory: dict[str, NDArray[np.float32]] = {}
    numbers: dict[str, AttentionNumbers] = {}
    for done, (name, checkpoint) in enumerate(networks.items()):
        update(done, len(networks), name)
        frames = checkpoint.config.frames
        first[name] = (len(recording.positions3d) - frames) // 2
        shown = _attention(checkpoint, recording, 0, [first[name]], block)
        picked = picked_maps(dataset.skeleton, shown.own.shape[2])
        columns = tuple(label for label, _, _ in picked)
        maps[name] = _stacked(shown.own[0], picked)
        memory[name] = _stacked(shown.memory[0], picked)
        numbers[name] = _numbers_of_take(checkpoint, recording, block)
    update(len(networks), len(networks))
    return AttentionMaps(info.name, info.action, first, columns, maps, memory, numbers)


def chosen_take(
    dataset: Dataset, split: str, action: str | None, frames: int, fps: float | None
) -> RecordingInfo:
    """The longest take of the action; by its name where two are as long."""
    infos = [dataset.info(name) for name in dataset.names(split)]
    actions = sorted({info.action for info in infos})
    if action is not None and action not in actions:
        raise InputError(f"the split {split} has no action {action!r}; its actions are {', '.join(actions)}")
    if action is None and PAPER_ACTION in actions:
        action = PAPER_ACTION
        infos = [info for info in infos if info.subject == PAPER_SUBJECT or info.action != action] or infos
    fitting = [info for info in infos if action in (None, info.action)] or infos
    chosen = min(fitting, key=lambda info: (-length_at(info, fps), info.name))
    if length_at(chosen, fps) < frames:
        raise InputError(
            f"the longest take of {chosen.action!r} has {length_at(chosen, fps)} frames, a window {frames}; "
            f"choose another --action ({', '.join(actions)})"
        )
    return chosen


def picked_maps(skeleton: Skeleton, heads: int) -> list[tuple[str, int | None, int | None]]:
    """Heading, joint and head of each map; None stands for the mean over all."""
    picked: list[tuple[str, int | None, int | None]] = [("mean of joints\nand attention heads", None, None)]
    joints = [joint for joint in _JOINTS if joint in skeleton.joints][:4]
    for index, joint in enumerate(joints):
        head = index % heads
        label = f"{joint.replace('_', ' ')}\nattention head {head + 1}"
        picked.append((label, skeleton.joints.index(joint), head))
    return picked


def attention_numbers(attention: TemporalAttention, near: int = NEAR_FRAMES) -> AttentionNumbers:
    """Numbers of a batch of maps."""
    own, memory = attention.own.double(), attention.memory.double()
    frames, keys = own.shape[-2:]
    rows = own / own.sum(-1, keepdim=True)
    # Keys that a pyramid leaves compressed stand for frames at even distances.
    key_frames = (torch.arange(keys, device=own.device) + 0.5) * frames / keys - 0.5
    close = (key_frames - torch.arange(frames, device=own.device)[:, None]).abs() <= near  # (F, L)
    return AttentionNumbers(
        row_entropy=_mean(_entropy(rows)),
        full_entropy=_mean(_entropy(torch.cat((own, memory), -1))),
        received_entropy=_mean(_entropy(rows.mean(-2))),
        uniform_entropy=math.log(keys),
        near_share=_mean((rows * close).sum(-1)),
        uniform_near_share=_mean(close.double()),
        memory_share=_mean(memory.sum(-1)),
        uniform_memory_share=memory.shape[-1] / (keys + memory.shape[-1]),
        windows=len(own),
    )


def _numbers_of_take(checkpoint: Checkpoint, recording: Recording, block: int) -> AttentionNumbers:
    """Means over consecutive windows in all cameras; evenly spaced ones where there are very many."""
    frames = checkpoint.config.frames
    starts = range(0, len(recording.positions3d) - frames + 1, frames)
    cameras = camera_count(recording)
    every = [(camera, start) for camera in range(cameras) for start in starts]
    step = max(1, math.ceil(len(every) / MOST_WINDOWS))
    parts = [
        attention_numbers(_attention(checkpoint, recording, camera, [start], block))
        for camera, start in every[::step]
    ]
    names = AttentionNumbers.__dataclass_fields__
    means: dict[str, Any] = {name: sum(getattr(part, name) for part in parts) / len(parts) for name in names}
    return AttentionNumbers(**means | {"windows": len(parts)})


def _attention(
    checkpoint: Checkpoint, recording: Recording, camera: int, starts: Sequence[int], block: int
) -> TemporalAttention:
    """Maps of windows of one recording in one camera, on the CPU."""
    config, model = checkpoint.config, checkpoint.model
    view, seen_px = input_of(recording, camera)
    keypoints_px = torch.stack([seen_px[start : start + config.frames] for start in starts])
    prepared = network_input(
        keypoints_px,
        torch.ones_like(keypoints_px[..., 0]),
        view.intrinsics,
        normalisation=checkpoint.input.normalisation,
        with_scores=config.in_channels == 3,
    )
    device = next(model.parameters()).device
    maps = temporal_attention(model, prepared.features.to(device), block)
    return TemporalAttention(maps.own.cpu(), maps.memory.cpu())


def _stacked(weights: Tensor, picked: Sequence[tuple[str, int | None, int | None]]) -> NDArray[np.float32]:
    """(J, H, F, K) to the picked maps (N, F, K)."""
    maps = [
        weights.mean((0, 1)) if joint is None or head is None else weights[joint, head]
        for _, joint, head in picked
    ]
    return torch.stack(maps).float().numpy()


def _entropy(rows: Tensor) -> Tensor:
    return -torch.xlogy(rows, rows).sum(-1)


def _mean(values: Tensor) -> float:
    return float(values.mean())
