"""What benchmarks and tools have in common, and what they measure themselves."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from _detector_errors.variants import VARIANTS
from after_lifting import Take, floor_errors
from rtpca.cli.console import run_script
from rtpca.data.synthetic import synthetic_recordings
from rtpca.data.views import fixed_cameras
from rtpca.errors import InputError, MissingExtraError
from rtpca.geometry.rotation import rotation_about
from rtpca.inference import LiftResult
from rtpca.skeletons import get_skeleton

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(
    path
    for folder in ("benchmarks", "tools")
    for path in (ROOT / folder).glob("*.py")
    if path.name != "make_demo_clip.py"  # makes what ships, from nothing that a user gives
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_tells_errors_in_one_line(path) -> None:
    assert path.read_text().endswith('if __name__ == "__main__":\n    run_script(main)\n')


def test_what_the_user_can_mend_is_one_line_of_the_script(monkeypatch, capsys) -> None:
    def main() -> None:
        raise InputError("this is\nwrong")

    monkeypatch.setattr("sys.argv", ["somewhere/script.py", "word"])
    with pytest.raises(SystemExit) as stopped:
        run_script(main)
    assert stopped.value.code == 2
    assert capsys.readouterr().err == "script.py: error: this is wrong\n"


def test_a_bug_keeps_its_traceback() -> None:
    def main() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_script(main)


@pytest.mark.parametrize("name", ["half", "blurred"])
def test_pictures_are_changed_by_an_extra_that_errors_name(monkeypatch, name) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"cv2 is needed to change pictures.*rtpca\[mediapipe\]"):
        VARIANTS[name].change(np.zeros((8, 8, 3), np.uint8))


@pytest.mark.parametrize("degrees", [0.0, 8.0])
def test_the_floor_s_errors_are_those_that_were_put_in(degrees) -> None:
    walk = next(one for one in synthetic_recordings(frames=200) if one.action == "walk")
    camera = fixed_cameras(walk)[0]
    joints_world = torch.from_numpy(walk.positions3d).float()
    tilt = rotation_about(torch.tensor([0.0, 0.0, 1.0]), torch.tensor(np.deg2rad(degrees)).float())
    joints = (camera.world_to_camera(joints_world) @ tilt.T).numpy()
    frames = len(joints)
    result = LiftResult(
        poses3d=joints - joints[:, :1],
        root=joints[:, 0],
        confidence=np.ones((frames, 17), np.float32),
        keypoints2d=np.zeros((frames, 17, 2), np.float32),
        valid=np.ones(frames, bool),
        image_size=(1000, 1000),
        fps=walk.fps,
        skeleton="h36m17",
        joint_names=get_skeleton("h36m17").joints,
    )
    up_degrees, ankles_cm = floor_errors(Take(joints_world, camera, {}), result)
    assert up_degrees == pytest.approx(degrees, abs=3.0)  # as good as up is found from true joints
    assert ankles_cm < 3.0
