"""Every example runs, without downloads, and writes only where it is told to."""

from __future__ import annotations

import inspect
import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("[0-9]*.py"))


def test_examples_are_numbered_in_a_row() -> None:
    assert [path.name[:2] for path in EXAMPLES] == [f"{n:02d}" for n in range(len(EXAMPLES))]
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_runs(path, tmp_path, monkeypatch, capsys) -> None:
    main = runpy.run_path(str(path))["main"]
    monkeypatch.chdir(tmp_path)
    wants_folder = "out" in inspect.signature(main).parameters
    main(*([tmp_path / "out"] if wants_folder and (tmp_path / "out").mkdir() is None else []))
    assert capsys.readouterr().out
    assert {entry.name for entry in tmp_path.iterdir()} <= {"out"}
    if wants_folder:
        assert list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_says_how_to_run_it(path) -> None:
    assert f"python examples/{path.name}" in path.read_text(encoding="utf-8")
