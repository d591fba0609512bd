"""Each format is opened by another program's reader, and holds what was written."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace

import bvhio
import ezc3d
import numpy as np
import pygltflib
import pytest

from rtpca.data.formats.bvh import bvh_positions, frame_rate, parse_bvh
from rtpca.errors import ConfigError, InputError, MissingExtraError
from rtpca.export import FORMATS, save_bvh, save_c3d, save_csv, save_glb, save_json, save_trc
from rtpca.export.body import BODY, H36M_IN_BODY
from rtpca.export.inverse_kinematics import fit_motion
from rtpca.export.world import world_motion
from rtpca.inference import Lifter, estimate_ground

NTSC = 30000 / 1001


def read_bvh(path, names):
    """(F, 17, 3) metres and the frame rate, by our own reader."""
    motion = parse_bvh(path.read_text(), path.name)
    columns = [motion.joint_names.index(name) for name in names]
    return bvh_positions(motion)[:, columns] / 100, frame_rate(motion.frame_time)


def test_bvh_reads_back_within_20_mm(tmp_path, truth):
    joints, fps = read_bvh(save_bvh(tmp_path / "a.bvh", truth), truth.joint_names)
    assert fps == NTSC
    assert np.linalg.norm(joints - world_motion(truth).joints_m, axis=-1).mean() < 0.006


def test_bvh_of_lifted_poses_reads_back_within_20_mm(tmp_path, truth):
    lifter = Lifter.from_pretrained("rtpca-s", "cpu", flip=False)
    lifted = lifter(truth.keypoints2d[:90], truth.image_size, 30, "h36m17")
    joints, _ = read_bvh(save_bvh(tmp_path / "a.bvh", lifted), lifted.joint_names)
    assert np.linalg.norm(joints - world_motion(lifted).joints_m, axis=-1).mean() < 0.02


def test_bvh_means_the_same_to_another_reader(tmp_path, truth):
    path = save_bvh(tmp_path / "a.bvh", truth)
    joints, _ = read_bvh(path, truth.joint_names)
    root = bvhio.readAsHierarchy(str(path))
    for frame in (0, 77, 200):
        root.loadPose(frame)
        places = {joint.Name: np.array(joint.PositionWorld) / 100 for joint, _, _ in root.layout()}
        for name, place in zip(truth.joint_names, joints[frame], strict=True):
            np.testing.assert_allclose(places[name], place, atol=1e-4)
    assert bvhio.readAsBvh(str(path)).FrameTime == pytest.approx(1 / NTSC, abs=1e-12)


def test_bvh_has_no_bone_of_changing_length(tmp_path, truth):
    joints, _ = read_bvh(save_bvh(tmp_path / "a.bvh", truth), truth.joint_names)
    thigh = np.linalg.norm(joints[:, 2] - joints[:, 1], axis=-1)
    assert np.ptp(thigh) < 1e-5


GOLDEN_TRC = """\
PathFileType\t4\t(X/Y/Z)\tgolden.trc
DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames
29.97002997002997\t29.97002997002997\t12\t17\tmm\t29.97002997002997\t1\t12
"""


def test_trc_is_as_opensim_wants_it(tmp_path, short):
    lines = save_trc(tmp_path / "golden.trc", short).read_text().split("\n")
    assert "\n".join([*lines[:3], ""]) == GOLDEN_TRC
    assert lines[3].split("\t") == ["Frame#", "Time", *(c for n in short.joint_names for c in (n, "", ""))]
    assert lines[4].split("\t") == ["", "", *(f"{axis}{n}" for n in range(1, 18) for axis in "XYZ")]
    assert lines[5] == ""
    rows = [line.split("\t") for line in lines[6:-1]]
    assert [len(row) for row in rows] == [2 + 17 * 3] * 12
    assert [row[0] for row in rows] == [str(n) for n in range(1, 13)]
    assert rows[4][2:] == ["NaN"] * 51  # a blank last cell is none to OpenSim's reader of tables
    table = np.genfromtxt(tmp_path / "golden.trc", delimiter="\t", skip_header=6)
    np.testing.assert_allclose(table[:, 1], np.arange(12) / NTSC, atol=1e-9)
    joints = table[:, 2:].reshape(12, 17, 3) / 1000
    np.testing.assert_allclose(joints[short.valid], world_motion(short).joints_m[short.valid], atol=1e-6)
    assert np.isnan(joints[~short.valid]).all()


def with_gaps(result, *frames: int):
    valid = result.valid.copy()
    valid[list(frames)] = False
    return replace(result, valid=valid)


def test_tables_with_gaps_have_a_cell_for_every_number(tmp_path, short):
    for name, separator, first in (("trc", "\t", 6), ("csv", ",", 0)):
        lines = FORMATS[name](tmp_path / f"a.{name}", with_gaps(short, 0, 11)).read_text().splitlines()
        cells = [line.split(separator) for line in lines[first:]]
        assert len({len(row) for row in cells}) == 1
        assert all(cell for row in cells for cell in row)


def test_trc_in_metres(tmp_path, short):
    table = np.genfromtxt(save_trc(tmp_path / "a.trc", short, unit="m"), delimiter="\t", skip_header=6)
    np.testing.assert_allclose(table[0, 2:5], world_motion(short).joints_m[0, 0], atol=1e-6)
    with pytest.raises(ConfigError, match="choose one of mm, m"):
        save_trc(tmp_path / "b.trc", short, unit="inch")


def test_c3d_by_ezc3d(tmp_path, short):
    file = ezc3d.c3d(str(save_c3d(tmp_path / "a.c3d", short)))
    assert file["parameters"]["POINT"]["LABELS"]["value"] == list(short.joint_names)
    assert file["parameters"]["POINT"]["UNITS"]["value"] == ["mm"]
    assert file["header"]["points"]["frame_rate"] == pytest.approx(NTSC, abs=1e-5)
    joints = file["data"]["points"][:3].transpose(2, 1, 0) / 1000
    assert np.isnan(joints[~short.valid]).all()
    np.testing.assert_allclose(joints[short.valid], world_motion(short).joints_m[short.valid], atol=1e-5)


def test_c3d_says_what_to_install(tmp_path, short, monkeypatch):
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'rtpca\[c3d\]'"):
        save_c3d(tmp_path / "a.c3d", short)


def test_c3d_counts_no_further_than_16_bits(tmp_path, short):
    frames = 65_536
    long = replace(
        short,
        **{
            name: np.zeros((frames, *getattr(short, name).shape[1:]), getattr(short, name).dtype)
            for name in ("poses3d", "root", "confidence", "keypoints2d", "valid")
        },
    )
    with pytest.raises(InputError, match="65536 frames"):
        save_c3d(tmp_path / "a.c3d", long)


def test_csv_by_name(tmp_path, short):
    with open(save_csv(tmp_path / "a.csv", short), newline="") as file:
        rows = list(csv.DictReader(file))
    joints = world_motion(short).joints_m
    assert len(rows) == 12
    assert [row["valid"] for row in rows] == ["1"] * 4 + ["0"] * 3 + ["1"] * 5
    assert float(rows[3]["left_wrist_y_m"]) == pytest.approx(joints[3, 13, 1], abs=1e-6)
    assert float(rows[3]["left_wrist_confidence"]) == 0.75
    assert float(rows[11]["time_s"]) == pytest.approx(11 / NTSC, abs=1e-9)


def test_json_holds_everything(tmp_path, short):
    content = json.loads(save_json(tmp_path / "a.json", short).read_text())
    assert content["fps"] == NTSC
    assert content["joint_names"] == list(short.joint_names)
    frames = content["frames"]
    assert len(frames) == 12
    np.testing.assert_allclose([f["joints"] for f in frames], world_motion(short).joints_m, atol=1e-5)
    assert frames[4]["keypoints2d"][0] is None
    np.testing.assert_allclose(frames[0]["keypoints2d"], short.keypoints2d[0], atol=0.01)
    assert [f["valid"] for f in frames] == short.valid.tolist()


def accessor(document: pygltflib.GLTF2, number: int) -> np.ndarray:
    """An accessor's content, read off the bytes."""
    entry = document.accessors[number]
    view = document.bufferViews[entry.bufferView]
    kinds = {5126: np.float32, 5121: np.uint8}
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[entry.type]
    blob = document.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    return np.frombuffer(blob, kinds[entry.componentType], entry.count * width).reshape(entry.count, width)


