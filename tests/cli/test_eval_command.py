"""`rtpca eval` from the command line: the table, the JSON, and errors."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from rtpca.cli.main import main
from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.models import InputSpec, ScaleCalibration, build_model, save_checkpoint


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Weights of a tiny model, and data of nine clips of 30 frames at 50 fps."""
    folder = tmp_path_factory.mktemp("eval")
    torch.manual_seed(0)
    weights, data = folder / "tiny.safetensors", folder / "synthetic.h5"
    model = build_model("rtpca", frames=9, dim=8, depth=1, heads=1, in_channels=3)
    save_checkpoint(weights, model, InputSpec(normalisation="person", fps=25.0))
    write_dataset(data, synthetic_recordings(frames=30))
    return weights, data


def evaluate(weights, data, *words: object) -> int:
    return main(["eval", "--weights", str(weights), "--data", str(data), "--device", "cpu", *map(str, words)])


def one_line_error(capsys) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("rtpca: error: ")
    return lines[0]


def test_a_table_per_action_and_averages(files, capsys) -> None:
    assert evaluate(*files) == 0
    said = " ".join(capsys.readouterr().out.split())
    for words in (
        "walk",
        "squat",
        "wave",
        "average over actions",
        "all frames",
        "MPJPE",
        "P-MPJPE",
        "clean 2D",
    ):
        assert words in said


def test_json_in_a_file_and_on_standard_output_hold_the_same(files, tmp_path, capsys) -> None:
    path = tmp_path / "numbers.json"
    assert evaluate(*files, "--json", path, "--noise", 5) == 0
    assert "5 px noise" in " ".join(capsys.readouterr().out.split())
    values = json.loads(path.read_text())
    assert (values["split"], values["noise_px"], values["flip"]) == ("test", 5.0, False)
    assert {row["label"] for row in values["rows"]} == {"walk", "squat", "wave"}
    # Three clips of 30 frames at 50 fps are 15 frames at 25, in four cameras.
    assert [row["frames"] for row in values["rows"]] == [60, 60, 60]
    assert values["all_frames"]["frames"] == 180
    mean = sum(row["mpjpe_mm"] for row in values["rows"]) / 3
    assert values["average"]["mpjpe_mm"] == pytest.approx(mean)
    assert evaluate(*files, "--json", "-", "--noise", 5) == 0
    assert json.loads(capsys.readouterr().out) == values


def test_noise_flip_split_and_seed_change_the_numbers(files, tmp_path) -> None:
    def average(*words: object) -> float:
        path = tmp_path / "numbers.json"
        assert evaluate(*files, "--json", path, *words) == 0
        return json.loads(path.read_text())["average"]["mpjpe_mm"]

    clean = average()
    assert average() == clean
    assert average("--noise", 5) == average("--noise", 5, "--seed", 0)
    numbers = {
        clean,
        average("--noise", 5),
        average("--noise", 5, "--seed", 1),
        average("--flip"),
        average("--split", "val"),
    }
    assert len(numbers) == 5


def test_protocols_and_keypoints_are_chosen_by_name(files, tmp_path, capsys) -> None:
    path = tmp_path / "numbers.json"
    assert evaluate(*files, "--protocol", "authors", "--keypoints", "projected", "--json", path) == 0
    assert "protocol authors" in " ".join(capsys.readouterr().out.split())
    values = json.loads(path.read_text())
    assert (values["protocol"], values["keypoints"], values["flip"]) == ("authors", "projected", True)
    # 15 frames in windows of 9: 18 count, in four cameras.
    assert [row["frames"] for row in values["rows"]] == [72, 72, 72]
    assert "acceleration_mm" not in values["average"]
    assert evaluate(*files, "--protocol", "p-stmo") == 0
    assert "protocol p-stmo" in " ".join(capsys.readouterr().out.split())


def test_benchmarks_have_their_own_tables_and_say_what_is_left_out(files, tmp_path, capsys) -> None:
    weights, _ = files
    made = synthetic_recordings(frames=12)[0]
    named = [
        replace(made, source="h36m", split="test", name=f"{subject}/{name}", subject=subject, action=action)
        for subject, name, action in (
            ("S9", "Directions", "Directions"),
            ("S11", "Directions", "Directions"),
            ("S9", "Eating 1", "Eating"),
        )
    ]
    write_dataset(tmp_path / "h36m.h5", named)
    path = tmp_path / "numbers.json"
    assert evaluate(weights, tmp_path / "h36m.h5", "--json", path) == 0
    said = capsys.readouterr().out
    assert "N-MPJPE" in said
    assert "S11/Directions is left out: its video is corrupted" in " ".join(said.split())
    values = json.loads(path.read_text())
    assert values["left_out"] == {"S11/Directions": "its video is corrupted"}
    assert [row["label"] for row in values["rows"]] == ["Directions", "Eating"]
    write_dataset(tmp_path / "h36m.h5", named[1:2])
    assert evaluate(weights, tmp_path / "h36m.h5") == 2
    assert "nothing to evaluate" in one_line_error(capsys)


