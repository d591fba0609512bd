"""What the user may say when preparing; which data set uses what stands in `rtpca.data.datasets`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

from rtpca.checks import HIGHEST_FPS, LOWEST_FPS, check_choice
from rtpca.errors import ConfigError

UP_AXES = ("y", "z", "x", "-y", "-z", "-x")
"""Names of the axes of a file that may point up; `"-y"` is that of pictures, where y points down."""

ROOT_OFFSETS = ("auto", "add", "replace")
"""What becomes of the positions of a BVH's root."""


_RANGES = {
    "fps": (LOWEST_FPS, HIGHEST_FPS),
    "metres_per_unit": (1e-6, 1e4),
    "stature_m": (0.1, 10.0),
}
"""From so much to so much; units from a micrometre to far beyond any that is in use."""


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """What the user says; everything else is found out. The texts are also the command line's help.

    Raises:
        ConfigError: a number is not above zero, or two options contradict each other.
    """

    append: Annotated[bool, "Add to the output instead of replacing it."] = False
    skip_damaged: Annotated[
        bool, "Leave takes that are damaged or lack their 2D out, and say so, instead of stopping."
    ] = False
    splits: Annotated[Path | None, "JSON list of takes by split (docs/data.md)."] = None
    split: Annotated[str | None, "Put all takes into this split: train, val or test."] = None
    bad_frames: Annotated[Path | None, "JSON list of frames to leave out (docs/data.md)."] = None
    mapping: Annotated[
        Path | None, "JSON of the joint mapping: recipe, metres_per_unit, fps (docs/data.md)."
    ] = None
    asf: Annotated[Path | None, "Skeleton of the .amc files, if not beside them."] = None
    fps: Annotated[float | None, "True frame rate of all takes."] = None
    metres_per_unit: Annotated[float | None, "Length unit of all takes; 0.01 for centimetres."] = None
    stature_m: Annotated[
        float | None, "Height of the person in metres, where the length unit is not known."
    ] = None
    up_axis: Annotated[
        str | None, "Axis of the files that points up: y, z, x, or one that points down, as -y."
    ] = None
    root_offset: Annotated[
        str, "Positions of the root: auto, add (to its OFFSET), or replace (it); auto: what fits the floor."
    ] = "auto"
    licence: Annotated[str | None, "Terms of the data in one line, stored with every sequence."] = None
    attribution: Annotated[str | None, "Acknowledgement to be shown."] = None
    min_seconds: Annotated[float, "Leave out shorter runs of good frames."] = 0.25
    val_subjects: Annotated[
        tuple[str, ...], "Training subject to put into the split val, S8; may be repeated."
    ] = ()
    actions: Annotated[
        tuple[str, ...], "Only this action, Walking or its beginning; may be repeated. Default: all."
    ] = ()
    keep_corrupted: Annotated[bool, "Keep Directions of S11, whose video is corrupted."] = False

    def __post_init__(self) -> None:
        for name, (lowest, highest) in _RANGES.items():
            number = getattr(self, name)
            if number is not None and not 0 < number < float("inf"):
                raise ConfigError(f"`{name}` is {number:g}; it must be above zero")
            if number is not None and not lowest <= number <= highest:
                raise ConfigError(f"`{name}` is {number:g}; it must be from {lowest:g} to {highest:g}")
        if not 0 <= self.min_seconds < float("inf"):
            raise ConfigError(f"`min_seconds` is {self.min_seconds:g}; give seconds, 0 for all runs")
        if self.metres_per_unit is not None and self.stature_m is not None:
            raise ConfigError(
                "`metres_per_unit` and `stature_m` both state the length unit; give one of them"
            )
        if self.split is not None and self.splits is not None:
            raise ConfigError("`split` puts all takes into one split, `splits` lists them; give one of them")
        if self.split == "":
            raise ConfigError("`split` is empty; give train, val or test")
        if self.up_axis is not None:
            check_choice("`up_axis`", self.up_axis, UP_AXES)
        check_choice("`root_offset`", self.root_offset, ROOT_OFFSETS)

    @property
    def given(self) -> list[str]:
        """Names of the options that differ from their defaults."""
        return [option.name for option in fields(self) if getattr(self, option.name) != option.default]
