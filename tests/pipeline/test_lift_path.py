"""From a file to results, through Python."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import rtpca
from rtpca.data.demo_clip import load_demo_clip
from rtpca.errors import ConfigError, InputError
from rtpca.inference import Lifter
from rtpca.models import Checkpoint, InputSpec, build_model
from rtpca.pipeline import LiftOptions, Silence, inputs, lift_input
from rtpca.skeletons import get_skeleton

sys.path.insert(0, str(Path(__file__).parents[1] / "video"))

IMAGE_SIZE = (250, 250)


@pytest.fixture(scope="module")
def lifter() -> Lifter:
    torch.manual_seed(0)
    model = build_model("rtpca", frames=27, joints=17, dim=8, depth=1, heads=1, in_channels=3)
    return Lifter(Checkpoint(model, InputSpec(normalisation="person", fps=25.0)), "cpu", flip=False)


class Heard(Silence):
    """Events that are kept."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.counts: list[int] = []
        self.stages: list[str] = []
        self.parts: dict[str, int] = {}

    def stage(self, doing, unit, /):
        self.stages.append(doing)
        return super().stage(doing, unit)

    def note(self, text, /):
        self.notes.append(text)

    def people(self, count, /):
        self.counts.append(count)

    def took(self, stage, seconds, frames, /):
        assert seconds >= 0
        self.parts[stage] = frames


def sequences(path: Path, *each: np.ndarray) -> Path:
    """A file of VideoPose3D with one action seen by several cameras: its people are read one by one."""
    np.savez(path, positions_2d=np.array({"S1": {"Walk": list(each)}}, dtype=object))
    return path


@pytest.fixture
def walk() -> np.ndarray:
    return load_demo_clip().keypoints.keypoints_px[:40]


def test_a_path_gives_what_the_lifter_gives(tmp_path, walk, lifter) -> None:
    np.savez(tmp_path / "walk.npz", keypoints=walk, image_size=(1920, 1080), fps=25, skeleton="h36m17")
    (one,) = rtpca.lift_path(tmp_path / "walk.npz", lifter=lifter)
    expected = lifter(walk, (1920, 1080), 25, "h36m17")
    np.testing.assert_array_equal(one.poses3d, expected.poses3d)
    np.testing.assert_array_equal(one.root, expected.root)
    (slow,) = rtpca.lift_path(str(tmp_path / "walk.npz"), lifter=lifter, fps=12.5, focal_px=900)
    assert slow.fps == 12.5
    expected = lifter(walk, (1920, 1080), 12.5, "h36m17", focal_px=900)
    np.testing.assert_array_equal(slow.root, expected.root)


def test_more_frames_of_people_than_memory_holds_are_refused_before_any_is_lifted(
    tmp_path, walk, lifter, monkeypatch
) -> None:
    monkeypatch.setattr(inputs, "MOST_FRAMES_OF_PEOPLE", 60)
    path = sequences(tmp_path / "data_2d.npz", walk, walk + 100)
    with pytest.raises(InputError, match="2 people in clips of up to 40 frames: at most 60 frames") as caught:
        rtpca.lift_path(path, lifter=lifter, person="all", skeleton="h36m17")
    assert str(path) in str(caught.value)
    assert len(rtpca.lift_path(path, lifter=lifter, person=2, skeleton="h36m17")) == 1
    monkeypatch.setattr(inputs, "MOST_FRAMES_OF_PEOPLE", 30)
    with pytest.raises(InputError, match="1 person in clips"):
        rtpca.lift_path(path, lifter=lifter, skeleton="h36m17")


def test_the_first_of_a_file_is_lifted_unless_somebody_else_is_wanted(tmp_path, walk, lifter) -> None:
    path = sequences(tmp_path / "walks.npz", walk, walk[:30])
    assert [one.frames for one in rtpca.lift_path(path, lifter=lifter, skeleton="h36m17")] == [40]
    assert [one.frames for one in rtpca.lift_path(path, lifter=lifter, skeleton="h36m17", person=2)] == [30]
    heard = Heard()
    both = rtpca.lift_path(path, lifter=lifter, skeleton="h36m17", person="all", events=heard)
    assert [one.frames for one in both] == [40, 30]
    assert heard.counts == [2]
    assert heard.stages == ["lifting"]
    assert heard.parts == {"lift, per person": 70}
    with pytest.raises(InputError, match=r"`person` is 3, but the file has 2 people; give a number from 1"):
        rtpca.lift_path(path, lifter=lifter, person=3)
    for wrong in (0, "any"):
        with pytest.raises(InputError, match=f"`person` is {wrong!r}: give all, or a number from 1"):
            rtpca.lift_path(path, lifter=lifter, person=wrong)
    with pytest.raises(
        ConfigError, match="`smoothing` is 'one-euro': choose one of none, savgol, kalman, joints"
    ):
        rtpca.lift_path(tmp_path / "not read.npz", lifter=lifter, smoothing="one-euro")


