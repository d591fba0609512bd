"""The benchmark of kinds, on generated motion."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinds import main
from rtpca.cli.console import run_script
from rtpca.data.recording import Recording
from rtpca.data.store import write_dataset
from rtpca.data.synthetic import generate_motion

TAKES = (  # name, motion, action, source, subject, split
    ("a", "walk", "walk", "old_one", "ann", "train"),
    ("b", "walk", "walk", "old_one", "ann", "test"),
    ("c", "walk", "walk", "new", "bob", "test"),
    ("d", "squat", "squat", "new", "bob", "test"),
    ("e", "squat", "squat", "new", "unknown", "test"),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "takes.h5"
    recordings = [
        Recording(name, generate_motion(motion, 60, 30), 30.0, subject, action, split, source, "free")
        for name, motion, action, source, subject, split in TAKES
    ]
    write_dataset(path, recordings)
    return path


def table(data: Path, capsys, *options: str) -> dict[str, list[str]]:
    main(["rtpca-xs", "--data", str(data), *options])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "|---|---|---|"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return {cells[0]: cells[1:] for cells in rows}


def errors(cell: str) -> list[float]:
    return [float(number) for number in cell.split(" / ")]


def test_a_row_for_each_kind_and_their_mean(data, capsys) -> None:
    rows = table(data, capsys)
    assert list(rows) == ["exercise", "walk", "mean of kinds"]
    assert [int(frames) for frames, _ in rows.values()] == [80, 80, 160]  # 20 frames per second
    for place in range(2):
        kinds = [errors(rows[kind][1])[place] for kind in ("exercise", "walk")]
        assert errors(rows["mean of kinds"][1])[place] == pytest.approx(sum(kinds) / 2, abs=0.11)


def test_parts_have_means_of_their_own_kinds(data, capsys) -> None:
    rows = table(data, capsys, "--part", "before=old_*", "--part", "after=new,other")
    before, after = "mean of kinds, before", "mean of kinds, after"
    assert list(rows) == ["exercise", "walk", before, after, "mean of kinds"]
    assert [frames for frames, _ in rows.values()] == ["80", "80", "40", "120", "160"]
    exercise, walk, old_walk, new, _ = (errors(cell) for _, cell in rows.values())
    for place in range(2):
        new_walk = 2 * walk[place] - old_walk[place]  # there are as many frames of both
        assert new[place] == pytest.approx((exercise[place] + new_walk) / 2, abs=0.21)
        assert new_walk != pytest.approx(old_walk[place], abs=0.5)  # another camera


def test_people_of_the_training_split_and_unknown_ones_can_be_left_out(data, capsys) -> None:
    rows = table(data, capsys, "--other-people")
    assert {kind: frames for kind, (frames, _) in rows.items()} == {
        "exercise": "40",
        "walk": "40",
        "mean of kinds": "80",
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--split", "train", "--other-people"], "no recording to measure; check --split"),
        (["--part", "old=nothing_*"], "mean of kinds, old: no recording is of these sources"),
        (["--part", "old"], "give LABEL=SOURCE,SOURCE"),
    ],
)
def test_what_measures_nothing_is_one_line(data, capsys, options, message) -> None:
    with pytest.raises(SystemExit) as stopped:
        run_script(lambda: main(["rtpca-xs", "--data", str(data), *options]))
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
