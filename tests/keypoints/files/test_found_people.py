"""Whose keypoints, when, in which clip, and on which scale their scores are: what all readers share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keypoint_writers import flat, mmpose_instances, person, write_json, write_openpose

from rtpca.errors import InputError
from rtpca.keypoints import open_keypoints, read_keypoints
from rtpca.keypoints.files.parsing import identities_of


def alphapose(path, people, identities, frames=30, name="{}.jpg"):
    """People by their identities, which may be a function of the frame."""
    items = [
        {
            "image_id": name.format(frame),
            "keypoints": flat(joints[frame]),
            "score": 3.0,
            "idx": identity(frame) if callable(identity) else identity,
        }
        for frame in range(frames)
        for joints, identity in zip(people, identities, strict=True)
    ]
    return write_json(path / "alphapose-results.json", items)


@pytest.mark.parametrize("form", [1, 1.0, "1", " 1 ", [1], [1.0], [[1.0], [1.0]], [[[1]]], ["1", 1.0, [1]]])
def test_an_identity_may_be_written_in_many_ways(form):
    assert identities_of(form) == ("1",)


def test_identities_that_stand_for_nobody():
    for nobody in (None, -1, [-1], [], "", float("nan"), True, {}, [[-1.0], None]):
        assert identities_of(nobody) == ()
    assert identities_of([[2.0], [1.0], [2.0]]) == ("2", "1")
    assert identities_of("thrower") == ("thrower",)
    assert identities_of(1.5) == ("1.5",)


@settings(max_examples=100, deadline=None)
@given(st.recursive(st.none() | st.integers() | st.floats() | st.text(max_size=4), st.lists, max_leaves=20))
def test_any_identity_is_text_without_repeats(value):
    found = identities_of(value)
    assert all(isinstance(one, str) and one for one in found)
    assert len(set(found)) == len(found)


def test_people_with_merged_boxes_stay_who_they_are(tmp_path):
    # They change places at frame 15, which only identities tell.
    one, other = person(30, 17, seed=1), person(30, 17, left=700, seed=2)
    one[15:], other[15:] = other[15:].copy(), one[15:].copy()
    merged = alphapose(
        tmp_path,
        [one, other],
        [
            lambda frame: [[1.0], [1.0]] if frame % 3 else 1,
            lambda frame: [[1.0], [2.0]] if frame == 4 else [2.0],
        ],
    )
    file = open_keypoints(merged)
    assert len(file) == 2
    tracks = sorted((file.person(n, "coco17").keypoints_px for n in (1, 2)), key=lambda track: track[0, 0, 0])
    np.testing.assert_allclose(tracks[0], one[..., :2], rtol=1e-6)
    np.testing.assert_allclose(tracks[1], other[..., :2], rtol=1e-6)


def test_an_entry_without_keypoints_is_a_frame_without_the_person(tmp_path):
    truth = person(6, 17)
    items = [{"image_id": frame, "keypoints": flat(truth[frame])} for frame in range(6)]
    items[2]["keypoints"], items[4]["keypoints"] = None, []
    del items[3]["keypoints"]
    content = read_keypoints(write_json(tmp_path / "r.json", items), "coco17")
    assert np.flatnonzero((content.scores == 0).all(axis=1)).tolist() == [2, 3, 4]


def test_the_better_scored_of_two_detections_of_the_same_person_is_taken(tmp_path):
    truth = person(10, 17)
    worse = truth.copy()
    worse[..., :2] += 1
    worse[..., 2] *= 0.5
    frames = [{"frame_id": f, "instances": mmpose_instances([worse, truth], f)} for f in range(10)]
    file = open_keypoints(write_json(tmp_path / "v.json", frames))
    assert len(file) == 1
    content = file.person(skeleton="coco17")
    np.testing.assert_allclose(content.keypoints_px, truth[..., :2], rtol=1e-6)
    assert "10 detections repeat another one of their frame: the better-scored one is taken" in content.notes


def test_an_identity_that_two_have_for_a_moment_is_the_better_scored_one(tmp_path):
    one, other = person(30, 17, seed=1), person(30, 17, left=700, seed=2)
    other[..., 2] *= 0.5
    path = alphapose(tmp_path, [one, other], [1, lambda frame: 1 if frame == 20 else 2])
    content = read_keypoints(path, "coco17")
    np.testing.assert_allclose(content.keypoints_px, one[..., :2], rtol=1e-6)
    assert any("stands for several people in 1 frame ('1'" in note for note in content.notes)


def test_identities_that_do_not_tell_people_apart_are_left_aside(tmp_path):
    one, other = person(30, 17, seed=1), person(30, 17, left=700, seed=2)
    file = open_keypoints(alphapose(tmp_path, [one, other], [0, 0]))
    assert len(file) == 2
    assert any("people are told apart by where they are" in note for note in file.person(1, "coco17").notes)


def test_frame_numbers_that_repeat_are_taken_in_the_order_of_the_file(tmp_path):
    truth = person(8, 17)
    frames = [{"frame_id": 0, "instances": mmpose_instances([truth], f)} for f in range(8)]
    content = read_keypoints(write_json(tmp_path / "v.json", frames), "coco17")
    np.testing.assert_allclose(content.keypoints_px, truth[..., :2], rtol=1e-6)
    assert any("frame numbers repeat" in note for note in content.notes)


def test_several_videos_in_a_file_are_clips_of_their_own(tmp_path):
    one, other = person(20, 17, seed=1), person(12, 17, seed=2)
    items = [
        {"image_id": f"{camera}/{frame:04d}.jpg", "keypoints": flat(joints[frame])}
        for camera, joints in (("b", other), ("a", one))
        for frame in range(len(joints))
    ]
    file = open_keypoints(write_json(tmp_path / "r.json", items))
    assert [file.person(n, "coco17").frames for n in (1, 2)] == [20, 12]
    assert "2 clips or photographs in the file" in " ".join(file.person(1, "coco17").notes)
    assert file.person(2, "coco17").who.startswith("b/")
    assert file.in_one_image().each == file.each  # Each has an image of its own.


def test_several_videos_in_a_folder_are_clips_of_their_own(tmp_path):
    one, other = person(9, 25, seed=1), person(9, 25, seed=2)
    folder = write_openpose(tmp_path, [one])
    (tmp_path / "second").mkdir()
    for file in write_openpose(tmp_path / "second", [other]).iterdir():
        file.rename(folder / file.name.replace("walk", "run"))
    people = open_keypoints(folder)
    np.testing.assert_allclose(people.person(1, "body25").keypoints_px, other[..., :2], rtol=1e-6)
    np.testing.assert_allclose(people.person(2, "body25").keypoints_px, one[..., :2], rtol=1e-6)


def annotations(names, sizes, truth, **more):
    return {
        "images": [
            {"id": 10 + i, "file_name": name, "width": size[0], "height": size[1], **more}
            for i, (name, size) in enumerate(zip(names, sizes, strict=True))
        ],
        "annotations": [{"image_id": 10 + i, "keypoints": flat(joints)} for i, joints in enumerate(truth)],
    }


def test_photographs_are_lifted_each_by_itself(tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.uniform(100, 400, (3, 17, 3))
    truth[..., 2] = 2
    names = ["000000000139.jpg", "000000000285.jpg", "000000581929.jpg"]
    alike = annotations(names, [(640, 480)] * 3, truth)
    differing = annotations(["1.jpg", "2.jpg", "3.jpg"], [(640, 426), (480, 640), (500, 375)], truth)
    for number, document in enumerate((alike, differing)):
        file = open_keypoints(write_json(tmp_path / f"{number}.json", document))
        assert len(file) == 3
        for i in range(3):
            content = file.person(i + 1, "coco17")
            assert content.frames == 1
            assert content.image_size == tuple(document["images"][i][side] for side in ("width", "height"))
            np.testing.assert_allclose(content.keypoints_px[0], truth[i, :, :2], rtol=1e-6)


def test_videos_of_annotations_are_told_apart_by_their_ids(tmp_path):
    truth = np.concatenate([person(6, 17, seed=1), person(6, 17, seed=2)])
    document = annotations([f"{i % 6:06d}.jpg" for i in range(12)], [(640, 480)] * 12, truth)
    for i, image in enumerate(document["images"]):
        image["vid_id"] = f"{i // 6:06d}"
    file = open_keypoints(write_json(tmp_path / "posetrack.json", document))
    assert [file.person(n, "coco17").frames for n in (1, 2)] == [6, 6]
    np.testing.assert_allclose(file.person(2, "coco17").keypoints_px, truth[6:, :, :2], rtol=1e-6)


def test_people_who_leap_are_said_to_be_photographs_or_out_of_order(tmp_path):
    rng = np.random.default_rng(0)
    items = [
        {"image_id": frame, "keypoints": flat(rng.uniform(0, 1000, 2).repeat(17).reshape(2, 17).T[:, :2])}
        for frame in range(6)
    ]
    for item in items:
        points = np.array(item["keypoints"]).reshape(17, 2) + rng.uniform(0, 80, (17, 2))
        item["keypoints"] = flat(points)
    content = read_keypoints(write_json(tmp_path / "r.json", items), "coco17")
    assert any("leap by more than half their size" in note for note in content.notes)
    walking = [{"image_id": f, "keypoints": flat(joints)} for f, joints in enumerate(person(6, 17))]
    content = read_keypoints(write_json(tmp_path / "w.json", walking), "coco17")
    assert not any("leap" in note for note in content.notes)


def test_a_joint_in_the_corner_of_the_picture_is_missing_whatever_its_score(tmp_path):
    truth = person(5, 17)
    truth[2:, 9, :2] = 0
    items = [{"image_id": f, "keypoints": flat(joints)} for f, joints in enumerate(truth)]
    content = read_keypoints(write_json(tmp_path / "yolo.json", items), "coco17")
    assert (content.scores[:2, 9] > 0).all()
    assert (content.scores[2:, 9] == 0).all()


@pytest.mark.parametrize("scale", [100, 255, 9.5])
def test_scores_above_one_keep_their_scale(tmp_path, scale):
    truth = person(5, 17)
    items = [{"image_id": f, "keypoints": flat(joints * [1, 1, scale])} for f, joints in enumerate(truth)]
    content = read_keypoints(write_json(tmp_path / "r.json", items), "coco17")
    np.testing.assert_allclose(content.scores, truth[..., 2] * scale, rtol=1e-5)


def test_probabilities_spread_over_a_map_are_read_relative_to_what_the_file_reaches(tmp_path):
    truth = person(40, 17)
    truth[..., 2] = np.random.default_rng(0).uniform(0.002, 0.05, (40, 17))
    truth[:, 4, 2] = 1e-5
    items = [{"image_id": f, "keypoints": flat(joints)} for f, joints in enumerate(truth)]
    content = read_keypoints(write_json(tmp_path / "r.json", items), "coco17")
    assert content.scores.max() == 1
    assert (np.delete(content.scores, 4, axis=1) > 0.25).all()
    assert (content.scores[:, 4] < 0.1).all()
    assert any("probabilities spread over a map" in note for note in content.notes)


def test_arrays_of_such_probabilities_are_read_alike(tmp_path):
    truth = person(40, 17)
    truth[..., 2] = np.random.default_rng(0).uniform(0.002, 0.02, (40, 17))
    np.save(tmp_path / "k.npy", truth)
    content = read_keypoints(tmp_path / "k.npy", "coco17")
    assert content.scores.max() == 1
    assert content.scores.min() > 0.25
    assert any("probabilities spread over a map" in note for note in content.notes)


def test_a_few_scores_slightly_below_zero_are_joints_that_are_not_seen(tmp_path):
    truth = person(5, 17)
    truth[1, 3, 2] = -0.02
    items = [{"image_id": f, "keypoints": flat(joints)} for f, joints in enumerate(truth)]
    content = read_keypoints(write_json(tmp_path / "r.json", items), "coco17")
    assert np.argwhere(content.scores == 0).tolist() == [[1, 3]]


def test_depth_is_not_taken_for_scores(tmp_path):
    truth = person(5, 17)
    truth[..., 2] = np.random.default_rng(0).normal(0, 0.3, (5, 17))
    items = [{"image_id": f, "keypoints": flat(joints)} for f, joints in enumerate(truth)]
    with pytest.raises(InputError, match="scores are never negative: leave depth out"):
        read_keypoints(write_json(tmp_path / "r.json", items), "coco17")


def test_sizes_of_videos_go_with_their_names(tmp_path):
    tracks = {"a.mp4": {"custom": [person(5, 17)[..., :2]]}, "b.mp4": {"custom": [person(5, 17)[..., :2]]}}
    sizes = {"a.mp4": {"w": 640, "h": 400}, "b.mp4": {"w": 1920, "h": 1080}, "other.mp4": {"w": 8, "h": 8}}
    path = tmp_path / "data_2d_custom.npz"
    np.savez(
        path,
        positions_2d=np.array(tracks, dtype=object),
        metadata=np.array({"layout_name": "coco", "video_metadata": sizes}, dtype=object),
    )
    assert [read_keypoints(path, person=n).image_size for n in (1, 2)] == [(640, 400), (1920, 1080)]


def test_logits_count_where_detectron_wrote_no_probabilities(tmp_path):
    truth = person(6, 17)
    rows = np.stack([*truth.transpose(2, 0, 1)[:2], truth[..., 2] * 9, np.zeros((6, 17))], axis=1)
    keypoints, boxes = np.empty((6, 2), dtype=object), np.empty((6, 2), dtype=object)
    for frame in range(6):
        keypoints[frame], boxes[frame] = [[], rows[frame : frame + 1]], [[], np.zeros((1, 5))]
    np.savez(
        tmp_path / "v.npz", boxes=boxes, keypoints=keypoints, metadata=np.array({"w": 9, "h": 9}, object)
    )
    content = read_keypoints(tmp_path / "v.npz")
    np.testing.assert_allclose(content.scores, truth[..., 2] * 9, rtol=1e-5)


def test_keypoints_without_scores_are_all_seen(tmp_path):
    truth = person(4, 25)
    people = [{"people": [{"pose_keypoints_2d": flat(joints[:, :2])}]} for joints in truth]
    (tmp_path / "json").mkdir()
    for frame, document in enumerate(people):
        write_json(tmp_path / "json" / f"{frame}.json", document)
    content = read_keypoints(tmp_path / "json", "body25")
    np.testing.assert_allclose(content.keypoints_px, truth[..., :2], rtol=1e-6)
    assert (content.scores == 1).all()