def test_what_is_said_of_the_whole_file_is_said_once(tmp_path, walk, lifter) -> None:
    heard = Heard()
    path = sequences(tmp_path / "walks.npz", walk, walk + 300)
    rtpca.lift_path(path, lifter=lifter, skeleton="h36m17", person="all", events=heard)
    assert len([note for note in heard.notes if note.startswith("image size not given")]) == 1
    assert len([note for note in heard.notes if "focal length assumed" in note]) == 2
    assert [note for note in heard.notes if note.startswith("person 2: focal length")]


def test_who_cannot_be_lifted_is_left_out_and_said(tmp_path, walk, lifter) -> None:
    heard = Heard()
    path = sequences(tmp_path / "walks.npz", walk * np.nan, walk, walk * np.nan)
    options = {"lifter": lifter, "skeleton": "h36m17"}
    assert len(rtpca.lift_path(path, person="all", events=heard, **options)) == 1
    left_out = [note for note in heard.notes if "left out" in note]
    assert [note.split(": ")[0] for note in left_out] == [
        "person 1 is left out, later ones move up",
        "person 3 is left out",
    ]
    with pytest.raises(InputError, match="S1 / Walk / camera 0"):
        rtpca.lift_path(path, person=1, **options)


@pytest.mark.parametrize(
    ("frames", "message"),
    [((1, 2), "none of the 2 people can be lifted; the first: "), ((1, 1), "{path}: no frame shows enough")],
)
def test_nobody_who_can_be_lifted_is_one_error(tmp_path, walk, lifter, frames, message) -> None:
    few = walk.copy()
    few[:, 2:] = np.nan
    path = sequences(tmp_path / "walks.npz", *(few[:count] for count in frames))
    heard = Heard()
    with pytest.raises(InputError, match="^" + re.escape(message.format(path=path))):
        rtpca.lift_path(path, lifter=lifter, skeleton="h36m17", person="all", events=heard)
    assert not [note for note in heard.notes if "left out" in note]


def test_parts_of_the_image_become_pixels_by_the_size_that_is_given(tmp_path, walk, lifter) -> None:
    names = get_skeleton("h36m17").joints
    header = ",".join(["frame", *(f"{name}_{axis}" for name in names for axis in "xy")])
    rows = (walk / (1920, 1080)).reshape(len(walk), -1)
    lines = [header, *(f"{frame}," + ",".join(map(str, row)) for frame, row in enumerate(rows))]
    (tmp_path / "walk.csv").write_text("\n".join(lines))
    with pytest.raises(InputError, match="coordinates are normalised.*`image_size`"):
        rtpca.lift_path(tmp_path / "walk.csv", lifter=lifter)
    (one,) = rtpca.lift_path(tmp_path / "walk.csv", lifter=lifter, image_size=(1920, 1080), fps=25)
    expected = lifter(walk, (1920, 1080), 25, "h36m17")
    np.testing.assert_allclose(one.poses3d, expected.poses3d, atol=1e-3)


@pytest.mark.parametrize(
    "name", ["in.doc", "in.bvh", "in", "in.csv", "in.txt", "in.trc", "in.pkl", "in.h5", "in.slp"]
)
def test_what_is_no_keypoint_file_is_never_taken_for_a_video(tmp_path, lifter, name) -> None:
    (tmp_path / name).write_bytes(b"frame,x,y\n0,1,2\n")
    with pytest.raises(InputError, match=f"^{re.escape(str(tmp_path / name))}") as caught:
        rtpca.lift_path(tmp_path / name, lifter=lifter, image_size=IMAGE_SIZE)
    assert not re.search(r"\bav\b|a video says", str(caught.value))


