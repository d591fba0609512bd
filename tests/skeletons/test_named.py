"""Joint names as files write them: which point each is, and which skeleton they make together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtpca.errors import InputError
from rtpca.skeletons import convert_keypoints, get_skeleton, image_skeletons, named_joints, unknown_joints
from rtpca.skeletons.spelling import point_of

LIMBS = [
    f"{side}_{joint}"
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
]
SPELLINGS = {
    "left_knee": "LKnee L_Knee kneeLeft left-knee LEFT_KNEE Left_Knee lknee l_knee Knee.L knee_l leftknee",
    "right_ear": "REar rear right_ear rightEar R.EAR ear_r RIGHT_EAR EarRight",
    "right_big_toe": "RBigToe right_bigtoe RIGHT_FOOT_INDEX right_foot_index r_bigtoe",
    "left_eye_inner": "LEFT_EYE_INNER left_eye_inner leftEyeInner",
    "pelvis": "Hip MidHip mid_hip root SpineBase hip_centre Hips pelvis",
    "head_top": "HeadTop headtop head_top top_head crown",
}
AS_WRITTEN = {
    "h36m17": "Hip RHip RKnee RFoot LHip LKnee LFoot Spine Thorax Neck/Nose Head LShoulder LElbow LWrist "
    "RShoulder RElbow RWrist",
    "body25": "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee RAnkle LHip LKnee "
    "LAnkle REye LEye REar LEar LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel",
    "mpi15": "Head Neck RShoulder RElbow RWrist LShoulder LElbow LWrist RHip RKnee RAnkle LHip LKnee LAnkle "
    "Chest",
    "kinect25": "SpineBase SpineMid Neck Head ShoulderLeft ElbowLeft WristLeft HandLeft ShoulderRight "
    "ElbowRight WristRight HandRight HipLeft KneeLeft AnkleLeft FootLeft HipRight KneeRight AnkleRight "
    "FootRight SpineShoulder HandTipLeft ThumbLeft HandTipRight ThumbRight",
}


@pytest.mark.parametrize(("point", "names"), SPELLINGS.items())
def test_one_point_in_all_its_spellings(point, names):
    assert {point_of(name) for name in names.split()} == {point}


@pytest.mark.parametrize("name", ["tail", "left_paw", "knee", "k0", "left_right_hip", "", "ankle1", "L"])
def test_names_that_say_no_point_are_not_guessed_at(name):
    assert point_of(name) is None


@pytest.mark.parametrize("skeleton", image_skeletons(), ids=lambda skeleton: skeleton.name)
def test_the_names_of_each_set_are_that_set(skeleton):
    named = named_joints(skeleton.joints)
    assert named.skeleton is skeleton
    assert named.columns == tuple(range(skeleton.num_joints))


@pytest.mark.parametrize(("name", "written"), AS_WRITTEN.items())
def test_the_names_that_tools_write_are_their_set(name, written):
    named = named_joints(written.split())
    assert named.skeleton is get_skeleton(name)
    assert named.columns == tuple(range(named.skeleton.num_joints))


@given(order=st.permutations(range(17)), name=st.sampled_from(["coco17", "h36m17", "mpi_inf_3dhp17"]))
def test_the_order_of_names_does_not_matter(order, name):
    skeleton = get_skeleton(name)
    points = np.arange(34.0).reshape(1, 17, 2)
    named = named_joints([skeleton.joints[i] for i in order])
    assert named.skeleton is skeleton
    np.testing.assert_array_equal(named.of(points[:, list(order)]), points)


def test_a_neck_behind_cocos_17_is_not_left_out():
    named = named_joints([*get_skeleton("coco17").joints, "neck"])
    assert named.skeleton is get_skeleton("coco18")
    assert named.columns[1] == 17


def test_what_suffices_is_taken_and_the_rest_is_said():
    names = ["ball", *LIMBS, "nose", "racket"]
    named = named_joints(names)
    assert sorted(named.skeleton.joints) == sorted([*LIMBS, "nose"])
    assert [names[column] for column in named.columns] == list(named.skeleton.joints)
    assert named.note == "15 joints, by the names in the file: 13 of them are used; not used: ball, racket"
    assert unknown_joints(named.skeleton) == ()


def test_a_named_body_is_converted_as_the_set_with_its_points():
    """COCO without eyes: what is there goes where COCO's own combination puts it."""
    coco = get_skeleton("coco17")
    points = np.random.default_rng(3).uniform(0, 900, (5, 17, 2))
    scores = np.ones((5, 17))
    scores[2, coco.index("left_ear")] = 0
    kept = [i for i, joint in enumerate(coco.joints) if "eye" not in joint][::-1]
    named = named_joints([coco.joints[i] for i in kept])
    found = convert_keypoints(named.of(points[:, kept]), named.of(scores[:, kept]), named.skeleton)
    expected = convert_keypoints(points, scores, coco)
    np.testing.assert_allclose(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


def test_bones_of_motion_capture_are_the_joints_where_they_begin():
    names = (
        "Hips LeftUpLeg LeftLeg LeftFoot RightUpLeg RightLeg RightFoot Head LeftShoulder LeftArm LeftForeArm"
    )
    names += " LeftHand RightShoulder RightArm RightForeArm RightHand"
    named = named_joints(names.split())
    taken = dict(zip(named.skeleton.joints, (names.split()[i] for i in named.columns), strict=True))
    assert taken["left_hip"] == "LeftUpLeg"
    assert taken["right_knee"] == "RightLeg"
    assert taken["left_shoulder"] == "LeftArm"
    assert taken["right_wrist"] == "RightHand"
    assert named.note.endswith("not used: LeftShoulder, RightShoulder")


def test_a_hand_or_foot_stands_for_a_wrist_or_ankle_only_where_there_is_none():
    without = [name.replace("wrist", "hand").replace("ankle", "foot") for name in LIMBS]
    assert set(named_joints(without).skeleton.joints) == set(LIMBS)
    both = named_joints([*LIMBS, "left_hand", "right_foot"])
    assert max(both.columns) < len(LIMBS)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (
            ["snout", "tail", "ear1"],
            "left_shoulder.* are missing; names .* not known: snout, tail",
        ),
        ([f"k{i}" for i in range(17)], "k0, k1.* and 5 more"),
        (
            [name for name in LIMBS if "hip" not in name],
            "left_hip, right_hip are missing; names: left_sh",
        ),
        ([*LIMBS, "LKnee"], "joints 'left_knee' and 'LKnee' are both left_knee"),
    ],
)
def test_names_that_show_no_body_are_refused_with_the_names(names, said):
    with pytest.raises(InputError, match=said):
        named_joints(names)
