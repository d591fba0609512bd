"""Files of 2D keypoints are read back as the tools wrote them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from keypoint_writers import (
    WRITERS,
    flat,
    mmpose_instances,
    person,
    write_alphapose,
    write_json,
    write_openpose,
)

from rtpca.errors import InputError
from rtpca.keypoints import open_keypoints, read_keypoints
from rtpca.skeletons import get_skeleton

# Places of OpenPose's COCO model, written from its documentation, by COCO's names.
COCO18 = ["nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow"]
COCO18 += ["left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"]
COCO18 += ["right_eye", "left_eye", "right_ear", "left_ear"]


@pytest.mark.parametrize("name", WRITERS)
def test_what_a_tool_writes_is_read_back(tmp_path, name):
    writer, joints = WRITERS[name]
    truth = person(12, joints)
    skeleton = {17: "coco17", 26: "halpe26", 25: "body25"}[joints]
    file = open_keypoints(writer(tmp_path, [truth]))
    content = file.person(skeleton=skeleton)
    np.testing.assert_allclose(content.keypoints_px, truth[..., :2], rtol=1e-6)
    np.testing.assert_allclose(content.scores, truth[..., 2], rtol=1e-6)
    assert content.keypoints_px.dtype == content.scores.dtype == np.float32
    assert file.format == name.removesuffix(" with meta_info")
    assert content.skeleton.name == skeleton
    assert len(file) == 1
    assert content.notes[0] == f"{file.format}: 12 frames of {joints} joints"


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "array file"])
def test_the_most_complete_of_several_people_is_taken(tmp_path, name):
    writer, joints = WRITERS[name]
    partly, whole = person(12, joints, seed=1), person(12, joints, left=600, seed=2)
    partly[:, 3:9] = 0
    path = writer(tmp_path, [partly, whole])
    skeleton = {17: "coco17", 26: "halpe26", 25: "body25"}[joints]
    content = read_keypoints(path, skeleton)
    assert len(open_keypoints(path)) == 2
    np.testing.assert_allclose(content.keypoints_px, whole[..., :2], rtol=1e-6)
    assert any("2 people in the file; person 1 is lifted" in note for note in content.notes)
    second = read_keypoints(path, skeleton, person=2)
    np.testing.assert_allclose(second.keypoints_px[:, :3], partly[:, :3, :2], rtol=1e-6)
    assert np.isnan(second.keypoints_px[:, 3:9]).all()
    for number in (0, 3, -1):
        with pytest.raises(InputError, match="2 people; give a number from 1 to 2"):
            read_keypoints(path, skeleton, person=number)


def test_people_who_change_places_in_the_list_are_kept_apart(tmp_path):
    one, other = person(30, 17, seed=1), person(30, 17, left=700, seed=2)
    frames = []
    for frame in range(30):
        order = [one, other] if frame % 3 else [other, one]
        frames.append({"frame_id": frame, "instances": mmpose_instances(order, frame)})
    path = write_json(tmp_path / "video.json", frames)
    tracks = [read_keypoints(path, "coco17", person=number).keypoints_px for number in (1, 2)]
    tracks.sort(key=lambda track: float(track[0, 0, 0]))
    np.testing.assert_allclose(tracks[0], one[..., :2], rtol=1e-6)
    np.testing.assert_allclose(tracks[1], other[..., :2], rtol=1e-6)


def test_identities_of_a_tracker_beat_distance(tmp_path):
    one, other = person(10, 26, seed=1), person(10, 26, left=700, seed=2)
    swapped = [np.concatenate([one[:5], other[5:]]), np.concatenate([other[:5], one[5:]])]
    content = read_keypoints(write_alphapose(tmp_path, swapped), "halpe26", person=1)
    assert "identity" in " ".join(content.notes)
    assert abs(content.keypoints_px[5, 0, 0] - content.keypoints_px[4, 0, 0]) > 300


def test_somebody_who_comes_and_goes_leaves_gaps(tmp_path):
    truth = person(20, 25)
    path = write_openpose(tmp_path, [truth])
    for frame in (0, 7, 8):
        write_json(path / f"walk_{frame:012d}_keypoints.json", {"people": []})
    (path / "walk_000000000012_keypoints.json").unlink()
    content = read_keypoints(path)
    assert content.keypoints_px.shape == (20, 25, 2)
    assert np.flatnonzero((content.scores == 0).all(axis=1)).tolist() == [0, 7, 8, 12]
    assert content.skeleton is None


@pytest.mark.parametrize("skeleton", ["auto", "coco18"])
def test_openposes_coco_model_is_read_as_it_is(tmp_path, skeleton):
    truth = person(3, 18)
    path = write_openpose(tmp_path, [truth])
    for file in (path, min(path.iterdir())):
        content = read_keypoints(file, skeleton)
        np.testing.assert_allclose(content.keypoints_px, truth[: content.frames, :, :2], rtol=1e-6)
        assert content.skeleton is get_skeleton("coco18")


def test_a_joint_set_within_that_of_the_file_is_taken_out_of_it(tmp_path):
    truth = person(3, 18)
    content = read_keypoints(write_openpose(tmp_path, [truth]), "coco17")
    for index, joint in enumerate(get_skeleton("coco17").joints):
        np.testing.assert_allclose(
            content.keypoints_px[:, index], truth[:, COCO18.index(joint), :2], rtol=1e-6
        )
    assert content.notes[-1] == "coco17 taken out of coco18"


def test_a_single_openpose_frame(tmp_path):
    truth = person(1, 25)
    folder = write_openpose(tmp_path, [truth])
    content = read_keypoints(next(folder.iterdir()))
    np.testing.assert_allclose(content.keypoints_px, truth[..., :2], rtol=1e-6)


def test_alphaposes_136_joints_are_cut_to_the_body(tmp_path):
    truth = person(4, 136)
    content = read_keypoints(write_alphapose(tmp_path, [truth]))
    np.testing.assert_allclose(content.keypoints_px, truth[:, :26, :2], rtol=1e-6)
    assert content.skeleton is None


def coco_annotations(truth: np.ndarray, **category) -> dict:
    visible = truth.copy()
    visible[..., 2] = 2
    visible[0, 4] = [7, 8, 1]
    visible[1, 4] = 0
    return {
        "images": [
            {"id": 900 - frame, "file_name": f"img_{frame:03d}.png", "width": 640, "height": 480}
            for frame in reversed(range(len(truth)))
        ],
        "annotations": [
            {"id": frame, "image_id": 900 - frame, "category_id": 1, "keypoints": flat(visible[frame])}
            for frame in range(len(truth))
        ],
        "categories": [{"id": 1, "name": "person", **category}],
    }


def test_coco_annotations(tmp_path):
    truth = person(6, 17)
    names = list(get_skeleton("coco17").joints)
    content = read_keypoints(write_json(tmp_path / "a.json", coco_annotations(truth, keypoints=names)))
    assert content.notes[0] == "COCO annotations: 6 frames of 17 joints"
    assert content.skeleton.name == "coco17"
    assert content.image_size == (640, 480)
    assert content.scores[0, 4] == 0.5
    assert content.scores[1, 4] == 0
    np.testing.assert_allclose(content.keypoints_px[2:], truth[2:, :, :2], rtol=1e-6)
    assert "17 joints: coco17, by the names in the file" in content.notes


def test_names_with_a_constant_last_number_are_taken_in_natural_order(tmp_path):
    truth = person(12, 17)
    items = [
        {"image_id": f"shot{f}_cam2.jpg", "keypoints": flat(truth[f])}
        for f in (3, 11, 0, 1, 2, *range(4, 11))
    ]
    content = read_keypoints(write_json(tmp_path / "r.json", items), "coco17")
    np.testing.assert_allclose(content.keypoints_px, truth[..., :2], rtol=1e-6)


def test_far_apart_image_ids_count_in_order(tmp_path):
    truth = person(3, 17)
    items = [{"image_id": i, "keypoints": flat(truth[f])} for f, i in enumerate((139, 285, 581929))]
    content = read_keypoints(write_json(tmp_path / "r.json", items), "coco17")
    np.testing.assert_allclose(content.keypoints_px, truth[..., :2], rtol=1e-6)
    assert any("taken in order" in note for note in content.notes)


def videopose3d_file(path: Path, layout: str = "h36m", **metadata) -> Path:
    cameras = [person(5, 17, seed=camera)[..., :2].astype(np.float32) for camera in range(2)]
    tracks = {"S9": {"Walking 1": cameras}, "S11": {"Eating": [person(8, 17, seed=7)[..., :2]]}}
    np.savez_compressed(
        path,
        positions_2d=np.array(tracks, dtype=object),
        metadata=np.array({"layout_name": layout, "num_joints": 17} | metadata, dtype=object),
    )
    return path


def test_videopose3d_sequences(tmp_path):
    path = videopose3d_file(tmp_path / "data_2d_h36m_cpn.npz")
    content = read_keypoints(path)
    np.testing.assert_allclose(content.keypoints_px, person(5, 17, seed=0)[..., :2], rtol=1e-6)
    assert (content.skeleton.name, content.image_size) == ("h36m17", None)
    assert len(open_keypoints(path)) == 3
    assert any("S9 / Walking 1 / camera 0" in note for note in content.notes)
    assert read_keypoints(path, person=3).keypoints_px.shape == (8, 17, 2)
    sized = videopose3d_file(tmp_path / "own.npz", "coco", video_metadata={"a": {"w": 640, "h": 480}})
    assert (read_keypoints(sized).image_size, read_keypoints(sized).skeleton.name) == ((640, 480), "coco17")


def test_a_sequence_without_joints_does_not_keep_the_others_from_being_read(tmp_path):
    views = [np.full((5, 17, 2), np.nan), person(5, 17)[..., :2]]
    path = tmp_path / "data_2d.npz"
    np.savez(path, positions_2d=np.array({"S1": {"Walk": views}}, dtype=object))
    file = open_keypoints(path)
    assert len(file) == 2
    np.testing.assert_allclose(file.person(2, "h36m17").keypoints_px, views[1], rtol=1e-6)
    with pytest.raises(
        InputError,
        match=r"data_2d.npz, S1 / Walk / camera 0: keypoints hold no visible joint.*; take another ",
    ):
        file.person()
    with pytest.raises(InputError, match="all are NaN or have score 0$"):
        file.person(1)


def test_fields_of_an_array_file(tmp_path):
    truth = person(4, 17)
    path = tmp_path / "k.npz"
    np.savez(
        path,
        keypoints=truth[..., :2],
        scores=truth[..., 2],
        image_size=[640, 360],
        fps=np.float32(29.97),
        skeleton="coco17",
    )
    content = read_keypoints(path)
    assert (content.image_size, content.skeleton.name) == ((640, 360), "coco17")
    assert content.fps == pytest.approx(29.97, abs=1e-5)
    np.testing.assert_allclose(content.scores, truth[..., 2], rtol=1e-6)
    np.save(tmp_path / "k.npy", truth)
    np.testing.assert_array_equal(read_keypoints(tmp_path / "k.npy", "coco17").scores, content.scores)
