"""Generate motion, film it with virtual cameras, and draw what they see.

    python examples/02_motion_and_cameras.py [--out FOLDER]

Shows: generated motion, random cameras in a batch, projection, drawing with matplotlib.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from matplotlib.figure import Figure

from rtpca.data.cameras import RandomCameraConfig, random_cameras
from rtpca.data.synthetic import generate_motion
from rtpca.skeletons import get_skeleton
from rtpca.viz import draw_skeleton_2d, draw_skeleton_3d, on_floor, save_png


def main(out: Path, cameras: int = 4) -> None:
    """Film one squatting person with several cameras."""
    skeleton = get_skeleton("h36m17")
    motion_world = torch.from_numpy(generate_motion("squat", frames=60, fps=30, seed=1))  # (F, 17, 3), y up
    windows = motion_world.expand(cameras, *motion_world.shape)  # (B, F, 17, 3)
    config = RandomCameraConfig(steep_share=0.0, roll_std_deg=1.0, distance_range_m=(2.0, 4.0))
    camera = random_cameras(windows, config, torch.Generator().manual_seed(3))
    joints_cam = camera.world_to_camera(windows)  # (B, F, 17, 3), y down
    points_px = camera.project(joints_cam)  # (B, F, 17, 2)

    figure = Figure(figsize=(2.6 * cameras, 5.2))
    for index in range(cameras):
        wide, high = (int(side) for side in camera.intrinsics.image_size[index])
        flat = figure.add_subplot(2, cameras, index + 1)
        draw_skeleton_2d(flat, points_px[index, 30], skeleton, image_size=(wide, high))
        flat.set_title(
            f"{wide} x {high}, f = {float(camera.intrinsics.focal_px[index, 0]):.0f} px", fontsize=8
        )
        solid = figure.add_subplot(2, cameras, cameras + index + 1, projection="3d")
        pose = joints_cam[index, 30] - joints_cam[index, 30, :1]
        draw_skeleton_3d(solid, on_floor(pose), skeleton)
    print("wrote", save_png(figure, out / "cameras.png"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path())
    main(**vars(parser.parse_args()))
