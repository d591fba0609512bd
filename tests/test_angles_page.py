"""Every command and all of the Python of docs/angles.md runs."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from rtpca.cli.main import main
from rtpca.data.demo_clip import load_demo_clip

PAGE = (Path(__file__).parents[1] / "docs" / "angles.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (rtpca .*)$", PAGE, flags=re.MULTILINE)


@pytest.fixture
def walk(tmp_path, monkeypatch) -> None:
    """The clip that the page lifts, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    keypoints = load_demo_clip().keypoints
    points, size = keypoints.keypoints_px[:108], keypoints.image_size
    np.savez("walk.npz", keypoints=points, image_size=size, fps=30, skeleton="h36m17")


def test_the_commands_run_one_after_the_other(walk) -> None:
    assert len(COMMANDS) >= 3
    for command in COMMANDS:
        if "--osim-model" in command:
            found = importlib.util.find_spec("Pose2Sim")
            if found is None or importlib.util.find_spec("opensim") is None:
                continue  # `make test-programs` has both
            folder = Path((found.submodule_search_locations or [""])[0]) / "OpenSim_Setup"
            shutil.copy(folder / "Model_Pose2Sim_simple.osim", ".")
        assert main(shlex.split(command)[1:]) == 0, command
    made = {path.name for path in Path().iterdir()}
    named = set(re.findall(r"`((?:out|angles|gait)\.[\w.]+)`", PAGE))
    assert named - {"out.opensim.osim", "out.opensim.mot"} <= made


def test_the_python_runs(walk) -> None:
    assert main(shlex.split(COMMANDS[0])[1:]) == 0
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL):
        exec(compile(block, "angles.md", "exec"), {})
