from __future__ import annotations

import importlib.util
from collections import Counter

import numpy as np
import pytest

from rtpca.errors import ConfigError, InputError, MissingExtraError
from rtpca.skeletons import get_skeleton
from rtpca.video import VideoReader, detectors, load_detector

needs_mediapipe = pytest.mark.skipif(
    importlib.util.find_spec("mediapipe") is None,
    reason="mediapipe is not installed here (it needs numpy below 2): make test-video runs this",
)
needs_rtmlib = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("rtmlib", "onnxruntime", "onnx")),
    reason="rtmlib, onnxruntime or onnx is not installed here: make test-video runs this",
)


SOME_SPEC = importlib.util.find_spec("json")


def only(*installed: str):
    return lambda name: SOME_SPEC if name in installed else None


def test_without_a_detector_the_command_that_installs_one_is_given(monkeypatch):
    monkeypatch.setattr(detectors.importlib.util, "find_spec", only())
    with pytest.raises(MissingExtraError, match=r"pip install 'rtpca\[mediapipe\]'"):
        load_detector()


@pytest.mark.parametrize(
    ("installed", "taken"),
    [(("mediapipe",), "mediapipe"), (("rtmlib",), "rtmlib"), (("mediapipe", "rtmlib"), "rtmlib")],
)
def test_auto_takes_what_is_installed(monkeypatch, installed, taken):
    monkeypatch.setattr(detectors.importlib.util, "find_spec", only(*installed))
    monkeypatch.setattr(detectors, "_mediapipe", lambda: "mediapipe")
    monkeypatch.setattr(detectors, "_rtmlib", lambda *_: "rtmlib")
    assert load_detector() == taken


def test_auto_goes_on_to_mediapipe_where_weights_cannot_be_downloaded(monkeypatch):
    def offline(*_):
        raise InputError("no network")

    monkeypatch.setattr(detectors, "_mediapipe", lambda: "mediapipe")
    monkeypatch.setattr(detectors, "_rtmlib", offline)
    monkeypatch.setattr(detectors.importlib.util, "find_spec", only("mediapipe", "rtmlib"))
    said: list[str] = []
    assert load_detector(say=said.append) == "mediapipe"
    assert len(said) == 1
    assert "cannot be downloaded: mediapipe finds the people" in said[0]
    monkeypatch.setattr(detectors.importlib.util, "find_spec", only("rtmlib"))
    with pytest.raises(InputError, match="no network"):
        load_detector()


def test_wrong_names_are_said():
    with pytest.raises(ConfigError, match="detector is 'yolo': choose one of auto, rtmlib, mediapipe"):
        load_detector("yolo")
    with pytest.raises(ConfigError, match="choose one of auto, rtmlib"):
        load_detector("mediapipe", pose_path="pose.onnx")


