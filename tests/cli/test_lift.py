from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from rtpca.cli.main import main
from rtpca.data.cameras import evaluation_cameras
from rtpca.data.joint_sets import with_joints_of
from rtpca.data.synthetic import generate_motion
from rtpca.inference import Lifter, LiftResult
from rtpca.models import InputSpec, build_model, save_checkpoint
from rtpca.skeletons import get_skeleton, joint_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> str:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    model = build_model("rtpca", frames=27, joints=17, dim=8, depth=1, heads=1, in_channels=3)
    save_checkpoint(path, model, InputSpec(normalisation="person", fps=20.0))
    return str(path)


def seen_by_camera(world: np.ndarray) -> np.ndarray:
    """(F, 17, 2) pixels of a world motion in the first evaluation camera."""
    points = torch.as_tensor(world)
    camera = evaluation_cameras(points)
    return camera.project(camera.world_to_camera(points.expand(4, -1, -1, -1)))[0].numpy()


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    return seen_by_camera(generate_motion("walk", frames=90, fps=50, seed=1))


def lift(*words: object) -> int:
    return main(["lift", *map(str, words)])


def test_keypoints_in_poses_out(tmp_path: Path, weights, walk, capsys):
    np.savez(tmp_path / "walk.npz", keypoints=walk, image_size=[1000, 1002], fps=50)
    assert lift(tmp_path / "walk.npz", "-o", tmp_path / "out.npz", "--weights", weights) == 0
    said = capsys.readouterr().out
    assert "17 joints: recognised as h36m17 by the shape of the body" in said
    assert "90 frames (1.8 s), 90 with a person in view" in said
    with np.load(tmp_path / "out.npz", allow_pickle=False) as out:
        assert out["poses3d"].shape == (90, 17, 3)
        assert (out["image_size"].tolist(), float(out["fps"]), str(out["skeleton"])) == (
            [1000, 1002],
            50.0,
            "h36m17",
        )
    expected = Lifter.from_pretrained(weights, "cpu")(walk, (1000, 1002), 50, "h36m17")
    np.testing.assert_array_equal(LiftResult.load(tmp_path / "out.npz").poses3d, expected.poses3d)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.npz", "walk.npz"]


def test_options_reach_the_lifter(tmp_path: Path, weights, walk):
    np.save(tmp_path / "walk.npy", walk)
    words = [
        "-o",
        tmp_path / "out.npz",
        "--weights",
        weights,
        "--skeleton",
        "h36m17",
        "--image-size",
        1920,
        1080,
    ]
    words += ["--fps", "29.97", "--focal", 1500, "--device", "cpu", "--person", 1, "--no-flip"]
    assert lift(tmp_path / "walk.npy", *words) == 0
    result = LiftResult.load(tmp_path / "out.npz")
    lifter = Lifter.from_pretrained(weights, "cpu", flip=False)
    expected = lifter(walk, (1920, 1080), 29.97, "h36m17", focal_px=1500)
    np.testing.assert_array_equal(result.poses3d, expected.poses3d)
    np.testing.assert_array_equal(result.root, expected.root)
    assert (result.image_size, result.fps) == ((1920, 1080), 29.97)


def test_options_win_over_what_the_file_says(tmp_path: Path, weights, walk):
    np.savez(tmp_path / "walk.npz", keypoints=walk, image_size=[640, 480], fps=1)
    words = ["-o", tmp_path / "out.npz", "--weights", weights, "--image-size", 1000, 1002, "--fps", 50]
    assert lift(tmp_path / "walk.npz", *words) == 0
    result = LiftResult.load(tmp_path / "out.npz")
    assert (result.image_size, result.fps) == ((1000, 1002), 50)


