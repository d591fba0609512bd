"""Evaluations are made once, and again when weights, data or the way to evaluate are others."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
from tiny_settings import TINY

from rtpca.data.store import open_dataset, write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.errors import InputError
from rtpca.evaluation import EvalConfig, evaluate, summarise
from rtpca.evaluation.protocols import AUTHORS
from rtpca.models import load_checkpoint
from rtpca.reproduce import Setup, evaluations, measure_all, named_run, plan, read_data_file, values


@pytest.fixture
def run(trained, data, tmp_path):
    shutil.copytree(trained / "runs", tmp_path / "runs")
    setup = Setup(data=(data,), out=tmp_path, seeds=1, overrides=TINY)
    return plan(setup, [named_run("rtpca")])[0]


def measured(run, *ways):
    return measure_all([run], ways, Setup(device="cpu"))


@pytest.fixture
def counted(monkeypatch):
    """How often something was really evaluated."""
    made = []
    original = evaluations.measure

    def count(*arguments):
        made.append(arguments[1])
        return original(*arguments)

    monkeypatch.setattr(evaluations, "measure", count)
    return made


def test_the_numbers_are_those_of_rtpca_eval(run, data) -> None:
    (result,) = measured(run, EvalConfig(noise_px=5.0))
    checkpoint = load_checkpoint(run.weights)
    with open_dataset(data.path) as dataset:
        report = summarise(
            evaluate(checkpoint.model, checkpoint.input, dataset.iterate("test"), EvalConfig(noise_px=5.0))
        )
    assert result.value("mpjpe_mm") == pytest.approx(report.average.mpjpe_mm)
    assert result.value("p_mpjpe_mm", "walk") == pytest.approx(report.to_dict()["rows"][1]["p_mpjpe_mm"])
    assert result.report["all_frames"]["frames"] == report.all_frames.frames
    assert result.value("mpjpe_mm", "nothing") is None
    assert result.value("no such measure") is None
    assert values([result], "rtpca", "mpjpe_mm", noise_px=5.0) == (result.value("mpjpe_mm"),)
    assert values([result], "rtpca", "mpjpe_mm") == values([result], "ste", "mpjpe_mm", noise_px=5.0) == ()


def test_one_camera_and_other_protocols_are_measured_apart(run, data) -> None:
    every, one, authors = measured(
        run, EvalConfig(), EvalConfig(all_cameras=False), EvalConfig(protocol=AUTHORS)
    )
    assert every.report["all_frames"]["frames"] == 4 * one.report["all_frames"]["frames"]
    assert authors.value("mpjpe_mm") != every.value("mpjpe_mm")
    assert len(list((run.folder / "evaluations").iterdir())) == 3


def test_what_was_measured_is_taken(run, data, counted) -> None:
    ways = [EvalConfig(), EvalConfig(noise_px=2.0)]
    first = measured(run, *ways)
    assert counted == ways
    assert measured(run, *ways) == first
    assert counted == ways
    kept = sorted(path.name for path in (run.folder / "evaluations").iterdir())
    assert kept == ["test-noise0-standard.json", "test-noise2-standard.json"]


def test_other_weights_other_data_and_damage_are_measured_again(run, data, trained, counted) -> None:
    first = measured(run, EvalConfig())
    other = trained / "runs" / "small" / "rtpca-seed1" / "weights.safetensors"
    shutil.copyfile(other, run.weights)
    second = measured(run, EvalConfig())
    assert second != first
    measured(replace(run, data=replace(run.data, sha256="0" * 64)), EvalConfig())
    measured(run, EvalConfig())
    path = run.folder / "evaluations" / "test-noise0-standard.json"
    path.write_text(path.read_text()[:-20])
    assert measured(run, EvalConfig()) == second
    assert len(counted) == 5


def test_what_is_not_measured_is_null_in_the_file(run, data) -> None:
    measured(run, EvalConfig())
    text = (run.folder / "evaluations" / "test-noise0-standard.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["key"]["data"] == data.sha256


def test_another_seed_of_the_noise_is_measured_again(run, counted) -> None:
    measured(run, EvalConfig(noise_px=2.0))
    measured(run, EvalConfig(noise_px=2.0, seed=1))
    assert [how.seed for how in counted] == [0, 1]


def test_a_split_that_is_not_there_is_named(run, tmp_path) -> None:
    write_dataset(tmp_path / "d.h5", [one for one in synthetic_recordings(frames=10) if one.split == "train"])
    with pytest.raises(InputError, match="has no split 'test'; splits and sequences found: train"):
        measured(replace(run, data=read_data_file(tmp_path / "d.h5")), EvalConfig())
