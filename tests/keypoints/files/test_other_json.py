"""JSON of further programs in the forms that others write, read back."""

from __future__ import annotations

import numpy as np
import pytest
from door_files import COCO, SIZE, check, jsonl, parts
from keypoint_writers import flat, mmpose_instances, person, write_json

from rtpca.errors import InputError
from rtpca.keypoints import read_keypoints


@pytest.mark.parametrize("joints", [17, 26])
def test_alphapose_in_the_forms_of_others(tmp_path, joints):
    truth = person(12, joints)
    order = [0, -1, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3]
    frames_open, frames_cmu = {}, {}
    for frame in range(12):
        neck = (truth[frame, 5:6] + truth[frame, 6:7]) / 2
        # AlphaPose appends a neck, and takes joint 17 for it: where there are 26, that is the head's top.
        eighteen = np.concatenate([truth[frame], neck])[[17 if place < 0 else place for place in order]]
        frames_open[f"{frame}.jpg"] = {
            "version": "AlphaPose v0.3",
            "people": [{"pose_keypoints_2d": flat(eighteen)}],
        }
        frames_cmu[f"{frame}.jpg"] = {"version": "AlphaPose v0.3", "bodies": [{"joints": flat(eighteen)}]}
    for number, frames in enumerate((frames_open, frames_cmu)):
        check(write_json(tmp_path / f"{number}.json", frames), truth[:, :17], "coco17")
        folder = tmp_path / f"sep-json{number}"
        folder.mkdir()
        for name, frame in frames.items():
            write_json(folder / name.replace("jpg", "json"), frame)
        check(folder, truth[:, :17], "coco17")


def test_mmpose_of_pictures_and_of_the_inferencer(tmp_path):
    truth = person(6, 17)
    one = mmpose_instances([truth], 0)
    check(write_json(tmp_path / "picture.json", one), truth[:1], "coco17")
    meta = {"dataset_name": "coco", "keypoint_id2name": {str(i): name for i, name in enumerate(COCO)}}
    check(write_json(tmp_path / "demo.json", {"meta_info": meta, "instance_info": one}), truth[:1])
    every = [mmpose_instances([truth], frame) for frame in range(6)]
    check(write_json(tmp_path / "inferencer.json", {"predictions": every}), truth, "coco17")


def test_names_that_mmpose_states_decide(tmp_path):
    truth = person(6, 17)
    turned = truth[:, ::-1]
    meta = {"keypoint_id2name": {str(i): name for i, name in enumerate(reversed(COCO))}}
    frames = [{"frame_id": f, "instances": mmpose_instances([turned], f)} for f in range(6)]
    check(write_json(tmp_path / "v.json", {"meta_info": meta, "instance_info": frames}), truth)


@pytest.mark.parametrize("unit", ["pixels", "parts"])
def test_frames_of_openpose_may_say_how_large_their_canvas_is(tmp_path, unit):
    truth = person(6, 18)
    frames = [
        {
            "people": [{"pose_keypoints_2d": flat(joints if unit == "pixels" else parts(joints))}],
            "canvas_width": SIZE[0],
            "canvas_height": SIZE[1],
        }
        for joints in truth
    ]
    order = [0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10]
    check(write_json(tmp_path / "poses.json", frames), truth[:, order], "coco17")
    assert read_keypoints(tmp_path / "poses.json", "coco17").image_size == SIZE


def test_the_width_and_height_of_a_person_are_no_size_of_the_image(tmp_path):
    truth = person(6, 17)
    items = [
        {"image_id": f, "keypoints": flat(j), "x": 1, "y": 2, "width": 40, "height": 90}
        for f, j in enumerate(truth)
    ]
    assert read_keypoints(write_json(tmp_path / "r.json", items), "coco17").image_size is None
    named = [
        {"image_id": f, "keypoints": flat(j), "image_width": 640, "image_height": 360}
        for f, j in enumerate(truth)
    ]
    assert read_keypoints(write_json(tmp_path / "s.json", named), "coco17").image_size == (640, 360)
    people = [{"frame": f, "keypoints": j.tolist(), "width": 40, "height": 90} for f, j in enumerate(truth)]
    assert read_keypoints(write_json(tmp_path / "t.json", people), "coco17").image_size is None


