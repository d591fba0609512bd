"""A real Chromium for tests of pages: the system's own, driven by playwright; or a reason to skip."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

_PATIENCE_S = 120.0  # of a busy machine
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium() -> Generator[Any]:
    """A headless browser; the test is skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        # Without a sandbox: root, as in a container, may not start one. The pages are our own.
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox"], timeout=1000 * _PATIENCE_S
        )
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page, with what went wrong on it and what it asked the network for.

    Attributes:
        page: playwright's page.
        errors: Uncaught exceptions, and what the console was told as error or warning.
        requests: Addresses that were asked for.
    """

    def __init__(self, browser: Any, **options: Any) -> None:
        self.page = browser.new_page(**options)
        self.page.set_default_timeout(1000 * _PATIENCE_S)
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._on_console)
        self.page.on("request", lambda request: self.requests.append(request.url))

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)


def eventually(page: Any, happened: Callable[[], bool], seconds: float = _PATIENCE_S) -> None:
    """Wait for something on a page; playwright's own waiting evaluates strings, which strict pages forbid."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"it did not happen within {seconds:.0f} s"
        page.wait_for_timeout(20)
