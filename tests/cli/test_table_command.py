"""`rtpca table` from the command line: what is printed and written, errors as one line with exit code 2."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from rtpca.cli.main import main
from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.training.curves import read_curves

TINY = [
    word
    for setting in (
        "model.frames=9",
        "model.dim=8",
        "model.heads=2",
        "steps=3",
        "log_every=1",
        "checkpoint_every=1",
        "val_every=3",
        "optim.warmup_steps=1",
        "precision=32-true",
    )
    for word in ("--set", setting)
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "synthetic.h5"
    write_dataset(path, synthetic_recordings(frames=30))
    return path


def table(*words: object) -> int:
    return main(["table", *map(str, words), *TINY, "--device", "cpu"])


def one_line_error(capsys) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("rtpca: error: ")
    return lines[0]


def test_a_table_is_printed_with_how_it_was_read_and_made(data, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    words = ["4", "--data", data, "--out", out, "--seeds", 1, "--only", "ste", "--row", "two=model.stages=2"]
    assert table(*words, "--only", "two") == 0
    said = " ".join(capsys.readouterr().out.split())
    for text in (
        "Table 4: Components",
        "this is MixSTE",
        "two: A row of your own: rtpca with model.stages=2.",
        "Command: `rtpca table 4 --data synthetic.h5 --out out --seeds 1 --only ste --row "
        "two=model.stages=2 --only two --set model.frames=9",
        "written to",
    ):
        assert text in said, text
    assert {path.name for path in out.iterdir()} == {"runs", "table4.csv", "table4.md"}
    assert table(*words, "--only", "two", "--json", "-") == 0
    values = json.loads(capsys.readouterr().out)
    assert [row["run"] for row in values["blocks"][0]["rows"]] == ["ste", "two"]
    assert table(*words, "--only", "two", "--json", tmp_path / "numbers.json") == 0
    assert "Table 4: Components" in capsys.readouterr().out
    assert json.loads((tmp_path / "numbers.json").read_text())["blocks"] == values["blocks"]


def test_the_time_limit_is_no_error_and_says_how_to_go_on(data, tmp_path, capsys) -> None:
    assert table(6, "--data", data, "--out", tmp_path / "out", "--max-time", 0) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "12 runs are not trained yet (pool, seed 0: 0 of 3 steps;" in said
    assert "the same command goes on" in said
    assert "–" in said


def test_ctrl_c_leaves_a_run_that_goes_on(data, tmp_path) -> None:
    out = tmp_path / "out"
    words = [
        "4",
        "--data",
        data,
        "--out",
        out,
        "--only",
        "ste",
        *TINY,
        "--set",
        "steps=1000000",
        "--jobs",
        "2",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "rtpca", "table", *map(str, words), "--set", "val_every=1000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    curves = out / "runs" / "small" / "ste-seed0" / "curves.csv"
    for _ in range(6000):
        if len(read_curves(curves)) >= 3 or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=300)
    assert process.returncode == 130, complaint
    assert complaint.splitlines()[-1] == "rtpca: error: interrupted"
    assert "Traceback" not in complaint
    saved = curves.parent
    assert {"state.pt", "weights.safetensors", "config.yaml"} <= {path.name for path in saved.iterdir()}
    assert not list(saved.glob(".*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["8"], "Invalid value for 'N'"),
        (["newest"], "Invalid value for 'N'"),
        (["newer"], "give a prepared data file (--data)"),
        (["newer", "--data", "DATA", "--only", "pool"], "The table of newer lifters has no row 'pool'"),
        (["4"], "give a prepared data file (--data)"),
        (["4", "--data", "no.h5"], "no.h5: no such file"),
        (["4", "--data", "DATA", "--scale", "paper"], "at --scale paper is of Human3.6M"),
        (["4", "--data", "DATA", "--only", "pool"], "Table 4 has no row 'pool'"),
        (["4", "--data", "DATA", "--row", "two"], "--row two: give NAME=KEY=VALUE"),
        (["4", "--data", "DATA", "--json", "nowhere/x.json"], "--json nowhere/x.json: there is no folder"),
        (["4", "--data", "DATA", "--set", "modle.dim=3"], "unknown option modle"),
        (["4", "--data", "DATA", "--row", "two=model.stagse=2"], "unknown option model.stagse"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(data, tmp_path, capsys, words, message) -> None:
    given = [data if word == "DATA" else word for word in words]
    assert table(*given, "--out", tmp_path / "out") == 2
    assert message in one_line_error(capsys)
    assert not (tmp_path / "out").exists()


def test_several_jobs_are_for_the_cpu(data, capsys) -> None:
    assert main(["table", "4", "--data", str(data), "--jobs", "2", "--device", "cuda"]) == 2
    assert "--jobs 2 is for the CPU" in one_line_error(capsys)