def test_glb_by_pygltflib(tmp_path, truth):
    """The animation of the nodes, played by hand, is the motion."""
    document = pygltflib.GLTF2().load(str(save_glb(tmp_path / "a.glb", truth)))
    assert [node.name for node in document.nodes[:-1]] == [joint.name for joint in BODY]
    animation = document.animations[0]
    times = accessor(document, animation.samplers[0].input)[:, 0]
    np.testing.assert_allclose(times, np.arange(truth.frames) / NTSC, atol=1e-5)
    tracks = {
        (channel.target.node, channel.target.path): accessor(
            document, animation.samplers[channel.sampler].output
        )
        for channel in animation.channels
    }
    frame = 120
    place = np.zeros((len(BODY), 3))
    turn = np.zeros((len(BODY), 3, 3))
    for number, node in enumerate(document.nodes[:-1]):
        x, y, z, w = tracks[number, "rotation"][frame].astype(float)
        local = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
            ]
        )
        parent = BODY[number].parent
        if parent < 0:
            place[number], turn[number] = tracks[number, "translation"][frame], local
        else:
            assert number in document.nodes[parent].children
            place[number] = place[parent] + turn[parent] @ np.array(node.translation)
            turn[number] = turn[parent] @ local
    motion = world_motion(truth)
    expected = fit_motion(motion.joints_m, motion.fps).positions()[frame]
    np.testing.assert_allclose(place, expected, atol=1e-4)
    np.testing.assert_allclose(place[list(H36M_IN_BODY)], motion.joints_m[frame], atol=0.03)


