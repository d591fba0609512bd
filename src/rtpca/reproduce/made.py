"""How a table or figure was made: command, recipe, data and machine, which stand under each."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import torch

from rtpca.reproduce.experiment import Experiment
from rtpca.reproduce.setup import Setup


def how_made(setup: Setup, experiments: Sequence[Experiment]) -> list[str]:
    """A line each; without experiments, weights are shown that were not trained for it."""
    lines = [f"Command: `{setup.command}`"] * bool(setup.command)
    if experiments:
        first = experiments[0]
        steps, batch, frames = first.total_steps, first.config.batch, first.config.model.frames
        seeds = sorted({each.seed for each in experiments})
        spread = "; cells are mean ± sample standard deviation over seeds" if len(seeds) > 1 else ""
        lines.append(
            f"Scale {setup.scale} (recipe {setup.recipe_path(first.data).name}): {steps:,} steps of {batch} "
            f"windows of {frames} frames, {steps * batch * frames / 1e6:.2f} million frames per run; "
            f"seeds {', '.join(map(str, seeds))}{spread}."
        )
    for data in setup.data:
        people = f"{len(data.subjects)} subject{'s' * (len(data.subjects) != 1)}"
        lines.append(
            f"Data: {data.path.name} (SHA-256 {data.sha256[:12]}), {data.title}; {data.train_frames:,} frames"
            f" of motion to train on, split test: {data.splits.get('test', 0)} sequences, {people}."
        )
    machines = {each.origin.get("machine", "") for each in experiments} - {""}
    lines += [f"Trained on: {machine}" for machine in sorted(machines)]
    return [*lines, f"Written on {datetime.now(UTC):%Y-%m-%d}."]


def machine_text(device: str) -> str:
    """Processor or GPU, cores and threads, version of torch."""
    if device != "cpu":
        return f"{torch.cuda.get_device_name()}; torch {torch.__version__}"
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name, threads = (names or [platform.processor() or platform.machine()])[0], torch.get_num_threads()
    used = f"{threads} thread{'s' * (threads > 1)} per run"
    return f"{name}, {os.cpu_count()} cores, {used}; torch {torch.__version__}"


def hardware(device: str) -> str:
    """The machine and how busy it is, where times or pictures are made."""
    busy = f"; load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"Hardware: {machine_text(device)}{busy}."
