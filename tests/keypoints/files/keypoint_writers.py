"""Files of 2D keypoints as the tools write them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np


def person(frames: int, joints: int, left: float = 0.0, seed: int = 0) -> np.ndarray:
    """(F, J, 3) somebody who walks to the right from `left`; about 200 px wide, rounded as files are."""
    rng = np.random.default_rng(seed)
    body = rng.uniform((300, 100), (500, 700), (joints, 2)) + [left, 0]
    points = body + np.arange(frames)[:, None, None] * [4, 0] + rng.normal(0, 2, (frames, joints, 2))
    scores = rng.uniform(0.5, 1, (frames, joints, 1))
    return np.concatenate([points, scores], axis=2).round(3)


def flat(joints: np.ndarray) -> list[float]:
    return joints.reshape(-1).tolist()


def write_json(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def write_array(path: Path, tracks: list[np.ndarray]) -> Path:
    np.savez(path / "k.npz", keypoints=tracks[0], image_size=(1280, 720), fps=25)
    return path / "k.npz"


def write_coco_results(path: Path, tracks: list[np.ndarray]) -> Path:
    items = [
        {"image_id": 100 + frame, "category_id": 1, "keypoints": flat(joints[frame]), "score": 0.9}
        for joints in tracks
        for frame in range(len(joints))
    ]
    return write_json(path / "coco.json", items)


def write_alphapose(path: Path, tracks: list[np.ndarray]) -> Path:
    items = [
        {"image_id": f"{frame}.jpg", "keypoints": flat(joints[frame]), "score": 3.1, "idx": [number + 1]}
        for frame in range(len(tracks[0]))
        for number, joints in enumerate(tracks)
    ]
    return write_json(path / "alphapose-results.json", items)


def mmpose_instances(tracks: list[np.ndarray], frame: int) -> list[dict]:
    return [
        {
            "keypoints": joints[frame, :, :2].tolist(),
            "keypoint_scores": joints[frame, :, 2].tolist(),
            "bbox": [[0, 0, 9, 9]],
        }
        for joints in tracks
    ]


def write_mmpose_video(path: Path, tracks: list[np.ndarray]) -> Path:
    frames = [{"frame_id": f, "instances": mmpose_instances(tracks, f)} for f in range(len(tracks[0]))]
    return write_json(path / "video.json", frames)


def write_mmpose_demo(path: Path, tracks: list[np.ndarray]) -> Path:
    frames = [{"frame_id": f + 1, "instances": mmpose_instances(tracks, f)} for f in range(len(tracks[0]))]
    return write_json(path / "results.json", {"meta_info": {"dataset_name": "coco"}, "instance_info": frames})


def write_mmpose_folder(path: Path, tracks: list[np.ndarray]) -> Path:
    (path / "predictions").mkdir()
    for frame in range(len(tracks[0])):
        write_json(path / "predictions" / f"{frame:06d}.json", mmpose_instances(tracks, frame))
    return path / "predictions"


def write_openpose(path: Path, tracks: list[np.ndarray]) -> Path:
    (path / "json").mkdir()
    for frame in range(len(tracks[0])):
        people = [
            {"person_id": [-1], "pose_keypoints_2d": flat(joints[frame]), "face_keypoints_2d": []}
            for joints in tracks
        ]
        write_json(path / "json" / f"walk_{frame:012d}_keypoints.json", {"version": 1.3, "people": people})
    return path / "json"


def write_detectron(path: Path, tracks: list[np.ndarray]) -> Path:
    frames = len(tracks[0])
    keypoints = np.empty((frames, 2), dtype=object)
    boxes = np.empty((frames, 2), dtype=object)
    for frame in range(frames):
        rows = [
            np.stack([t[frame, :, 0], t[frame, :, 1], t[frame, :, 2] * 9, t[frame, :, 2]]) for t in tracks
        ]
        keypoints[frame] = [[], np.array(rows, dtype=np.float32)]
        boxes[frame] = [[], np.zeros((len(tracks), 5))]
    metadata = np.array({"w": 1280, "h": 720}, dtype=object)
    np.savez(
        path / "video.mp4.npz", boxes=boxes, segments=np.array(None), keypoints=keypoints, metadata=metadata
    )
    return path / "video.mp4.npz"


WRITERS = {
    "array file": (write_array, 17),
    "COCO results": (write_coco_results, 17),
    "AlphaPose results": (write_alphapose, 26),
    "MMPose predictions": (write_mmpose_video, 17),
    "MMPose predictions with meta_info": (write_mmpose_demo, 17),
    "MMPose folder": (write_mmpose_folder, 26),
    "OpenPose folder": (write_openpose, 25),
    "Detectron keypoints": (write_detectron, 17),
}