def test_what_is_not_about_a_person_ends_the_work(tmp_path, walk, lifter) -> None:
    path = sequences(tmp_path / "walks.npz", walk, walk)
    with pytest.raises(ConfigError, match="nonsense"):
        rtpca.lift_path(path, lifter=lifter, skeleton="nonsense", person="all")


def test_limits_of_a_face_are_held(tmp_path, walk, lifter) -> None:
    path = sequences(tmp_path / "walks.npz", *[walk] * 3)
    heard = Heard()
    options = LiftOptions(person="all", skeleton="h36m17", max_people=2)
    assert len(lift_input(path, options, lifter=lifter, events=heard).people) == 2
    assert heard.counts == [2]
    assert heard.notes[0].startswith("only the first 2 of 3 people are taken here")
    with pytest.raises(InputError, match="the clip takes 1 s, and at most 1 s are taken here: cut it"):
        rtpca.lift_path(path, lifter=lifter, skeleton="h36m17", max_seconds=0.6)


class TestVideo:
    """People are found by a detector that is told where they are."""

    @pytest.fixture
    def two(self, tmp_path):
        pytest.importorskip("av", reason="PyAV is not installed: pip install 'rtpca[video]'")
        from clips import write_clip
        from people import Script, walker

        one, other = walker(80) / 4, walker(80, seed=2, shift_px=(350, 40)) / 4
        path = write_clip(tmp_path / "two.mp4", 80, IMAGE_SIZE)
        return path, Script(lambda f: [one[f]] if f < 30 else [one[f], other[f]]), one

    def test_everybody_is_lifted_over_all_frames(self, two, lifter) -> None:
        path, detector, one = two
        heard = Heard()
        people = rtpca.lift_path(path, lifter=lifter, detector=detector, events=heard)
        assert [person.frames for person in people] == [80, 80]
        assert [person.image_size for person in people] == [IMAGE_SIZE, IMAGE_SIZE]
        assert [person.fps for person in people] == [25, 25]
        assert people[0].valid.all()
        assert people[1].valid[30:].all()
        assert not people[1].valid[:30].any()
        assert all(np.isfinite(person.poses3d).all() for person in people)
        assert heard.stages == ["finding people (script)", "lifting"]
        assert heard.counts == [2]
        assert heard.parts == {"decode": 80, "detect": 80, "track": 80, "lift, per person": 160}
        assert "2 people found by script: seen in 80 of 80 frames; seen in 50 of 80 frames" in heard.notes
        expected = lifter(one, IMAGE_SIZE, 25, "h36m17", scores=np.full((80, 17), 0.9, np.float32))
        np.testing.assert_array_equal(people[0].poses3d, expected.poses3d)
        assert not detector.closed

    def test_one_person_can_be_chosen(self, two, lifter) -> None:
        path, detector, _ = two
        (second,) = rtpca.lift_path(path, lifter=lifter, detector=detector, person=2)
        assert not second.valid[:30].any()

    def test_a_person_who_is_not_there_is_said(self, two, lifter) -> None:
        path, detector, _ = two
        message = r"`person` is 3, but 2 people were found; give a number from 1 to 2"
        with pytest.raises(InputError, match=message):
            rtpca.lift_path(path, lifter=lifter, detector=detector, person=3)

    def test_a_detector_that_is_loaded_here_is_closed_here(self, two, lifter, monkeypatch) -> None:
        path, detector, _ = two
        monkeypatch.setattr(rtpca.video, "load_detector", lambda *_, **__: detector)
        clip = lift_input(path, LiftOptions(), lifter=lifter)
        assert detector.closed
        assert clip.title == "two"
        assert clip.pictures is not None
        assert len(list(clip.pictures((64, 64)))) == 80

    def test_options_of_keypoint_files_are_refused(self, two, lifter) -> None:
        path, detector, _ = two
        with pytest.raises(InputError, match="`skeleton` and `image_size` are for keypoint files"):
            rtpca.lift_path(path, lifter=lifter, detector=detector, image_size=(640, 480))


def test_a_joint_set_that_is_not_recognised_is_an_error_that_names_the_file(tmp_path, walk, lifter) -> None:
    np.save(tmp_path / "odd.npy", walk[:, :11])
    message = f"^{re.escape(str(tmp_path / 'odd.npy'))}: keypoints have 11 joints; joint sets that are"
    with pytest.raises(InputError, match=message):
        rtpca.lift_path(tmp_path / "odd.npy", lifter=lifter)
