"""Files of DeepLabCut and SLEAP, and what else is HDF5, read back."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from door_files import COCO, PARTS, SIZE, check, deeplabcut_h5, deeplabcut_rows, sleap_analysis, table
from keypoint_writers import person

from rtpca.errors import InputError
from rtpca.keypoints import open_keypoints, read_keypoints


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
