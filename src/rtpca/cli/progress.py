"""The progress bar of long work: how far, how fast, how long still."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager

from rtpca.cli.console import err
from rtpca.progress import Progress


def rate_text(rate: float) -> str:
    """A rate as people read it: whole numbers, one decimal below ten."""
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"


@contextmanager
def progress_bar(doing: str, unit: str) -> Generator[Progress]:
    """A bar on standard error with rate and time left, gone when the work is done or interrupted.

    Where standard error is no terminal nothing is shown.

    Args:
        doing: What is being done, e.g. "lifting".
        unit: What is counted, in the plural, e.g. "windows".

    Yields:
        What moves it.
    """
    from rich import progress as rich

    columns = (
        rich.TextColumn(doing, markup=False),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn("{task.fields[rate]}", markup=False),
        rich.TimeRemainingColumn(),
        rich.TextColumn("{task.fields[note]}", markup=False),
    )
    with rich.Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(doing, total=None, rate=unit, note="")
        started_s = time.monotonic()

        def update(done: int, total: int, note: str = "", /) -> None:
            rate = rate_text(done / max(time.monotonic() - started_s, 1e-3))
            bar.update(task, completed=done, total=total, rate=f"{unit}, {rate} per second", note=note)

        yield update
