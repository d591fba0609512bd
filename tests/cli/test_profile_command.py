"""`rtpca profile`: counts beside the paper's figures, with the explanation."""

from __future__ import annotations

import json

import pytest

from rtpca.cli.main import main


def profile(*words: object) -> int:
    return main(["profile", *map(str, words)])


def test_the_paper_s_size_stands_beside_the_paper_s_figures(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert profile("--no-latency") == 0
    said = capsys.readouterr().out
    rows = {line.split("│")[1].strip(): line for line in said.splitlines() if line.startswith("│")}
    assert set(rows) >= {"ste", "ste+tpca", "ste+xlr", "rtpca"}
    numbers = {name: [cell.strip() for cell in line.split("│")[2:-1]] for name, line in rows.items()}
    assert numbers["ste"][:4] == ["33.78", "33.78", "138.6", "139.0"]
    assert numbers["ste+tpca"][:4] == ["33.85", "33.84", "138.7", "139.4"]
    assert numbers["rtpca"][:4] == ["33.85", "33.91", "138.7", "139.4"]
    assert numbers["ste+xlr"][:2] == ["33.78", "-"]
    assert (numbers["ste"][4], numbers["rtpca"][4]) == ("8.8", "9.7")
    assert "thop" in said
    assert "eight pyramids" in " ".join(said.split())


def test_newer_lifters_have_rows_and_small_numbers_have_digits(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    names = ("motionagformer-xs", "poseformerv2-27", "hot-rtpca")
    assert profile("--no-latency", *(word for name in names for word in ("--preset", name))) == 0
    said = capsys.readouterr().out
    rows = {line.split("│")[1].strip(): line for line in said.splitlines() if line.startswith("│")}
    cells = {name: [cell.strip() for cell in rows[name].split("│")[2:-1]] for name in names}
    # Parameters, linear layers, attention products, pooling, other products, sum.
    shown = [[each[index] for index in (0, 2, 4, 5, 6, 7)] for each in cells.values()]
    assert shown == [
        ["2.24", "1.0", "0.031", "0.0", "0.025", "1.1"],
        ["14.36", "0.059", "0.000", "0.0", "0.000", "0.059"],
        ["35.06", "82.8", "4.7", "0.353", "0.0", "87.8"],
    ]
    assert "8 heads, 81 frames left after 3 pairs" in said


def test_options_change_the_counts_and_leave_the_paper_out(capsys) -> None:
    words = [
        "--preset",
        "rtpca",
        "--set",
        "dim=16",
        "--set",
        "frames=9",
        "--set",
        "depth=2",
        "--set",
        "heads=2",
    ]
    assert profile(*words, "--runs", 1) == 0
    said = capsys.readouterr().out
    assert "9 frames, dim 16, depth 2, 2 heads" in said
    assert "33.91" not in said
    assert "thop" not in said
    assert "ms" in said


def test_json_holds_the_numbers_of_the_table(tmp_path, capsys) -> None:
    words = ["--preset", "rtpca", "--set", "dim=16", "--set", "frames=9", "--runs", 1, "--json"]
    assert profile(*words, "-") == 0
    numbers = json.loads(capsys.readouterr().out)["models"]["rtpca"]
    assert (numbers["frames"], numbers["out_frames"], numbers["parameters_m_paper"]) == (9, 9, None)
    assert numbers["pass_ms"] > 0
    assert profile(*words, tmp_path / "costs.json", "--no-latency") == 0
    assert "9 frames, dim 16" in capsys.readouterr().out
    written = json.loads((tmp_path / "costs.json").read_text())["models"]["rtpca"]
    assert written == {key: value for key, value in numbers.items() if key in written}
    assert "pass_ms" not in written


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--preset", "mixste"], "unknown name 'mixste'; known names: rtpca, ste"),
        (["--set", "widht=3"], "unknown option model.widht"),
        (["--set", "dim"], "--set dim: give key=value, e.g. --set dim=128"),
        (["--set", "dim=["], "--set dim=[: not YAML: "),
        (["--set", "mlp_ratio=x"], "model.mlp_ratio='x' must be a number"),
        (["--runs", "0"], "Invalid value for '--runs'"),
        (["--batch", "0"], "Invalid value for '--batch'"),
        (["--device", "tpu"], "Invalid value for '--device'"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(capsys, words, message) -> None:
    assert profile("--no-latency", *words) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert message in lines[0]
