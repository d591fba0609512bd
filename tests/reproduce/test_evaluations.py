"""Evaluations are made once, and again when weights, data or the way to evaluate are others."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
from tiny_settings import TINY

from rtpca.data.store import open_dataset
from rtpca.errors import InputError
from rtpca.evaluation import EvalConfig, evaluate, summarise
from rtpca.models import load_checkpoint
from rtpca.reproduce import Measurement, evaluations, measure_runs, named_run, plan_runs


@pytest.fixture
def run(trained, data, tmp_path):
    shutil.copytree(trained / "runs", tmp_path / "runs")
    return plan_runs("small", [named_run("rtpca")], 1, data, tmp_path, TINY)[0]


@pytest.fixture
def counted(monkeypatch):
    """How often something was really evaluated."""
    made = []
    original = evaluations.measure

    def count(*arguments):
        made.append(arguments[2])
        return original(*arguments)

    monkeypatch.setattr(evaluations, "measure", count)
    return made


def test_the_numbers_are_those_of_rtpca_eval(run, data) -> None:
    how = Measurement(noise_px=5.0)
    result = measure_runs([run], data, [how])["rtpca", 0, how]
    checkpoint = load_checkpoint(run.weights)
    with open_dataset(data.path) as dataset:
        report = summarise(
            evaluate(checkpoint.model, checkpoint.input, dataset.iterate("test"), EvalConfig(noise_px=5.0))
        )
    assert result.mean("mpjpe_mm") == pytest.approx(report.average.mpjpe_mm)
    assert result.row("walk", "p_mpjpe_mm") == pytest.approx(report.to_dict()["rows"][1]["p_mpjpe_mm"])
    assert result.all_frames["frames"] == report.all_frames.frames
    assert result.row("nothing", "mpjpe_mm") is None
    assert result.mean("no such measure") is None


def test_one_camera_and_other_protocols_are_measured_apart(run, data) -> None:
    ways = [Measurement(), Measurement(all_cameras=False), Measurement(protocol="authors")]
    found = measure_runs([run], data, ways)
    every, one, authors = (found["rtpca", 0, how] for how in ways)
    assert every.all_frames["frames"] == 4 * one.all_frames["frames"]
    assert authors.mean("mpjpe_mm") != every.mean("mpjpe_mm")
    assert len(list((run.folder / "evaluations").iterdir())) == 3


def test_what_was_measured_is_taken(run, data, counted) -> None:
    ways = [Measurement(), Measurement(noise_px=2.0)]
    first = measure_runs([run], data, ways)
    assert counted == ways
    assert measure_runs([run], data, ways) == first
    assert counted == ways
    kept = sorted(path.name for path in (run.folder / "evaluations").iterdir())
    assert kept == ["test-noise0-standard.json", "test-noise2-standard.json"]


def test_other_weights_other_data_and_damage_are_measured_again(run, data, trained, counted) -> None:
    first = measure_runs([run], data, [Measurement()])
    other = trained / "runs" / "small" / "rtpca-seed1" / "weights.safetensors"
    shutil.copyfile(other, run.weights)
    second = measure_runs([run], data, [Measurement()])
    assert second != first
    measure_runs([run], replace(data, sha256="0" * 64), [Measurement()])
    measure_runs([run], data, [Measurement()])
    path = run.folder / "evaluations" / "test-noise0-standard.json"
    path.write_text(path.read_text()[:-20])
    assert measure_runs([run], data, [Measurement()]) == second
    assert len(counted) == 5


def test_what_is_not_measured_is_null_in_the_file(run, data) -> None:
    measure_runs([run], data, [Measurement()])
    text = (run.folder / "evaluations" / "test-noise0-standard.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["key"]["data"] == data.sha256


def test_a_split_that_is_not_there_is_named(run, data) -> None:
    with pytest.raises(InputError, match="has no split 'tset'; splits and sequences found: train"):
        measure_runs([run], data, [Measurement(split="tset")])
