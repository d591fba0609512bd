"""Exports and moving pictures of a clip with several people."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from rtpca.data.demo_clip import load_demo_clip
from rtpca.export import FORMATS
from rtpca.inference import LiftResult, estimate_ground
from rtpca.pipeline import LiftedClip, Outputs
from rtpca.pipeline.events import Silence
from rtpca.pipeline.outputs import save_motion
from rtpca.skeletons import get_skeleton

FRAMES = 40


@pytest.fixture(scope="module")
def people() -> list[LiftResult]:
    """Two people: the second stands half a metre lower than the first."""
    clip = load_demo_clip()
    first = LiftResult(
        poses3d=clip.truth_poses3d[:FRAMES],
        root=clip.truth_root[:FRAMES],
        confidence=clip.keypoints.scores[:FRAMES],
        keypoints2d=clip.keypoints.keypoints_px[:FRAMES],
        valid=np.ones(FRAMES, dtype=bool),
        image_size=clip.keypoints.image_size,
        fps=clip.keypoints.fps,
        skeleton="h36m17",
        joint_names=get_skeleton("h36m17").joints,
    )
    return [first, dataclasses.replace(first, root=first.root + np.float32([1.0, 0.5, 0.0]))]


@pytest.mark.parametrize("grounded", [True, False])
def test_everybody_is_exported_above_one_floor(people, tmp_path, monkeypatch, grounded) -> None:
    written = []
    for name in ("csv", "bvh"):
        monkeypatch.setitem(
            FORMATS, name, lambda path, person, ground: written.append((path, person, ground))
        )
    outputs = Outputs(tmp_path / "out.npz", exports=("csv", "bvh"), ground=grounded)
    told = outputs.write(LiftedClip(people, "two"))
    names = ["out.csv", "out.bvh", "out-person2.csv", "out-person2.bvh"]
    assert [path.name for path, _, _ in written] == names
    assert [path.name for path in told] == ["out.npz", "out-person2.npz", *names]
    assert told[tmp_path / "out-person2.bvh"] == "BVH of person 2"
    assert [person is people[0] for _, person, _ in written] == [True, True, False, False]
    floors = [ground for _, _, ground in written]
    if grounded:
        expected = estimate_ground(*people)
        for floor in floors:
            np.testing.assert_array_equal(floor.place(people[1]), expected.place(people[1]))
    else:
        assert floors == [None] * 4


class Notes(Silence):
    """Events that keep what is noted."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str, /) -> None:
        self.notes.append(text)


def test_frames_without_anybody_are_told_where_the_format_cannot(people, tmp_path) -> None:
    seen = np.arange(FRAMES) >= 3
    clip = LiftedClip([people[0], dataclasses.replace(people[1], valid=seen)], "two")
    events = Notes()
    Outputs(tmp_path / "out.npz", exports=("bvh", "trc", "glb", "csv")).write(clip, events=events)
    (note,) = events.notes
    assert note.startswith("out-person2.bvh, out-person2.glb: 3 of 40 frames show nobody and are filled")
    assert "`valid` in out-person2.npz" in note


def test_a_moving_picture_has_the_pictures_of_all_frames(people, tmp_path) -> None:
    asked = []

    def images(size_wh):
        asked.append(size_wh)
        for shade in range(FRAMES):
            yield np.full((size_wh[1], size_wh[0], 3), shade, dtype=np.uint8)

    counted = []
    clip = LiftedClip(people[:1], "walk", images)
    save_motion(clip, tmp_path / "walk.gif", lambda done, total, note="": counted.append((done, total)))
    with Image.open(tmp_path / "walk.gif") as picture:
        seconds = 0.0
        for frame in range(picture.n_frames):
            picture.seek(frame)
            seconds += picture.info["duration"] / 1000
    assert seconds == pytest.approx(FRAMES / people[0].fps, abs=0.05)
    ((width, height),) = asked
    assert width / height == pytest.approx(people[0].image_size[0] / people[0].image_size[1], rel=0.02)
    assert counted[-1][0] == counted[-1][1]
