"""One training step on this CPU: where its time goes, and how near it comes to the machine's products.

    python benchmarks/training.py --data mocap.h5 [--dim 128] [--depth 5] [--heads 4] [--batch 16]

Prints, from one run: the share of the step spent in the input pipeline (windows, augmentation, projection,
normalisation), in forward and backward, and in the optimiser; operations per second (backward as twice
forward, attention products included) over those of a 4096^2 float32 product timed in turn with the steps; for
plain float32, for float32 with bfloat16 matrix products, for bfloat16 as autocast has it (`bf16-mixed`),
and for STE beside RTPCA.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from rtpca.cli.console import run_script
from rtpca.data.store import open_dataset
from rtpca.models import RTPCA
from rtpca.models.cost import count_operations
from rtpca.training import TrainConfig, load_config
from rtpca.training.batches import Batches
from rtpca.training.losses import PoseLoss
from rtpca.training.optim import build_optimizers

PRODUCT_SIZE = 4096


def main() -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--data", required=True)
    defaults = {"dim": 128, "depth": 5, "heads": 4, "batch": 16, "frames": 81, "rounds": 5}
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    sizes = [f"model.{name}={getattr(arguments, name)}" for name in ("dim", "depth", "heads", "frames")]
    common = [*sizes, f"batch={arguments.batch}", "model.in_channels=3", "model.drop_path=0"]
    common += ["input.normalisation=person", "input.fps=20", "augment={}"]
    variants = {
        "rtpca, float32": [],
        "rtpca, bfloat16 products": ["precision=32-bf16-matmul"],
        "rtpca, mixed": ["precision=bf16-mixed"],
        "ste, bfloat16 products": ["precision=32-bf16-matmul", "model.tpca=false", "model.cross_layer=none"],
    }
    matrix = torch.randn(PRODUCT_SIZE, PRODUCT_SIZE)
    print(f"{torch.get_num_threads()} threads, {' '.join(common)}, medians of {arguments.rounds} steps")
    with open_dataset(arguments.data) as dataset:
        for label, options in variants.items():
            step = Step(dataset, load_config(None, [*common, *options]))
            parts: dict[str, list[float]] = {}
            for turn in range(arguments.rounds + 2):
                torch.set_float32_matmul_precision("highest")
                timed = {"product": _seconds(lambda: matrix @ matrix)} | step.run(turn)
                if turn >= 2:
                    for name, seconds in timed.items():
                        parts.setdefault(name, []).append(seconds)
            report(label, step, {name: statistics.median(values) for name, values in parts.items()})


class Step:
    """A training step in three timed parts."""

    def __init__(self, dataset: object, config: TrainConfig) -> None:
        self.config = config
        self.batches = Batches(dataset, config, torch.device("cpu"))
        self.model = RTPCA(config.model)
        self.optimizers = build_optimizers(self.model, config.optim)
        self.loss = PoseLoss(config.loss, config.input.skeleton, "cpu")

    def run(self, number: int) -> dict[str, float]:
        """Seconds of each part of one step."""
        if self.config.precision == "32-bf16-matmul":
            torch.set_float32_matmul_precision("medium")
        marks = [time.perf_counter()]
        batch = self.batches(number)
        marks.append(time.perf_counter())
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.precision == "bf16-mixed"):
            poses = self.model(batch.features)
        loss, _ = self.loss(poses.float(), batch.target)
        loss.backward()
        marks.append(time.perf_counter())
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        marks.append(time.perf_counter())
        names = ("input", "model", "optimiser")
        return {name: end - begin for name, begin, end in zip(names, marks, marks[1:], strict=False)}


def report(label: str, step: Step, seconds: dict[str, float]) -> None:
    """One line of figures, and the split."""
    total = seconds["input"] + seconds["model"] + seconds["optimiser"]
    config = step.config
    operations = 3 * 2 * count_operations(config.model).total * config.batch
    product_rate = 2 * PRODUCT_SIZE**3 / seconds["product"]
    shares = ", ".join(f"{name} {seconds[name] / total:.1%}" for name in ("input", "model", "optimiser"))
    print(
        f"{label}: {total * 1e3:.0f} ms, {config.batch * config.model.frames / total:.0f} frames/s, "
        f"{operations / total / 1e9:.0f} GFLOP/s = {operations / total / product_rate:.2f} of the product's "
        f"{product_rate / 1e9:.0f}; {shares}"
    )


def _seconds(run: object) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


if __name__ == "__main__":
    run_script(main)
