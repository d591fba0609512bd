"""The first step of `make demo` and `make test`: what it says where it cannot go on, and what is pinned."""

from __future__ import annotations

import importlib.util
import re
import stat
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def pins(name: str) -> dict[str, str]:
    """What a file of constraints pins: distribution -> version."""
    lines = (ROOT / name).read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


PINS = pins("constraints.txt")


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
            timeout=300,
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


def requirements(extra: str) -> set[str]:
    """Distributions that rtpca with an extra asks for, those of the extras that it builds on included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    extras = [extra]
    while extras:
        for requirement in project["optional-dependencies"][extras.pop()]:
            own = re.fullmatch(r"rtpca\[(.*)\]", requirement)
            extras += own[1].split(",") if own else []
            wanted += [] if own else [requirement]
    return {plain(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in wanted}


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("constraints.txt", "dev"),
        ("constraints-video.txt", "video-tests"),
        ("constraints-programs.txt", "programs-tests"),
    ],
)
def test_every_dependency_is_pinned(name, extra) -> None:
    assert requirements(extra) <= {plain(pin) for pin in pins(name)}


def needed_by(extra: str) -> set[str]:
    """What an extra brings along here: distributions that are installed, and what they need in turn."""
    found: set[str] = set()
    wanted = [("rtpca", {extra})]
    seen: set[tuple[str, str]] = set()
    while wanted:
        name, extras = wanted.pop()
        try:
            requirements = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        for requirement in map(Requirement, requirements):
            marker = requirement.marker
            for chosen in ("", *extras):
                if marker is not None and not marker.evaluate({"extra": chosen}):
                    continue
                found.add(plain(requirement.name))
                key = (plain(requirement.name), ",".join(sorted(requirement.extras)))
                if key not in seen:
                    seen.add(key)
                    wanted.append((requirement.name, requirement.extras))
    return found - {"rtpca"}


@pytest.mark.parametrize(
    ("name", "extra", "mark"),
    [
        ("constraints.txt", "dev", "ruff"),
        ("constraints-video.txt", "video-tests", "mediapipe"),
        ("constraints-programs.txt", "programs-tests", "opensim"),
    ],
)
def test_what_dependencies_need_is_pinned_too(name, extra, mark) -> None:
    if importlib.util.find_spec(mark) is None:
        pytest.skip(f"not the environment of {name}")
    assert needed_by(extra) <= {plain(pin) for pin in pins(name)}


def test_a_detector_that_is_installed_later_leaves_numpy_as_mediapipe_needs_it() -> None:
    """OpenCV 4.12 and newer want numpy 2."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    wanted = {item.name: item.specifier for item in map(Requirement, extras["rtmlib"])}
    for name in ("opencv-python", "opencv-contrib-python"):
        assert wanted[name].contains(pins("constraints-video.txt")[name])
        assert not wanted[name].contains("4.12.0.88")
        assert not wanted[name].contains("5.0.0.93")


def test_detectors_are_tested_with_the_same_torch() -> None:
    assert pins("constraints-video.txt")["torch"] == PINS["torch"]


def test_torch_is_pinned_to_one_version_for_every_build() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", PINS["torch"])
