"""Conversion between skeletons by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtpca.errors import ConfigError, ShapeError
from rtpca.skeletons import (
    Skeleton,
    combination_matrix,
    convert_keypoints,
    get_skeleton,
    image_skeletons,
    joint_weights,
    mirror_by_name,
    skeleton_names,
    unknown_joints,
)
from rtpca.skeletons.combination import combine

H36M17 = get_skeleton("h36m17")

DETECTORS = tuple(skeleton.name for skeleton in image_skeletons())
MOCAP = {
    "cmu_asfamc.zip": "cmu_asf31",
    "cmu_bvh.zip": "cmu_bvh",
    "react_idle_bvh.zip": "freemocap",
    "cmu_actions.npz": "cmu38",
}

# A standing adult of 1.70 m, the nose turned a little to the left; x to the left, y down, one pixel per cm.
STANDING = {
    "nose": (2.0, -155),
    "left_eye": (5, -159),
    "right_eye": (-1, -159),
    "left_ear": (7.5, -157),
    "right_ear": (-7.5, -157),
    "left_shoulder": (18, -139),
    "right_shoulder": (-18, -139),
    "left_elbow": (24, -110),
    "right_elbow": (-24, -110),
    "left_wrist": (26, -85),
    "right_wrist": (-26, -85),
    "left_hip": (10, -90),
    "right_hip": (-10, -90),
    "left_knee": (10, -48),
    "right_knee": (-10, -48),
    "left_ankle": (10, -8),
    "right_ankle": (-10, -8),
    "neck": (0, -139),
    "mid_hip": (0, -90),
}


def _standing(name: str) -> tuple[np.ndarray, np.ndarray]:
    """The standing adult as keypoints of a skeleton; joints that play no part are at the nose."""
    joints = get_skeleton(name).joints
    return np.array([[STANDING.get(joint, STANDING["nose"]) for joint in joints]], float), np.ones(
        (1, len(joints))
    )


@pytest.mark.parametrize("name", skeleton_names())
def test_every_skeleton_gives_all_of_h36m17(name):
    weights = joint_weights(name)
    assert weights.shape == (17, get_skeleton(name).num_joints)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-9)


@pytest.mark.parametrize("name", skeleton_names())
def test_combinations_are_symmetric(name):
    """Mirroring the source and mirroring the result are the same."""
    source, target = get_skeleton(name), get_skeleton("h36m17")
    weights = joint_weights(name)
    np.testing.assert_allclose(weights[list(target.mirror)], weights[:, list(source.mirror)], atol=1e-9)


def test_motion_capture_combinations_agree_with_the_reference(shared_data):
    with np.load(shared_data / "data" / "fk_reference.npz", allow_pickle=False) as reference:
        for key in map(str, reference["index"]):
            skeleton = get_skeleton(MOCAP[key.split(":")[0]])
            assert list(skeleton.joints) == [str(joint) for joint in reference[f"{key}|joint_names"]]
            positions = joint_weights(skeleton) @ reference[f"{key}|positions"]
            np.testing.assert_allclose(positions, reference[f"{key}|h36m17"], atol=1e-12)


@pytest.mark.parametrize("name", ["coco17", "body25", "mediapipe33", "coco_wholebody133"])
def test_trunk_and_head_of_a_standing_adult(name):
    """Where `trunk_and_head` says the points are, worked by hand."""
    keypoints, scores = _standing(name)
    converted, _ = convert_keypoints(keypoints, scores, name)
    where = dict(zip(H36M17.joints, converted[0], strict=True))
    np.testing.assert_allclose(where["pelvis"], (0, -90))
    np.testing.assert_allclose(where["thorax"], (0, -143.9))
    np.testing.assert_allclose(where["spine"], (0, -90 - 0.48 * 53.9))
    np.testing.assert_allclose(where["neck"], (1, -156))
    np.testing.assert_allclose(where["head"], (0, -157 - 0.6 * 13.1))
    np.testing.assert_allclose(where["left_knee"], STANDING["left_knee"])
    assert unknown_joints(name) == ()
    derived = {joint for joint, row in zip(H36M17.joints, joint_weights(name), strict=True) if 1 not in row}
    assert derived - {"pelvis"} == {"spine", "thorax", "neck", "head"}


@pytest.mark.parametrize(
    "unseen", [("left_ear",), ("left_ear", "right_ear"), ("left_ear", "right_ear", "left_eye")]
)
def test_the_head_stays_in_place_when_points_of_the_face_are_not_seen(unseen):
    keypoints, scores = _standing("coco17")
    full, _ = convert_keypoints(keypoints, scores, "coco17")
    for joint in unseen:
        scores[0, get_skeleton("coco17").index(joint)] = 0
    partial, _ = convert_keypoints(keypoints, scores, "coco17")
    head = H36M17.index("head")
    assert np.isfinite(partial[0, head]).all()
    assert abs(partial[0, head, 1] - full[0, head, 1]) < 3  # 3 cm
    assert abs(partial[0, head, 0] - full[0, head, 0]) < 13  # half a head's width x 1.6


def test_a_half_length_shot_keeps_its_upper_body():
    keypoints, scores = _standing("coco17")
    for joint in ("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"):
        keypoints[0, get_skeleton("coco17").index(joint)] = np.nan
    converted, sure = convert_keypoints(keypoints, scores, "coco17")
    seen = {joint for joint, score in zip(H36M17.joints, sure[0], strict=True) if score > 0}
    assert seen == {
        "thorax",
        "neck",
        "head",
        *(f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "elbow", "wrist")),
    }
    np.testing.assert_allclose(converted[0, H36M17.index("thorax")], (0, -139))
    assert np.isnan(converted[0, 0]).all()


def test_scores_are_the_lowest_of_the_sources(rng):
    skeleton = get_skeleton("coco17")
    keypoints = rng.normal(size=(5, 17, 2))
    scores = rng.uniform(0.1, 1, size=(5, 17))
    _, sure = convert_keypoints(keypoints, scores, skeleton)
    hips = scores[:, [skeleton.index("left_hip"), skeleton.index("right_hip")]]
    np.testing.assert_array_equal(sure[:, 0], hips.min(axis=1))
    np.testing.assert_array_equal(sure[:, 16], scores[:, skeleton.index("right_wrist")])


@pytest.mark.parametrize("how", ["nan coordinates", "score 0", "nan score"])
def test_a_missing_source_makes_its_joints_missing_and_no_others(how, rng):
    skeleton = get_skeleton("coco17")
    hip = skeleton.index("left_hip")
    keypoints, scores = rng.normal(size=(2, 17, 2)), np.ones((2, 17))
    if how == "nan coordinates":
        keypoints[0, hip] = np.nan
    else:
        scores[0, hip] = 0 if how == "score 0" else np.nan
    converted, sure = convert_keypoints(keypoints, scores, skeleton)
    lost = {joint for joint, score in zip(H36M17.joints, sure[0], strict=True) if score == 0}
    assert lost == {"pelvis", "left_hip", "spine"}
    assert np.isnan(converted[0][sure[0] == 0]).all()
    assert np.isfinite(converted[1]).all()
    assert np.isfinite(sure).all()


def test_what_cannot_be_known_is_said():
    legs = Skeleton.from_parents("legs", {"pelvis": None, "left_hip": "pelvis", "right_hip": "pelvis"})
    _, sure = convert_keypoints(np.ones((3, 3, 2)), np.ones((3, 3)), legs)
    assert len(unknown_joints(legs)) == 14
    assert "head" in unknown_joints(legs)
    assert (sure.sum(axis=1) == 3).all()
    with pytest.raises(ConfigError, match="h36m17 joints that legs cannot give: right_knee"):
        joint_weights(legs)


@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(skeleton_names()))
def test_conversion_goes_by_name_whatever_the_order(seed, name):
    rng = np.random.default_rng(seed)
    source = get_skeleton(name)
    order = rng.permutation(source.num_joints)
    joints = tuple(source.joints[i] for i in order)
    shuffled = Skeleton(name, joints, (-1,) * source.num_joints, mirror_by_name(joints))
    keypoints, scores = rng.normal(size=(3, source.num_joints, 2)), rng.uniform(size=(3, source.num_joints))
    keypoints[rng.uniform(size=scores.shape) < 0.1] = np.nan
    scores[rng.uniform(size=scores.shape) < 0.1] = 0
    ordered, ordered_scores = convert_keypoints(keypoints, scores, source)
    permuted, permuted_scores = convert_keypoints(keypoints[:, order], scores[:, order], shuffled)
    np.testing.assert_allclose(ordered, permuted, atol=1e-12)
    np.testing.assert_array_equal(ordered_scores, permuted_scores)


@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(DETECTORS))
def test_conversion_commutes_with_moving_and_scaling_the_image(seed, name):
    rng = np.random.default_rng(seed)
    joints = get_skeleton(name).num_joints
    keypoints, scores = rng.normal(size=(2, joints, 2)), (rng.uniform(size=(2, joints)) > 0.2).astype(float)
    scale, shift = rng.uniform(0.1, 10), rng.normal(size=2)
    before = convert_keypoints(keypoints, scores, name)[0] * scale + shift
    after = convert_keypoints(keypoints * scale + shift, scores, name)[0]
    np.testing.assert_allclose(before, after, atol=1e-9)


def test_a_skeleton_to_itself_is_the_identity_and_dtypes_stay(rng):
    keypoints = rng.normal(size=(4, 17, 2)).astype(np.float32)
    converted, sure = convert_keypoints(keypoints, np.ones((4, 17), np.float32), "h36m17")
    np.testing.assert_array_equal(converted, keypoints)
    assert converted.dtype == sure.dtype == np.float32
    assert unknown_joints("h36m17") == ()
    np.testing.assert_array_equal(joint_weights("h36m17"), np.eye(17))


def test_wrong_shapes_are_told_with_both_shapes():
    with pytest.raises(
        ShapeError, match=r"shape \(5, 16, 2\), needed is \(F, J=17, C\): skeleton coco17 has 17"
    ):
        convert_keypoints(np.zeros((5, 16, 2)), np.zeros((5, 16)), "coco17")
    with pytest.raises(ShapeError, match=r"scores have shape \(5, 16\), keypoints \(5, 17, 2\)"):
        convert_keypoints(np.zeros((5, 17, 2)), np.zeros((5, 16)), "coco17")


def test_whole_number_pixels_and_yes_no_scores_are_welcome():
    keypoints = np.arange(34).reshape(1, 17, 2)
    scores = np.ones((1, 17), dtype=bool)
    scores[0, 0] = False
    converted, _ = convert_keypoints(keypoints, scores, "h36m17")
    assert np.isnan(converted[0, 0]).all()
    np.testing.assert_array_equal(converted[0, 1:], keypoints[0, 1:])


def test_no_frames_give_no_frames():
    converted, _ = convert_keypoints(np.zeros((0, 17, 2)), np.zeros((0, 17)), "coco17")
    assert converted.shape == (0, 17, 2)


def test_combinations_with_mistakes_are_refused():
    with pytest.raises(ConfigError, match="the source has no knee"):
        combination_matrix({"hip": {"knee": 1.0}}, ("a", "b"), ("hip",))
    with pytest.raises(ConfigError, match="weights sum to 0.9"):
        combination_matrix({"hip": {"a": 0.5, "b": 0.4}}, ("a", "b"), ("hip",))
    with pytest.raises(ConfigError, match="'foot' is not in the target"):
        combination_matrix({"foot": {"a": 1.0}}, ("a", "b"), ("hip",))


def test_a_target_without_combination_is_a_row_of_nan():
    weights = combination_matrix({"hip": ({"a": 1.0}, {"b": 1.0})}, ("a", "b"), ("hip", "head"))
    np.testing.assert_array_equal(weights, [[1, 0], [np.nan, np.nan]])


def test_combine_adds_weights_joint_by_joint():
    assert combine((2.0, {"a": 0.5, "b": 0.5}), (-1.0, {"b": 1.0})) == {"a": 1.0}
