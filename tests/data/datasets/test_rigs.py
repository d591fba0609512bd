"""Bodies whose joints have the names of known programs need no mapping; others are refused."""

from __future__ import annotations

import dataclasses
import zipfile

import numpy as np
import pytest

from rig_files import NAMINGS, Naming, rig_bvh
from rtpca.data.datasets.mappings import built_in_mapping, read_mappings
from rtpca.data.datasets.options import PrepareOptions
from rtpca.data.datasets.prepare import prepare
from rtpca.data.datasets.rigs import mapping_by_names
from rtpca.data.formats.bvh import BvhMotion, bvh_positions, parse_bvh
from rtpca.data.store import open_dataset
from rtpca.errors import ConfigError
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17")


def mapped(motion: BvhMotion) -> np.ndarray | None:
    positions = bvh_positions(motion)
    mapping = mapping_by_names(motion.joint_names, [joint.parent for joint in motion.joints], positions)
    return None if mapping is None else mapping.apply(positions, motion.joint_names)


def expected(naming: Naming, motion: BvhMotion) -> dict[str, np.ndarray]:
    """The joints by their definition, from the places of the file's joints."""
    places = dict(zip(motion.joint_names, bvh_positions(motion).transpose(1, 0, 2), strict=True))
    found: dict[str, np.ndarray] = {}
    for side in ("Left", "Right"):
        for ours, theirs in zip(("hip", "knee", "ankle"), naming.leg, strict=False):
            found[f"{side.lower()}_{ours}"] = places[naming.side(side, theirs)]
        for ours, theirs in zip(("shoulder", "elbow", "wrist"), naming.arm[1:], strict=True):
            found[f"{side.lower()}_{ours}"] = places[naming.side(side, theirs)]
    found["pelvis"] = (found["left_hip"] + found["right_hip"]) / 2
    neck, head = places[naming.neck[0]], places[naming.neck[-1]]
    found["thorax"] = 0.7 * neck + 0.15 * (found["left_shoulder"] + found["right_shoulder"])
    found["neck"] = head + 0.1 * (head - neck)
    end = places[naming.head_end or f"{naming.neck[-1]}_End"]
    # 14 % of a leg of 82 cm.
    found["head"] = head + 0.14 * 82 * (end - head) / np.linalg.norm(end - head, axis=-1, keepdims=True)
    return found


@pytest.mark.parametrize("name", NAMINGS)
def test_joints_are_taken_by_the_names_of_programs(name):
    naming = NAMINGS[name]
    motion = parse_bvh(rig_bvh(naming), "a.bvh")
    joints = mapped(motion)
    assert joints is not None
    for joint, places in expected(naming, motion).items():
        np.testing.assert_allclose(joints[:, H36M.index(joint)], places, atol=1e-4, err_msg=joint)
    # 48 % of the way up the spine's joints.
    spine, pelvis, thorax = (joints[:, H36M.index(joint)] for joint in ("spine", "pelvis", "thorax"))
    share = np.linalg.norm(spine - pelvis, axis=-1) / np.linalg.norm(thorax - pelvis, axis=-1)
    assert np.abs(share - 0.48).max() < 0.05


@pytest.mark.parametrize("name", NAMINGS)
def test_a_file_of_a_known_program_is_prepared_without_being_told_anything(name, tmp_path):
    (tmp_path / "walk.bvh").write_text(rig_bvh(NAMINGS[name]))
    report = prepare("bvh", [tmp_path / "walk.bvh"], tmp_path / "out.h5")
    with open_dataset(tmp_path / "out.h5") as dataset:
        (take,) = dataset.iterate()
    motion = parse_bvh(rig_bvh(NAMINGS[name]), "walk.bvh")
    np.testing.assert_allclose(take.positions3d, mapped(motion) / 100, atol=1e-5)
    assert take.fps == 30.0
    assert any("joints are taken by their names (hips" in note for note in report.notes)
    assert any("lengths are taken as centimetres" in note for note in report.notes)
    assert not any(note.startswith("warning") for note in report.notes)


def test_own_exports_are_read_by_their_names(tmp_path):
    bones = dict(zip(H36M.joints, H36M.parents, strict=True))
    assert built_in_mapping("h36m17").recipe == {joint: {joint: 1.0} for joint in bones}


def changed(**names: object) -> Naming:
    return dataclasses.replace(NAMINGS["mixamo without prefix"], **names)


