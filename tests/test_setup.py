"""The first step of `make demo` and `make test`: what it says where it cannot go on, and what is pinned."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PINS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if not line.startswith("#")
)


def plain(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture
def setup_with(tmp_path):
    """Runs the script with a Python that fails whenever its arguments match a shell pattern."""

    def run(pattern: str) -> subprocess.CompletedProcess[str]:
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\ncase "$*" in {pattern}) exit 1;; esac\nexec "{sys.executable}" "$@"\n')
        python.chmod(python.stat().st_mode | stat.S_IXUSR)
        return subprocess.run(
            ["sh", ROOT / "tools" / "setup_venv.sh", python, tmp_path / "venv"],
            cwd=ROOT,
            text=True,
            capture_output=True,
            timeout=120,
        )

    return run


def test_a_missing_python_is_said() -> None:
    run = subprocess.run(
        ["sh", ROOT / "tools" / "setup_venv.sh", "no-such-python", "venv"], text=True, capture_output=True
    )
    assert run.returncode == 1
    assert "Python 3.11 or newer" in run.stderr
    assert run.stderr.count("\n") == 1


def test_an_old_python_is_said(setup_with) -> None:
    run = setup_with("*version_info*")
    assert run.returncode == 1
    assert "make PYTHON=" in run.stderr


def test_a_python_without_venv_is_said(setup_with) -> None:
    run = setup_with("*ensurepip*|*venv*")
    assert run.returncode == 1
    assert "apt install python3-venv" in run.stderr


def test_a_python_with_neither_ensurepip_nor_pip_is_said(setup_with) -> None:
    run = setup_with('*ensurepip*|*"-m pip"*')
    assert run.returncode == 1
    assert "apt install python3-venv python3-pip" in run.stderr


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {plain(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in wanted}
    assert names <= {plain(name) for name in PINS}


def test_torch_is_pinned_to_one_version_for_every_build() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", PINS["torch"])
