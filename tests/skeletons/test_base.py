"""Skeletons: names, parents, left and right, bones."""

import json

import pytest

from rtpca.errors import ConfigError
from rtpca.skeletons import Skeleton, get_skeleton, mirror_by_name, skeleton_names

# Joint counts are part of the names' promise: a detector's output is recognised by them.
COUNTS = {
    "h36m17": 17,
    "coco17": 17,
    "halpe26": 26,
    "body25": 25,
    "mediapipe33": 33,
    "coco_wholebody133": 133,
    "mpii16": 16,
    "humaneva15": 15,
    "mpi_inf_3dhp17": 17,
    "coco18": 18,
    "coco23": 23,
    "coco25": 25,
    "body25b": 25,
    "halpe136": 136,
    "mpi15": 15,
    "posetrack15": 15,
    "posetrack17": 17,
    "crowdpose14": 14,
    "aic14": 14,
    "lsp14": 14,
    "penn_action13": 13,
    "jhmdb15": 15,
    "h36m16": 16,
    "kinect25": 25,
    "azure_kinect32": 32,
    "smpl24": 24,
    "cmu_asf31": 31,
    "cmu_bvh": 57,
    "cmu38": 38,
    "freemocap": 26,
}


def test_all_known_skeletons_have_their_joint_counts():
    assert {name: get_skeleton(name).num_joints for name in skeleton_names()} == COUNTS


@pytest.mark.parametrize("name", skeleton_names())
def test_structure_of_each_skeleton(name):
    skeleton = get_skeleton(name)
    assert skeleton.name == name
    assert skeleton.description
    # One tree: as many bones as joints but one, so exactly one root.
    assert len(skeleton.bones) == skeleton.num_joints - 1
    assert all(skeleton.parents[child] == parent for parent, child in skeleton.bones)
    # Left, right and middle joints are all joints, each once.
    middle = [i for i, partner in enumerate(skeleton.mirror) if i == partner]
    assert sorted([*skeleton.left, *skeleton.right, *middle]) == list(range(skeleton.num_joints))
    # A joint and its partner hang from partners: the body is symmetric.
    for i, partner in enumerate(skeleton.mirror):
        parent = skeleton.parents[i]
        assert skeleton.parents[partner] == (skeleton.mirror[parent] if parent >= 0 else -1)


@pytest.mark.parametrize("name", skeleton_names())
def test_no_sided_name_is_left_without_partner(name):
    skeleton = get_skeleton(name)
    middle = [joint for i, joint in enumerate(skeleton.joints) if skeleton.mirror[i] == i]
    assert not [joint for joint in middle if "left" in joint.lower() or "right" in joint.lower()]
    assert not [joint for joint in middle if ".L" in joint or ".R" in joint]


def test_h36m17_is_the_order_of_the_literature(shared_data):
    reference = json.loads((shared_data / "golden" / "cameras.json").read_text())["h36m"]["skeleton_17"]
    skeleton = get_skeleton("h36m17")
    assert list(skeleton.parents) == reference["parents"]
    assert list(skeleton.left) == reference["joints_left"]
    assert list(skeleton.right) == reference["joints_right"]
    assert skeleton.joints[0] == "pelvis"
    assert skeleton.index("right_wrist") == 16


@pytest.mark.parametrize(
    ("name", "section", "key"),
    [("humaneva15", "humaneva15", "skeleton_15"), ("mpi_inf_3dhp17", "mpi_inf_3dhp", "skeleton_17")],
)
def test_data_set_skeletons_agree_with_the_reference(shared_data, name, section, key):
    reference = json.loads((shared_data / "golden" / "cameras.json").read_text())[section][key]
    skeleton = get_skeleton(name)
    names = [joint.replace(" (root)", "").replace(" ", "_") for joint in reference["joint_names"]]
    assert list(skeleton.joints) == names
    assert list(skeleton.parents) == reference["parents"]
    assert list(skeleton.left) == reference["joints_left"]
    assert list(skeleton.right) == reference["joints_right"]


def test_detector_orders():
    """A few joints at the indices that the detectors' own documentation gives them."""
    assert get_skeleton("coco17").index("right_ankle") == 16
    assert [get_skeleton("halpe26").index(j) for j in ("head_top", "neck", "pelvis", "right_heel")] == [
        17,
        18,
        19,
        25,
    ]
    assert [get_skeleton("body25").index(j) for j in ("neck", "mid_hip", "left_ear", "right_heel")] == [
        1,
        8,
        18,
        24,
    ]
    assert [get_skeleton("mediapipe33").index(j) for j in ("left_ear", "left_hip", "right_foot_index")] == [
        7,
        23,
        32,
    ]
    assert [get_skeleton("mpii16").index(j) for j in ("pelvis", "head_top", "left_wrist")] == [6, 9, 15]
    whole = get_skeleton("coco_wholebody133")
    assert whole.joints[:17] == get_skeleton("coco17").joints
    assert [whole.index(j) for j in ("left_big_toe", "right_heel", "left_hand_00", "right_hand_00")] == [
        17,
        22,
        91,
        112,
    ]
    # The jaw's ends and the corners of the eyes: right ones first in the 68 face points.
    assert whole.mirror[23] == 39
    assert whole.mirror[23 + 36] == 23 + 45


def test_unknown_names_list_the_known_ones():
    with pytest.raises(ConfigError, match=r"unknown skeleton 'coco99': choose one of h36m17, coco17"):
        get_skeleton("coco99")
    with pytest.raises(ConfigError, match=r"h36m17 has no joint 'nose'; it has: pelvis"):
        get_skeleton("h36m17").index("nose")


def test_mirror_by_name_knows_words_suffixes_and_prefixes():
    joints = (
        "hip",
        "thigh.L",
        "thigh.R",
        "lfoot",
        "rfoot",
        "LeftArm",
        "RightArm",
        "hand_L_End",
        "hand_R_End",
        "lower",
    )
    assert mirror_by_name(joints) == (0, 2, 1, 4, 3, 6, 5, 8, 7, 9)


@pytest.mark.parametrize(
    ("parents", "mirror", "joints", "message"),
    [
        ((-1, 0), (0, 1, 2), ("a", "b", "c"), "3 joints, 2 parents and 3 mirror"),
        ((-1, 0, 1), (0, 1, 2), ("a", "b", "b"), "repeated: b"),
        ((2, 0, 1), (0, 1, 2), ("a", "b", "c"), "lead to no root"),
        ((-1, 7, 1), (0, 1, 2), ("a", "b", "c"), "lead to no root"),
        ((-1, 0, 0), (0, 2, 0), ("a", "b", "c"), "does not point back"),
        ((-1, 0, 0), (0, 2, 1), ("a", "b", "c"), "which one is left"),
    ],
)
def test_a_broken_skeleton_is_refused(parents, mirror, joints, message):
    with pytest.raises(ConfigError, match=message):
        Skeleton("mine", joints, parents, mirror)


def test_parents_must_be_joints():
    with pytest.raises(ConfigError, match="no joints: pelvis"):
        Skeleton.from_parents("mine", {"knee": "pelvis"})
