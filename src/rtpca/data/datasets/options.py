"""What the user may say when preparing motion capture, and what is reported back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rtpca.data.recording import Recording
from rtpca.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """What the user says about the sources; everything else is found out.

    Attributes:
        splits: JSON file of splits.
        bad_frames: JSON file of frames to leave out.
        mapping: JSON file of joint mappings.
        asf: skeleton of all AMC files.
        fps: true frame rate of all takes.
        metres_per_unit: length unit of all takes.
        stature_m: height of the person, from which the length unit of each take is found.
        up_axis: axis of the files that points up, `"y"` or `"z"`.
        split: split of all takes.
        licence: terms of all takes, one line.
        attribution: acknowledgement to show.
        min_seconds: shorter runs of good frames are left out.
        skip_damaged: leave damaged takes out, with a note, instead of stopping.
        append: add to the output instead of replacing it.

    Raises:
        ConfigError: a number is not above zero, or two options contradict each other.
    """

    splits: Path | None = None
    bad_frames: Path | None = None
    mapping: Path | None = None
    asf: Path | None = None
    fps: float | None = None
    metres_per_unit: float | None = None
    stature_m: float | None = None
    up_axis: str | None = None
    split: str | None = None
    licence: str | None = None
    attribution: str | None = None
    min_seconds: float = 0.25
    skip_damaged: bool = False
    append: bool = False

    def __post_init__(self) -> None:
        numbers = {"--fps": self.fps, "--metres-per-unit": self.metres_per_unit, "--stature": self.stature_m}
        for name, number in numbers.items():
            if number is not None and not 0 < number < float("inf"):
                raise ConfigError(f"{name} is {number:g}; it must be above zero")
        if self.min_seconds < 0:
            raise ConfigError(f"--min-seconds is {self.min_seconds:g}; it cannot be below zero")
        if self.metres_per_unit is not None and self.stature_m is not None:
            raise ConfigError("--metres-per-unit and --stature both state the length unit; give one of them")
        if self.split is not None and self.splits is not None:
            raise ConfigError("--split puts all takes into one split, --splits lists them; give one of them")
        if self.split == "":
            raise ConfigError("--split is empty; give train, val or test")
        if self.up_axis not in (None, "y", "z"):
            raise ConfigError(f"--up is {self.up_axis!r}; choose y or z")


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
