"""What every data set's file has: a reader that finds its files, lists its takes, and knows its terms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from rtpca.data.attribution import Attribution
from rtpca.data.datasets.body_check import BodyCheck
from rtpca.data.datasets.options import PrepareOptions
from rtpca.data.recording import Recording


@dataclass
class PrepareReport:
    """What was written.

    Attributes:
        sequences: number of sequences by split.
        frames: number of frames by split.
        seconds: duration by split.
        takes: number of takes that were read.
        dropped_frames: frames left out (bad, leading T-pose, or in runs that are too short).
        notes: what was assumed, found or left out, one line each.
    """

    sequences: dict[str, int] = field(default_factory=lambda: {})
    frames: dict[str, int] = field(default_factory=lambda: {})
    seconds: dict[str, float] = field(default_factory=lambda: {})
    takes: int = 0
    dropped_frames: int = 0
    notes: list[str] = field(default_factory=lambda: [])

    def count(self, recording: Recording) -> None:
        """Add one written sequence."""
        split = recording.split
        self.sequences[split] = self.sequences.get(split, 0) + 1
        self.frames[split] = self.frames.get(split, 0) + recording.num_frames
        self.seconds[split] = self.seconds.get(split, 0.0) + recording.duration_s

    def note(self, text: str) -> None:
        """Add a line, once."""
        if text not in self.notes:
            self.notes.append(text)


@dataclass(frozen=True)
class Take:
    """One take of a data set, found and not read yet.

    Attributes:
        name: how progress names it.
        read: its recordings: the good parts of it, or one per camera. Called once; raises `InputError` where
            the take is damaged.
    """

    name: str
    read: Callable[[], Iterable[Recording]]


class DatasetReader(ABC):
    """Reads one data set: it finds the files when it is made, then lists the takes; each is read once.

    Attributes:
        skeleton: of the recordings.
        options: what the user says.
        report: is told what is assumed, found or left out.
        attributions: the terms of what was read, by the `source` of its recordings.
        files: what is open until the last take is read.
        bodies: checks what was read.
    """

    skeleton: ClassVar[str]

    @abstractmethod
    def __init__(self, sources: Sequence[Path], options: PrepareOptions, report: PrepareReport) -> None:
        """Find the files among what the user named: files, folders or zips.

        Raises:
            InputError: files are missing or foreign.
        """
        del sources
        self.options, self.report = options, report
        self.attributions: dict[str, Attribution] = {}
        self.files = ExitStack()
        self.bodies = BodyCheck()

    @abstractmethod
    def takes(self) -> Sequence[Take]:
        """The takes, in the order of the files.

        Raises:
            InputError: a file is damaged, foreign or hostile.
            ConfigError: an option does not fit the data.
        """

    def last_note(self) -> str | None:
        """What there is to say about many takes, after the last one."""
        return None
