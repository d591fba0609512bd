"""Measure on the validation split what `rtpca.inference.ceilings` allows the confidence.

    python tools/fit_ceilings.py mocap.h5 [--seconds 3] [--every 1]

Takes are lifted with rtpca-s in the situations of `benchmarks/doubtful.py`, once and without repair, which
takes a fifth of the time; of joints that are hidden, by the part of the body, and of bodies that are small,
the shares within 100 mm of the truth go into src/rtpca/assets/confidence.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import isotonic_regression

from rtpca.cli.console import run_script
from rtpca.inference.ceilings import PARTS, pixel_size, unseen_distance
from rtpca.inference.confidence import WITHIN_M
from rtpca.skeletons import get_skeleton

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
NAMES = get_skeleton("h36m17").joints
UNSEEN_M = (0.0, 0.15, 0.25, 0.4, 0.55, 0.8, 1.1)
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
    quick = {"flip": False, "repair": False, "average_phases": False}
    found = lift_situations(arguments.data, "val", arguments.seconds, arguments.every, **quick)
    unseen: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {part: [] for part in PARTS}
    coarse: list[tuple[np.ndarray, np.ndarray]] = []
    for kind, takes in found.items():
        for one in takes:
            poses, valid = one.result.poses3d, one.result.valid
            right = one.error_m < WITHIN_M
            seen = np.isfinite(one.result.keypoints2d[..., 0])
            hidden = [joint for joint in SITUATIONS[kind].hidden if joint]
            if hidden:
                distance = unseen_distance(poses, seen, one.result.fps)
                for part, ends in PARTS.items():
                    own = [joint for joint in hidden if NAMES[joint].endswith(ends)]
                    unseen[part].append((distance[valid][:, own], right[valid][:, own]))
            elif kind == "nothing" or "px tall" in kind:
                size = pixel_size(poses, one.result.keypoints2d)[:, None].repeat(len(ALL), axis=1)
                coarse.append((size[valid], right[valid][:, ALL]))
    content_file = ROOT / "src" / "rtpca" / "assets" / "confidence.json"
    content = json.loads(content_file.read_text(encoding="utf-8"))
    content["ceilings"] = {
        "unseen_m": list(UNSEEN_M),
        "unseen_share": {part: falling_shares(found, UNSEEN_M) for part, found in unseen.items()},
        "pixel_m": list(PIXEL_M),
        "pixel_share": falling_shares(coarse, PIXEL_M, beyond=0.0),
    }
    content_file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(content["ceilings"], indent=1))


def falling_shares(
    parts: list[tuple[np.ndarray, np.ndarray]], knots: tuple[float, ...], beyond: float | None = None
) -> list[float]:
    """Shares that are right at each knot, 1 at the first: of what lies nearest to it, never rising.

    Beyond the last knot that anything lies near to, the share is `beyond`; None keeps the last.
    """
    signs, right = (np.concatenate([part[i].ravel() for part in parts]) for i in (0, 1))
    nearest = np.abs(np.log1p(signs[:, None] / 0.05) - np.log1p(np.array(knots) / 0.05)).argmin(axis=1)
    count = np.bincount(nearest, minlength=len(knots))[1:]
    shares = np.bincount(nearest, right, minlength=len(knots))[1:] / np.maximum(count, 1)
    measured = np.flatnonzero(count)
    shares = np.interp(np.arange(len(count)), measured, shares[measured], right=beyond)
    falling = isotonic_regression(shares, weights=count + 1e-3, increasing=False).x
    return [1.0, *np.round(falling, 3).tolist()]


if __name__ == "__main__":
    run_script(main)