def test_a_folder_of_openpose_frames_as_a_program(tmp_path: Path, weights):
    standing = with_joints_of(generate_motion("wave", 1, 25), get_skeleton("body25"))[0]
    body = (100, 600) + 250 * standing[:, :2] * (1, -1)
    (tmp_path / "frames").mkdir()
    for frame in range(40):
        joints = np.column_stack([body + 3 * frame, np.full(25, 0.8)])
        people = [] if frame in (10, 11) else [{"pose_keypoints_2d": joints.reshape(-1).tolist()}]
        (tmp_path / "frames" / f"v_{frame:012d}_keypoints.json").write_text(json.dumps({"people": people}))
    command = [
        sys.executable,
        "-m",
        "rtpca.cli.main",
        "lift",
        tmp_path / "frames",
        "-o",
        tmp_path / "out.npz",
    ]
    command += ["--weights", weights, "--image-size", "1280", "720", "--fps", "25"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "OpenPose folder: 40 frames of 25 joints" in done.stdout
    assert "recognised as body25 by the shape of the body" in done.stdout
    result = LiftResult.load(tmp_path / "out.npz")
    assert result.valid.all()
    between = (2 * result.keypoints2d[9] + result.keypoints2d[12]) / 3
    np.testing.assert_allclose(result.keypoints2d[10], between, atol=0.01)
    assert np.isfinite(result.poses3d).all()


def test_a_real_take(tmp_path: Path, weights, shared_data):
    """Motion capture of the test data, seen by a camera."""
    with np.load(shared_data / "data" / "cmu_actions.npz") as pack:
        take = pack["positions"][: pack["offsets"][1]][::6]
    world = (joint_weights("cmu38") @ take).astype(np.float32)
    np.savez(tmp_path / "take.npz", keypoints=seen_by_camera(world), image_size=[1000, 1002], fps=20)
    assert lift(tmp_path / "take.npz", "-o", tmp_path / "out.npz", "--weights", weights) == 0
    result = LiftResult.load(tmp_path / "out.npz")
    assert result.frames == len(world)
    assert result.valid.all()


def several_people(path: Path, walk: np.ndarray, *, whole: int) -> Path:
    """A file of `whole` people who walk, and one more of whom two joints are seen in two frames."""
    found = []
    for number in range(whole + 1):
        joints = np.concatenate([walk + 300 * number, np.ones((*walk.shape[:2], 1))], axis=2)
        if number == whole:
            joints = joints[3:5]
            joints[:, 2:, 2] = 0
        for frame, one in enumerate(joints):
            found.append({"image_id": frame, "track_id": number, "keypoints": one.reshape(-1).tolist()})
    path.write_text(json.dumps(found))
    return path


def test_who_cannot_be_lifted_is_left_out_and_the_others_are_lifted(tmp_path: Path, weights, walk, capsys):
    file = several_people(tmp_path / "in.json", walk[:30], whole=2)
    words = ["--weights", weights, "--skeleton", "h36m17", "--person", "all", "--export", "json"]
    words += ["--image-size", 2000, 2000, "--html", tmp_path / "out.html"]
    assert lift(file, "-o", tmp_path / "out.npz", *words) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if "left out" in line] == [
        f"person 3 is left out: {file}: no frame shows enough of a person: at least 4 joints with a score "
        "are needed in one of 30 frames; check the keypoints and their scores"
    ]
    assert len(said) == len(set(said))
    written = ["in.json", "out-person2.json", "out-person2.npz", "out.html", "out.json", "out.npz"]
    assert sorted(path.name for path in tmp_path.iterdir()) == written


def test_people_of_a_file_without_an_image_size_share_one(tmp_path: Path, weights, walk, capsys):
    file = several_people(tmp_path / "in.json", walk[:30], whole=2)
    words = ["--weights", weights, "--skeleton", "h36m17", "--html", tmp_path / "out.html"]
    assert lift(file, "-o", tmp_path / "out.npz", *words, "--person", "all") == 0
    seen = np.concatenate([(walk[:30] + 300).reshape(-1, 2), (walk[3:5, :2] + 600).reshape(-1, 2)])
    width, height = (int(side) for side in np.ceil(seen.max(axis=0)))
    said = capsys.readouterr().out
    assert f"image size not given: {width} x {height} px assumed, the extent of everybody" in said
    first = LiftResult.load(tmp_path / "out.npz")
    assert first.image_size == LiftResult.load(tmp_path / "out-person2.npz").image_size == (width, height)
    assert lift(file, "-o", tmp_path / "alone.npz", *words) == 0
    np.testing.assert_array_equal(LiftResult.load(tmp_path / "alone.npz").root, first.root)


