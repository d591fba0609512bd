"""OpenSim and Pose2Sim themselves, with what rtpca exports; `make test-programs` installs them."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from rtpca.cli.main import main
from rtpca.data.demo_clip import load_demo_clip
from rtpca.errors import InputError
from rtpca.export import save_mot, save_opensim, save_trc
from rtpca.export.opensim_tools import follow, read_model
from rtpca.export.world import world_motion
from rtpca.inference import Lifter, LiftResult, estimate_ground

WALK = 108
"""Frames of the demo clip in which the person walks."""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)  # OpenSim leaves a log where it stands


@pytest.fixture(scope="module")
def opensim():
    return pytest.importorskip("opensim", reason="opensim is not installed")


@pytest.fixture(scope="module")
def model_file(opensim) -> Path:
    found = importlib.util.find_spec("Pose2Sim")
    if found is None or not found.submodule_search_locations:
        pytest.skip("pose2sim is not installed")
    return Path(found.submodule_search_locations[0]) / "OpenSim_Setup" / "Model_Pose2Sim_simple.osim"


@pytest.fixture(scope="module")
def walk() -> LiftResult:
    """Lifted, with an uneven number of frames in the middle that show nobody."""
    keypoints = load_demo_clip().keypoints
    lifter = Lifter.from_pretrained("rtpca-s", "cpu", flip=False)
    result = lifter(keypoints.keypoints_px[:WALK], keypoints.image_size, keypoints.fps, "h36m17")
    valid = result.valid.copy()
    valid[40:45] = False
    return dataclasses.replace(result, valid=valid)


@pytest.fixture(scope="module")
def followed(walk, model_file, tmp_path_factory):
    """The folder of the export, and how well the model follows."""
    folder = tmp_path_factory.mktemp("followed")
    model = read_model(model_file)
    path = save_opensim(folder / "walk.opensim.trc", walk, estimate_ground(walk), model)
    return folder, follow(path, model)


def test_pose2sims_model_follows_a_lifted_walk(followed, walk, opensim) -> None:
    folder, found = followed
    assert found.mean_m < 0.02
    assert found.worst_m < 0.04
    assert sorted(path.name for path in folder.iterdir()) == [
        "walk.opensim.ik.xml",
        "walk.opensim.markers.xml",
        "walk.opensim.mot",
        "walk.opensim.osim",
        "walk.opensim.scaling.xml",
        "walk.opensim.trc",
    ]
    table = opensim.TimeSeriesTable(str(folder / "walk.opensim.mot"))
    seen = np.flatnonzero(walk.valid)
    times = np.array(table.getIndependentColumn())
    np.testing.assert_allclose(times, seen / walk.fps, atol=1e-6)
    angles = walk.angles(estimate_ground(walk))
    for name in ("knee_angle_r", "knee_angle_l"):
        theirs = table.getDependentColumn(name).to_numpy()
        difference = np.abs(theirs - angles.degrees(name)[seen])
        assert difference.mean() < 5, name
    for name, most_deg in (("hip_flexion_r", 10), ("pelvis_rotation", 5), ("arm_flex_l", 15)):
        theirs = table.getDependentColumn(name).to_numpy()
        assert np.abs(theirs - angles.degrees(name)[seen]).mean() < most_deg, name


def test_the_scaled_model_has_the_persons_size(followed, walk, opensim) -> None:
    folder, _ = followed
    model = opensim.Model(str(folder / "walk.opensim.osim"))
    state = model.initSystem()
    bodies = model.getBodySet()
    at = [
        bodies.get(f"{name}_r").getPositionInGround(state).to_numpy() for name in ("femur", "tibia", "talus")
    ]
    poses, places = walk.poses3d[walk.valid], (1, 2, 3)
    for number in (0, 1):
        bone = poses[:, places[number + 1]] - poses[:, places[number]]
        length_m = np.linalg.norm(at[number + 1] - at[number])
        assert length_m == pytest.approx(np.linalg.norm(bone, axis=-1).mean(), rel=0.06)


def test_our_motion_puts_the_model_where_the_joints_are(walk, model_file, opensim) -> None:
    """The directions of the bones, by OpenSim's own kinematics of the unscaled model."""
    ground = estimate_ground(walk)
    table = opensim.TimeSeriesTable(str(save_mot("walk.mot", walk, ground)))
    assert table.getTableMetaDataString("inDegrees") == "yes"
    labels = table.getColumnLabels()
    assert {"pelvis_tx", "knee_angle_r", "arm_rot_l"} <= set(labels)
    assert "ankle_angle_r" not in labels
    model = opensim.Model(str(model_file))
    state = model.initSystem()
    coordinates, bodies = model.getCoordinateSet(), model.getBodySet()
    ours = {"lumbar_extension": "L5_S1_Flex_Ext", "lumbar_bending": "L5_S1_Lat_Bending"}
    ours |= {"lumbar_rotation": "L5_S1_axial_rotation"}
    joints = ground.place(walk)
    limbs = {
        "thigh_r": ("femur_r", "tibia_r", 1, 2),
        "shank_l": ("tibia_l", "talus_l", 5, 6),
        "upper_r": ("humerus_r", "ulna_r", 14, 15),
        "trunk": ("torso", "head", 7, 8),
    }
    for frame in range(0, walk.frames, 20):
        for label, value in zip(labels, table.getRowAtIndex(frame).to_numpy(), strict=True):
            name = ours.get(label, label)
            if not name.startswith("neck"):
                in_radians = (
                    value if label.startswith("pelvis_t") and label != "pelvis_tilt" else np.radians(value)
                )
                coordinates.get(name).setValue(state, in_radians, False)
        model.realizePosition(state)
        for start, end, first, second in limbs.values():
            theirs = bodies.get(end).getPositionInGround(state).to_numpy()
            theirs = theirs - bodies.get(start).getPositionInGround(state).to_numpy()
            bone = joints[frame, second] - joints[frame, first]
            cosine = bone @ theirs / np.linalg.norm(bone) / np.linalg.norm(theirs)
            assert np.degrees(np.arccos(cosine)) < 6, (start, frame)
        hips = [bodies.get(f"femur_{side}").getPositionInGround(state).to_numpy() for side in "rl"]
        assert np.linalg.norm(np.mean(hips, axis=0) - joints[frame, [1, 4]].mean(axis=0)) < 0.03


