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

from rtpca.cli.main import main
from rtpca.data.store import open_dataset
from rtpca.skeletons import get_skeleton


@pytest.fixture
def takes(tmp_path):
    """Two takes of 60 frames as joint positions."""
    known = get_skeleton("cmu38")
    positions = np.random.default_rng(0).normal(size=(120, known.num_joints, 3)).astype(np.float32)
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
    head = "HIERARCHY ROOT hip { OFFSET 0 0 0 CHANNELS 1 Xrotation } \nMOTION\nFrames: 9999\nFrame Time: 1\n"
    with zipfile.ZipFile(tmp_path / "many.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for index in range(400):
            archive.writestr(f"{index}.bvh", head + "0\n" * 9999)
    mapping = {"recipe": dict.fromkeys(get_skeleton("h36m17").joints, "hip"), "metres_per_unit": 1}
    (tmp_path / "map.json").write_text(json.dumps(mapping))
    before = sorted(path.name for path in tmp_path.iterdir())
    words = ["prepare", "bvh", "many.zip", "-o", "out.h5", "--mapping", "map.json"]
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