def test_nobody_who_can_be_lifted_is_one_line_and_exit_code_2(tmp_path: Path, weights, walk, capsys):
    file = several_people(tmp_path / "in.json", walk, whole=0)
    for person in ("all", "1"):
        words = ["-o", tmp_path / "out.npz", "--weights", weights, "--skeleton", "h36m17", "--person", person]
        assert lift(file, *words) == 2
        captured = capsys.readouterr()
        assert captured.err.startswith(f"rtpca: error: {file}: no frame shows enough of a person")
        assert captured.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]


def test_later_people_move_up_for_a_sequence_without_joints(tmp_path: Path, weights, walk, capsys):
    views = [walk * np.nan, walk]
    np.savez(tmp_path / "in.npz", positions_2d=np.array({"S1": {"Walk": views}}, dtype=object))
    words = ["--weights", weights, "--skeleton", "h36m17", "--person", "all"]
    assert lift(tmp_path / "in.npz", "-o", tmp_path / "out.npz", *words) == 0
    said = capsys.readouterr().out
    assert "person 1 is left out, later ones move up: " in said
    assert "S1 / Walk / camera 0: keypoints hold no visible joint" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.npz", "out.npz"]
    assert LiftResult.load(tmp_path / "out.npz").valid.all()


class Trap:
    def __init__(self, folder: Path):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


GOOD = np.random.default_rng(0).uniform(100, 500, (5, 17, 2))


@pytest.mark.parametrize(
    ("content", "words", "message"),
    [
        ({"keypoints": GOOD[:, :12]}, [], "12 joints"),
        ({"keypoints": GOOD * np.nan}, [], "no visible joint"),
        ({"keypoints": GOOD[:0]}, [], "no frames"),
        ({"keypoints": GOOD[0]}, [], "needed is (F, J, 2)"),
        ({"keypoints": GOOD}, ["--skeleton", "centaur"], "unknown skeleton 'centaur'"),
        ({"keypoints": GOOD, "skeleton": "centaur"}, [], "skeleton 'centaur', which is not known"),
        ({"keypoints": GOOD}, ["--skeleton", "body25"], "17 joints, but skeleton body25 has 25"),
        ({"keypoints": np.array({"a": 1}, dtype=object)}, [], "pickled Python objects"),
        ({"positions_2d": np.array([Trap(Path("trap"))], dtype=object)}, [], "nothing of the file was run"),
        ({"keypoints": GOOD}, ["--skeleton", "h36m17", "--person", "2"], "the file has 1 person"),
        ({"keypoints": GOOD}, ["--skeleton", "h36m17", "--fps", "0"], "fps is 0"),
        ({"keypoints": GOOD}, ["--skeleton", "h36m17", "--image-size", "0", "5"], "image size is 0"),
        ({"keypoints": GOOD}, ["--skeleton", "h36m17", "--focal", "-1"], "--focal is -1"),
        ({"keypoints": GOOD}, ["--skeleton", "h36m17", "--weights", "nobody"], "no weights called 'nobody'"),
        ({"keypoints": GOOD}, ["--device", "tpu"], "--device"),
        ({"keypoints": GOOD}, ["--image-size", "5"], "--image-size"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(
    tmp_path, weights, capsys, monkeypatch, content, words, message
):
    monkeypatch.chdir(tmp_path)
    np.savez("in.npz", **content)
    assert (
        lift("in.npz", "-o", "out.npz", *(["--weights", weights] if "--weights" not in words else []), *words)
        == 2
    )
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("rtpca: error: ")
    assert [path.name for path in tmp_path.iterdir()] == ["in.npz"]


def test_a_truncated_file_leaves_an_older_result_alone(tmp_path: Path, weights, capsys):
    np.savez(tmp_path / "in.npz", keypoints=GOOD)
    (tmp_path / "in.npz").write_bytes((tmp_path / "in.npz").read_bytes()[:300])
    (tmp_path / "out.npz").write_bytes(b"older")
    assert lift(tmp_path / "in.npz", "-o", tmp_path / "out.npz", "--weights", weights) == 2
    assert "truncated" in capsys.readouterr().err
    assert (tmp_path / "out.npz").read_bytes() == b"older"


def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path, weights, walk, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Lifter, "__call__", interrupted)
    np.savez(tmp_path / "walk.npz", keypoints=walk)
    assert lift(tmp_path / "walk.npz", "-o", tmp_path / "out.npz", "--weights", weights) == 130
    assert capsys.readouterr().err == "rtpca: error: interrupted\n"
    assert [path.name for path in tmp_path.iterdir()] == ["walk.npz"]


def test_an_output_folder_that_is_not_there_is_said_before_the_work(tmp_path: Path, weights, capsys):
    assert lift(tmp_path / "absent.npz", "-o", tmp_path / "nowhere" / "out.npz", "--weights", weights) == 2
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("-o", "a" * 252 + ".npz"),
        ("--render", "a" * 252 + ".gif"),
        ("--render", "a" * 252 + ".mp4"),
        ("--html", "a" * 251 + ".html"),
        ("--rerun", "a" * 252 + ".rrd"),
        ("--export", "json"),
    ],
)
def test_a_name_that_is_too_long_is_said_before_the_work(
    tmp_path: Path, weights, walk, monkeypatch, capsys, option, name
):
    np.savez(tmp_path / "walk.npz", keypoints=walk)
    monkeypatch.setattr("rtpca.extras.optional_import", lambda *_: None)
    monkeypatch.setattr(Lifter, "from_pretrained", lambda *_, **__: pytest.fail("the work began"))
    # With .json the name of the longest output is one character longer than the file system takes.
    words = {"-o": tmp_path / ("b" * 251 + ".npz" if name == "json" else "out.npz")}
    words[option] = name if name == "json" else tmp_path / name
    options = [word for pair in words.items() for word in pair]
    assert lift(tmp_path / "walk.npz", *options, "--weights", weights) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("rtpca: error: cannot write ")
    assert said.err.endswith(": the name is longer than the file system allows; give a shorter one\n")
    assert [path.name for path in tmp_path.iterdir()] == ["walk.npz"]


