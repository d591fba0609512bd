"""Do the radii of an uncertainty head hold the shares of joints that they claim?

    python benchmarks/uncertainty.py WEIGHTS --data mocap.h5 [--split test]

The network is evaluated as `rtpca eval` does it, in one of the four fixed cameras of each sequence, taking
turns (`--all-cameras`: in all four): with true keypoints, with 5 px of Gaussian noise and scores of 1, and
with a detector's errors. Prints the share of joints within the radius of 50 % and of 90 %, over all but the
pelvis and for the joints with the lowest and highest; the mean radius of 90 %; and Spearman's rank
correlation between radius and error, within each joint, mean over joints. Calibrations are made on the
validation split, so any other split is a test of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr

from rtpca.cli.console import run_script
from rtpca.data.store import open_dataset
from rtpca.errors import InputError
from rtpca.evaluation import SequenceErrors, conditions, evaluate
from rtpca.models import ScaleCalibration, load_checkpoint
from rtpca.skeletons import get_skeleton


def main() -> None:
    """Evaluate and print."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("weights")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--all-cameras", action="store_true")
    arguments = parser.parse_args()
    checkpoint = load_checkpoint(arguments.weights)
    if checkpoint.calibration is None:
        raise InputError(f"{arguments.weights} have no calibrated uncertainty head; take others, or add one")
    print(
        "keypoints: joints within 50 % (lowest, highest), within 90 %, mean radius of 90 %, rank correlation"
    )
    everything: list[SequenceErrors] = []
    with open_dataset(arguments.data) as dataset:
        for name, condition in conditions(checkpoint.input.skeleton).items():
            config = replace(condition, all_cameras=arguments.all_cameras)
            recordings = dataset.iterate(arguments.split)
            errors = list(evaluate(checkpoint.model, checkpoint.input, recordings, config))
            everything += errors
            print(f"{name:10}{line(errors, checkpoint.calibration)}", flush=True)
    print(f"{'all':10}{line(everything, checkpoint.calibration)}")


def line(errors: Iterable[SequenceErrors], calibration: ScaleCalibration) -> str:
    """Shares, mean radius and rank correlation."""
    errors = list(errors)
    error_m = torch.cat([sequence.joint_error_m for sequence in errors]).numpy()[:, 1:]
    scale_m = torch.cat([sequence.scale_m for sequence in errors]).numpy()
    names = get_skeleton("h36m17").joints[1:]
    cells = ""
    for level in (0.5, 0.9):
        within = (error_m <= calibration.radius_m(scale_m, level)[:, 1:]).mean(axis=0)
        low, high = within.argmin(), within.argmax()
        ends = f"({100 * within[low]:.0f} {names[low]}, {100 * within[high]:.0f} {names[high]})"
        cells += f"  {100 * within.mean():.1f} % {ends}"
    radius_m = calibration.radius_m(scale_m)[:, 1:]
    rank = np.mean([spearmanr(radius_m[:, j], error_m[:, j]).statistic for j in range(radius_m.shape[1])])
    return f"{cells}{1000 * radius_m.mean():10.0f} mm{rank:7.2f}"


if __name__ == "__main__":
    run_script(main)