def test_clips_without_motion_give_null_in_json(files, tmp_path) -> None:
    data = tmp_path / "short.h5"
    write_dataset(data, synthetic_recordings(frames=1))
    path = tmp_path / "numbers.json"
    assert evaluate(files[0], data, "--json", path) == 0
    values = json.loads(path.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert values["all_frames"]["mpjve_mm"] is None
    assert values["all_frames"]["mpjpe_mm"] > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--split", "tset"], "no split 'tset'; splits and sequences found: train (3), val (3), test (3)"),
        (["--noise", "-1"], "--noise is -1.0: the standard deviation must be 0 or more"),
        (["--noise", "nan"], "--noise is nan"),
        (["--json", "nowhere/numbers.json"], "--json nowhere/numbers.json: there is no folder nowhere"),
        (["--seed", "-1"], "Invalid value for '--seed'"),
        (["--seed", str(2**63)], "--seed is 9223372036854775808: give a whole number from 0 to 2^63 - 1"),
        (["--protocol", "paper"], "Invalid value for '--protocol'"),
        (["--keypoints", "mine"], "Invalid value for '--keypoints'"),
        (["--device", "tpu"], "Invalid value for '--device'"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(files, capsys, words, message) -> None:
    assert evaluate(*files, *words) == 2
    assert message in one_line_error(capsys)


def test_files_that_cannot_be_used_are_named(files, tmp_path, capsys) -> None:
    weights, data = files
    assert evaluate("rtpca-xxl", data) == 2
    assert "no weights called 'rtpca-xxl'" in one_line_error(capsys)
    assert evaluate(data, data) == 2
    assert "not a readable .safetensors file" in one_line_error(capsys)
    assert evaluate(weights, weights) == 2
    assert "tiny.safetensors" in one_line_error(capsys)
    assert evaluate(weights, tmp_path / "no.h5") == 2
    assert "no.h5" in one_line_error(capsys)


def test_data_of_another_skeleton_are_refused(files, tmp_path, capsys) -> None:
    weights = tmp_path / "humaneva.safetensors"
    save_checkpoint(
        weights,
        build_model("ste", frames=9, joints=15, dim=8, depth=1, heads=1),
        InputSpec(skeleton="humaneva15"),
    )
    assert evaluate(weights, files[1]) == 2
    assert "holds h36m17" in one_line_error(capsys)


def test_weights_that_predict_no_metres_are_refused(files, tmp_path, capsys) -> None:
    weights = tmp_path / "imported.safetensors"
    model = build_model("rtpca", frames=9, dim=8, depth=2, heads=2)
    save_checkpoint(weights, model, InputSpec(fps=25.0), {"predicts": "places in the image"})
    assert evaluate(weights, files[1]) == 2
    assert "(rtpca) predict places in the image, as their repository trained them" in one_line_error(capsys)


def test_weights_with_an_uncertainty_head_report_their_coverage(files, tmp_path, capsys) -> None:
    model = build_model("rtpca", frames=9, dim=8, depth=1, heads=1, in_channels=3, uncertainty=True)
    weights, target = tmp_path / "headed.safetensors", tmp_path / "out.json"
    calibration = ScaleCalibration((0.0, *[2.0] * 16), (1.0, *[3.0] * 16))
    spec = InputSpec(normalisation="person", fps=25.0)
    save_checkpoint(weights, model, spec, calibration=calibration)
    assert evaluate(weights, files[1], "--json", target) == 0
    said = capsys.readouterr().out
    assert "joints within the radius of the uncertainty head" in " ".join(said.split())
    assert "…" not in said
    average = json.loads(target.read_text())["average"]
    assert 0 <= average["within_50"] <= average["within_90"] <= 100
    assert average["radius_90_mm"] > 0
    assert evaluate(weights, files[1], "--json", target, "--detector-noise") == 0
    detected = json.loads(target.read_text())
    assert detected["detector_noise"] is True
    assert detected["average"]["mpjpe_mm"] != average["mpjpe_mm"]
    save_checkpoint(weights, model, spec)
    assert evaluate(weights, files[1], "--json", target) == 0
    assert "within_90" not in json.loads(target.read_text())["average"]
