"""Lift 2D keypoints to 3D and compare with the truth.

    python examples/00_lift_keypoints.py [--out FOLDER] [--weights NAME|PATH]

Shows: the lifter, what a result holds, metrics per frame, writing and reading the result file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import rtpca
from rtpca.data.demo_clip import load_demo_clip
from rtpca.metrics import mpjpe, p_mpjpe


def main(out: Path, weights: str = "rtpca-s") -> None:
    """Lift the clip that comes with the package."""
    clip = load_demo_clip()  # keypoints of a generated person, and the 3D poses that they came from

    lifter = rtpca.Lifter.from_pretrained(weights)
    result = lifter(clip.keypoints)  # or arrays: lifter(keypoints_px, image_size=..., fps=..., skeleton=...)

    print("poses, metres, pelvis at the origin:", result.poses3d.shape)
    print("path of the pelvis before the camera:", result.root.shape)
    print("mean confidence:", round(float(result.confidence.mean()), 2))

    # Metrics give one value per frame; what to average over is up to you.
    print(f"MPJPE   {1000 * float(mpjpe(result.poses3d, clip.truth_poses3d).mean()):.1f} mm")
    print(f"P-MPJPE {1000 * float(p_mpjpe(result.poses3d, clip.truth_poses3d).mean()):.1f} mm")

    path = result.save(out / "poses3d.npz")
    with np.load(path, allow_pickle=False) as file:
        print(f"{path} holds", ", ".join(file.files))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path())
    parser.add_argument("--weights", default="rtpca-s")
    main(**vars(parser.parse_args()))
