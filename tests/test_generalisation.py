"""The benchmark of generalisation, on generated motion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from _generalisation.conditions import CLIP_CONDITIONS, CONDITIONS, Condition
from _generalisation.parts import error_parts
from _generalisation.rows import condition_lines
from _generalisation.windows import Windows, lift
from generalisation import main
from rtpca.cli.console import run_script
from rtpca.data.store import open_dataset, write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.evaluation import EvalConfig, evaluate, summarise
from rtpca.geometry.align import similarity_align
from rtpca.models import load_checkpoint


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "generated.h5"
    write_dataset(path, synthetic_recordings(60))
    return path


def test_every_condition_has_a_row(data, tmp_path, capsys):
    out = tmp_path / "out.json"
    unseen = f"rtpca-s:{_source(data)}"
    main(
        [
            "--data",
            str(data),
            "--weights",
            "rtpca-s",
            "--unseen",
            unseen,
            "--every",
            "1",
            "--seconds",
            "0.7",
            "--json",
            str(out),
        ]
    )
    table = capsys.readouterr().out
    measured = json.loads(out.read_text())["measured"]
    checkpoint = load_checkpoint("rtpca-s")
    with open_dataset(data) as dataset:
        evaluated = evaluate(checkpoint.model, checkpoint.input, dataset.iterate("test"), EvalConfig())
        report = summarise(evaluated)
    assert measured[0]["rows"][0]["mpjpe_mm"] == report.all_frames.mpjpe_mm
    assert measured[0]["rows"][0]["p_mpjpe_actions_mm"] == report.average.p_mpjpe_mm
    rows = {(row["group"], row["label"]): row for row in measured[0]["rows"]}
    for condition in (*CONDITIONS, *CLIP_CONDITIONS):
        assert condition.label in table
    for row in rows.values():
        assert row["frames"] > 0
        assert 0 < row["p_mpjpe_mm"] < 500
        assert row["mpjpe_mm"] < 500
        # Alignment makes the squared error least: where one limb is far off, the other joints pay for it. How
        # much, nothing bounds for a guessed arm; its row is held against the squares below.
        if row["label"] != "one arm missing, all joints":
            one_limb_is_off = row["group"] == "by action" or row["label"].endswith("all joints")
            assert row["p_mpjpe_mm"] <= (1.05 if one_limb_is_off else 1.0) * row["mpjpe_mm"]
    clean = rows["noise", "clean, the windows of the rows below"]
    assert clean["mpjpe_mm"] < rows["noise", "Gaussian, 5 px"]["mpjpe_mm"]
    assert clean["mpjpe_mm"] < rows["partial bodies", "one arm missing, all joints"]["mpjpe_mm"]
    assert measured[0]["parts"][0]["mpjpe_mm"] == pytest.approx(clean["mpjpe_mm"])
    assert {row["group"] for row in measured[1]["rows"]} == {"by source", "unseen source"}


def test_all_windows_have_the_errors_of_the_evaluation(data):
    checkpoint = load_checkpoint("rtpca-s")
    with open_dataset(data) as dataset:
        recording = dataset.read(dataset.names("test")[0])
    config = EvalConfig(all_cameras=False)
    (expected,) = evaluate(checkpoint.model, checkpoint.input, [recording], config)
    windows = Windows.cut([recording], checkpoint, every=1)
    lifted = lift(checkpoint, windows, Condition("", ""))
    found = next(iter(lifted.errors()))  # its first window has the first camera, as the first sequence has
    assert torch.allclose(found.mpjpe_m, expected.mpjpe_m[: len(found.mpjpe_m)], atol=1e-5)


def test_windows_are_counted_through_all_sequences():
    """Or each sequence would give its first window, and short ones nothing else."""
    checkpoint = load_checkpoint("rtpca-s")
    recordings = list(synthetic_recordings(150))[:4]
    every, all_windows = (Windows.cut(recordings, checkpoint, n) for n in (2, 1))
    assert len(all_windows.joints) == 3 * len(recordings)
    assert torch.equal(every.joints, all_windows.joints[::2])
    assert torch.equal(every.counted, all_windows.counted[::2])
    names = [recording.name for recording in all_windows.recordings]
    assert [recording.name for recording in every.recordings] == names[::2]
    number = [names[:place].count(name) for place, name in enumerate(names)]  # of each within its sequence
    assert {0, 1} <= set(number[::2])


@pytest.mark.parametrize("condition", [one for one in CONDITIONS if one.hidden], ids=lambda one: one.label)
def test_guessed_joints_count_in_one_row_and_not_in_the_other(data, condition):
    checkpoint = load_checkpoint("rtpca-s")
    with open_dataset(data) as dataset:
        windows = Windows.cut(list(dataset.iterate("test")), checkpoint, every=1)
    lifted = lift(checkpoint, windows, condition)
    seen = [joint for joint in range(17) if joint not in condition.hidden]
    for line, joints in zip(condition_lines(checkpoint, windows, condition), (seen, range(17)), strict=True):
        poses, truth = (one[windows.counted][:, list(joints)] for one in (lifted.poses, lifted.truth))
        aligned = similarity_align(poses, truth)
        off, off_aligned = (poses - truth).norm(dim=-1), (aligned - truth).norm(dim=-1)
        assert (off_aligned.square().mean(1) <= off.square().mean(1) + 1e-12).all()
        assert line.frames == len(off)
        assert line.mpjpe_mm == pytest.approx(1000 * off.mean().item(), rel=1e-5)
        assert line.p_mpjpe_mm == pytest.approx(1000 * off_aligned.mean().item(), rel=1e-5)


def test_error_parts_know_a_body_that_is_too_large(data):
    with open_dataset(data) as dataset:
        poses = torch.from_numpy(dataset.read(dataset.names("test")[0]).positions3d).double()
    poses = poses - poses[:, :1]
    parts = error_parts("", "h36m17", 1.1 * poses, poses)
    assert parts.size_percent == pytest.approx(10.0)
    assert parts.n_mpjpe_mm == pytest.approx(0.0, abs=1e-6)
    thigh_mm = 1000 * (poses[0, 1] - poses[0, 2]).norm().item()
    assert parts.bones_mm["hip-knee"] == pytest.approx(0.1 * thigh_mm, rel=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "give --weights"),
        (["--unseen", "rtpca-s"], "both parts"),
        (["--weights", "rtpca-s", "--split", "nowhere"], "no split"),
        (["--weights", "rtpca-s", "--every", "0"], "above 0"),
        (["--unseen", "rtpca-s:nowhere"], "no sequence"),
    ],
)
def test_wrong_options_end_in_one_line(data, capsys, options, message):
    with pytest.raises(SystemExit) as stopped:
        run_script(lambda: main(["--data", str(data), *options]))
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) == 1


def _source(data: Path) -> str:
    with open_dataset(data) as dataset:
        return dataset.info(dataset.names()[0]).source
