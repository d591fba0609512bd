"""A small data file to train on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_recipe import CHUNKS, VARIED, run

from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Path:
    """Generated motion: three clips of 60 frames in each of the splits train, val and test."""
    path = tmp_path_factory.mktemp("data") / "synthetic.h5"
    write_dataset(path, synthetic_recordings(frames=60))
    return path


@pytest.fixture(scope="session")
def finished(data, tmp_path_factory):
    """An uninterrupted run of each recipe."""
    folders = {}
    for overrides in ((), VARIED, CHUNKS):
        folders[overrides] = tmp_path_factory.mktemp("finished")
        assert run(data, folders[overrides], *overrides).finished
    return folders