@pytest.mark.parametrize(("name", "words"), [("a" * 244, []), ("a" * 243, ["--export", "json"])])
def test_a_second_persons_name_that_is_too_long_is_said_before_the_lifting(
    tmp_path: Path, weights, walk, monkeypatch, capsys, name, words
):
    file = several_people(tmp_path / "in.json", walk[:30], whole=2)
    words = ["-o", tmp_path / f"{name}.npz", "--weights", weights, "--skeleton", "h36m17", *words]
    with monkeypatch.context() as context:
        context.setattr(Lifter, "__call__", lambda *_, **__: pytest.fail("the lifting began"))
        assert lift(file, *words, "--person", "all") == 2
    assert "-person2.npz: the name is longer" in capsys.readouterr().err.replace(".json:", ".npz:")
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]
    assert lift(file, *words, "--person", "2") == 0  # whose file has no number


def test_a_second_persons_file_does_not_overwrite_the_input(tmp_path: Path, weights, walk, capsys):
    file = several_people(tmp_path / "out-person2.json", walk[:30], whole=2)
    before = file.read_bytes()
    words = ["--weights", weights, "--skeleton", "h36m17", "--person", "all", "--export", "json"]
    assert lift(file, "-o", tmp_path / "out.npz", *words) == 2
    assert "out-person2.json is the input and would be overwritten" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["out-person2.json"]
    assert file.read_bytes() == before


def test_the_longest_names_are_written(tmp_path: Path, weights, walk):
    np.savez(tmp_path / "walk.npz", keypoints=walk[:20], image_size=[1000, 1002], fps=50)
    words = ["-o", tmp_path / ("a" * 250 + ".npz"), "--html", tmp_path / ("a" * 250 + ".html")]
    words += ["--render", tmp_path / ("a" * 250 + ".gif"), "--export", "bvh,csv,glb,json,trc"]
    assert lift(tmp_path / "walk.npz", *words, "--weights", weights) == 0
    endings = ["npz", "html", "gif", "bvh", "csv", "glb", "json", "trc"]
    written = sorted(["walk.npz", *("a" * 250 + f".{ending}" for ending in endings)])
    assert sorted(path.name for path in tmp_path.iterdir()) == written


