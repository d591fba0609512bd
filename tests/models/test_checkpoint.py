"""Weights files: what goes in comes out; anything else is refused in words."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from rtpca.errors import CheckpointError, ConfigError, InputError
from rtpca.models import (
    InputSpec,
    build_model,
    find_weights,
    list_weights,
    load_checkpoint,
    save_checkpoint,
)

SIZES = {"frames": 9, "joints": 5, "dim": 8, "depth": 2, "heads": 2}


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    model = build_model("rtpca", in_channels=3, memory="accumulated", **SIZES)
    path = tmp_path / "weights.safetensors"
    spec = InputSpec(normalisation="person", fps=20.0)
    save_checkpoint(path, model, spec, {"licence": "free", "numbers": {"mpjpe_mm": 41.5}})
    return path, model, spec


def test_what_goes_in_comes_out(saved) -> None:
    path, model, spec = saved
    checkpoint = load_checkpoint(path)
    assert checkpoint.config == model.config
    assert checkpoint.input == spec
    assert checkpoint.about == {"licence": "free", "numbers": {"mpjpe_mm": 41.5}}
    assert checkpoint.name == str(path)
    assert not checkpoint.model.training
    keypoints = torch.randn(1, 9, 5, 3)
    with torch.no_grad():
        assert torch.equal(checkpoint.model(keypoints), model.eval()(keypoints))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_stored_small_and_read_as_float32(saved, dtype) -> None:
    path, model, spec = saved
    save_checkpoint(path, model, spec, dtype=dtype)
    assert {tensor.dtype for tensor in load_file(path).values()} == {dtype}
    parameters = dict(load_checkpoint(path).model.named_parameters())
    assert all(p.dtype == torch.float32 for p in parameters.values())
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameters[name], parameter.to(dtype).float(), atol=0, rtol=0)


def test_the_metadata_read_without_this_package(saved) -> None:
    with safe_open(saved[0], "pt") as file:
        metadata = file.metadata()
    assert json.loads(metadata["config"])["memory"] == "accumulated"
    assert json.loads(metadata["input"]) == {"normalisation": "person", "fps": 20.0, "skeleton": "h36m17"}


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_refused(saved, share) -> None:
    path = saved[0]
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match=r"weights\.safetensors: not a readable \.safetensors file"):
        load_checkpoint(path)


def rewrite(path, tensors=None, **metadata) -> None:
    """Change metadata (None removes a key) or tensors of a file."""
    with safe_open(path, "pt") as file:
        old = file.metadata()
    kept = {key: value for key, value in (old | metadata).items() if value is not None}
    save_file(load_file(path) if tensors is None else tensors, path, kept)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"format": None}, "not written by this package .* `rtpca import-checkpoint`"),
        ({"format": "rtpca-checkpoint-99"}, "not written by this package"),
        ({"config": None}, "metadata cannot be read: it has no 'config'"),
        ({"config": "{"}, "metadata cannot be read"),
        ({"config": "[1]"}, "'config' is a list instead of named values"),
        ({"config": '{"width": 8}'}, "unknown option model.width"),
        ({"config": '{"dim": "8"}'}, "dim='8' must be a whole number"),
        ({"input": '{"normalisation": "box"}'}, "input.normalisation='box' must be 'screen' or 'person'"),
        ({"input": '{"fps": "fast"}'}, "input.fps='fast' must be a number"),
        ({"input": '{"fps": 0}'}, "input.fps=0 must be at least 1"),
        ({"input": '{"skeleton": "octopus"}'}, "unknown skeleton 'octopus'"),
        ({"input": '{"colour": 1}'}, "metadata cannot be read: unknown option input.colour"),
        ({"about": "3"}, "'about' is a int"),
        (
            {"config": '{"dim": 60000}'},
            r"do not fit its configuration: embed\.weight needs shape \(60000, 2\)",
        ),
    ],
)
def test_foreign_and_damaged_metadata_are_refused(saved, metadata, message) -> None:
    path = saved[0]
    rewrite(path, **metadata)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(path)


def test_missing_surplus_and_misshapen_tensors_are_refused(saved) -> None:
    path = saved[0]
    tensors = load_file(path)
    for changed, message in (
        ({k: v for k, v in tensors.items() if k != "head.bias"}, 'Missing key.*"head.bias"'),
        (tensors | {"extra": torch.zeros(1)}, 'Unexpected key.*"extra"'),
        (tensors | {"head.bias": torch.zeros(4)}, "size mismatch for head.bias"),
    ):
        rewrite(path, changed)
        with pytest.raises(CheckpointError, match=f"do not fit its configuration: .*{message}"):
            load_checkpoint(path)


def test_an_unknown_name_says_what_was_looked_for(tmp_path) -> None:
    with pytest.raises(CheckpointError, match="no weights called 'rtpca-xxl': neither a file nor one of"):
        load_checkpoint("rtpca-xxl")
    with pytest.raises(CheckpointError, match="no weights called"):
        find_weights(tmp_path)


def test_a_failed_save_leaves_the_old_file_and_nothing_else(saved, monkeypatch) -> None:
    path, model, spec = saved
    before = path.read_bytes()

    def full_disk(target, content):
        with target.open("wb") as file:
            file.write(content[:100])
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="no space left"):
        save_checkpoint(path, model, spec)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_weights_are_as_readable_as_any_new_file(saved, tmp_path) -> None:
    other = tmp_path / "other"
    other.touch()
    assert saved[0].stat().st_mode == other.stat().st_mode


def test_saving_into_no_folder_is_one_clear_error(saved, tmp_path) -> None:
    _, model, spec = saved
    with pytest.raises(InputError, match=r"there is no folder .*nowhere; make it first"):
        save_checkpoint(tmp_path / "nowhere" / "w.safetensors", model, spec)


@pytest.mark.parametrize(
    "values", [{"normalisation": "box"}, {"fps": -1.0}, {"fps": math.inf}, {"skeleton": "x"}]
)
def test_an_input_description_is_checked_at_construction(values) -> None:
    with pytest.raises(ConfigError):
        InputSpec(**values)


def test_shipped_weights_are_listed_by_name() -> None:
    assert list(list_weights()) == ["rtpca-b", "rtpca-s", "rtpca-xs"]
    assert all(path.is_file() for path in list_weights().values())
