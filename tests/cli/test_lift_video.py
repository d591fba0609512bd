"""`rtpca lift` on videos, with a detector that finds what it is told."""

from __future__ import annotations

import csv
import importlib.util
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import rtpca.video
from rtpca.cli.main import main
from rtpca.inference import LiftResult
from rtpca.models import InputSpec, build_model, save_checkpoint
from rtpca.video import VideoReader

sys.path.insert(0, str(Path(__file__).parents[1] / "video"))
from clips import write_clip, write_sound
from people import Script, walker

FRAMES, IMAGE_SIZE = 40, (250, 250)
ONE = walker(FRAMES) / 4
OTHER = walker(FRAMES, seed=2, shift_px=(350, 40)) / 4


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> str:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    model = build_model("rtpca", frames=27, joints=17, dim=8, depth=1, heads=1, in_channels=3)
    save_checkpoint(path, model, InputSpec(normalisation="person", fps=25.0))
    return str(path)


@pytest.fixture
def detector(monkeypatch) -> Script:
    script = Script(lambda f: [ONE[f]] if f < 5 else [ONE[f], OTHER[f]])
    monkeypatch.setattr(rtpca.video, "load_detector", lambda *_, **__: script)
    return script


@pytest.fixture
def clip(tmp_path) -> Path:
    (tmp_path / "in").mkdir()
    return write_clip(tmp_path / "in" / "clip.mp4", FRAMES, IMAGE_SIZE)


def lift(*words: object) -> int:
    return main(["lift", *map(str, words)])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_video_in_and_everything_out(tmp_path, clip, weights, detector, capsys):
    (tmp_path / "out").mkdir()
    out = tmp_path / "out" / "out.npz"
    words = ["--render", out.with_suffix(".mp4"), "--html", out.with_suffix(".html")]
    words += ["--export", "bvh,csv", "--ground"]
    assert lift(clip, "-o", out, "--weights", weights, *words) == 0
    said = capsys.readouterr().out
    assert "2 people found by script" in said
    speeds = said.splitlines()[-1]
    stages = ("decode", "detect", "track", "lift, per person", "export, per file", "html", "render")
    assert re.fullmatch("frames per second: " + "; ".join(rf"{stage} [\d.]+" for stage in stages), speeds)
    assert detector.closed
    written = ["out-person2.bvh", "out-person2.csv", "out-person2.npz"]
    written += ["out.bvh", "out.csv", "out.html", "out.mp4", "out.npz"]
    assert names(tmp_path / "out") == written
    for name in written:
        assert name in said
    first, second = LiftResult.load(out), LiftResult.load(out.with_stem("out-person2"))
    assert first.frames == second.frames == FRAMES
    assert int(first.valid.sum()) > int(second.valid.sum())
    with VideoReader(out.with_suffix(".mp4")) as video:
        pictures = [frame.image for frame in video]
        assert video.rates[0] == 25
    assert len(pictures) == FRAMES
    assert "<html" in out.with_suffix(".html").read_text()
    with open(out.with_suffix(".csv"), newline="") as file:
        assert len(list(csv.reader(file))) >= FRAMES


def test_one_person_and_the_true_rate_of_slow_motion(tmp_path, clip, weights, detector):
    words = ["--weights", weights, "--person", 2, "--fps", 100, "--render", tmp_path / "out.gif"]
    assert lift(clip, "-o", tmp_path / "out.npz", *words) == 0
    assert names(tmp_path) == ["in", "out.gif", "out.npz"]
    result = LiftResult.load(tmp_path / "out.npz")
    assert result.fps == 100
    assert not result.valid[:4].any()


def test_smoothing_is_off_unless_it_is_asked_for(tmp_path, clip, weights, detector, capsys):
    results = {}
    for method in ("none", "savgol", "kalman"):
        detector.times_s.clear()
        words = ["--weights", weights, "--person", 1, "--smoothing", method]
        assert lift(clip, "-o", tmp_path / f"{method}.npz", *words) == 0
        results[method] = LiftResult.load(tmp_path / f"{method}.npz").poses3d
    detector.times_s.clear()
    assert lift(clip, "-o", tmp_path / "plain.npz", "--weights", weights, "--person", 1) == 0
    np.testing.assert_array_equal(LiftResult.load(tmp_path / "plain.npz").poses3d, results["none"])
    assert not np.array_equal(results["savgol"], results["none"])
    assert not np.array_equal(results["kalman"], results["savgol"])