@pytest.mark.parametrize(
    "naming",
    [
        changed(leg=("Bone1", "Bone2", "Bone3", "Bone4")),
        changed(arm=("a", "b", "c", "d")),
        changed(neck=("N", "Kopf")),
        changed(leg=("Foot", "UpLeg", "Leg", "ToeBase")),  # hanging in another order than their names say
        changed(side=lambda side, name: f"{name}{'1' if side == 'Left' else '2'}"),
    ],
)
def test_names_that_show_no_whole_body_are_refused_with_what_to_do(naming, tmp_path):
    (tmp_path / "walk.bvh").write_text(rig_bvh(naming))
    with pytest.raises(
        ConfigError, match="their names show no whole body; describe them .* give it as `mapping`"
    ):
        prepare("bvh", [tmp_path / "walk.bvh"], tmp_path / "out.h5")


def test_what_the_user_says_wins_over_names(tmp_path):
    (tmp_path / "walk.bvh").write_text(rig_bvh(NAMINGS["xsens"]))
    (tmp_path / "mine.json").write_text('{"recipe": "cmu_bvh"}')
    with pytest.raises(ConfigError, match=r"walk.bvh: has no .*, which .*mine.json needs"):
        prepare(
            "bvh",
            [tmp_path / "walk.bvh"],
            tmp_path / "out.h5",
            PrepareOptions(mapping=tmp_path / "mine.json"),
        )


@pytest.mark.parametrize(
    ("file", "member", "limits_cm"),
    [
        # Limbs are the same joints; trunk and head differ from recipes that were fitted to each body.
        ("data2/mass_bvh.zip", "mass/walk.bvh", {"spine": 1.5, "head": 0.2}),
        (
            "data2/cmu_more_bvh.zip",
            "cmu05_iclone/05_02.bvh",
            {"spine": 9, "thorax": 1, "neck": 4, "head": 11},
        ),
    ],
)
def test_real_motion_agrees_with_recipes_that_were_made_for_it(shared_data, file, member, limits_cm):
    path = shared_data / file
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith(member))
        motion = parse_bvh(archive.read(name).decode("latin-1"), member)
    made = read_mappings(path.parent / "h36m17_mapping.json")[path.name]
    wanted = made.apply(bvh_positions(motion), motion.joint_names)
    joints = mapped(motion)
    assert joints is not None
    apart_cm = np.linalg.norm(joints - wanted, axis=-1).max(axis=0)
    for joint, apart in zip(H36M.joints, apart_cm, strict=True):
        assert apart < limits_cm.get(joint, 1e-6), joint


CGSPEED = {
    "hip": "Hips", "abdomen": "Spine", "chest": "Spine1", "neck": "Neck", "head": "Head",
    "rCollar": "RightShoulder", "rShldr": "RightArm", "rForeArm": "RightForeArm", "rHand": "RightHand",
    "lCollar": "LeftShoulder", "lShldr": "LeftArm", "lForeArm": "LeftForeArm", "lHand": "LeftHand",
    "rThigh": "RightUpLeg", "rShin": "RightLeg", "rFoot": "RightFoot",
    "lThigh": "LeftUpLeg", "lShin": "LeftLeg", "lFoot": "LeftFoot",
}  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "mixamorig:", "Skeleton_"])
def test_real_motion_under_other_names_is_the_same_motion(shared_data, prefix):
    with zipfile.ZipFile(shared_data / "data" / "cmu_bvh.zip") as archive:
        text = archive.read(
            next(name for name in archive.namelist() if name.endswith("salsa/20.bvh"))
        ).decode()
    head, table = text.split("MOTION")
    lines = [line.split() for line in head.splitlines()]
    renamed = [
        " ".join([*words[:-1], prefix + CGSPEED.get(words[-1], words[-1])])
        if words and words[0] in ("ROOT", "JOINT")
        else " ".join(words)
        for words in lines
    ]
    original = parse_bvh(text, "a.bvh")
    wanted = built_in_mapping("cmu_bvh").apply(bvh_positions(original), original.joint_names)
    joints = mapped(parse_bvh("\n".join(renamed) + "\nMOTION" + table, "b.bvh"))
    assert joints is not None
    apart_cm = np.linalg.norm(joints - wanted, axis=-1).max(axis=0)
    for joint, apart in zip(H36M.joints, apart_cm, strict=True):
        assert apart < {"spine": 1, "thorax": 2, "neck": 6, "head": 9}.get(joint, 1e-9), joint