@pytest.mark.parametrize("tracked", [True, False])
def test_easy_vitpose_has_y_first(tmp_path, tracked):
    truth = person(6, 17)
    people = [[joints[:, [1, 0, 2]].tolist()] for joints in truth]
    document = {
        "keypoints": [{"4": one[0]} for one in people] if tracked else people,
        "skeleton": {str(i): name for i, name in enumerate(COCO)},
    }
    check(write_json(tmp_path / "walk_result.json", document), truth)


def test_kinetics_skeletons(tmp_path):
    truth = person(7, 18)
    data = [
        {"frame_index": f + 1, "skeleton": [{"pose": flat(parts(j)[:, :2]), "score": j[:, 2].tolist()}]}
        for f, j in enumerate(truth)
    ]
    data[3]["skeleton"] = []
    path = write_json(tmp_path / "abseiling.json", {"data": data, "label": "abseiling", "label_index": 0})
    truth[3] = (np.nan, np.nan, 0)
    check(path, truth, size=SIZE)
    assert read_keypoints(path, image_size=SIZE).skeleton.name == "coco18"


def test_points_drawn_in_labelme(tmp_path):
    truth = person(5, 17)
    truth[..., 2] = 1
    folder = tmp_path / "drawn"
    folder.mkdir()
    for frame, joints in enumerate(truth):
        shapes = [
            {"label": name, "points": [[x, y]], "group_id": 1, "shape_type": "point"}
            for name, (x, y, _) in zip(COCO, joints.tolist(), strict=True)
        ]
        shapes.append({"label": "person", "points": [[0, 0], [9, 9]], "shape_type": "rectangle"})
        document = {
            "version": "5.0.1",
            "shapes": shapes,
            "imagePath": f"{frame}.jpg",
            "imageHeight": 720,
            "imageWidth": 1280,
        }
        write_json(folder / f"{frame}.json", document)
    check(folder, truth)
    assert read_keypoints(folder).image_size == SIZE
    check(folder / "0.json", truth[:1])


def test_openpifpaf_writes_a_line_per_frame(tmp_path):
    truth = person(6, 17)
    lines = [
        {
            "frame": f + 1,
            "predictions": [{"keypoints": flat(j), "bbox": [1, 2, 3, 4], "score": 0.9, "id_": 4}],
        }
        for f, j in enumerate(truth)
    ]
    check(jsonl(tmp_path / "walk.openpifpaf.json", lines), truth, "coco17")


def test_entries_without_frames_that_lie_on_one_another_are_a_film(tmp_path):
    truth = person(30, 17)
    path = write_json(tmp_path / "k.json", [{"keypoints": flat(joints)} for joints in truth])
    check(path, truth, "coco17")
    assert any(
        "taken as one person in so many frames" in note for note in read_keypoints(path, "coco17").notes
    )


def test_pickles_of_plain_data_are_read_and_others_refused_unrun(tmp_path):
    import pickle

    truth = person(6, 17)
    items = [{"image_id": f"{f}.jpg", "keypoints": joints.reshape(-1)} for f, joints in enumerate(truth)]
    (tmp_path / "results.pkl").write_bytes(pickle.dumps(items))
    check(tmp_path / "results.pkl", truth, "coco17")
    (tmp_path / "evil.pkl").write_bytes(b"cos\nmkdir\n(V" + str(tmp_path / "trap").encode() + b"\ntR.")
    with pytest.raises(InputError, match=r"os\.mkdir"):
        read_keypoints(tmp_path / "evil.pkl")
    assert not (tmp_path / "trap").exists()
    (tmp_path / "none.pkl").write_bytes(pickle.dumps(None))
    with pytest.raises(InputError, match=r"\.pkl of no known layout"):
        read_keypoints(tmp_path / "none.pkl")