def test_refinement_is_done_where_it_is_asked_for(tmp_path, clip, weights, detector, capsys):
    for words, said in ((), False), (("--refine",), True):
        detector.times_s.clear()
        assert lift(clip, "-o", tmp_path / "out.npz", "--weights", weights, "--person", 1, *words) == 0
        assert ("one set of bone lengths over the clip" in capsys.readouterr().out) is said


def test_repair_can_be_left_out(tmp_path, clip, weights, monkeypatch, capsys):
    exchanged = ONE.copy()
    hips_to_ankles = [1, 2, 3, 4, 5, 6]
    exchanged[15:20, hips_to_ankles] = ONE[15:20, hips_to_ankles[3:] + hips_to_ankles[:3]]
    monkeypatch.setattr(rtpca.video, "load_detector", lambda *_, **__: Script(lambda f: [exchanged[f]]))
    for word, said in (("--repair", True), ("--no-repair", False)):
        assert lift(clip, "-o", tmp_path / "out.npz", "--weights", weights, word) == 0
        assert ("legs exchanged by the detector" in capsys.readouterr().out) is said


def test_a_varying_rate_is_drawn_with_the_pictures_of_its_times(tmp_path, weights, monkeypatch):
    times = np.delete(np.arange(FRAMES) / 25, [10, 11, 12, 30])
    path = write_clip(tmp_path / "phone.mp4", times_s=times, image_size=IMAGE_SIZE)
    shown = ONE[np.round(times * 25).astype(int)]
    monkeypatch.setattr(rtpca.video, "load_detector", lambda *_, **__: Script(lambda f: [shown[f]]))
    words = ["--weights", weights, "--render", tmp_path / "out.mp4"]
    assert lift(path, "-o", tmp_path / "out.npz", *words) == 0
    with VideoReader(tmp_path / "out.mp4") as video:
        assert sum(1 for _ in video) == FRAMES == LiftResult.load(tmp_path / "out.npz").frames


def test_everybody_of_a_keypoint_file_with_pictures_on_an_empty_canvas(tmp_path, weights, capsys):
    (tmp_path / "frames").mkdir()
    for frame in range(20):
        people = [
            {"keypoints": points[frame].tolist(), "keypoint_scores": [0.9] * 17} for points in (ONE, OTHER)
        ]
        text = str(people).replace("'", '"')
        (tmp_path / "frames" / f"{frame:03d}.json").write_text(text)
    words = ["--weights", weights, "--skeleton", "h36m17", "--image-size", 250, 250, "--fps", 25]
    assert lift(tmp_path / "frames", "-o", tmp_path / "one.npz", *words) == 0
    assert names(tmp_path) == ["frames", "one.npz"]
    words += ["--person", "all", "--render", tmp_path / "all.mp4", "--export", "json"]
    assert lift(tmp_path / "frames", "-o", tmp_path / "all.npz", *words) == 0
    assert names(tmp_path) == [
        "all-person2.json",
        "all-person2.npz",
        "all.json",
        "all.mp4",
        "all.npz",
        "frames",
        "one.npz",
    ]