def test_the_mesh_of_a_glb_hangs_on_its_skeleton(tmp_path, truth):
    document = pygltflib.GLTF2().load(str(save_glb(tmp_path / "a.glb", truth)))
    attributes = document.meshes[0].primitives[0].attributes
    joints = accessor(document, attributes.JOINTS_0)
    corners = accessor(document, attributes.POSITION)
    assert document.skins[0].joints == list(range(len(BODY)))
    assert accessor(document, document.skins[0].inverseBindMatrices).shape == (len(BODY), 16)
    assert set(joints[:, 0]) == set(range(len(BODY)))
    assert 1.2 < np.ptp(corners[:, 1]) < 2.2
    entry = document.accessors[attributes.POSITION]
    np.testing.assert_allclose(entry.min, corners.min(axis=0))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_takes_a_result_without_a_root_and_with_gaps(tmp_path, rootless, name):
    path = tmp_path / f"a.{name}"
    for ground in (None, estimate_ground(rootless)):
        assert FORMATS[name](path, rootless, ground) == path
        assert "nan" not in path.read_bytes().decode("latin-1").lower() or name in ("angles", "c3d", "trc")


@pytest.mark.parametrize("name", FORMATS)
def test_one_frame_is_enough(tmp_path, short, name):
    one = replace(
        short,
        **{k: getattr(short, k)[:1] for k in ("poses3d", "root", "confidence", "keypoints2d", "valid")},
    )
    FORMATS[name](tmp_path / f"a.{name}", one, estimate_ground(one))
    assert (tmp_path / f"a.{name}").stat().st_size > 100


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_half_written_and_nothing_of_another_skeleton(tmp_path, short, name):
    with pytest.raises(InputError, match="there is no folder"):
        FORMATS[name](tmp_path / "nowhere" / f"a.{name}", short)
    with pytest.raises(InputError, match="'coco17' cannot be exported"):
        FORMATS[name](tmp_path / f"a.{name}", replace(short, skeleton="coco17"))
    assert list(tmp_path.iterdir()) == []


def test_without_ground_the_camera_is_the_origin_and_y_points_up(short):
    joints = world_motion(short).joints_m
    np.testing.assert_allclose(joints[0, 0], short.root[0] * [1, -1, -1], atol=1e-6)
    assert joints[0, 10, 1] > joints[0, 3, 1] + 1.0