_MEASURED = """
import resource, sys
import torch
torch.set_num_threads(1)
from rtpca.cli.main import main

for name in ("short", "long"):
    code = main(["lift", f"{name}.npz", "-o", f"{name}-out.npz", "--weights", sys.argv[1], "--no-flip"])
    assert code == 0
    print("peak_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_windows(tmp_path: Path, weights):
    """100,000 frames more take under 2.5 kB each, of which input and output are 0.6."""
    frames = 140_000
    keypoints = np.ones((frames, 17, 3), np.float32)
    time = np.arange(frames, dtype=np.float32) / 20
    keypoints[..., :2] = GOOD[0] + 30 * np.stack([np.sin(time), np.cos(time)], axis=1)[:, None]
    keypoints[1000:1008, 4] = np.nan
    keypoints[20_000:21_000] = np.nan
    for name, part in (("short", 40_000), ("long", frames)):
        np.savez(
            tmp_path / f"{name}.npz",
            keypoints=keypoints[:part],
            image_size=[1000, 1000],
            fps=20,
            skeleton="h36m17",
        )
    del keypoints
    command = [sys.executable, "-c", _MEASURED, weights]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    short_mb, long_mb = (float(line.split()[1]) for line in done.stdout.splitlines() if "peak_mb" in line)
    assert 1000 * (long_mb - short_mb) / (frames - 40_000) < 2.5
    result = LiftResult.load(tmp_path / "long-out.npz")
    assert result.frames == frames
    assert int((~result.valid).sum()) == 1000
    assert np.isfinite(result.poses3d).all()


CAMERA = """[cam01]
size = [1000, 1002]
matrix = [[1145.0, 0.0, 512.5], [0.0, 1143.8, 515.4], [0.0, 0.0, 1.0]]
distortions = [-0.2, 0.24, -0.001, -0.001, -0.003]
rotation = [1.5, 0.1, 0.1]
translation = [0.1, 0.9, 4.5]

[cam02]
size = [1920, 1080]
matrix = [[1145.0, 0.0, 960.0], [0.0, 1145.0, 540.0], [0.0, 0.0, 1.0]]
"""


def test_camera_and_stature_are_given_and_kept(tmp_path: Path, weights, walk, capsys):
    np.savez(tmp_path / "walk.npz", keypoints=walk, image_size=[1000, 1002], fps=50, skeleton="h36m17")
    (tmp_path / "Calib.toml").write_text(CAMERA)
    options = ("--camera", tmp_path / "Calib.toml", "--camera-name", "cam01", "--weights", weights)
    assert lift(tmp_path / "walk.npz", "-o", tmp_path / "out.npz", *options, "--height", "1.65") == 0
    assert "stature 1.65 m\n" in capsys.readouterr().out
    result = LiftResult.load(tmp_path / "out.npz")
    assert result.stature_known
    assert result.camera is not None
    assert result.camera.intrinsics.distortion.tolist() == [-0.2, 0.24, -0.001, -0.001, -0.003]
    with np.load(tmp_path / "out.npz", allow_pickle=False) as out:
        assert float(out["stature_m"]) == pytest.approx(1.65, abs=1e-4)
        np.testing.assert_array_equal(out["joints_world"], result.joints_world())
    assert lift(tmp_path / "walk.npz", "-o", tmp_path / "plain.npz", "--weights", weights) == 0
    assert "(assumed)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--height", "178"), "--height is 178: give metres"),
        (("--height", "tall"), "--height is 'tall': give metres, 1.78, or by the person's number"),
        (("--height", "1=1.7,2=1.6"), "--height names person 2, but lifted are only 1"),
        (("--camera", "Calib.toml"), "holds 2 cameras (cam01, cam02): say which filmed this, --camera-name"),
        (("--camera", "Calib.toml", "--camera-name", "cam02"), "this clip has 1000 x 1002"),
        (("--camera", "nothing.toml"), "no such file"),
        (("--camera", "walk.npz"), "not a text; cameras are read from"),
        (("--camera-unit", "mm"), "--camera-name and --camera-unit are about the file of a --camera"),
        (("--camera", "Calib.toml", "--focal", "900"), "--camera and --focal both say the focal length"),
    ],
)
def test_wrong_cameras_and_statures_end_in_a_line(
    tmp_path: Path, monkeypatch, weights, walk, capsys, options, message
):
    monkeypatch.chdir(tmp_path)
    np.savez("walk.npz", keypoints=walk, image_size=[1000, 1002], fps=50, skeleton="h36m17")
    Path("Calib.toml").write_text(CAMERA)
    assert lift("walk.npz", "-o", "out.npz", "--weights", weights, *options) == 2
    said = capsys.readouterr().err
    assert message in " ".join(said.split())
    assert not Path("out.npz").exists()
