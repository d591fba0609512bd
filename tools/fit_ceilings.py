"""Measure on the validation split what `rtpca.inference.ceilings` allows the confidence.

    python tools/fit_ceilings.py mocap.h5 [--seconds 3] [--every 1]

Takes are lifted with rtpca-s in the situations of `benchmarks/doubtful.py`; of joints that are hidden, and of
bodies that are small, the shares within 100 mm of the truth go into src/rtpca/assets/confidence.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import isotonic_regression

from rtpca.cli.console import run_script
from rtpca.inference.ceilings import pixel_size, unseen_distance
from rtpca.inference.confidence import WITHIN_M

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
UNSEEN_M = (0.0, 0.15, 0.35, 0.5, 0.75, 1.0, 1.3)
PIXEL_M = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8)


def main() -> None:
    """Lift, measure, write."""
    from doubtful import ALL, SITUATIONS, lift_situations

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--every", type=int, default=1)
    arguments = parser.parse_args()
    found = lift_situations(arguments.data, "val", arguments.seconds, arguments.every)
    unseen: list[tuple[np.ndarray, np.ndarray]] = []
    coarse: list[tuple[np.ndarray, np.ndarray]] = []
    for kind, takes in found.items():
        for one in takes:
            poses, valid = one.result.poses3d, one.result.valid
            right = one.error_m < WITHIN_M
            seen = np.isfinite(one.result.keypoints2d[..., 0])
            hidden = [joint for joint in SITUATIONS[kind].hidden if joint]
            if hidden:
                distance = unseen_distance(poses, seen, one.result.fps)
                unseen.append((distance[valid][:, hidden], right[valid][:, hidden]))
            elif kind == "nothing" or "px tall" in kind:
                size = pixel_size(poses, one.result.keypoints2d)[:, None].repeat(len(ALL), axis=1)
                coarse.append((size[valid], right[valid][:, ALL]))
    content_file = ROOT / "src" / "rtpca" / "assets" / "confidence.json"
    content = json.loads(content_file.read_text(encoding="utf-8"))
    content["ceilings"] = {
        "unseen_m": list(UNSEEN_M),
        "unseen_share": falling_shares(unseen, UNSEEN_M),
        "pixel_m": list(PIXEL_M),
        "pixel_share": falling_shares(coarse, PIXEL_M),
    }
    content_file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(content["ceilings"], indent=1))


def falling_shares(parts: list[tuple[np.ndarray, np.ndarray]], knots: tuple[float, ...]) -> list[float]:
    """Shares that are right at each knot, 1 at the first: of what lies nearest to it, never rising."""
    signs, right = (np.concatenate([part[i].ravel() for part in parts]) for i in (0, 1))
    nearest = np.abs(np.log1p(signs[:, None] / 0.05) - np.log1p(np.array(knots) / 0.05)).argmin(axis=1)
    count = np.bincount(nearest, minlength=len(knots))[1:]
    shares = np.bincount(nearest, right, minlength=len(knots))[1:] / np.maximum(count, 1)
    falling = isotonic_regression(shares, weights=count + 1e-3, increasing=False).x
    return [1.0, *np.round(falling, 3).tolist()]


if __name__ == "__main__":
    run_script(main)
