"""What the command line shows of lifting: bars on standard error, notes and speeds on standard output."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from rtpca.cli.console import print_note
from rtpca.cli.progress import progress_bar, rate_text
from rtpca.progress import Progress


class ConsoleEvents:
    """See `rtpca.pipeline.Events`."""

    def __init__(self, on_people: Callable[[int], None]) -> None:
        """Nothing has happened yet.

        Args:
            on_people: Called with the number of people before they are lifted.
        """
        self._on_people = on_people
        self._speeds: dict[str, float] = {}

    def stage(self, doing: str, unit: str, /) -> AbstractContextManager[Progress]:
        """A bar for the stage."""
        return progress_bar(doing, unit)

    def note(self, text: str, /) -> None:
        """Print it."""
        print_note(text)

    def people(self, count: int, /) -> None:
        """Say it to whom it concerns."""
        self._on_people(count)

    def took(self, stage: str, seconds: float, frames: int, /) -> None:
        """Keep the speed."""
        self._speeds[stage] = frames / max(seconds, 1e-9)

    def speeds(self) -> str:
        """How fast each part was, in one line."""
        parts = "; ".join(f"{stage} {rate_text(speed)}" for stage, speed in self._speeds.items())
        return f"frames per second: {parts}"
