"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

# A shell starts background jobs with Ctrl-C ignored, and the programs that tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Tests that run beside each other are handed the width of a terminal, which a console would keep for good.
os.environ.pop("COLUMNS", None)
# One thread: the suite shares its machine, and tiny tensors gain nothing from more.
torch.set_num_threads(1)
settings.register_profile("rtpca", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("rtpca")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with golden vectors and motion capture (`golden/`, `data/`).

    It lies beside the checkout as `shared`; RTPCA_TEST_DATA names another place.
    """
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("RTPCA_TEST_DATA", default))
    if not (folder / "golden").is_dir():
        pytest.skip(
            f"no test data in {folder}; set RTPCA_TEST_DATA to the folder that holds golden/ and data/"
        )
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    """A random generator with a fixed seed."""
    return np.random.default_rng(20250806)


@pytest.fixture
def generator() -> torch.Generator:
    """A torch random generator with a fixed seed."""
    return torch.Generator().manual_seed(20250806)
