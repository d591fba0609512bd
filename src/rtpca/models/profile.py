"""What a configuration costs on this machine: parameters, latency and throughput.

Multiply-accumulates are counted in `operations.py`.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import torch

from rtpca.models.config import ModelConfig
from rtpca.models.operations import Operations, count_operations
from rtpca.models.registry import build

__all__ = ["Latency", "Operations", "count_operations", "count_parameters", "measure_latency"]


@dataclass(frozen=True)
class Latency:
    """Time of a forward pass.

    Attributes:
        seconds: Median over the runs.
        frames_per_second: Predicted frames of all windows over that time. A network that predicts one
            frame of its window earns one, though its input has many.
    """

    seconds: float
    frames_per_second: float


def count_parameters(config: ModelConfig) -> int:
    """Number of parameters."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build(config).parameters())


@torch.inference_mode()
def measure_latency(
    config: ModelConfig,
    *,
    batch: int = 1,
    runs: int = 10,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Latency:
    """Time the forward pass with random weights and input.

    Args:
        config: The model.
        batch: Windows at a time.
        runs: Timed runs, after two that are not.
        device: Where.
        dtype: Precision of weights and input.
    """
    model = build(config).eval().to(device, dtype)
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
    return Latency(median, batch * config.out_frames / median)


def _synchronise(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
