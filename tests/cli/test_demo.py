from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

from rtpca.cli.main import main
from rtpca.data.demo_clip import load_demo_clip
from rtpca.metrics import mpjpe
from rtpca.models import InputSpec, build_model, save_checkpoint


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> str:
    """Untrained weights: the demo's steps do not depend on how good they are."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    model = build_model("rtpca", frames=27, joints=17, dim=16, depth=1, heads=2, in_channels=3)
    save_checkpoint(path, model, InputSpec(normalisation="person", fps=20.0))
    return str(path)


def test_the_demo_writes_what_it_says(weights, tmp_path, capsys) -> None:
    out = tmp_path / "new" / "folder"
    assert main(["demo", "--out", str(out), "--weights", weights]) == 0
    shown = capsys.readouterr().out
    names = {"poses3d.npz", "keypoints.npz", "picture.png", "motion.gif"}
    assert {entry.name for entry in out.iterdir()} == names
    assert all(name in shown for name in names)

    clip = load_demo_clip()
    with np.load(out / "poses3d.npz", allow_pickle=False) as result:
        poses = result["poses3d"]
        assert poses.shape == clip.truth_poses3d.shape
        assert np.isfinite(poses).all()
        assert result["root"].shape == (clip.keypoints.frames, 3)
    # The table's last row is the mean over all frames, in mm.
    expected_mm = 1000 * float(mpjpe(poses, clip.truth_poses3d).mean())
    (row,) = re.findall(rf"all\D+{clip.keypoints.frames}\D+([\d.]+)", shown)
    assert float(row) == pytest.approx(expected_mm, abs=0.06)

    with Image.open(out / "picture.png") as picture:
        assert min(picture.size) > 500
    with Image.open(out / "motion.gif") as moving:
        assert moving.n_frames > 50


def test_the_written_keypoints_can_be_lifted_again(weights, tmp_path) -> None:
    assert main(["demo", "--out", str(tmp_path), "--weights", weights, "--no-gif"]) == 0
    assert not (tmp_path / "motion.gif").exists()
    again = tmp_path / "again.npz"
    assert main(["lift", str(tmp_path / "keypoints.npz"), "-o", str(again), "--weights", weights]) == 0
    with np.load(again) as second, np.load(tmp_path / "poses3d.npz") as first:
        assert second["poses3d"] == pytest.approx(first["poses3d"], abs=1e-4)


def test_a_file_in_the_way_is_said(weights, tmp_path, capsys) -> None:
    taken = tmp_path / "taken"
    taken.touch()
    assert main(["demo", "--out", str(taken), "--weights", weights]) == 2
    assert "choose another" in capsys.readouterr().err


def test_unknown_weights_are_said(tmp_path, capsys) -> None:
    assert main(["demo", "--out", str(tmp_path), "--weights", "no-such"]) == 2
    assert "no-such" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
