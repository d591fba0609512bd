"""Landmarks of MediaPipe, and keypoints in tables, read back."""

from __future__ import annotations

import numpy as np
import pytest
from door_files import COCO, MEDIAPIPE_JSON, SIZE, TABLES, check, jsonl, landmarks, parts, table, wide
from keypoint_writers import flat, person, write_json

from rtpca.errors import InputError
from rtpca.keypoints import open_keypoints, read_keypoints


@pytest.mark.parametrize("form", MEDIAPIPE_JSON)
def test_mediapipe_landmarks_in_json(tmp_path, form):
    truth = person(25, 33)
    path = write_json(tmp_path / "pose.json", MEDIAPIPE_JSON[form](truth))
    check(path, truth, size=SIZE)
    content = read_keypoints(path, image_size=SIZE)
    assert content.skeleton.name == "mediapipe33"
    assert content.notes[0] == "MediaPipe landmarks: 25 frames of 33 joints"
    with pytest.raises(InputError, match="normalised"):
        read_keypoints(path)


def test_frames_without_landmarks_show_nobody(tmp_path):
    truth = person(8, 33)
    frames = [{"frame": f, "landmarks": landmarks(j)} for f, j in enumerate(truth)]
    frames[2]["landmarks"], frames[5]["landmarks"] = None, []
    content = read_keypoints(write_json(tmp_path / "p.json", frames), image_size=SIZE)
    assert np.flatnonzero((content.scores == 0).all(axis=1)).tolist() == [2, 5]


def test_points_of_pixels_with_names_are_pixels(tmp_path):
    truth = person(6, 17)
    frames = [
        [
            {
                "score": 0.9,
                "keypoints": [
                    {"x": x, "y": y, "score": s, "name": n}
                    for (x, y, s), n in zip(j.tolist(), COCO, strict=True)
                ],
            }
        ]
        for j in truth
    ]
    check(jsonl(tmp_path / "movenet.jsonl", frames), truth)
    parted = [
        {
            "frame": f,
            "poses": [
                {
                    "keypoints": [
                        {"part": n, "position": {"x": x, "y": y}, "score": s}
                        for (x, y, s), n in zip(j.tolist(), COCO, strict=True)
                    ]
                }
            ],
        }
        for f, j in enumerate(truth)
    ]
    check(write_json(tmp_path / "posenet.json", parted), truth)


@pytest.mark.parametrize("form", TABLES)
def test_mediapipe_landmarks_in_tables(tmp_path, form):
    truth = person(12, 33)
    path = table(tmp_path / "pose.csv", *TABLES[form](parts(truth)))
    check(path, truth, size=SIZE)
    assert read_keypoints(path, image_size=SIZE).skeleton.name == "mediapipe33"
    with pytest.raises(InputError, match="normalised"):
        read_keypoints(path)


def test_tables_of_sleap_have_tracks(tmp_path):
    one, other = person(6, 17, seed=1), person(6, 17, left=700, seed=2)
    header = ["track", "frame_idx", "instance.score", *wide(COCO, ("x", "y", "score"), ".")]
    rows = [
        [f"track_{n}", f, 0.9, *flat(joints[f])] for f in range(6) for n, joints in enumerate((one, other))
    ]
    file = open_keypoints(table(tmp_path / "sleap.csv", header, rows))
    assert [file.person(n).who[:17] for n in (1, 2)] == ["identity track_0,", "identity track_1,"]
    tracks = sorted((file.person(n).keypoints_px for n in (1, 2)), key=lambda t: t[0, 0, 0])
    np.testing.assert_allclose(tracks[0], one[..., :2], rtol=1e-6)


@pytest.mark.parametrize(
    "content", ["frame,x,y\n0,1,2\n", "a,b\n1,2\n", "", "name,class,confidence,box,keypoints\n"]
)
def test_tables_without_joints_are_refused(tmp_path, content):
    (tmp_path / "in.csv").write_text(content)
    with pytest.raises(InputError, match=r"in\.csv: .*table"):
        read_keypoints(tmp_path / "in.csv")
