"""Other people's checkpoints are read without running anything in them."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from rtpca.errors import CheckpointError
from rtpca.models.foreign_files import read_foreign_state_dict

WEIGHTS = OrderedDict({"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)})


class Hostile:
    """Makes a file when it is unpickled the ordinary way."""

    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def check_weights(path) -> None:
    read = read_foreign_state_dict(path)
    assert list(read) == list(WEIGHTS)
    assert all(torch.equal(read[key], WEIGHTS[key]) for key in WEIGHTS)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("key", ["model_pos", "model", "state_dict", "model_state_dict", None])
def test_state_dicts_are_found_under_their_usual_names(tmp_path, key, zipped) -> None:
    path = tmp_path / "model.bin"
    content = WEIGHTS if key is None else {"epoch": 3, key: WEIGHTS}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    check_weights(path)


def test_safetensors_are_read_too(tmp_path) -> None:
    path = tmp_path / "model.safetensors"
    save_file(dict(sorted(WEIGHTS.items())), path)
    read = read_foreign_state_dict(path)
    assert all(torch.equal(read[key], WEIGHTS[key]) for key in WEIGHTS)


def test_a_training_checkpoint_with_optimiser_and_numpy_generator_is_read(tmp_path) -> None:
    """The form that the scripts of the MixSTE family save."""
    layer = torch.nn.Linear(3, 2)
    optimiser = torch.optim.AdamW(layer.parameters(), amsgrad=True)
    layer(torch.ones(3)).sum().backward()
    optimiser.step()
    path = tmp_path / "best_epoch.bin"
    torch.save(
        {
            "epoch": 7,
            "lr": np.float64(4e-5),
            "random_state": np.random.RandomState(1234),
            "optimizer": optimiser.state_dict(),
            "model_pos": WEIGHTS,
            "losses": [np.float32(0.1), np.array([1.0, 2.0])],
        },
        path,
    )
    check_weights(path)


@pytest.mark.parametrize("where", ["model_pos", "random_state", "whole"])
@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_in_a_hostile_file_is_run(tmp_path, where, zipped) -> None:
    trap = tmp_path / "sprung"
    path = tmp_path / "model.bin"
    hostile = Hostile(trap)
    content = hostile if where == "whole" else {"model_pos": WEIGHTS} | {where: hostile}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match=r"asks for posix\.mkdir, and reading that could run code"):
        read_foreign_state_dict(path)
    assert not trap.exists()


def test_nothing_in_a_hostile_plain_pickle_is_run(tmp_path) -> None:
    trap = tmp_path / "sprung"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        path = tmp_path / f"model{protocol}.pth"
        path.write_bytes(pickle.dumps({"model": Hostile(trap)}, protocol=protocol))
        with pytest.raises(CheckpointError, match="not "):
            read_foreign_state_dict(path)
    assert not trap.exists()


def test_a_whole_pickled_network_is_refused_with_what_to_do(tmp_path) -> None:
    path = tmp_path / "network.pt"
    torch.save(torch.nn.Sequential(torch.nn.Linear(2, 2)), path)
    with pytest.raises(CheckpointError, match="save its state dict alone, or as .safetensors"):
        read_foreign_state_dict(path)


@pytest.mark.parametrize("content", [b"", b"hello world", b"PK\x03\x04 damaged", b"\x80\x02}"])
@pytest.mark.parametrize("name", ["m.bin", "m.pt", "m.safetensors"])
def test_damaged_files_are_one_clear_error(tmp_path, name, content) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"{name}: not a readable"):
        read_foreign_state_dict(path)


def test_truncated_checkpoints_are_one_clear_error(tmp_path) -> None:
    path = tmp_path / "m.pt"
    torch.save({"model": WEIGHTS}, path)
    content = path.read_bytes()
    for share in (0.2, 0.5, 0.9, 0.99):
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(CheckpointError, match=r"m\.pt: not a readable PyTorch checkpoint"):
            read_foreign_state_dict(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"epoch": 1}, "found: epoch"),
        (torch.zeros(3), "found: Tensor"),
        ([1, 2], "found: list"),
        ({}, "found: "),
    ],
)
def test_files_without_a_state_dict_say_what_they_hold(tmp_path, content, found) -> None:
    path = tmp_path / "m.pt"
    torch.save(content, path)
    with pytest.raises(CheckpointError, match=f"no state dict under model_pos, .*{found}"):
        read_foreign_state_dict(path)


def test_a_missing_file_or_a_folder_is_named(tmp_path) -> None:
    for path in (tmp_path / "none.pt", tmp_path):
        with pytest.raises(CheckpointError, match="no such file; give a .safetensors"):
            read_foreign_state_dict(path)


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (torch.zeros(1).expand(1 << 20, 1 << 20), "its tensors claim 4,398,046,511,104 bytes"),
        (torch.empty(4, device="meta"), "w is a tensor without numbers"),
        (torch.zeros(3, 3).to_sparse(), "w is a tensor of torch.float32, torch.sparse_coo"),
        (torch.zeros(4, dtype=torch.complex64), "w is a tensor of torch.complex64"),
    ],
)
def test_tensors_that_are_not_plain_numbers_of_the_file_are_refused(tmp_path, tensor, message) -> None:
    torch.save({"w": tensor}, tmp_path / "odd.bin")
    with pytest.raises(CheckpointError, match=message):
        read_foreign_state_dict(tmp_path / "odd.bin")


def test_a_packed_checkpoint_is_refused_before_it_is_unpacked(tmp_path) -> None:
    torch.save({"w": torch.zeros(1 << 18)}, tmp_path / "plain.bin")
    with (
        zipfile.ZipFile(tmp_path / "plain.bin") as plain,
        zipfile.ZipFile(tmp_path / "bomb.bin", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for name in plain.namelist():
            bomb.writestr(name, plain.read(name))
    with pytest.raises(CheckpointError, match="its tensors are packed"):
        read_foreign_state_dict(tmp_path / "bomb.bin")


def test_a_checkpoint_larger_than_any_is_refused_unread(tmp_path) -> None:
    for name in ("huge.bin", "huge.safetensors"):
        with open(tmp_path / name, "wb") as file:
            file.truncate((4 << 30) + 1)  # which takes no room on the disk
        with pytest.raises(CheckpointError, match="checkpoints are read up to 4,294,967,296"):
            read_foreign_state_dict(tmp_path / name)
