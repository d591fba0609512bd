"""Fit the weights and the table of `rtpca.inference.confidence` on the validation split.

    python tools/fit_confidence.py mocap.h5 [--seconds 5]

Takes are seen by one of the four fixed cameras each, taking turns, with the corruptions of
`benchmarks/confidence.py`, and lifted with rtpca-s. Writes src/rtpca/assets/confidence.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import lsq_linear

from rtpca.cli.console import run_script
from rtpca.inference.confidence import SIGNS, WITHIN_M

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
ERROR_FLOOR_M = 0.005
TABLE_POINTS = 25
LARGEST = [1.5] * len(SIGNS) + [np.inf]
"""No sign decides alone; the distance of the thorax from the pelvis, say, tells the body's size above all."""


def main() -> None:
    """Lift, fit, write."""
    from confidence import lift_split

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0)
    arguments = parser.parse_args()
    found = lift_split(arguments.data, "val", arguments.seconds)
    signs = np.concatenate([clip.signs for clips in found.values() for clip in clips])  # (N, 17, S)
    error_m = np.concatenate([clip.error_m for clips in found.values() for clip in clips])  # (N, 17)
    fit(signs, error_m)


def fit(signs: np.ndarray, error_m: np.ndarray) -> None:
    """Fit (N, 17, S) signs to (N, 17) errors and write the file."""
    target = np.log(error_m + ERROR_FLOOR_M)
    joints, count = error_m.shape[1], len(SIGNS)
    weights, offsets = np.zeros((joints, count)), np.zeros(joints)
    for joint in range(1, joints):
        columns = np.concatenate([signs[:, joint], np.ones((len(signs), 1))], axis=1)
        solution = lsq_linear(columns, target[:, joint], bounds=([0.0] * count + [-np.inf], LARGEST)).x
        weights[joint], offsets[joint] = solution[:count], solution[count]
    expected = ((signs * weights).sum(-1) + offsets)[:, 1:].ravel()
    right = (error_m[:, 1:] < WITHIN_M).ravel()
    order = np.argsort(expected)
    bins = np.array_split(order, TABLE_POINTS)
    log_m = np.array([expected[part].mean() for part in bins])
    share = np.minimum.accumulate([right[part].mean() for part in bins])
    # Strictly falling: equal expected errors alone give equal confidence; beyond the ends, towards 1 and 0.
    share = np.clip(share - 1e-4 * np.arange(TABLE_POINTS), 1e-3, 0.999)
    log_m = np.concatenate([[log_m[0] - 1.0], log_m, [log_m[-1] + 1.5]])
    share = np.concatenate([[min(1.0, share[0] + 0.5 * (1 - share[0]))], share, [0.2 * share[-1]]])
    content = {
        "weights_of": "rtpca-s",
        "split": "val",
        "within_m": WITHIN_M,
        "signs": list(SIGNS),
        "weights": np.round(weights, 4).tolist(),
        "offsets": np.round(offsets, 4).tolist(),
        "table_log_m": np.round(log_m, 4).tolist(),
        "table_share": np.round(share, 4).tolist(),
    }
    target_file = ROOT / "src" / "rtpca" / "assets" / "confidence.json"
    content["ceilings"] = json.loads(target_file.read_text(encoding="utf-8"))["ceilings"]
    target_file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(np.round(weights, 2), np.round(offsets, 2), np.round(share, 3), sep="\n")


if __name__ == "__main__":
    run_script(main)
