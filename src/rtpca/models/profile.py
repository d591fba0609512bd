"""What a configuration costs: parameters, multiply-accumulates, latency and throughput on this machine.

The counts are closed formulas of the configuration, one term per kind of layer; a test holds them against
PyTorch's own operation counter.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import torch

from rtpca.models.config import RTPCAConfig
from rtpca.models.pyramid import level_lengths
from rtpca.models.rtpca import RTPCA


@dataclass(frozen=True)
class Operations:
    """Multiply-accumulates of one sequence.

    Attributes:
        linear: Linear layers (and the compressed query's maps over time).
        convolution: Depth-wise convolutions of the pyramid, both ways.
        attention: Products of queries with keys and of attention with values.
        pooling: Averaging of handed-on keys and values.
    """

    linear: int
    convolution: int
    attention: int
    pooling: int

    @property
    def without_attention(self) -> int:
        """What the paper's figures count: linear layers and convolutions."""
        return self.linear + self.convolution

    @property
    def total(self) -> int:
        """Everything."""
        return self.without_attention + self.attention + self.pooling


@dataclass(frozen=True)
class Latency:
    """Time of a forward pass.

    Attributes:
        seconds: Median over the runs.
        frames_per_second: Frames of all sequences over that time.
    """

    seconds: float
    frames_per_second: float


def count_parameters(config: RTPCAConfig) -> int:
    """Number of parameters."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in RTPCA(config).parameters())


def count_operations(config: RTPCAConfig) -> Operations:
    """Multiply-accumulates of lifting one sequence."""
    dim, joints = config.dim, config.joints
    linear = config.frames * joints * dim * (config.in_channels + 3)  # embedding and head
    convolution = attention = pooling = 0
    for index in range(config.depth):
        frames = config.block_frames(index)
        tokens = frames * joints
        own = _key_frames(config, frames)
        feed_forward = 2 * dim * config.hidden
        linear += tokens * (4 * dim * dim + feed_forward)  # spatial: q, k, v, output
        linear += tokens * (2 * dim * dim + feed_forward) + own * joints * 2 * dim * dim  # temporal
        attention += 2 * tokens * joints * dim
        source = config.memory_source(index)
        memory = 0 if source is None else config.memory_frames(index)
        attention += 2 * tokens * (own + memory) * dim
        if source is not None:
            handed_on = _key_frames(config, config.block_frames(source))
            if config.memory == "accumulated" and config.memory_source(source) is not None:
                handed_on += config.memory_frames(source)
            pooling += joints * memory * handed_on * 2 * dim
        if config.tpca:
            convolution += joints * dim * _pyramid_taps(config, frames)
        if index + 1 < config.depth and config.block_frames(index + 1) != frames:
            linear += joints * dim * frames * config.block_frames(index + 1)
    return Operations(linear, convolution, attention, pooling)


@torch.inference_mode()
def measure_latency(
    config: RTPCAConfig,
    *,
    batch: int = 1,
    runs: int = 10,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Latency:
    """Time the forward pass with random weights and input.

    Args:
        config: The model.
        batch: Sequences at a time.
        runs: Timed runs, after two that are not.
        device: Where.
        dtype: Precision of weights and input.
    """
    model = RTPCA(config).eval().to(device, dtype)
    keypoints = torch.randn(
        batch, config.frames, config.joints, config.in_channels, device=device, dtype=dtype
    )
    seconds: list[float] = []
    for _ in range(runs + 2):
        _synchronise(device)
        began = time.perf_counter()
        model(keypoints)
        _synchronise(device)
        seconds.append(time.perf_counter() - began)
    median = statistics.median(seconds[2:])
    return Latency(median, batch * config.frames / median)


def _key_frames(config: RTPCAConfig, frames: int) -> int:
    """Length of a temporal block's own keys and values."""
    if config.tpca and config.amplification == "none":
        return level_lengths(frames, config.stages, config.ratio)[-1]
    return frames


def _pyramid_taps(config: RTPCAConfig, frames: int) -> int:
    """Multiply-accumulates of the pyramid's depth-wise convolutions, per channel and joint."""
    lengths = level_lengths(frames, config.stages, config.ratio)
    taps = 0
    for longer, shorter in zip(lengths, lengths[1:], strict=False):
        if config.compression != "pool":
            taps += shorter * min(longer, config.ratio)
        if config.amplification == "trans-conv":
            taps += shorter * (longer - (shorter - 1) * config.ratio)
    return taps


def _synchronise(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
