"""Limits within which hostile files are answered."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

import pytest


@pytest.fixture
def within() -> Callable[..., AbstractContextManager[None]]:
    """Asserts that a block takes no more than so many seconds of computing, and so many megabytes at once."""

    @contextmanager
    def limits(*, seconds: float, megabytes: float) -> Generator[None]:
        tracemalloc.start()
        began = time.process_time()
        try:
            yield
            took, most = time.process_time() - began, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert took < seconds
        assert most < megabytes * 1e6

    return limits
