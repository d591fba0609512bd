"""Which networks lift long windows live: every network of `rtpca table newer`, one window after the other.

    python benchmarks/live_windows.py [--scale small] [--frames 243] [--fps 30] [--threads 2] [--rounds 9]

A live stream lifts the last frames again with every new one. So a network follows a camera if a pass over its
window takes no longer than a frame does, and a pose is late by one pass, and by half a window where the
network predicts only the frame in its middle. Networks are those of the table's scale (`small` or `paper`)
with windows of another length; weights are random, which does not matter
to the time. The detector of a stream is not counted, nor is preparing keypoints. Each round runs every
network once, in turn.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import torch

from rtpca.cli.console import run_script
from rtpca.models import ModelConfig, build
from rtpca.models.cost import PassTime, count_parameters, measure_in_turn
from rtpca.reproduce import Setup, named_run
from rtpca.reproduce.datafile import NO_DATA
from rtpca.reproduce.paper import NEWER_TABLE


def main() -> None:
    """Measure and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--scale", choices=("small", "paper"), default="small")
    for name, default in (("frames", 243), ("fps", 30), ("threads", 2), ("rounds", 9)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    configs = {
        label: config_of(run, arguments.scale, arguments.frames) for label, run in NEWER_TABLE.runs.items()
    }
    timed = measure_in_turn(
        {label: build(config) for label, config in configs.items()}, rounds=arguments.rounds
    )
    print(
        f"{arguments.threads} threads, windows of {arguments.frames} frames, {arguments.fps} frames per "
        f"second, medians of {arguments.rounds} rounds (quartiles)"
    )
    for label, time in timed.items():
        print(f"{label:22} {report(configs[label], time, arguments.fps)}")


def config_of(run: str, scale: str, frames: int) -> ModelConfig:
    """The network of a row with windows of this length."""
    return replace(Setup(scale=scale).recipe(named_run(run), NO_DATA).model, frames=frames)


def report(config: ModelConfig, time: PassTime, fps: float) -> str:
    """Size, time of a pass, whether it follows the camera, and how late a pose is."""
    behind = config.frames - 1 - config.first_out_frame - (config.out_frames - 1)
    follows = "follows" if time.upper_s <= 1 / fps else f"{1 / time.median_s:.1f} poses per second"
    return (
        f"{count_parameters(config) / 1e6:6.2f} M  {1e3 * time.median_s:7.1f} ms "
        f"({1e3 * time.lower_s:.1f} to {1e3 * time.upper_s:.1f})  {follows}, "
        f"a pose is {1e3 * (time.median_s + behind / fps):.0f} ms late"
    )


if __name__ == "__main__":
    run_script(main)
