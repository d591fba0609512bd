from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from rtpca.cli.main import main
from rtpca.data.demo_clip import load_demo_clip
from rtpca.inference import StreamLifter
from rtpca.models import InputSpec, build_model, save_checkpoint
from rtpca.video import VideoFrame, open_live


@pytest.fixture
def replay(tmp_path: Path) -> str:
    clip = load_demo_clip()
    path = tmp_path / "clip.npz"
    content = {"image_size": clip.keypoints.image_size, "fps": clip.keypoints.fps, "skeleton": "h36m17"}
    np.savez(path, keypoints=clip.keypoints.keypoints_px[:12], scores=clip.keypoints.scores[:12], **content)
    return str(path)


def test_a_line_of_json_per_frame_to_standard_output(replay, capsys):
    assert main(["stream", replay, "--latency", "2", "--no-flip", "--device", "cpu"]) == 0
    captured = capsys.readouterr()
    header, *lines = [json.loads(line) for line in captured.out.splitlines()]
    assert header["latency_s"] == 0.1
    assert len(header["joint_names"]) == 17
    assert [line["time_s"] for line in lines] == pytest.approx([n / 30 for n in range(9)], abs=1e-6)
    assert np.array([line["pose3d"] for line in lines]).shape == (9, 17, 3)
    assert "latency 100 ms: 2 frames at 20 per second" in captured.err
    assert "per second without the detector" in captured.err


def test_the_lines_are_those_of_python(replay, tmp_path, capsys):
    assert main(["stream", replay, "-o", str(tmp_path / "a.ndjson"), "--latency", "0", "--no-flip"]) == 0
    assert capsys.readouterr().out == ""
    lines = (tmp_path / "a.ndjson").read_text().splitlines()
    clip = load_demo_clip().keypoints
    lifter = StreamLifter.from_pretrained(
        skeleton="h36m17", image_size=clip.image_size, latency_frames=0, flip=False
    )
    for frame, line in enumerate(lines[1:]):
        pose = lifter.push(clip.keypoints_px[frame], frame / clip.fps, clip.scores[frame])
        np.testing.assert_allclose(json.loads(line)["pose3d"], pose.pose3d, atol=1e-4)


def test_frames_without_anybody_are_null(tmp_path, capsys):
    keypoints = np.full((4, 17, 3), np.nan, np.float32)
    keypoints[3] = np.append(np.random.default_rng(0).uniform(100, 400, (17, 2)), np.ones((17, 1)), axis=1)
    np.savez(tmp_path / "a.npz", keypoints=keypoints, image_size=[640, 480], fps=30, skeleton="h36m17")
    assert main(["stream", str(tmp_path / "a.npz"), "--latency", "0", "--no-flip"]) == 0
    first, *_, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert (first["valid"], first["pose3d"], first["root"]) == (False, None, None)
    assert last["valid"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.npz"], "nowhere.npz"),
        (["{replay}", "--latency", "40"], "give 0 to 26"),
        (["{replay}", "--fps", "0"], "fps is 0"),
        (["{replay}", "-o", "nowhere/a.ndjson"], "there is no folder"),
        (["{replay}", "--smoothing", "kalman"], "--smoothing"),
        (
            ["{replay}", "-o", "a.npz"],
            "--out is a.npz: a stream is lines of JSON; give a file that ends in",
        ),
        (["a.mp4", "--skeleton", "coco17"], "are for keypoint files"),
        (["{replay}", "--detector", "yolo"], "'--detector': 'yolo' is not one of"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(replay, capsys, monkeypatch, tmp_path, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(["stream", *(word.format(replay=replay) for word in words)]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("rtpca: error: ")]
    assert len(errors) == 1
    assert message in errors[0]


def test_an_image_size_that_nobody_says_is_assumed_as_for_a_clip(tmp_path, capsys):
    np.save(tmp_path / "a.npy", load_demo_clip().keypoints.keypoints_px[:5])
    assert main(["stream", str(tmp_path / "a.npy"), "--skeleton", "h36m17", "--latency", "0"]) == 0
    said = capsys.readouterr().err
    assert "image size not given: " in said
    assert "better with --image-size" in said


def test_weights_that_need_an_image_size_ask_for_it(tmp_path, capsys):
    torch.manual_seed(0)
    model = build_model("rtpca", frames=27, joints=17, dim=8, depth=1, heads=1, in_channels=3)
    save_checkpoint(tmp_path / "screen.safetensors", model, InputSpec(normalisation="screen", fps=20.0))
    np.save(tmp_path / "a.npy", load_demo_clip().keypoints.keypoints_px[:5])
    words = ["--skeleton", "h36m17", "--weights", str(tmp_path / "screen.safetensors")]
    assert main(["stream", str(tmp_path / "a.npy"), *words]) == 2
    assert "the image size is not known, and these weights need it" in capsys.readouterr().err


def test_frames_of_a_film_that_are_shown_at_one_time_count_once(monkeypatch):
    class Film:
        def __init__(self, path):
            del path

        def __enter__(self):
            times_s = (0, 0.04, 0.04, 0.08)
            image = np.zeros((32, 32, 3), np.uint8)
            return [VideoFrame(index, time_s, image) for index, time_s in enumerate(times_s)]

        def __exit__(self, *_):
            pass

    class Nobody:
        name, skeleton = "nobody", "h36m17"

        def __call__(self, image, time_s):
            return []

        def close(self):
            pass

    monkeypatch.setattr("rtpca.video.live.VideoReader", Film)
    monkeypatch.setattr("rtpca.video.live.load_detector", lambda *_, **__: Nobody())
    assert [time_s for time_s, _ in open_live("twice.mp4").frames] == [0, 0.04, 0.08]


def test_a_camera_without_its_package_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "av", None)
    assert main(["stream", "0"]) == 2
    assert "av is needed to read a camera and is not installed: pip install 'rtpca[video]'" in " ".join(
        capsys.readouterr().err.split()
    )
