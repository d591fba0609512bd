"""Forward pass of the paper-size models on this CPU, measured side by side in one run.

    python benchmarks/forward.py [--frames 243] [--dim 512] [--depth 8] [--heads 8] [--rounds 7]

Prints the latency of RTPCA over that of its STE baseline, what share of the machine's float32 matrix-product
rate the whole model reaches (attention products counted), and bfloat16 against float32. Each round runs every
contender once, in turn, so that what else the machine does falls on all alike; medians are compared.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from rtpca.cli.console import run_script
from rtpca.models import build_model, model_config
from rtpca.models.cost import count_operations

PRODUCT_SIZE = 4096


def main() -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    for name, default in (("frames", 243), ("dim", 512), ("depth", 8), ("heads", 8), ("rounds", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    sizes = {name: getattr(arguments, name) for name in ("frames", "dim", "depth", "heads")}

    keypoints = torch.randn(1, arguments.frames, 17, 2)
    contenders: dict[str, Callable[[], object]] = {}
    for name in ("ste", "rtpca"):
        model = build_model(name, **sizes).eval()
        contenders[f"{name} float32"] = lambda model=model: model(keypoints)
        half = build_model(name, **sizes).eval().bfloat16()
        contenders[f"{name} bfloat16"] = lambda half=half: half(keypoints.bfloat16())
    matrix = torch.randn(PRODUCT_SIZE, PRODUCT_SIZE)
    contenders["product"] = lambda: matrix @ matrix

    seconds = time_in_turn(contenders, arguments.rounds)
    product_rate = 2 * PRODUCT_SIZE**3 / seconds["product"]
    print(f"{torch.get_num_threads()} threads, {sizes}, medians of {arguments.rounds} rounds")
    print(f"float32 product of {PRODUCT_SIZE}^2: {product_rate / 1e9:.0f} GFLOP/s")
    for name in ("ste", "rtpca"):
        operations = 2 * count_operations(model_config(name, **sizes)).total
        rate = operations / seconds[f"{name} float32"]
        half_ratio = seconds[f"{name} float32"] / seconds[f"{name} bfloat16"]
        print(
            f"{name}: {seconds[f'{name} float32'] * 1e3:.0f} ms, {rate / 1e9:.0f} GFLOP/s, "
            f"{rate / product_rate:.2f} of the product's rate; bfloat16 {half_ratio:.2f} x faster"
        )
    print(f"rtpca / ste: {seconds['rtpca float32'] / seconds['ste float32']:.3f}")


@torch.inference_mode()
def time_in_turn(contenders: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each contender; every round runs all of them, after one round to warm up."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, run in contenders.items():
            began = time.perf_counter()
            run()
            if turn:
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in times.items()}


if __name__ == "__main__":
    run_script(main)
