"""How long networks take, measured side by side: one pass of each in turn, so that a slow moment hits all.

Medians over the rounds. Other work on the machine still makes every number larger: `Timing` keeps the
quartiles, which show it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

_WARM_UP_ROUNDS = 2


class Sized(Protocol):
    """What a network's configuration says of its input and output."""

    @property
    def frames(self) -> int:
        """Frames F of the input."""
        ...

    @property
    def joints(self) -> int:
        """Joints J."""
        ...

    @property
    def in_channels(self) -> int:
        """Channels C of a joint."""
        ...

    @property
    def out_frames(self) -> int:
        """Frames that one pass predicts."""
        ...


@dataclass(frozen=True)
class Timing:
    """Forward passes of one network.

    Attributes:
        batch: Sequences in a pass.
        rounds: Timed passes.
        median_s: Seconds of a pass.
        lower_s: First quartile.
        upper_s: Third quartile.
        frames: Input frames of a sequence.
        out_frames: Frames that are predicted of a sequence.
    """

    batch: int
    rounds: int
    median_s: float
    lower_s: float
    upper_s: float
    frames: int
    out_frames: int

    @property
    def seconds_per_predicted_frame(self) -> float:
        """Time of a pass over the frames it predicts: what a frame of video costs."""
        return self.median_s / (self.batch * self.out_frames)

    @property
    def predicted_frames_per_second(self) -> float:
        """Throughput in frames of video."""
        return 1.0 / self.seconds_per_predicted_frame


@torch.inference_mode()
def measure_in_turn(
    networks: Mapping[str, nn.Module],
    *,
    batch: int | Mapping[str, int] = 1,
    rounds: int = 10,
    device: str = "cpu",
    on_round: Callable[[int, int], None] | None = None,
) -> dict[str, Timing]:
    """Time forward passes on random input in float32, round robin between the networks.

    Args:
        networks: By name; each has a `config` with `frames`, `joints`, `in_channels`, `out_frames`. They are
            put into evaluation mode and moved to the device.
        batch: Sequences in a pass: one number, or one for each network.
        rounds: Timed rounds, after two that are not.
        device: Where.
        on_round: Called with (rounds done, rounds in all).

    Returns:
        One `Timing` per network, in the given order.
    """
    ready: dict[str, tuple[nn.Module, Tensor, Sized]] = {}
    for name, network in networks.items():
        config: Any = network.config
        size = batch if isinstance(batch, int) else batch[name]
        generator = torch.Generator().manual_seed(0)
        keypoints = torch.randn(size, config.frames, config.joints, config.in_channels, generator=generator)
        ready[name] = network.eval().to(device), keypoints.to(device), config
    seconds: dict[str, list[float]] = {name: [] for name in ready}
    for done in range(rounds + _WARM_UP_ROUNDS):
        for name, (network, keypoints, _) in ready.items():
            _synchronise(device)
            began = time.perf_counter()
            network(keypoints)
            _synchronise(device)
            seconds[name].append(time.perf_counter() - began)
        if on_round is not None:
            on_round(done + 1, rounds + _WARM_UP_ROUNDS)
    return {
        name: _timing(seconds[name][_WARM_UP_ROUNDS:], len(keypoints), config)
        for name, (_, keypoints, config) in ready.items()
    }


def _timing(seconds: list[float], batch: int, config: Sized) -> Timing:
    lower, median, upper = (
        statistics.quantiles(seconds, n=4, method="inclusive") if len(seconds) > 1 else (seconds * 3)
    )
    return Timing(batch, len(seconds), median, lower, upper, config.frames, config.out_frames)


def _synchronise(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
