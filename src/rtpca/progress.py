"""How work says how far it is: one protocol, for the command line's bar and the jobs of the page."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told how far work is."""

    def __call__(self, done: int, total: int, note: str = "", /) -> None:
        """Take notice.

        Args:
            done: How many are done.
            total: Of how many; 0 where nobody knows yet.
            note: What is being worked on.
        """
        ...


def in_silence(done: int, total: int, note: str = "", /) -> None:
    """A `Progress` that says nothing."""
