"""Files of 2D keypoints that are damaged, hostile or hold something else: one clear line each."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keypoint_writers import WRITERS, flat, person, write_array, write_json

from rtpca.errors import ConfigError, InputError, ShapeError
from rtpca.keypoints import read_keypoints


class Trap:
    def __init__(self, folder: Path):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("keys", [{"positions_2d": 0}, {"boxes": 1, "keypoints": 0}, {"keypoints": 0}])
def test_hostile_archives_are_refused_unrun(tmp_path, keys):
    trap = tmp_path / "trap"
    hostile = np.array({"S1": Trap(trap)}, dtype=object)
    np.savez(tmp_path / "evil.npz", **{key: hostile for key in keys})
    assert not trap.exists()
    with pytest.raises(InputError, match="pickle") as caught:
        read_keypoints(tmp_path / "evil.npz")
    assert not trap.exists()
    assert "\n" not in str(caught.value)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(WRITERS)), cut=st.floats(0, 0.999))
def test_truncated_files_are_one_clear_line(tmp_path_factory, name, cut):
    folder = tmp_path_factory.mktemp("cut")
    path = WRITERS[name][0](folder, [person(4, WRITERS[name][1])])
    victim = sorted(path.iterdir())[1] if path.is_dir() else path
    victim.write_bytes(victim.read_bytes()[: int(cut * victim.stat().st_size)])
    with pytest.raises(InputError, match=victim.name) as caught:
        read_keypoints(path, "auto")
    assert "\n" not in str(caught.value)


def arrays(**content):
    def write(folder: Path) -> Path:
        np.savez(folder / "bad.npz", **content)
        return folder / "bad.npz"

    return write


def document(content: object):
    return lambda folder: write_json(folder / "bad.json", content)


def text(name: str, content: bytes = b""):
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


GOOD = person(4, 17)
GOOD_ITEM = {"image_id": 1, "keypoints": flat(GOOD[0])}


@pytest.mark.parametrize(
    ("write", "error", "message"),
    [
        (lambda folder: folder / "absent.json", InputError, "no such file or folder"),
        (lambda folder: folder, InputError, "a folder without .json files"),
        (text("video.mp4"), InputError, "the ending .mp4 is not known; readable are"),
        (text("empty.json"), InputError, "not JSON, or truncated"),
        (text("deep.json", b"[" * 100_000), InputError, "not JSON, or truncated"),
        (text("digits.json", b"[" + b"9" * 400 + b"]"), InputError, "a number of 400 digits"),
        (text("digits.json", b"[" + b"9" * 5000 + b"]"), InputError, "a number of 5000 digits"),
        (
            document([{"image_id": "9" * 5000 + ".jpg", "keypoints": flat(GOOD[0])}] * 2),
            InputError,
            "bad.json: an image is called by a name of 5,004 characters",
        ),
        (
            document(
                {
                    "images": [{"id": 1, "width": 3_000_000_000, "height": 1080}],
                    "annotations": [{"image_id": 1, "keypoints": flat(GOOD[0])}],
                }
            ),
            InputError,
            r"bad.json: an image size of 3e\+09 pixels",
        ),
        (text("binary.json", b"\xff\xfe\x00"), InputError, "not JSON, or truncated"),
        (text("no.npz", b"PK"), InputError, "not an .npz archive"),
        (text("no.npy", b"\x93NUMPY"), InputError, "damaged or truncated"),
        (arrays(poses=GOOD), InputError, "has poses, but no 'keypoints'; needed are keypoints"),
        (arrays(keypoints=GOOD[0]), ShapeError, r"\(17, 3\), needed is \(F, J, 2\)"),
        (arrays(keypoints=GOOD[:0]), InputError, "no frames"),
        (arrays(keypoints=GOOD * np.nan), InputError, "no visible joint"),
        (arrays(keypoints=np.array([["a"]])), InputError, "not an array of numbers"),
        (arrays(keypoints=np.array({"a": 1}, dtype=object)), InputError, "pickled Python objects"),
        (arrays(keypoints=GOOD, image_size=[640]), InputError, "image_size"),
        (arrays(keypoints=GOOD, image_size=["a", "b"]), InputError, "image_size"),
        (arrays(keypoints=GOOD, fps=-5), InputError, "fps"),
        (arrays(keypoints=GOOD, skeleton="goat"), InputError, "skeleton 'goat', which is not known"),
        (arrays(keypoints=GOOD, skeleton="body25"), InputError, "25 joints, but it holds 17"),
        (document({}), InputError, "no known layout"),
        (document([]), InputError, "an empty list"),
        (document([1, 2]), InputError, "no known layout"),
        (document("text"), InputError, "no known layout"),
        (document([{"image_id": 2}]), InputError, "no person in it"),
        (document([GOOD_ITEM, 7]), InputError, "entry 1 has no usable 'image_id'"),
        (
            document([{"image_id": 1, "keypoints": [1, 2, 3, 4, 5]}]),
            InputError,
            "5 numbers, which is a multiple of neither 3 nor 2",
        ),
        (document([{"image_id": 1, "keypoints": ["x", "y", "z"]}]), InputError, "keypoints are not numbers"),
        (document([{"image_id": 1, "keypoints": [0] * 51}]), InputError, "no person in it"),
        (
            document([GOOD_ITEM, {"image_id": 2, "keypoints": [1] * 9}]),
            InputError,
            r"different numbers of joints \(3, 17\)",
        ),
        (document({"images": 1, "annotations": []}), InputError, "must be lists"),
        (document({"images": [], "annotations": []}), InputError, "no person in it"),
        (document({"images": [{"id": 3}], "annotations": [GOOD_ITEM]}), InputError, "belongs to image 1"),
        (document({"instance_info": 4}), InputError, "must be a list of frames"),
        (document([{"instances": 4}]), InputError, "entry 0 is no frame"),
        (document([{"instances": []}]), InputError, "no person in it"),
        (
            document([{"instances": [{"keypoints": [[1, 2]], "keypoint_scores": [1, 2]}]}]),
            InputError,
            "1 keypoints, but",
        ),
        (document([{"instances": [{"keypoints": [[1], [2]]}]}]), InputError, r"the shape \(2, 1\)"),
        (
            document([{"instances": [{"keypoints": [[1, 2, 3]], "keypoint_scores": [1]}]}]),
            InputError,
            "these are 3D poses",
        ),
        (document({"people": []}), InputError, "no person in it"),
        (document({"people": [{}]}), InputError, "no person in it"),
        (document({"people": [5]}), InputError, "no object with 'pose_keypoints_2d'"),
    ],
)
def test_bad_files_are_one_clear_line(tmp_path, write, error, message):
    path = write(tmp_path)
    with pytest.raises(error, match=message) as caught:
        read_keypoints(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_skeleton_that_does_not_fit_is_refused(tmp_path):
    path = write_array(tmp_path, [person(4, 17)])
    with pytest.raises(ShapeError, match="17 joints, but skeleton halpe26 has 26"):
        read_keypoints(path, "halpe26")
    with pytest.raises(ConfigError, match="unknown skeleton 'goat'"):
        read_keypoints(path, "goat")


def more_files(folder: Path) -> list[Path]:
    """A small file of each further format."""
    body, points = person(4, 33), person(4, 17)
    parts = body / (1280, 720, 1)
    header = ",".join(["frame", *(f"{c}{joint}" for joint in range(1, 34) for c in ("x", "y", "v"))])
    rows = [f"{frame}," + ",".join(map(str, row)) for frame, row in enumerate(parts.reshape(4, -1).tolist())]
    (folder / "wide.csv").write_text("\n".join([header, *rows]))
    tidy = [f"{f},{j},{x},{y},{s}" for f, one in enumerate(parts.tolist()) for j, (x, y, s) in enumerate(one)]
    (folder / "tidy.csv").write_text("\n".join(["frame,landmark_id,x,y,visibility", *tidy]))
    sides = [
        f"{side}_{part}"
        for part in ("shoulder", "hip", "knee", "ankle", "elbow", "wrist")
        for side in ("left", "right")
    ]
    names = ["nose", *sides]
    levels = [
        f"{level}," + ",".join(cells)
        for level, cells in {
            "scorer": ["net"] * 26,
            "bodyparts": [name for name in names for _ in "xy"],
            "coords": ["x", "y"] * 13,
        }.items()
    ]
    rows = [
        f"{frame}," + ",".join(map(str, row))
        for frame, row in enumerate(points[:, :13, :2].reshape(4, -1).tolist())
    ]
    (folder / "dlc.csv").write_text("\n".join([*levels, *rows]))
    trc = [
        "PathFileType\t4\t(X/Y/Z)\ta.trc",
        "DataRate\tUnits",
        "30\tm",
        "Frame#\tTime\t" + "\t\t\t".join(names),
        "",
    ]
    trc += [
        f"{frame}\t{frame / 30}\t" + "\t".join(f"{x}\t{y}\t0" for x, y, _ in joints[:13].tolist())
        for frame, joints in enumerate(points)
    ]
    (folder / "px.trc").write_text("\n".join(trc))
    boxed = (points / (1280, 720, 1)).reshape(4, -1).tolist()
    (folder / "labels.txt").write_text("\n".join("0 .4 .5 .3 1 " + " ".join(map(str, row)) for row in boxed))
    import h5py

    with h5py.File(folder / "sleap.h5", "w") as file:
        file["tracks"] = points[None, ..., :2].transpose(0, 3, 2, 1)
        file["node_names"] = np.array(["left_eye", "right_eye", "left_ear", "right_ear", *names], dtype="S")
    return sorted(folder.iterdir())


WORDS = [b"nan", b"inf", b"1e400", b"-1", b"9" * 400, b",", b"\t", b"\n", b"\xff\xfe", b"x", b"\x00"]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_of_any_kind_are_read_or_one_clear_line(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    path = data.draw(st.sampled_from(more_files(folder)))
    assert read_keypoints(path, image_size=(1280, 720)).frames == (1 if path.suffix == ".txt" else 4)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 40))
        content[at : at + length] = data.draw(
            st.sampled_from(WORDS) | st.binary(max_size=8) | st.just(bytes(content[at:]))
        )
    path.write_bytes(content)
    said = ""
    try:
        read_keypoints(path, image_size=(1280, 720))
    except InputError as error:
        said = str(error)
    assert said == "" or ("\n" not in said and path.name in said)
