"""`rtpca prepare` from the command line: what is printed, exit codes, nothing half-written when ended."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from rig_files import NAMINGS, rig_bvh
from rtpca.cli.main import main
from rtpca.data.store import open_dataset
from rtpca.data.synthetic import generate_motion
from rtpca.skeletons import get_skeleton


@pytest.fixture
def takes(tmp_path):
    """Two takes of 60 frames as joint positions."""
    known = get_skeleton("h36m17")
    positions = np.concatenate([generate_motion("walk", 60, 120.0), generate_motion("wave", 60, 120.0)])
    names, actions = np.array(["walking/one", "running/two"]), np.array(["walking", "running"])
    path = tmp_path / "takes.npz"
    np.savez(
        path,
        positions=positions,
        offsets=np.array([0, 60, 120]),
        names=names,
        actions=actions,
        joint_names=np.array(known.joints),
        fps=np.array(120),
    )
    return path


def test_summary_and_notes_are_printed(takes, tmp_path, capsys):
    (tmp_path / "splits.json").write_text(json.dumps({"train": ["takes.npz:walking/one"]}))
    output = tmp_path / "out.h5"
    assert main(["prepare", "cmu", str(takes), "-o", str(output)]) == 0
    shown = capsys.readouterr()
    assert "train" in shown.out
    assert f"2 takes prepared, 0 frames left out, in {output}" in shown.out
    assert "splits.json, found beside the source" in shown.err
    assert "sequences in no split: 1" in shown.err


def test_append_and_options_reach_the_library(takes, tmp_path):
    output = str(tmp_path / "out.h5")
    assert main(["prepare", "cmu", str(takes), "-o", output, "--split", "val", "--fps", "100"]) == 0
    takes.rename(tmp_path / "more.npz")
    options = ["--append", "--licence", "CC0", "--attribution", "Thanks", "--min-seconds", "0.1"]
    assert main(["prepare", "cmu", str(tmp_path / "more.npz"), "-o", output, *options]) == 0
    with open_dataset(output) as dataset:
        assert dataset.splits() == {"val": 2, "none": 2}
        assert dataset.read("takes.npz:walking/one").fps == 100.0
        assert dataset.read("more.npz:running/two").licence == "CC0"
        assert {a.source: a.acknowledgement for a in dataset.attributions}["more"] == "Thanks"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cmu", "none.zip"], "none.zip: no such file or folder"),
        (["cmu", "takes.npz", "--fps", "0"], "--fps is 0; it must be above zero"),
        (["cmu", "takes.npz", "--splits", "a.json", "--split", "train"], "give one of them"),
        (["bvh", "takes.npz"], "holds no .bvh file"),
        (["bvh", "broken.zip"], "not a whole zip file"),
        (["bvh", "own.bvh"], "own.bvh, line 3: "),
    ],
)
def test_mistakes_end_in_one_line_and_code_2(takes, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "own.bvh").write_text("HIERARCHY\nROOT hip\n[\n")
    assert main(["prepare", *words, "-o", "out.h5"]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.startswith("rtpca: error: ")
    assert shown.count("\n") == 1
    assert not (tmp_path / "out.h5").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_ended_run_leaves_nothing_behind(tmp_path, number, code):
    one = rig_bvh(NAMINGS["xsens"], frames=1)
    still = one.replace("Frames: 1", "Frames: 3000") + one.splitlines()[-1].join(["", "\n"]) * 2999
    with zipfile.ZipFile(tmp_path / "many.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for index in range(100):
            archive.writestr(f"{index}.bvh", still)
    before = sorted(path.name for path in tmp_path.iterdir())
    words = ["prepare", "bvh", "many.zip", "-o", "out.h5"]
    command = [sys.executable, "-m", "rtpca.cli.main", *words]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while len(list(tmp_path.iterdir())) == len(before):  # until the temporary file is there
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(number)
    _, shown = process.communicate(timeout=300)
    assert process.returncode == code
    assert "Traceback" not in shown
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_options_are_named_as_flags_in_what_is_said_about_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "walk.bvh").write_text(rig_bvh(NAMINGS["mixamo"], frame_time="30", rest_offset=True))
    assert main(["prepare", "bvh", "walk.bvh", "-o", "out.h5"]) == 2
    assert "itself, 30 fps; give the true rate as --fps" in capsys.readouterr().err
    words = ["prepare", "bvh", "walk.bvh", "-o", "out.h5", "--fps", "30"]
    assert main([*words, "--metres-per-unit", "1"]) == 2
    assert "give --metres-per-unit 0.01" in capsys.readouterr().err
    assert main([*words, "--up", "z"]) == 0
    assert "warning: walk.bvh: the people are lying in all takes (1)" in capsys.readouterr().err
    assert main([*words, "--root-offset", "add", "--up", "y"]) == 0
    assert main(words) == 0
    assert "replace its OFFSET, as the height of the feet" in capsys.readouterr().err
    with open_dataset("out.h5") as dataset:
        assert dataset.read("walk.bvh:walk.bvh").positions3d[..., 1].min() < 0.2
