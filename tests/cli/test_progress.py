from __future__ import annotations

import io

import pytest
from rich.console import Console

from rtpca.cli import progress
from rtpca.cli.progress import progress_bar


@pytest.fixture
def terminal(monkeypatch) -> io.StringIO:
    text = io.StringIO()
    monkeypatch.setattr(
        progress, "err", Console(file=text, force_terminal=True, width=100, color_system=None)
    )
    return text


def test_the_bar_shows_how_far_how_fast_and_what(terminal, monkeypatch) -> None:
    clock = iter([0.0, 2.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress_bar("lifting", "windows") as update:
        update(40, 100, "take [1]")
    shown = terminal.getvalue()
    assert "lifting" in shown
    assert "40/100" in shown
    assert "windows, 20 per second" in shown
    assert "take [1]" in shown


def test_slow_work_shows_tenths(terminal, monkeypatch) -> None:
    clock = iter([0.0, 2.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress_bar("preparing", "takes") as update:
        update(3, 7)
    assert "takes, 1.5 per second" in terminal.getvalue()


def test_nothing_is_shown_where_there_is_no_terminal(capsys) -> None:
    with progress_bar("lifting", "windows") as update:
        update(1, 2)
    out, err = capsys.readouterr()
    assert out == err == ""