@needs_mediapipe
class TestMediapipe:
    @pytest.fixture(scope="class", autouse=True)
    @staticmethod
    def cache(tmp_path_factory):
        """A cache folder of its own."""
        folder = tmp_path_factory.mktemp("cache")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(folder))
            yield folder

    def test_the_bundle_is_built_once_and_whole(self, cache):
        from rtpca.video.detectors.mediapipe import task_file

        path = task_file()
        assert path.parent == cache / "rtpca"
        built = path.stat()
        assert task_file() == path
        assert path.stat().st_mtime_ns == built.st_mtime_ns
        assert [file.name for file in path.parent.iterdir()] == [path.name]

    def test_several_people_are_found_on_a_real_clip(self, shared_data, capfd):
        from rtpca.video.detectors.mediapipe import MediapipeDetector

        detector = MediapipeDetector()
        counts: Counter[int] = Counter()
        with VideoReader(shared_data / "data" / "video" / "two_people_park.mp4") as video:
            for frame in video:
                if frame.index == 90:
                    break
                people = detector(frame.image, frame.time_s)
                counts[len(people)] += frame.index >= 60
                for person in people:
                    assert person.keypoints_px.shape == (33, 2)
                    seen = person.keypoints_px[person.scores > 0]
                    assert (seen >= 0).all()
                    assert (seen <= (frame.image.shape[1], frame.image.shape[0])).all()
        detector.close()
        assert counts[2] > 25
        assert counts[0] == 0
        said = capfd.readouterr()
        assert said.out == said.err == ""

    def test_the_head_is_up_and_left_is_left(self, shared_data):
        """The woman walks towards the left of the picture: her left side is the near one."""
        from rtpca.video.detectors.mediapipe import MediapipeDetector

        joints = get_skeleton("mediapipe33")
        detector = MediapipeDetector()
        with VideoReader(shared_data / "data" / "video" / "two_people_park.mp4") as video:
            for frame in video:
                if 66 <= frame.index <= 76:
                    people = detector(frame.image, frame.time_s)
                if frame.index == 76:
                    break
        detector.close()
        woman = max(people, key=lambda person: person.box_px[0])
        nose, heel = (woman.keypoints_px[joints.index(name)] for name in ("nose", "left_heel"))
        assert nose[1] < heel[1] - 300
        assert nose[0] < woman.keypoints_px[joints.index("left_ear")][0]

    def test_an_empty_picture_shows_nobody_and_times_may_repeat(self):
        from rtpca.video.detectors.mediapipe import MediapipeDetector

        detector = MediapipeDetector(most_people=2)
        for time_s in (0.0, 0.0, 0.0001):
            assert detector(np.full((120, 161, 3), 90, np.uint8), time_s) == []
        detector.close()
        with pytest.raises(InputError, match="most people"):
            MediapipeDetector(most_people=0)


@needs_rtmlib
class TestRtmlib:
    @pytest.fixture(scope="class")
    @staticmethod
    def networks(tmp_path_factory):
        """Stand-ins for YOLOX and RTMPose: one box, and every joint at its place, whatever the picture."""
        import stand_ins

        folder = tmp_path_factory.mktemp("networks")
        return stand_ins.write_yolox(folder / "yolox.onnx"), stand_ins.write_rtmpose(folder / "pose.onnx")

    def test_networks_of_ones_own_are_run(self, networks, capfd):
        from rtpca.video.detectors.rtmlib import RtmlibDetector

        detector = RtmlibDetector(detector_path=networks[0], pose_path=networks[1])
        assert (detector.name, detector.skeleton) == ("rtmlib", "coco17")
        (person,) = detector(np.zeros((240, 320, 3), np.uint8), 0.0)
        detector.close()
        assert person.keypoints_px.shape == (17, 2)
        assert person.scores.shape == (17,)
        # The box is in the middle of the picture, and the joints go down through it.
        np.testing.assert_allclose(person.box_px, (110, 70, 210, 170), atol=2)
        assert (np.diff(person.keypoints_px[:, 1]) > 0).all()
        assert 100 < np.median(person.keypoints_px[:, 0]) < 220
        assert capfd.readouterr().out == ""

    def test_load_detector_takes_them(self, networks):
        detector = load_detector("auto", detector_path=networks[0], pose_path=networks[1])
        assert detector.name == "rtmlib"

    def test_files_that_are_no_such_networks_are_said(self, networks, tmp_path):
        from rtpca.video.detectors.rtmlib import RtmlibDetector

        with pytest.raises(InputError, match=r"no.onnx: no such file"):
            RtmlibDetector(detector_path=tmp_path / "no.onnx", pose_path=networks[1])
        (tmp_path / "bad.onnx").write_bytes(b"nothing")
        with pytest.raises(InputError, match="not a network that ONNX Runtime reads"):
            RtmlibDetector(detector_path=networks[0], pose_path=tmp_path / "bad.onnx")
        with pytest.raises(InputError, match="the pose network's outputs are"):
            RtmlibDetector(detector_path=networks[0], pose_path=networks[0])
        with pytest.raises(ConfigError, match="mode is 'huge'"):
            RtmlibDetector("huge")
