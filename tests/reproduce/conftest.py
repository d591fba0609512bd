"""A small data file and finished runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_settings import TINY

from rtpca.data.store import write_dataset
from rtpca.data.synthetic import synthetic_recordings
from rtpca.reproduce import Setup, named_run, plan, read_data_file, train_all


@pytest.fixture(scope="session")
def data_path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "synthetic.h5"
    write_dataset(path, synthetic_recordings(frames=30))
    return path


@pytest.fixture(scope="session")
def data(data_path):
    return read_data_file(data_path)


@pytest.fixture(scope="session")
def trained(tmp_path_factory, data) -> Path:
    """Folder with two seeds of the rows of Table 4; not to be changed."""
    out = tmp_path_factory.mktemp("trained")
    setup = Setup(data=(data,), out=out, overrides=TINY, device="cpu")
    train_all(plan(setup, [named_run(name) for name in ("ste", "ste+tpca", "rtpca")]), setup)
    return out
