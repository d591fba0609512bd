"""Files of more programs, as they write them, read back."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from keypoint_writers import flat, mmpose_instances, person, write_json

from rtpca.errors import InputError
from rtpca.keypoints import open_keypoints, read_keypoints
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


@pytest.mark.parametrize("form", ULTRALYTICS)
def test_ultralytics_results(tmp_path, form):
    truth = person(12, 17)
    path = write_json(tmp_path / "results.json", ULTRALYTICS[form](truth))
    check(path, truth, "coco17")
    assert open_keypoints(path).format == "ultralytics results"


def test_ultralytics_results_of_one_picture_and_its_people(tmp_path):
    truth = [person(1, 17)[0], person(1, 17, left=500, seed=1)[0]]
    file = open_keypoints(write_json(tmp_path / "r.json", [CAR, *(ultralytics(j) for j in truth)]))
    assert len(file) == 2
    assert file.person(2, "coco17").frames == 1


def test_normalised_results_need_the_size_of_the_image(tmp_path):
    truth = person(6, 17)
    content = [[ultralytics(parts(joints))] for joints in truth]
    path = write_json(tmp_path / "r.json", content)
    with pytest.raises(
        InputError, match="coordinates are normalised.*give the width and height .*`image_size`"
    ):
        read_keypoints(path, "coco17")
    check(path, truth, "coco17", SIZE)
    stated = [{"frame": f, "orig_shape": [720, 1280], "detections": one} for f, one in enumerate(content)]
    check(write_json(tmp_path / "s.json", stated), truth, "coco17")


def test_tracks_of_ultralytics_are_people(tmp_path):
    one, other = person(10, 17, seed=1), person(10, 17, left=700, seed=2)
    one[5:], other[5:] = other[5:].copy(), one[5:].copy()
    path = write_json(
        tmp_path / "r.json", [[ultralytics(one[f], 3), ultralytics(other[f], 7)] for f in range(10)]
    )
    tracks = sorted(
        (read_keypoints(path, "coco17", n).keypoints_px for n in (1, 2)), key=lambda t: t[0, 0, 0]
    )
    np.testing.assert_allclose(tracks[0], one[..., :2], rtol=1e-6)


def yolo_line(joints: np.ndarray, *more: float, scores: bool = True) -> str:
    points = parts(joints)
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    numbers = [0, *((low + high) / 2), *(high - low), *points[:, : 3 if scores else 2].reshape(-1), *more]
    return " ".join(f"{number:.6g}" for number in numbers)


@pytest.mark.parametrize("scores", [True, False])
@pytest.mark.parametrize("more", [(), (0.87,), (4,), (0.87, 4)])
@pytest.mark.parametrize("joints", [17, 25, 26])
def test_labels_of_yolo(tmp_path, joints, more, scores):
    truth = person(12, joints)
    truth[..., 2] = truth[..., 2] if scores else 1
    skeleton = {17: "coco17", 25: "body25", 26: "halpe26"}[joints]
    for frame in range(12):
        if frame != 5:
            (tmp_path / f"walk_{frame + 1}.txt").write_text(
                yolo_line(truth[frame], *more, scores=scores) + "\n"
            )
    truth[5] = (np.nan, np.nan, 0)
    (tmp_path / "classes.txt").write_text("person\n")
    check(tmp_path, truth, skeleton, SIZE)
    with pytest.raises(InputError, match="normalised.*`image_size`"):
        read_keypoints(tmp_path, skeleton)
    check(tmp_path / "walk_1.txt", truth[:1], skeleton, SIZE)


def test_tracks_and_flags_in_labels_of_yolo(tmp_path):
    one, other = person(6, 17, seed=1), person(6, 17, left=700, seed=2)
    for joints in (one, other):
        joints[..., 2] = 2
    one[3:], other[3:] = other[3:].copy(), one[3:].copy()
    for f in range(6):
        (tmp_path / f"{f}.txt").write_text(f"{yolo_line(one[f], 0.5, 1)}\n{yolo_line(other[f], 0.9, 2)}\n")
    file = open_keypoints(tmp_path, (2000, 720))
    tracks = sorted((file.person(n, "coco17").keypoints_px for n in (1, 2)), key=lambda t: t[0, 0, 0])
    np.testing.assert_allclose(tracks[0][..., 0] / 2000 * 1280, one[..., 0], rtol=1e-4)


@pytest.mark.parametrize("line", ["0 .5 .5 .2 .6", "frame x y", "0 .5 .5 .2 .2 " + "9 " * 51])
def test_texts_that_are_no_labels_with_keypoints_are_refused(tmp_path, line):
    (tmp_path / "in.txt").write_text(line)
    with pytest.raises(InputError, match=r"in\.txt, line 1: .*YOLO label"):
        read_keypoints(tmp_path / "in.txt", image_size=SIZE)


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


@pytest.mark.parametrize("form", MEDIAPIPE_JSON)
def test_mediapipe_landmarks_in_json(tmp_path, form):
    truth = person(25, 33)
    path = write_json(tmp_path / "pose.json", MEDIAPIPE_JSON[form](truth))
    check(path, truth, size=SIZE)
    content = read_keypoints(path, image_size=SIZE)
    assert content.skeleton.name == "mediapipe33"
    assert content.notes[0] == "MediaPipe landmarks: 25 frames of 33 joints"
    with pytest.raises(InputError, match="normalised"):
        read_keypoints(path)


def test_frames_without_landmarks_show_nobody(tmp_path):
    truth = person(8, 33)
    frames = [{"frame": f, "landmarks": landmarks(j)} for f, j in enumerate(truth)]
    frames[2]["landmarks"], frames[5]["landmarks"] = None, []
    content = read_keypoints(write_json(tmp_path / "p.json", frames), image_size=SIZE)
    assert np.flatnonzero((content.scores == 0).all(axis=1)).tolist() == [2, 5]


def test_points_of_pixels_with_names_are_pixels(tmp_path):
    truth = person(6, 17)
    frames = [
        [
            {
                "score": 0.9,
                "keypoints": [
                    {"x": x, "y": y, "score": s, "name": n}
                    for (x, y, s), n in zip(j.tolist(), COCO, strict=True)
                ],
            }
        ]
        for j in truth
    ]
    check(jsonl(tmp_path / "movenet.jsonl", frames), truth)
    parted = [
        {
            "frame": f,
            "poses": [
                {
                    "keypoints": [
                        {"part": n, "position": {"x": x, "y": y}, "score": s}
                        for (x, y, s), n in zip(j.tolist(), COCO, strict=True)
                    ]
                }
            ],
        }
        for f, j in enumerate(truth)
    ]
    check(write_json(tmp_path / "posenet.json", parted), truth)


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


@pytest.mark.parametrize("form", TABLES)
def test_mediapipe_landmarks_in_tables(tmp_path, form):
    truth = person(12, 33)
    path = table(tmp_path / "pose.csv", *TABLES[form](parts(truth)))
    check(path, truth, size=SIZE)
    assert read_keypoints(path, image_size=SIZE).skeleton.name == "mediapipe33"
    with pytest.raises(InputError, match="normalised"):
        read_keypoints(path)


def test_tables_of_sleap_have_tracks(tmp_path):
    one, other = person(6, 17, seed=1), person(6, 17, left=700, seed=2)
    header = ["track", "frame_idx", "instance.score", *wide(COCO, ("x", "y", "score"), ".")]
    rows = [
        [f"track_{n}", f, 0.9, *flat(joints[f])] for f in range(6) for n, joints in enumerate((one, other))
    ]
    file = open_keypoints(table(tmp_path / "sleap.csv", header, rows))
    assert [file.person(n).who[:17] for n in (1, 2)] == ["identity track_0,", "identity track_1,"]
    tracks = sorted((file.person(n).keypoints_px for n in (1, 2)), key=lambda t: t[0, 0, 0])
    np.testing.assert_allclose(tracks[0], one[..., :2], rtol=1e-6)


@pytest.mark.parametrize(
    "content", ["frame,x,y\n0,1,2\n", "a,b\n1,2\n", "", "name,class,confidence,box,keypoints\n"]
)
def test_tables_without_joints_are_refused(tmp_path, content):
    (tmp_path / "in.csv").write_text(content)
    with pytest.raises(InputError, match=r"in\.csv: .*table"):
        read_keypoints(tmp_path / "in.csv")


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


def test_tables_of_deeplabcut(tmp_path):
    truth = person(6, 13)
    truth[2] = np.nan
    header, values = deeplabcut_rows({"": truth})
    rows = [[f, *("" if np.isnan(v) else v for v in row)] for f, row in enumerate(values)]
    path = table(tmp_path / "dlc.csv", header[0], [*header[1:], *rows])
    truth[2] = (np.nan, np.nan, 0)
    check_body(path, truth)
    assert open_keypoints(path).format == "DeepLabCut keypoints"


def check_body(path: Path, truth: np.ndarray, person: int | None = None) -> None:
    """Keypoints by name, in whatever order the joint set has them."""
    content = read_keypoints(path, person=person)
    for index, part in enumerate(PARTS):
        at = content.skeleton.index(part)
        np.testing.assert_allclose(content.keypoints_px[:, at], truth[:, index, :2], rtol=1e-6)
        np.testing.assert_allclose(content.scores[:, at], truth[:, index, 2], rtol=1e-6)


def test_tables_of_deeplabcut_with_several_animals(tmp_path):
    one, other = person(6, 13, seed=1), person(6, 13, left=700, seed=2)
    header, values = deeplabcut_rows({"a": one, "b": other})
    path = table(tmp_path / "dlc.csv", header[0], [*header[1:], *([f, *row] for f, row in enumerate(values))])
    file = open_keypoints(path)
    people = {file.person(n).who.split(",")[0]: n for n in (1, 2)}
    check_body(path, one, people["identity a"])
    check_body(path, other, people["identity b"])


@pytest.mark.parametrize("columns", [1, 3])
def test_labelled_pictures_of_deeplabcut(tmp_path, columns):
    truth = person(6, 13)
    truth[..., 2] = 1
    header, values = deeplabcut_rows({"": truth}, likelihood=False)
    head = [[row[0], *[""] * (columns - 1), *row[1:]] for row in header]
    name = "labeled-data/walk/img{:03d}.png" if columns == 1 else "labeled-data,walk,img{:03d}.png"
    rows = [[name.format(f), *row] for f, row in enumerate(values)]
    check_body(table(tmp_path / "CollectedData.csv", head[0], [*head[1:], *rows]), truth)


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


@pytest.mark.parametrize("stored_as", ["table", "fixed"])
def test_hdf5_of_deeplabcut(tmp_path, stored_as):
    truth = person(6, 13)
    check_body(deeplabcut_h5(tmp_path / "dlc.h5", truth, stored_as), truth)


def test_a_pickle_in_hdf5_is_not_run(tmp_path):
    path = deeplabcut_h5(tmp_path / "dlc.h5", person(6, 13), "table")
    trap = tmp_path / "trap"
    with h5py.File(path, "r+") as file:
        file["df_with_missing"].attrs["non_index_axes"] = np.bytes_(
            b"cos\nmkdir\n(V" + str(trap).encode() + b"\ntR."
        )
    with pytest.raises(InputError, match=r"os\.mkdir"):
        read_keypoints(path)
    assert not trap.exists()


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


@pytest.mark.parametrize(
    ("order", "stated"),
    [
        (("track", "xy", "node", "frame"), True),
        (("track", "xy", "node", "frame"), False),
        (("frame", "track", "node", "xy"), True),
        (("frame", "node", "xy", "track"), False),
    ],
)
def test_analyses_of_sleap(tmp_path, order, stated):
    one, other = person(9, 17, seed=1), person(9, 17, left=700, seed=2)
    other[4] = np.nan
    path = sleap_analysis(tmp_path / "sleap.h5", [one, other], order, stated)
    check(path, one)
    second = read_keypoints(path, person=2)
    assert np.flatnonzero((second.scores == 0).all(axis=1)).tolist() == [4]
    assert second.skeleton.name == "coco17"


def test_projects_of_sleap(tmp_path):
    one, other = person(5, 17, seed=1), person(5, 17, left=700, seed=2)
    kinds = {
        "frames": "frame_id u8,video u4,frame_idx u8,instance_id_start u8,instance_id_end u8",
        "instances": "instance_id i8,instance_type u1,frame_id u8,skeleton u4,track i4,from_predicted "
        "i8,score f4,"
        "point_id_start u8,point_id_end u8,tracking_score f4",
        "pred_points": "x f8,y f8,visible ?,complete ?,score f8",
        "points": "x f8,y f8,visible ?,complete ?",
    }
    dtypes = {
        name: [tuple(field.split(" ")) for field in fields.split(",")] for name, fields in kinds.items()
    }
    frames = [(f, 0, f + 3, 2 * f, 2 * f + 2) for f in range(5)]
    people = [(f, n, joints[f]) for f in range(5) for n, joints in enumerate((one, other))]
    instances = [(i, 1, f, 0, n, -1, 0.9, 17 * i, 17 * i + 17, 0) for i, (f, n, _) in enumerate(people)]
    # Somebody put the second person of the first frame right, by hand.
    mended = other[0] + [3, 0, 0]
    frames = [(f, v, i, s + (f > 0), e + 1) for f, v, i, s, e in frames]
    instances.insert(2, (99, 0, 0, 0, 1, 1, 0, 0, 17, 0))
    skeleton = {"nodes": [{"id": i} for i in reversed(range(17))]}
    metadata = {"nodes": [{"name": name} for name in reversed(COCO)], "skeletons": [skeleton]}
    with h5py.File(tmp_path / "p.slp", "w") as file:
        file.create_group("metadata").attrs["json"] = np.bytes_(json.dumps(metadata))
        file["frames"] = np.array(frames, dtype=dtypes["frames"])
        file["instances"] = np.array(instances, dtype=dtypes["instances"])
        file["pred_points"] = np.array(
            [(x, y, True, True, s) for *_, j in people for x, y, s in j.tolist()], dtype=dtypes["pred_points"]
        )
        file["points"] = np.array([(x, y, True, True) for x, y, _ in mended.tolist()], dtype=dtypes["points"])
        file["tracks_json"] = np.array([json.dumps([0, "left"]), json.dumps([0, "right"])], dtype="S")
        video = {"filename": ".", "backend": {"type": "MediaVideo", "shape": [9, 720, 1280, 3]}}
        file["videos_json"] = np.array([json.dumps(video)], dtype="S")
    contents = [read_keypoints(tmp_path / "p.slp", person=n) for n in (1, 2)]
    contents.sort(key=lambda content: content.keypoints_px[0, 0, 0])
    np.testing.assert_allclose(contents[0].keypoints_px, one[..., :2], rtol=1e-6)
    other[0] = mended
    np.testing.assert_allclose(contents[1].keypoints_px, other[..., :2], rtol=1e-6)
    assert contents[0].image_size == SIZE
    assert contents[0].who.startswith("identity left")


@pytest.mark.parametrize("content", [b"\x89HDF\r\n\x1a\n", b"", b"nothing"])
@pytest.mark.parametrize("ending", ["h5", "slp"])
def test_what_is_no_hdf5_is_refused(tmp_path, ending, content):
    (tmp_path / f"in.{ending}").write_bytes(content)
    with pytest.raises(InputError, match=rf"in\.{ending}: no HDF5 file, or damaged"):
        read_keypoints(tmp_path / f"in.{ending}")


def test_hdf5_of_other_things_is_refused(tmp_path):
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file["train"] = np.zeros(3)
    with pytest.raises(InputError, match="holds train, and no keypoints"):
        read_keypoints(tmp_path / "in.h5")


TRC_NAMES = [
    "Hip",
    "RHip",
    "RKnee",
    "RAnkle",
    "RBigToe",
    "RSmallToe",
    "RHeel",
    "LHip",
    "LKnee",
    "LAnkle",
    "LBigToe",
]
TRC_NAMES += [
    "LSmallToe",
    "LHeel",
    "Neck",
    "Head",
    "Nose",
    "RShoulder",
    "RElbow",
    "RWrist",
    "LShoulder",
    "LElbow",
]
TRC_NAMES += ["LWrist"]


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


def test_trc_of_pixels(tmp_path):
    truth = person(8, 22)
    positions = np.concatenate([truth[..., :2], np.zeros((8, 22, 1))], axis=2)
    positions[3] = np.nan
    content = read_keypoints(trc(tmp_path / "walk_Sports2D_px_person00.trc", positions))
    knee = content.skeleton.index("left_knee")
    expected = np.where(np.arange(8)[:, None] == 3, np.nan, truth[:, TRC_NAMES.index("LKnee"), :2])
    np.testing.assert_allclose(content.keypoints_px[:, knee], expected, rtol=1e-5)
    assert content.fps == 60


def test_trc_of_metres_or_of_space_is_refused(tmp_path):
    flat_px = np.concatenate([person(8, 22)[..., :2], np.zeros((8, 22, 1))], axis=2)
    for number, positions in enumerate((flat_px / 400, flat_px + np.arange(22)[:, None] * [0, 0, 9])):
        with pytest.raises(InputError, match="positions in space"):
            read_keypoints(trc(tmp_path / f"{number}.trc", positions))


@pytest.mark.parametrize("joints", [17, 26])
def test_alphapose_in_the_forms_of_others(tmp_path, joints):
    truth = person(12, joints)
    order = [0, -1, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3]
    frames_open, frames_cmu = {}, {}
    for frame in range(12):
        neck = (truth[frame, 5:6] + truth[frame, 6:7]) / 2
        # AlphaPose appends a neck, and takes joint 17 for it: where there are 26, that is the head's top.
        eighteen = np.concatenate([truth[frame], neck])[[17 if place < 0 else place for place in order]]
        frames_open[f"{frame}.jpg"] = {
            "version": "AlphaPose v0.3",
            "people": [{"pose_keypoints_2d": flat(eighteen)}],
        }
        frames_cmu[f"{frame}.jpg"] = {"version": "AlphaPose v0.3", "bodies": [{"joints": flat(eighteen)}]}
    for number, frames in enumerate((frames_open, frames_cmu)):
        check(write_json(tmp_path / f"{number}.json", frames), truth[:, :17], "coco17")
        folder = tmp_path / f"sep-json{number}"
        folder.mkdir()
        for name, frame in frames.items():
            write_json(folder / name.replace("jpg", "json"), frame)
        check(folder, truth[:, :17], "coco17")


def test_mmpose_of_pictures_and_of_the_inferencer(tmp_path):
    truth = person(6, 17)
    one = mmpose_instances([truth], 0)
    check(write_json(tmp_path / "picture.json", one), truth[:1], "coco17")
    meta = {"dataset_name": "coco", "keypoint_id2name": {str(i): name for i, name in enumerate(COCO)}}
    check(write_json(tmp_path / "demo.json", {"meta_info": meta, "instance_info": one}), truth[:1])
    every = [mmpose_instances([truth], frame) for frame in range(6)]
    check(write_json(tmp_path / "inferencer.json", {"predictions": every}), truth, "coco17")


def test_names_that_mmpose_states_decide(tmp_path):
    truth = person(6, 17)
    turned = truth[:, ::-1]
    meta = {"keypoint_id2name": {str(i): name for i, name in enumerate(reversed(COCO))}}
    frames = [{"frame_id": f, "instances": mmpose_instances([turned], f)} for f in range(6)]
    check(write_json(tmp_path / "v.json", {"meta_info": meta, "instance_info": frames}), truth)


@pytest.mark.parametrize("unit", ["pixels", "parts"])
def test_frames_of_openpose_may_say_how_large_their_canvas_is(tmp_path, unit):
    truth = person(6, 18)
    frames = [
        {
            "people": [{"pose_keypoints_2d": flat(joints if unit == "pixels" else parts(joints))}],
            "canvas_width": SIZE[0],
            "canvas_height": SIZE[1],
        }
        for joints in truth
    ]
    order = [0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10]
    check(write_json(tmp_path / "poses.json", frames), truth[:, order], "coco17")
    assert read_keypoints(tmp_path / "poses.json", "coco17").image_size == SIZE


def test_the_width_and_height_of_a_person_are_no_size_of_the_image(tmp_path):
    truth = person(6, 17)
    items = [
        {"image_id": f, "keypoints": flat(j), "x": 1, "y": 2, "width": 40, "height": 90}
        for f, j in enumerate(truth)
    ]
    assert read_keypoints(write_json(tmp_path / "r.json", items), "coco17").image_size is None
    named = [
        {"image_id": f, "keypoints": flat(j), "image_width": 640, "image_height": 360}
        for f, j in enumerate(truth)
    ]
    assert read_keypoints(write_json(tmp_path / "s.json", named), "coco17").image_size == (640, 360)
    people = [{"frame": f, "keypoints": j.tolist(), "width": 40, "height": 90} for f, j in enumerate(truth)]
    assert read_keypoints(write_json(tmp_path / "t.json", people), "coco17").image_size is None


@pytest.mark.parametrize("tracked", [True, False])
def test_easy_vitpose_has_y_first(tmp_path, tracked):
    truth = person(6, 17)
    people = [[joints[:, [1, 0, 2]].tolist()] for joints in truth]
    document = {
        "keypoints": [{"4": one[0]} for one in people] if tracked else people,
        "skeleton": {str(i): name for i, name in enumerate(COCO)},
    }
    check(write_json(tmp_path / "walk_result.json", document), truth)


def test_kinetics_skeletons(tmp_path):
    truth = person(7, 18)
    data = [
        {"frame_index": f + 1, "skeleton": [{"pose": flat(parts(j)[:, :2]), "score": j[:, 2].tolist()}]}
        for f, j in enumerate(truth)
    ]
    data[3]["skeleton"] = []
    path = write_json(tmp_path / "abseiling.json", {"data": data, "label": "abseiling", "label_index": 0})
    truth[3] = (np.nan, np.nan, 0)
    check(path, truth, size=SIZE)
    assert read_keypoints(path, image_size=SIZE).skeleton.name == "coco18"


def test_points_drawn_in_labelme(tmp_path):
    truth = person(5, 17)
    truth[..., 2] = 1
    folder = tmp_path / "drawn"
    folder.mkdir()
    for frame, joints in enumerate(truth):
        shapes = [
            {"label": name, "points": [[x, y]], "group_id": 1, "shape_type": "point"}
            for name, (x, y, _) in zip(COCO, joints.tolist(), strict=True)
        ]
        shapes.append({"label": "person", "points": [[0, 0], [9, 9]], "shape_type": "rectangle"})
        document = {
            "version": "5.0.1",
            "shapes": shapes,
            "imagePath": f"{frame}.jpg",
            "imageHeight": 720,
            "imageWidth": 1280,
        }
        write_json(folder / f"{frame}.json", document)
    check(folder, truth)
    assert read_keypoints(folder).image_size == SIZE
    check(folder / "0.json", truth[:1])


def test_openpifpaf_writes_a_line_per_frame(tmp_path):
    truth = person(6, 17)
    lines = [
        {
            "frame": f + 1,
            "predictions": [{"keypoints": flat(j), "bbox": [1, 2, 3, 4], "score": 0.9, "id_": 4}],
        }
        for f, j in enumerate(truth)
    ]
    check(jsonl(tmp_path / "walk.openpifpaf.json", lines), truth, "coco17")


def test_entries_without_frames_that_lie_on_one_another_are_a_film(tmp_path):
    truth = person(30, 17)
    path = write_json(tmp_path / "k.json", [{"keypoints": flat(joints)} for joints in truth])
    check(path, truth, "coco17")
    assert any(
        "taken as one person in so many frames" in note for note in read_keypoints(path, "coco17").notes
    )


def test_pickles_of_plain_data_are_read_and_others_refused_unrun(tmp_path):
    import pickle

    truth = person(6, 17)
    items = [{"image_id": f"{f}.jpg", "keypoints": joints.reshape(-1)} for f, joints in enumerate(truth)]
    (tmp_path / "results.pkl").write_bytes(pickle.dumps(items))
    check(tmp_path / "results.pkl", truth, "coco17")
    (tmp_path / "evil.pkl").write_bytes(b"cos\nmkdir\n(V" + str(tmp_path / "trap").encode() + b"\ntR.")
    with pytest.raises(InputError, match=r"os\.mkdir"):
        read_keypoints(tmp_path / "evil.pkl")
    assert not (tmp_path / "trap").exists()
    (tmp_path / "none.pkl").write_bytes(pickle.dumps(None))
    with pytest.raises(InputError, match=r"\.pkl of no known layout"):
        read_keypoints(tmp_path / "none.pkl")
