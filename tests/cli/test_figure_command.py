"""`rtpca figure` from the command line: files of each figure, runs that are trained once, errors."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import torch

from rtpca.cli.main import main
from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.models import InputSpec, build_model, save_checkpoint

TINY = ["--set", "steps=2", "--set", "model.dim=8", "--set", "model.depth=2", "--set", "model.heads=2"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Data of nine clips, and weights of two tiny networks."""
    folder = tmp_path_factory.mktemp("figure")
    write_dataset(folder / "data.h5", synthetic_recordings(frames=30))
    for name in ("rtpca", "ste"):
        torch.manual_seed(0)
        model = build_model(name, frames=9, dim=8, depth=2, heads=2, init="scaled")
        save_checkpoint(folder / f"{name}.safetensors", model, InputSpec(fps=50.0))
    return folder


def figure(*words: object) -> int:
    return main(["figure", *map(str, words), "--device", "cpu"])


def with_weights(files, out, *words: object) -> int:
    named = [f"--weights={name}={files / name}.safetensors" for name in ("rtpca", "ste")]
    return figure(*words, "--data", files / "data.h5", "--out", out, *named)


@pytest.mark.parametrize(
    ("number", "data", "words"),
    [
        (3, "figure3.csv", ["MPJPE", "| walk | 90 |", "ste MPJPE (mm)"]),
        (4, "figure4.csv", ["level (mm)", "rtpca", "ste"]),
        (5, "figure5.npz", ["entropy", "memory", "rtpca"]),
    ],
)
def test_picture_data_and_caption_are_written(
    files, tmp_path, capsys, monkeypatch, number, data, words
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert with_weights(files, tmp_path, number) == 0
    said = capsys.readouterr().out
    folder = tmp_path
    names = {path.name for path in folder.iterdir()}
    assert names >= {f"figure{number}.png", f"figure{number}.pdf", f"figure{number}.md", data}
    assert not any(name.startswith(".") for name in names)
    caption = (folder / f"figure{number}.md").read_text()
    for word in words:
        assert word in caption
    assert words[0].split()[0] in said
    assert f"![Figure {number}" in caption
    assert f"Command: `rtpca figure {number} --data data.h5 --out {folder.name} --weights=" in caption
    assert "--weights=ste=ste.safetensors --device cpu`" in caption
    assert str(files) not in caption
    for fact in ("- Weights: rtpca: ", "- Data: data.h5 (SHA-256 ", "- Shown: split test", "- Hardware: "):
        assert fact in caption
    assert str(folder / f"figure{number}.png") in said.replace("\n", "")


def test_data_of_figure_4_and_5_are_what_is_drawn(files, tmp_path) -> None:
    assert with_weights(files, tmp_path, 4, "--action", "walk") == 0
    with (tmp_path / "figure4.csv").open() as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + 30
    assert len(rows[0]) == 1 + 2 * 4
    assert rows[0][1] == "rtpca: synthetic/test_walk camera 0 (mm)"
    assert with_weights(files, tmp_path, 5) == 0
    with np.load(tmp_path / "figure5.npz", allow_pickle=False) as maps:
        assert set(maps) == {"rtpca_own", "rtpca_memory", "ste_own", "ste_memory"}
        assert maps["rtpca_own"].shape == (5, 9, 9)


def test_runs_are_trained_once_and_shared_between_figures(files, tmp_path, capsys) -> None:
    words = ["--data", files / "data.h5", "--out", tmp_path, *TINY, "--set", "model.frames=9"]
    assert figure(4, *words) == 0
    runs = tmp_path / "runs" / "small"
    assert {path.name for path in runs.iterdir()} == {"rtpca-seed0", "ste-seed0"}
    written = (runs / "ste-seed0" / "weights.safetensors").stat().st_mtime_ns
    assert figure(5, *words) == 0
    assert (runs / "ste-seed0" / "weights.safetensors").stat().st_mtime_ns == written
    caption = (tmp_path / "figure5.md").read_text()
    assert "- Scale small (recipe small.yaml): 2 steps" in caption
    assert "- Weights: rtpca: rtpca-seed0/weights.safetensors, ste: ste-seed0/weights.safetensors" in caption


def test_figure_1_trains_evaluates_and_times(files, tmp_path, capsys) -> None:
    words = ["--models", "rtpca,ste", "--frames", "9", "--rounds", 1, "--seeds", 2, "--batch-frames", 20]
    assert figure(1, "--data", files / "data.h5", "--out", tmp_path, *TINY, *words) == 0
    folder = tmp_path
    with (folder / "figure1.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["model"], row["frames"], row["mpjpe_mm_seeds"]) for row in rows] == [
        ("rtpca", "9", "2"),
        ("ste", "9", "2"),
    ]
    assert all(float(row["mpjpe_mm"]) > 0 and float(row["pass_ms"]) > 0 for row in rows)
    assert {path.name for path in folder.iterdir()} == {
        "runs",
        "figure1.png",
        "figure1.pdf",
        "figure1.csv",
        "figure1.md",
        "figure1-latency.png",
        "figure1-latency.pdf",
    }


def test_latency_alone_needs_no_data(tmp_path, capsys) -> None:
    words = ["--latency-only", "--models", "ste", "--frames", "9", "--rounds", 1, "--batch-frames", 20]
    assert figure(1, "--out", tmp_path, *words, *TINY[2:]) == 0
    folder = tmp_path
    assert {path.name for path in folder.iterdir()} == {
        f"figure1-latency.{end}" for end in ("png", "pdf", "csv", "md")
    }
    assert not (tmp_path / "runs").exists()


def test_time_that_is_up_is_said_and_the_command_goes_on(files, tmp_path, capsys) -> None:
    words = ["--data", files / "data.h5", "--out", tmp_path, *TINY, "--set", "model.frames=9"]
    assert figure(4, *words, "--max-time", "0") == 2
    line = one_line_error(capsys)
    assert "time was up before these runs were finished: rtpca, seed 0: 0 of 2 steps; ste, seed 0" in line
    assert figure(4, *words) == 0


def one_line_error(capsys) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("rtpca: error: ")
    return lines[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([2], "figure 2: figures with data are 1, 3, 4, 5"),
        ([3], "this figure needs data: give a file (--data)"),
        ([1], "this figure needs data"),
        ([1, "--weights", "ste=x.safetensors"], "figure 1 compares trained runs"),
        ([3, "--weights", "ste", "--data", "DATA"], "--weights ste: give NAME=PATH"),
        ([3, "--weights", "ste=nowhere", "--data", "DATA"], "no weights called 'nowhere'"),
        ([1, "--latency-only", "--frames", "9,x"], "--frames 9,x: give window lengths"),
        ([1, "--latency-only", "--models", "resnet"], "--models resnet: the models of Figure 1"),
        ([4, "--data", "DATA", "--action", "dance", "--weights", "ste=STE"], "no action 'dance'"),
        ([4, "--scale", "huge"], "Invalid value for '--scale'"),
        ([4, "--data", "nowhere.h5"], "nowhere.h5"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(files, tmp_path, capsys, words, message) -> None:
    place = {"DATA": files / "data.h5", "ste=STE": f"ste={files / 'ste.safetensors'}"}
    assert figure(*(place.get(word, word) for word in words), "--out", tmp_path) == 2
    assert message in one_line_error(capsys)
