"""What `make fuzz` does for as long as is wished, here for a moment with numbers that stay the same."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from fuzz_seeds import READERS, Reader

import fuzz

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="files are read in forked processes")

NUMBERS = range(20_250_806, 20_250_806 + fuzz.BATCH)


@pytest.fixture(scope="module", params=READERS)
def good(request, tmp_path_factory):
    """Name of a reader, its good files, and a folder."""
    folder = tmp_path_factory.mktemp("fuzz")
    return request.param, fuzz.write_seeds(request.param, folder), folder


def test_good_files_are_read(good):
    name, seeds, folder = good
    counts, wrong = fuzz.run_batch(name, seeds, folder, range(len(seeds)))
    assert wrong == {}
    assert counts == {"read": len(seeds)}


def test_damaged_files_are_read_or_refused(good):
    name, seeds, folder = good
    counts, wrong = fuzz.run_batch(name, seeds, folder, NUMBERS)
    assert wrong == {}
    assert counts["read"] + counts["refused"] == fuzz.BATCH
    assert counts["refused"] > 0


def test_what_fails_or_dies_is_told(tmp_path, monkeypatch):
    seeds = fuzz.write_seeds("takes", tmp_path)
    monkeypatch.setattr(fuzz, "READERS", {"takes": Reader(READERS["takes"].seeds, lambda path: 1 / 0)})
    _, wrong = fuzz.run_batch("takes", seeds, tmp_path, range(100, 100 + fuzz.BATCH))
    assert len(wrong) == fuzz.BATCH
    assert all("ZeroDivisionError" in text for text in wrong.values())
    monkeypatch.setattr(fuzz, "READERS", {"takes": Reader(READERS["takes"].seeds, lambda path: os._exit(1))})
    _, wrong = fuzz.run_batch("takes", seeds, tmp_path, range(100, 100 + fuzz.BATCH))
    assert list(wrong) == [100]
    assert wrong[100].startswith("the process died")
