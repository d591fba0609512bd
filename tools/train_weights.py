"""Train shipped weights from the beginning: all their recipes, each from the weights of the one before.

    python tools/train_weights.py rtpca-xs|rtpca-s|rtpca-b --data mocap.h5 [--out runs] [--max-time MINUTES]

Run folders lie in OUT by the recipe's name. Finished ones are taken, an unfinished one goes on where
it stopped, with the same command. The last line is the command that puts the weights into the package.
"""

from __future__ import annotations

import argparse
import math
import shlex
import time
from pathlib import Path

from rtpca.cli.console import run_script
from rtpca.training import load_config, train
from rtpca.training.loop import Progress

CONFIGS = Path(__file__).parents[1] / "configs"

_UNTIL_LONG = ("rtpca-s", "rtpca-s-finish", "rtpca-s-mixed", "rtpca-s-detector", "rtpca-s-long")
STAGES = {
    "rtpca-xs": ("rtpca-xs", "uncertainty"),
    "rtpca-s": (*_UNTIL_LONG, "rtpca-s-unscored", "rtpca-s-again", "rtpca-s-limbs", "uncertainty"),
    "rtpca-b": (*_UNTIL_LONG, "rtpca-b", "rtpca-b-again", "rtpca-b-limbs", "uncertainty"),
}
"""Recipes of each weights, in order."""


def main(arguments: list[str] | None = None) -> None:
    """Train what is not trained yet."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("name", choices=STAGES)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--max-time", type=float, default=math.inf, metavar="MINUTES")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="in every recipe")
    parser.add_argument("--device", default="auto")
    run(parser.parse_args(arguments))


def run(given: argparse.Namespace) -> None:
    """Train what the command line asks for, as far as the time goes."""
    until = time.monotonic() + 60 * given.max_time
    folders: list[Path] = []
    for recipe in STAGES[given.name]:
        # The head's recipe is that of all weights, its runs are not.
        folder = given.out / (f"{given.name}-{recipe}" if recipe == "uncertainty" else recipe)
        result = train(
            load_config(CONFIGS / f"{recipe}.yaml", given.set),
            given.data,
            folder,
            resume=(folder / "state.pt").exists(),
            weights=folders[-1] / "weights.safetensors" if folders else None,
            max_time_s=until - time.monotonic(),
            accelerator=given.device,
            report=lambda progress, name=folder.name: say(name, progress),
            note=lambda text: print(f"note: {text}", flush=True),
        )
        folders.append(folder)
        if not result.finished:
            print(f"{folder}: stopped at step {result.step} of {result.steps}; the same command goes on")
            return
        print(f"{folder}: finished, {result.steps} steps")
    command = ["python", "tools/ship_weights.py", given.name, *map(str, folders), "--data", str(given.data)]
    print(shlex.join(command))


def say(run: str, progress: Progress) -> None:
    """One line of progress."""
    numbers = {"loss": progress.row["loss"]} | {k: v for k, v in progress.row.items() if k.startswith("val_")}
    shown = ", ".join(f"{key} {value:.4g}" for key, value in numbers.items())
    rate = f"{progress.frames_per_second:.0f} frames/s"
    print(f"{run}: step {progress.step} of {progress.steps}, {rate}, {shown}", flush=True)


if __name__ == "__main__":
    run_script(main)