def truncated(path: Path) -> Path:
    write_clip(path, 100, options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("absent.mp4", lambda path: path, "no such file"),
        ("empty.mp4", lambda path: path.write_bytes(b""), "the file is empty"),
        ("corrupt.mp4", lambda path: path.write_bytes(b"\x00\x01" * 5000), "damaged, cut off or no video"),
        ("sound.mp4", write_sound, "no video in it, only audio"),
        ("cut.mp4", truncated, "the file is cut off"),
        ("street.mp4", lambda path: write_clip(path, 10), "nobody was found in its 10 frames by script"),
    ],
)
def test_a_video_that_cannot_be_lifted_is_one_line_and_exit_code_2(
    tmp_path, weights, monkeypatch, capfd, name, make, message
):
    monkeypatch.setattr(rtpca.video, "load_detector", lambda *_, **__: Script(lambda f: []))
    make(tmp_path / name)
    before = names(tmp_path)
    words = ["--render", tmp_path / "out.mp4", "--export", "bvh"]
    assert lift(tmp_path / name, "-o", tmp_path / "out.npz", "--weights", weights, *words) == 2
    said = capfd.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert said.err.startswith("rtpca: error: ")
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--render", "out.wmv"], "give a file that ends in .mp4 or .gif"),
        (["--html", "out.txt"], "--html is out.txt: give a file that ends in .html"),
        (["--export", "bvh,fbx"], "--export 'fbx' is not known: choose of angles, bvh, c3d"),
        (["--ground"], "--ground puts exports onto the floor"),
        (["--person", "somebody"], "--person is 'somebody': give all, or a number from 1"),
        (["--person", "0"], "--person is 0: give all, or a number from 1"),
        (["--person", "7"], "--person is 7, but 2 people were found"),
        (["--skeleton", "coco17"], "--skeleton and --image-size are for keypoint files"),
        (["--render", "nowhere/out.mp4"], "there is no folder nowhere"),
        (["--html", "same.html", "--export", "csv", "--rerun", "same.html"], "--rerun is same.html"),
        (["--render", "in/clip.mp4"], "in/clip.mp4 is the input and would be overwritten"),
        (["-o", "out.mp4"], "--out is out.mp4: give a file that ends in .npz"),
        (["-o", "a" * 244 + ".npz"], "-person2.npz: the name is longer than the file system allows"),
        (["-o", "out"], "--out is out: give a file that ends in .npz"),
    ],
)
def test_wrong_options_are_one_line_and_exit_code_2(
    tmp_path, clip, weights, detector, capsys, monkeypatch, words, message
):
    monkeypatch.chdir(tmp_path)
    output = [] if "-o" in words else ["-o", "out.npz"]
    assert lift(clip, *output, "--weights", weights, *words) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert names(tmp_path) == ["in"]


def test_no_detector_gives_the_command_that_installs_one(tmp_path, clip, weights, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert lift(clip, "-o", tmp_path / "out.npz", "--weights", weights) == 2
    assert "pip install 'rtpca[mediapipe]'" in capsys.readouterr().err


@pytest.mark.parametrize("stage", ["finding people", "drawing"])
def test_ctrl_c_leaves_nothing_and_older_files_alone(
    tmp_path, clip, weights, detector, monkeypatch, capsys, stage
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    if stage == "drawing":
        monkeypatch.setattr("rtpca.viz.SceneRenderer.draw", interrupted)
    else:
        detector.people = interrupted
    (tmp_path / "out.npz").write_bytes(b"older")
    words = ["--render", tmp_path / "out.mp4", "--export", "bvh,csv"]
    assert lift(clip, "-o", tmp_path / "out.npz", "--weights", weights, *words) == 130
    assert capsys.readouterr().err == "rtpca: error: interrupted\n"
    assert detector.closed
    assert names(tmp_path) == ["in", "out.npz"]
    assert (tmp_path / "out.npz").read_bytes() == b"older"


_STUCK = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background begin without it
sys.path.insert(0, sys.argv.pop(1))
import rtpca.video
from people import Script, walker

points = walker(40) / 4

def until_the_third(frame):
    print("frame", frame, flush=True)
    if frame == 2:
        for _ in range(6000):  # a signal just before one long sleep would wait for its end
            time.sleep(0.1)
    return [points[frame]]

rtpca.video.load_detector = lambda *_, **__: Script(until_the_third)
from rtpca.cli.main import run
run()
"""


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_program_that_is_ended_leaves_nothing(tmp_path, clip, weights, sent):
    folder = str(Path(__file__).parents[1] / "video")
    command = [sys.executable, "-c", _STUCK, folder, "lift", str(clip), "-o", str(tmp_path / "out.npz")]
    command += ["--weights", weights, "--render", str(tmp_path / "out.mp4"), "--export", "bvh"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(3)] == [f"frame {n}\n" for n in range(3)]
        os.kill(process.pid, sent)
        _, err = process.communicate(timeout=300)
    assert process.returncode == (130 if sent == signal.SIGINT else 128 + signal.SIGTERM)
    assert "Traceback" not in err
    assert names(tmp_path) == ["in"]