def test_lift_scales_a_model_and_says_how_well_it_follows(model_file, capsys) -> None:
    keypoints = load_demo_clip().keypoints
    words = ["lift", "k.npz", "-o", "o.npz", "--ground", "--no-flip", "--export", "opensim"]
    size, points = keypoints.image_size, keypoints.keypoints_px[:30]
    np.savez("k.npz", keypoints=points, image_size=size, fps=30, skeleton="h36m17")
    assert main([*words, "--osim-model", str(model_file)]) == 0
    told = capsys.readouterr()
    assert "o.opensim.mot: the model follows the joints within" in told.out
    assert Path("o.opensim.osim").is_file()
    assert "o.opensim.osim" in told.out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        ("no model", "OpenSim cannot use it"),
        (
            '<?xml version="1.0"?><OpenSimDocument Version="40000"><Model name="m"/></OpenSimDocument>',
            "has no pelvis",
        ),
    ],
)
def test_what_is_no_model_is_refused_before_the_work(opensim, content, message, capfd) -> None:
    if content is not None:
        Path("bad.osim").write_text(content)
    with pytest.raises(InputError, match=message):
        read_model(Path("bad.osim"))
    np.savez("k.npz", keypoints=np.ones((9, 17, 2)), image_size=(9, 9), fps=30, skeleton="h36m17")
    words = ["lift", "k.npz", "-o", "o.npz", "--export", "opensim", "--osim-model", "bad.osim"]
    assert main(words) == 2
    assert len(capfd.readouterr().err.splitlines()) == 1
    assert sorted(path.name for path in Path().iterdir()) == (
        ["k.npz"] if content is None else ["bad.osim", "k.npz"]
    )


@pytest.mark.parametrize("gaps", [(), (4,), (0,), (11,), (0, 1, 2, 9, 10, 11)])
def test_opensim_reads_trc_with_gaps(tmp_path, walk, gaps, opensim) -> None:
    valid = np.ones(12, dtype=bool)
    valid[list(gaps)] = False
    names = ("poses3d", "root", "confidence", "keypoints2d")
    arrays = {name: getattr(walk, name)[:12] for name in names}
    result = dataclasses.replace(walk, valid=valid, uncertainty=None, **arrays)
    path = str(save_trc(tmp_path / "a.trc", result))
    table = opensim.TimeSeriesTableVec3(path)
    assert list(table.getColumnLabels()) == list(result.joint_names)
    rows = [table.getRowAtIndex(frame) for frame in range(table.getNumRows())]
    joints = np.array([[row[joint].to_numpy() for joint in range(17)] for row in rows]) / 1000
    assert np.isnan(joints[~result.valid]).all()
    np.testing.assert_allclose(joints[result.valid], world_motion(result).joints_m[result.valid], atol=1e-6)
    # Its tools for scaling and inverse kinematics read markers in another way.
    markers = opensim.MarkerData(path)
    assert (markers.getNumFrames(), markers.getNumMarkers()) == (12, 17)
    seen = [np.isfinite(markers.getFrame(frame).getMarker(16).to_numpy()).all() for frame in range(12)]
    assert seen == result.valid.tolist()
