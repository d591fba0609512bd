"""What further programs write of keypoints: their files, and how they must read."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
from keypoint_writers import flat

from rtpca.keypoints import read_keypoints
from rtpca.skeletons import get_skeleton

SIZE = (1280, 720)

COCO = list(get_skeleton("coco17").joints)

MEDIAPIPE = list(get_skeleton("mediapipe33").joints)


def parts(joints: np.ndarray) -> np.ndarray:
    """Pixels as parts of the image."""
    return joints / np.array([*SIZE, 1])[: joints.shape[-1]]


def ultralytics(joints: np.ndarray, track: int | None = None) -> dict:
    """What `Results.to_json` has for a person."""
    entry = {
        "name": "person",
        "class": 0,
        "confidence": 0.9,
        "box": {"x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0},
        "keypoints": {
            "x": joints[:, 0].tolist(),
            "y": joints[:, 1].tolist(),
            "visible": joints[:, 2].tolist(),
        },
    }
    return entry | ({} if track is None else {"track_id": track})


CAR = {"name": "car", "class": 2, "confidence": 0.9, "box": {"x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0}}


def landmarks(joints: np.ndarray, named: bool = False) -> list[dict]:
    """MediaPipe's landmarks of a person."""
    points = [
        {"x": x, "y": y, "z": -0.3 * index, "visibility": seen}
        for index, (x, y, seen) in enumerate(parts(joints).tolist())
    ]
    for name, point in zip(MEDIAPIPE, points, strict=False):
        point |= {"name": name.upper()} if named else {}
    return points


def check(
    path: Path, truth: np.ndarray, skeleton: str = "auto", size: tuple[int, int] | None = None, **numbers
) -> None:
    content = read_keypoints(path, skeleton, image_size=size)
    np.testing.assert_allclose(content.keypoints_px, truth[..., :2], rtol=1e-4, atol=2e-3)
    np.testing.assert_allclose(content.scores, truth[..., 2], rtol=1e-4)


def jsonl(path: Path, lines: list) -> Path:
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    return path


ULTRALYTICS = {
    "frames in a list": lambda t: [[ultralytics(j), CAR] for j in t],
    "results as texts": lambda t: [json.dumps([CAR, ultralytics(j)]) for j in t],
    "frames with numbers": lambda t: [
        {"frame": 5 + f, "detections": [ultralytics(j)]} for f, j in enumerate(t)
    ],
    "frames by name": lambda t: {f"frame_{f}.jpg": [ultralytics(j)] for f, j in reversed(list(enumerate(t)))},
    "results in an object": lambda t: {
        "fps": 25,
        "results": [{"frame_id": f, "people": [ultralytics(j)]} for f, j in enumerate(t)],
    },
}


def yolo_line(joints: np.ndarray, *more: float, scores: bool = True) -> str:
    points = parts(joints)
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    numbers = [0, *((low + high) / 2), *(high - low), *points[:, : 3 if scores else 2].reshape(-1), *more]
    return " ".join(f"{number:.6g}" for number in numbers)


MEDIAPIPE_JSON = {
    "lists of landmarks": lambda t: [landmarks(j) for j in t],
    "frames": lambda t: [{"frame": f, "landmarks": landmarks(j)} for f, j in enumerate(t)],
    "frames in an object": lambda t: {
        "frames": [{"frame_number": f, "pose_landmarks": landmarks(j, True)} for f, j in enumerate(t)]
    },
    "results of tasks": lambda t: [
        {"landmarks": [landmarks(j)], "worldLandmarks": [landmarks(j * 0.01)]} for j in t
    ],
    "messages": lambda t: [{"poseLandmarks": {"landmark": landmarks(j)}} for j in t],
    "frames by number": lambda t: {str(f): landmarks(j) for f, j in enumerate(t)},
    "by name": lambda t: [
        {"frame": f, "landmarks": {p["name"]: p for p in landmarks(j, True)}} for f, j in enumerate(t)
    ],
    "time stamps": lambda t: [
        {"timestamp_ms": 1000 + round(f * 33.3), "pose": landmarks(j)} for f, j in enumerate(t)
    ],
}


def table(path: Path, header: list[str], rows: list[list]) -> Path:
    path.write_text("\n".join(",".join(map(str, row)) for row in [header, *rows]) + "\n")
    return path


def wide(names, columns, separator="_"):
    return [f"{name}{separator}{column}" for name in names for column in columns]


def with_depth(joints: np.ndarray) -> np.ndarray:
    """x, y, z and score."""
    return np.concatenate([joints[..., :2], np.full((*joints.shape[:-1], 1), -0.2), joints[..., 2:]], axis=-1)


