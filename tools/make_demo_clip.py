"""Make src/rtpca/assets/demo_clip.npz again: generated motion, seen by a camera, with a little noise.

    python tools/make_demo_clip.py [--out FILE]

One person walks towards the camera, squats twice, and waves. The motion comes from `rtpca.data.synthetic`;
the three parts are turned to follow one another and blended over half a second with constant bone lengths.
The camera is level, its focal length is not the one that rtpca assumes; the image points carry 2 px of noise.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from rtpca.arrays import DoubleArray
from rtpca.data.synthetic import generate_motion
from rtpca.files import written_whole
from rtpca.geometry import Camera, Intrinsics
from rtpca.skeletons import get_skeleton

FPS = 30.0
BLEND = 15  # frames over which one part turns into the next
# kind, seconds, seed, and where the person faces when the part begins: degrees from the camera to their left
PARTS = (("walk", 4.0, 3, 40.0), ("squat", 5.0, 1, 35.0), ("wave", 3.2, 4, -15.0))
IMAGE_SIZE = (1920, 1080)
FOCAL_PX = 1500.0
CAMERA_HEIGHT_M = 1.2
DISTANCE_M = 5.0  # from the camera to where the walk ends
NOISE_PX = 2.0
SKELETON = get_skeleton("h36m17")


def heading_rad(joints_m: DoubleArray) -> float:
    """The angle about y from +z to where the person of one frame (17, 3) faces, by the hips."""
    across = joints_m[SKELETON.index("left_hip")] - joints_m[SKELETON.index("right_hip")]
    # Facing +z with y up, the left hand is at +x: forward = across x up.
    forward = np.cross(across, (0.0, 1.0, 0.0))
    return float(np.arctan2(forward[0], forward[2]))


def turned(joints_m: DoubleArray, angle_rad: float) -> DoubleArray:
    """The motion (F, 17, 3) turned about the vertical axis."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return joints_m @ np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]]).T


def bone_lengths(joints_m: DoubleArray) -> DoubleArray:
    """Mean length of each bone over the frames, (bones,)."""
    parents, children = np.array(SKELETON.bones).T
    return np.linalg.norm(joints_m[:, children] - joints_m[:, parents], axis=-1).mean(axis=0)


def blended(
    before: DoubleArray, after: DoubleArray, weight: DoubleArray, lengths: DoubleArray
) -> DoubleArray:
    """Frame by frame between two motions (F, 17, 3): bone directions and root are mixed, lengths kept."""
    mix = (1 - weight)[:, None, None] * before + weight[:, None, None] * after
    joints = mix.copy()
    order = sorted(range(len(SKELETON.bones)), key=lambda bone: _depth(SKELETON.bones[bone][1]))
    for bone in order:
        parent, child = SKELETON.bones[bone]
        way = mix[:, child] - mix[:, parent]
        joints[:, child] = (
            joints[:, parent] + way / np.linalg.norm(way, axis=-1, keepdims=True) * lengths[bone]
        )
    return joints


def _depth(joint: int) -> int:
    parent = SKELETON.parents[joint]
    return 0 if parent < 0 else 1 + _depth(parent)


def make_motion() -> tuple[DoubleArray, list[int]]:
    """The whole motion (F, 17, 3) in world axes, and the frame at which each part begins."""
    whole = np.empty((0, 17, 3))
    starts: list[int] = []
    lengths: DoubleArray | None = None
    for kind, seconds, seed, facing_deg in PARTS:
        part = generate_motion(kind, round(seconds * FPS), FPS, seed).astype(np.float64)
        if lengths is None:
            lengths = bone_lengths(part)
        part *= lengths.sum() / bone_lengths(part).sum()  # one person: bodies differ by their stature only
        part = turned(part, np.radians(facing_deg) - heading_rad(part[0]))
        if len(whole) == 0:
            whole, starts = part, [0]
            continue
        step = whole[-1, 0] - part[0, 0]
        part += np.array([step[0], 0.0, step[2]])
        ramp = np.linspace(0, 1, BLEND + 2)[1:-1]
        weight = ramp * ramp * (3 - 2 * ramp)
        join = blended(whole[-BLEND:], part[:BLEND], weight, lengths)
        starts.append(len(whole) - BLEND // 2)
        whole = np.concatenate([whole[:-BLEND], join, part[BLEND:]])
    return whole, starts


def make_camera(motion_m: DoubleArray, end_of_walk: int) -> Camera:
    """A level camera that looks along -z at the place where the walk ends."""
    place = motion_m[end_of_walk, 0]
    # x right, y down, z forward for a viewer who looks along world -z.
    rotation = [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]]
    center = [place[0] - 0.3, CAMERA_HEIGHT_M, place[2] + DISTANCE_M]
    return Camera(
        Intrinsics.of_image(IMAGE_SIZE, FOCAL_PX).to(dtype=torch.float64),
        R_cam_from_world=torch.tensor(rotation, dtype=torch.float64),
        center_world=torch.tensor(center, dtype=torch.float64),
    )


def main(out: Path) -> None:
    """Write the clip."""
    motion, starts = make_motion()
    camera = make_camera(motion, starts[1])
    joints_cam = camera.world_to_camera(torch.from_numpy(motion))
    points = camera.project(joints_cam).numpy()
    rng = np.random.default_rng(0)
    points += rng.normal(0.0, NOISE_PX, points.shape)
    inside = ((points > 0) & (points < IMAGE_SIZE)).all()
    if not inside:
        raise SystemExit("the person leaves the image: change the camera")
    scores = rng.uniform(0.85, 1.0, points.shape[:-1])
    root = joints_cam[:, :1].numpy()
    with written_whole(out) as scratch:
        np.savez_compressed(
            scratch,
            keypoints=np.concatenate([points, scores[..., None]], axis=-1).astype(np.float32),
            image_size=np.array(IMAGE_SIZE, dtype=np.int32),
            fps=np.array(FPS),
            skeleton=np.array("h36m17"),
            truth_poses3d=(joints_cam.numpy() - root).astype(np.float32),
            truth_root=root[:, 0].astype(np.float32),
            truth_focal_px=np.array([FOCAL_PX, FOCAL_PX], dtype=np.float32),
            part_names=np.array([part[0] for part in PARTS]),
            part_starts=np.array(starts, dtype=np.int32),
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = Path(__file__).parents[1] / "src" / "rtpca" / "assets" / "demo_clip.npz"
    parser.add_argument("--out", type=Path, default=default)
    main(parser.parse_args().out)
