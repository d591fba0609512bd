"""`rtpca import-checkpoint`: another repository's weights in, our file out, and a report."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from rtpca.cli.main import main
from rtpca.errors import ConfigError
from rtpca.inference import Lifter
from rtpca.models import load_checkpoint


@pytest.fixture
def checkpoint(shared_data, tmp_path):
    """A training checkpoint as the MixSTE family saves it, of the reference weights."""

    def save(name: str):
        tensors = load_file(shared_data / "golden" / f"{name}.safetensors")
        weights = {f"module.{k[7:]}": v for k, v in tensors.items() if k.startswith("weight.")}
        path = tmp_path / f"{name}.bin"
        torch.save(
            {"epoch": 3, "lr": 1e-4, "random_state": np.random.RandomState(1), "model_pos": weights}, path
        )
        return path, tensors

    return save


def run(*words: object) -> int:
    return main(["import-checkpoint", *map(str, words)])


@pytest.mark.parametrize(
    ("name", "arch", "said"),
    [
        ("poseformer", "poseformer", ["9 frames, 17 joints, dim 8 per joint, depth 3", "0 dropped"]),
        ("mixste", "mixste", ["9 frames, 17 joints, dim 32, depth 3", "0 dropped"]),
        (
            "rtpca",
            "rtpca-authors",
            ["243 frames, 17 joints, dim 16", "60 dropped", "dropped 60: pyramid of a spatial block"],
        ),
    ],
)
def test_the_imported_file_gives_the_reference_s_numbers(
    checkpoint, tmp_path, capsys, name, arch, said
) -> None:
    source, tensors = checkpoint(name)
    target = tmp_path / "ours.safetensors"
    assert run(source, target, "--arch", arch, "--heads", 4) == 0
    printed = capsys.readouterr().out
    assert all(words in printed for words in said)
    loaded = load_checkpoint(target)
    assert loaded.input.normalisation == "screen"
    assert loaded.about["arch"] == arch
    with torch.no_grad():
        torch.testing.assert_close(loaded.model(tensors["input"]), tensors["output"], atol=2e-5, rtol=0)


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("videopose3d", ("--frames", 35), "35 frames, 17 joints, 32 channels, filters 3, 3, 3, 27 tensors"),
        ("mhformer", (), "27 frames, 17 joints, dim 32, hidden 64, 3 layers, 8 heads"),
    ],
)
def test_networks_with_batchnorm_keep_its_statistics(checkpoint, tmp_path, capsys, name, words, said) -> None:
    source, tensors = checkpoint(name)
    target = tmp_path / "ours.safetensors"
    assert run(source, target, "--arch", name, *words) == 0
    printed = capsys.readouterr().out
    assert said in printed
    assert "counts training batches" in printed
    with torch.no_grad():
        predicted = load_checkpoint(target).model(tensors["input"])
    torch.testing.assert_close(predicted, tensors["output"], atol=2e-5, rtol=0)


@pytest.mark.parametrize(
    ("name", "arch", "words"),
    [
        ("motionagformer", "motionagformer", ("--heads", 4, "--set", "neighbours=2")),
        ("dstformer", "dstformer", ("--heads", 4, "--frames", 9)),
        ("tcpformer", "tcpformer", ("--heads", 4, "--set", "layer_scale=1.0e-5")),
        ("poseformerv2", "poseformerv2", ("--heads", 3, "--frames", 27)),
        ("hot_mixste", "hot-mixste", ("--set", "prune_after=3")),
    ],
)
def test_newer_lifters_give_their_numbers_and_say_what_they_predict(
    shared_data, tmp_path, capsys, name, arch, words
) -> None:
    tensors = load_file(shared_data / "golden2" / f"{name}.safetensors")
    weights = {f"module.{k[7:]}": v for k, v in tensors.items() if k.startswith("weight.")}
    source, target = tmp_path / "theirs.pth.tr", tmp_path / "ours.safetensors"
    torch.save({"epoch": 3, "model": weights, "min_mpjpe": np.float64(38.4)}, source)
    assert run(source, target, "--arch", arch, *words) == 0
    printed = capsys.readouterr().out
    loaded = load_checkpoint(target)
    with torch.no_grad():
        torch.testing.assert_close(loaded.model(tensors["input"]), tensors["output"], atol=2e-5, rtol=0)
    in_metres = arch in ("poseformerv2", "hot-mixste")
    assert ("not metres: it lifts nothing before" in printed) != in_metres
    if in_metres:
        loaded.require_metres()
    else:
        with pytest.raises(ConfigError, match="predict places in the image and a depth on the same scale"):
            Lifter(loaded)


def test_verbose_lists_every_tensor(checkpoint, tmp_path, capsys) -> None:
    source, tensors = checkpoint("mixste")
    assert run(source, tmp_path / "ours.safetensors", "--arch", "mixste", "--heads", 4, "--verbose") == 0
    arrows = [line for line in capsys.readouterr().out.splitlines() if " -> " in line]
    assert len(arrows) == sum(key.startswith("weight.") for key in tensors)
    assert "Temporal_pos_embed -> temporal_position" in arrows


def one_line_error(capsys) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("rtpca: error: ")
    return lines[0]


def test_mistakes_are_one_line_and_nothing_is_written(checkpoint, tmp_path, capsys) -> None:
    source, _ = checkpoint("mixste")
    target = tmp_path / "ours.safetensors"
    assert run(source, target, "--arch", "mixste", "--heads", 4, "--set", "neighbours=2") == 2
    assert "mixste has no option `neighbours`; it has heads, frames" in one_line_error(capsys)
    assert run(source, target, "--arch", "motionbert", "--heads", 4) == 2
    assert "known: mixste, rtpca-authors, videopose3d, poseformer, mhformer" in one_line_error(capsys)
    assert run(source, target, "--arch", "poseformer", "--heads", 4) == 2
    assert "not a state dict of this architecture, it has no Spatial_blocks.0" in one_line_error(capsys)
    assert run(source, target, "--arch", "mixste", "--heads", 4, "--frames", 27) == 2
    assert "windows of 9 frames, not 27; only those of videopose3d" in one_line_error(capsys)
    assert run(source, target, "--arch", "rtpca-authors", "--heads", 4) == 2
    assert "tensors are missing" in one_line_error(capsys)
    assert run(source, target, "--arch", "mixste", "--heads", 5) == 2
    assert "model.dim=32 is not a multiple of model.heads=5" in one_line_error(capsys)
    assert run(source, target, "--arch", "mixste", "--heads", 4, "--skeleton", "humaneva15") == 2
    assert "the model has 17 joints, humaneva15 has 15" in one_line_error(capsys)
    assert run(tmp_path / "none.bin", target, "--arch", "mixste") == 2
    assert "none.bin: no such file" in one_line_error(capsys)
    assert run(source, tmp_path / "nowhere" / "ours.safetensors", "--arch", "mixste", "--heads", 4) == 2
    assert "there is no folder" in one_line_error(capsys)
    assert not target.exists()


class Hostile:
    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_hostile_checkpoint_is_refused_and_not_run(tmp_path, capsys) -> None:
    source = tmp_path / "hostile.bin"
    torch.save({"model_pos": {}, "extra": Hostile(tmp_path / "sprung")}, source)
    assert run(source, tmp_path / "ours.safetensors", "--arch", "mixste") == 2
    assert "asks for posix.mkdir, and reading that could run code" in one_line_error(capsys)
    assert not (tmp_path / "sprung").exists()
