"""What a caller hears while a clip is lifted and written: how far, how fast, and what to know."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from rtpca.progress import Progress, in_silence


class Events(Protocol):
    """Told what happens; a command line prints it, a page shows it, a cluster keeps it."""

    def stage(self, doing: str, unit: str, /) -> AbstractContextManager[Progress]:
        """A stage of the work begins, and ends with the context.

        Args:
            doing: What is being done, e.g. "lifting".
            unit: What is counted, in the plural, e.g. "windows".

        Returns:
            A context that gives what is to be told how far the stage is.
        """
        ...

    def note(self, text: str, /) -> None:
        """One sentence that the user should know; options are named in backticks."""
        ...

    def people(self, count: int, /) -> None:
        """So many people will be lifted; what this raises ends the work before it costs anything."""
        ...

    def took(self, stage: str, seconds: float, frames: int, /) -> None:
        """A part of the work is done: what it took for how many frames."""
        ...


class Silence:
    """Events that nobody hears."""

    def stage(self, doing: str, unit: str, /) -> AbstractContextManager[Progress]:
        """See `Events`."""
        del doing, unit
        return nullcontext(in_silence)

    def note(self, text: str, /) -> None:
        """See `Events`."""

    def people(self, count: int, /) -> None:
        """See `Events`."""

    def took(self, stage: str, seconds: float, frames: int, /) -> None:
        """See `Events`."""
