"""What networks cost: parameters, multiply-accumulates of a window, and time, measured side by side.

Operations are counted by PyTorch's counter while a network without storage runs once. Times are medians of
passes in turn, one of each network, so that a slow moment hits all; other work on the machine still makes
every number larger, which the quartiles show.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch.utils.benchmark import timer
from torch.utils.flop_counter import FlopCounterMode

from rtpca.models.config import ModelConfig
from rtpca.models.network import LiftingNetwork
from rtpca.models.registry import build
from rtpca.progress import Progress, in_silence

_WARM_UP_ROUNDS = 2
_ATEN = torch.ops.aten
_LINEAR = (_ATEN.addmm, _ATEN.mm)
_CONVOLUTION = (_ATEN.convolution, _ATEN.addcmul_)
# What modules are called whose products are neither linear layers nor attention.
_POOLING = (".merge_memory",)
_OTHER = (".neighbourhood", ".by_proxies", ".lowest_frequencies", ".to_frequencies", ".to_tokens")


@dataclass(frozen=True)
class Operations:
    """Multiply-accumulates of one window.

    Attributes:
        linear: Linear layers (and the compressed query's maps over time).
        convolution: Depth-wise convolutions of the pyramid, both ways; or those that a network consists of.
        attention: Products of queries with keys and of attention with values.
        pooling: Averaging of handed-on keys and values.
        other: Products that are none of these: sums over the neighbours of a graph, values by way of proxies,
            cosine transforms.
    """

    linear: int = 0
    convolution: int = 0
    attention: int = 0
    pooling: int = 0
    other: int = 0

    @property
    def without_attention(self) -> int:
        """What the paper's figures count: linear layers and convolutions."""
        return self.linear + self.convolution

    @property
    def total(self) -> int:
        """Everything that is counted."""
        return self.without_attention + self.attention + self.pooling + self.other


@dataclass(frozen=True)
class PassTime:
    """Forward passes of one network.

    Attributes:
        batch: Sequences in a pass.
        rounds: Timed passes.
        median_s: Seconds of a pass.
        lower_s: First quartile.
        upper_s: Third quartile.
        frames: Input frames of a sequence.
        out_frames: Frames that are predicted of a sequence. A network that predicts one frame of its window
            earns one, though its input has many.
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


def count_parameters(config: ModelConfig) -> int:
    """Number of parameters."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build(config).parameters())


@torch.no_grad()
def count_operations(config: ModelConfig) -> Operations:
    """Multiply-accumulates of lifting one window.

    Args:
        config: The model.
    """
    with torch.device("meta"):
        network = build(config).eval()
        keypoints = torch.empty(1, config.frames, config.joints, config.in_channels)
    # The strided products that stand in for transposed convolutions.
    with FlopCounterMode(display=False, custom_mapping={_ATEN.addcmul_: _count_addcmul}) as counter:
        network(keypoints)
    by_module = counter.get_flop_counts()
    by_kind = by_module["Global"]
    linear, convolution = (
        sum(by_kind.get(kind, 0) for kind in kinds) // 2 for kinds in (_LINEAR, _CONVOLUTION)
    )
    pooling, other = (
        sum(sum(of.values()) for name, of in by_module.items() if name.endswith(parts)) // 2
        for parts in (_POOLING, _OTHER)
    )
    # Attention runs as plain products here, and so do these.
    attention = by_kind.get(_ATEN.bmm, 0) // 2 - pooling - other
    return Operations(linear, convolution, attention, pooling, other)


def _count_addcmul(shape: torch.Size, *others: object, **results: object) -> int:
    """Additions and multiplications of `tensor.addcmul_`, by the shape of the tensor."""
    del others, results
    return 2 * math.prod(shape)


@torch.inference_mode()
def measure_in_turn(
    networks: Mapping[str, LiftingNetwork],
    *,
    batch: int | Mapping[str, int] = 1,
    rounds: int = 10,
    device: str = "cpu",
    progress: Progress = in_silence,
) -> dict[str, PassTime]:
    """Time forward passes on random input in float32, round robin between the networks.

    Args:
        networks: By name. They are put into evaluation mode and moved to the device.
        batch: Sequences in a pass: one number, or one for each network.
        rounds: Timed rounds, after two that are not.
        device: Where.
        progress: Told of rounds.

    Returns:
        One `PassTime` per network, in the given order.
    """
    generator = torch.Generator().manual_seed(0)
    inputs: dict[str, torch.Tensor] = {}
    for name, network in networks.items():
        network.eval().to(device)
        config, size = network.config, batch if isinstance(batch, int) else batch[name]
        keypoints = torch.randn(size, config.frames, config.joints, config.in_channels, generator=generator)
        inputs[name] = keypoints.to(device)
    seconds: dict[str, list[float]] = {name: [] for name in networks}
    for done in range(rounds + _WARM_UP_ROUNDS):
        for name, network in networks.items():
            began_s = timer()  # waits for the device, at both ends
            network(inputs[name])
            seconds[name].append(timer() - began_s)
        progress(done + 1, rounds + _WARM_UP_ROUNDS)
    return {
        name: _pass_time(seconds[name][_WARM_UP_ROUNDS:], len(inputs[name]), network.config)
        for name, network in networks.items()
    }


def _pass_time(seconds: list[float], batch: int, config: ModelConfig) -> PassTime:
    lower, median, upper = (
        statistics.quantiles(seconds, n=4, method="inclusive") if len(seconds) > 1 else seconds * 3
    )
    return PassTime(batch, len(seconds), median, lower, upper, config.frames, config.out_frames)