TABLES = {
    "names": lambda t: (
        ["frame", *wide(MEDIAPIPE, ("x", "y", "z", "visibility"))],
        [[f, *flat(with_depth(j))] for f, j in enumerate(t)],
    ),
    "capitals": lambda t: (
        ["time", *wide([n.upper() for n in MEDIAPIPE], ("x", "y", "z", "v"), ".")],
        [[f / 30, *flat(with_depth(j))] for f, j in enumerate(t)],
    ),
    "numbers": lambda t: (
        ["class", *(f"{c}{i}" for i in range(1, 34) for c in "xyzv")],
        [["walk", *flat(with_depth(j))] for j in t],
    ),
    "landmark numbers": lambda t: (
        ["frame", *wide([f"landmark_{i}" for i in range(33)], ("x", "y", "z", "visibility"))],
        [[f, *flat(with_depth(j))] for f, j in enumerate(t)],
    ),
    "tidy, by name": lambda t: (
        ["frame", "landmark", "x", "y", "z", "visibility"],
        [[f, n, *v] for f, j in enumerate(t) for n, v in zip(MEDIAPIPE, with_depth(j).tolist(), strict=True)],
    ),
    "tidy, by number": lambda t: (
        ["frame_idx", "landmark_id", "x", "y", "visibility"],
        [[f, n, *v] for f, j in enumerate(t) for n, v in reversed(list(enumerate(j.tolist())))],
    ),
}

PARTS = [*COCO[:1], *COCO[5:]]


def deeplabcut_rows(
    people: dict[str, np.ndarray], likelihood: bool = True
) -> tuple[list[list[str]], np.ndarray]:
    coords = ("x", "y", "likelihood")[: 3 if likelihood else 2]
    labels = [(who, part, c) for who in people for part in PARTS for c in coords]
    header = [["scorer", *["DLC_resnet50"] * len(labels)]]
    header += [["individuals", *(who for who, _, _ in labels)]] if list(people) != [""] else []
    header += [["bodyparts", *(part for _, part, _ in labels)], ["coords", *(c for _, _, c in labels)]]
    values = np.concatenate([j[..., : len(coords)].reshape(len(j), -1) for j in people.values()], axis=1)
    return header, values


def deeplabcut_h5(path: Path, truth: np.ndarray, stored_as: str) -> Path:
    """What pandas and PyTables write, as far as it is read."""
    import pickle

    header, values = deeplabcut_rows({"": truth})
    labels = list(zip(*(row[1:] for row in header), strict=True))
    with h5py.File(path, "w") as file:
        group = file.create_group("df_with_missing")
        group.attrs["TITLE"] = h5py.Empty("S1")
        if stored_as == "table":
            group.attrs["pandas_type"] = np.bytes_(b"frame_table")
            group.attrs["non_index_axes"] = np.bytes_(pickle.dumps([(1, labels)], protocol=0))
            rows = np.zeros(
                len(values), dtype=[("index", "<i8"), ("values_block_0", "<f8", (values.shape[1],))]
            )
            rows["index"], rows["values_block_0"] = np.arange(len(values)), values
            group["table"] = rows
        else:
            group.attrs["pandas_type"] = np.bytes_(b"frame")
            for level in range(3):
                names = sorted({label[level] for label in labels})
                group[f"axis0_level{level}"] = np.array(names, dtype="S")
                group[f"axis0_label{level}"] = np.array(
                    [names.index(x[level]) for x in labels], dtype=np.int8
                )
            group["axis1"] = np.arange(len(values))
            group["block0_values"] = values
    return path


def sleap_analysis(path: Path, people: list[np.ndarray], order: tuple[str, ...], stated: bool) -> Path:
    names = ("track", "frame", "node", "xy")
    joints = np.stack(people)
    with h5py.File(path, "w") as file:
        file["tracks"] = np.transpose(joints[..., :2], [names.index(axis) for axis in order])
        three = [axis for axis in order if axis != "xy"]
        file["point_scores"] = np.transpose(joints[..., 2], [names.index(axis) for axis in three])
        file["node_names"] = np.array(COCO, dtype="S")
        file["track_names"] = np.array([f"track_{n}" for n in range(len(people))], dtype="S")
        file["track_occupancy"] = np.ones((len(people[0]), len(people)))
        if stated:
            file["tracks"].attrs["dims"] = json.dumps(order)
    return path


TRC_NAMES = [
    *("Hip", "RHip", "RKnee", "RAnkle", "RBigToe", "RSmallToe", "RHeel"),
    *("LHip", "LKnee", "LAnkle", "LBigToe", "LSmallToe", "LHeel", "Neck", "Head", "Nose"),
    *("RShoulder", "RElbow", "RWrist", "LShoulder", "LElbow", "LWrist"),
]


def trc(path: Path, positions: np.ndarray, rate: float = 60) -> Path:
    """As Sports2D writes it: the unit it states is m, also for pixels."""
    count = len(TRC_NAMES)
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{len(positions)}\t{count}\tm\t{rate}\t0\t{len(positions)}",
        "Frame#\tTime\t" + "\t\t\t".join(TRC_NAMES) + "\t\t\t",
        "\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, count + 1)) + "\t",
    ]
    for frame, row in enumerate(positions):
        cells = ("" if np.isnan(value) else f"{value:.3f}" for value in row.reshape(-1))
        lines.append(f"{frame}\t{frame / rate}\t" + "\t".join(cells))
    path.write_text("\n".join(lines) + "\n")
    return path
