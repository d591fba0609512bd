"""Results of ultralytics and labels of YOLO, read back."""

from __future__ import annotations

import numpy as np
import pytest
from door_files import CAR, SIZE, ULTRALYTICS, check, parts, ultralytics, yolo_line
from keypoint_writers import person, write_json

from rtpca.errors import InputError
from rtpca.keypoints import open_keypoints, read_keypoints


@pytest.mark.parametrize("form", ULTRALYTICS)
def test_ultralytics_results(tmp_path, form):
    truth = person(12, 17)
    path = write_json(tmp_path / "results.json", ULTRALYTICS[form](truth))
    check(path, truth, "coco17")
    assert open_keypoints(path).format == "ultralytics results"


def test_ultralytics_results_of_one_picture_and_its_people(tmp_path):
    truth = [person(1, 17)[0], person(1, 17, left=500, seed=1)[0]]
    file = open_keypoints(write_json(tmp_path / "r.json", [CAR, *(ultralytics(j) for j in truth)]))
    assert len(file) == 2
    assert file.person(2, "coco17").frames == 1


def test_normalised_results_need_the_size_of_the_image(tmp_path):
    truth = person(6, 17)
    content = [[ultralytics(parts(joints))] for joints in truth]
    path = write_json(tmp_path / "r.json", content)
    with pytest.raises(
        InputError, match="coordinates are normalised.*give the width and height .*`image_size`"
    ):
        read_keypoints(path, "coco17")
    check(path, truth, "coco17", SIZE)
    stated = [{"frame": f, "orig_shape": [720, 1280], "detections": one} for f, one in enumerate(content)]
    check(write_json(tmp_path / "s.json", stated), truth, "coco17")


def test_tracks_of_ultralytics_are_people(tmp_path):
    one, other = person(10, 17, seed=1), person(10, 17, left=700, seed=2)
    one[5:], other[5:] = other[5:].copy(), one[5:].copy()
    path = write_json(
        tmp_path / "r.json", [[ultralytics(one[f], 3), ultralytics(other[f], 7)] for f in range(10)]
    )
    tracks = sorted(
        (read_keypoints(path, "coco17", n).keypoints_px for n in (1, 2)), key=lambda t: t[0, 0, 0]
    )
    np.testing.assert_allclose(tracks[0], one[..., :2], rtol=1e-6)


@pytest.mark.parametrize("scores", [True, False])
@pytest.mark.parametrize("more", [(), (0.87,), (4,), (0.87, 4)])
@pytest.mark.parametrize("joints", [17, 25, 26])
def test_labels_of_yolo(tmp_path, joints, more, scores):
    truth = person(12, joints)
    truth[..., 2] = truth[..., 2] if scores else 1
    skeleton = {17: "coco17", 25: "body25", 26: "halpe26"}[joints]
    for frame in range(12):
        if frame != 5:
            (tmp_path / f"walk_{frame + 1}.txt").write_text(
                yolo_line(truth[frame], *more, scores=scores) + "\n"
            )
    truth[5] = (np.nan, np.nan, 0)
    (tmp_path / "classes.txt").write_text("person\n")
    check(tmp_path, truth, skeleton, SIZE)
    with pytest.raises(InputError, match="normalised.*`image_size`"):
        read_keypoints(tmp_path, skeleton)
    check(tmp_path / "walk_1.txt", truth[:1], skeleton, SIZE)


def test_tracks_and_flags_in_labels_of_yolo(tmp_path):
    one, other = person(6, 17, seed=1), person(6, 17, left=700, seed=2)
    for joints in (one, other):
        joints[..., 2] = 2
    one[3:], other[3:] = other[3:].copy(), one[3:].copy()
    for f in range(6):
        (tmp_path / f"{f}.txt").write_text(f"{yolo_line(one[f], 0.5, 1)}\n{yolo_line(other[f], 0.9, 2)}\n")
    file = open_keypoints(tmp_path, (2000, 720))
    tracks = sorted((file.person(n, "coco17").keypoints_px for n in (1, 2)), key=lambda t: t[0, 0, 0])
    np.testing.assert_allclose(tracks[0][..., 0] / 2000 * 1280, one[..., 0], rtol=1e-4)


@pytest.mark.parametrize("line", ["0 .5 .5 .2 .6", "frame x y", "0 .5 .5 .2 .2 " + "9 " * 51])
def test_texts_that_are_no_labels_with_keypoints_are_refused(tmp_path, line):
    (tmp_path / "in.txt").write_text(line)
    with pytest.raises(InputError, match=r"in\.txt, line 1: .*YOLO label"):
        read_keypoints(tmp_path / "in.txt", image_size=SIZE)
