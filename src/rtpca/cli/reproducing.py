"""The options that `rtpca table` and `rtpca figure` have in common, and what they are to the library."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rtpca.cli.flags import typed_command

if TYPE_CHECKING:
    from rtpca.reproduce import Setup

Scale = Annotated[
    Literal["small", "paper"],
    typer.Option(help="Networks that a CPU trains in hours; or the paper's, for a GPU."),
]
Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of runs, tables and figures.")]
Seeds = Annotated[
    int | None, typer.Option(min=1, help="Runs of each network.", show_default="2 small, 1 paper")
]
Jobs = Annotated[int, typer.Option(min=1, help="Runs at once, each on one thread of the CPU.")]


def make_setup(
    data: Sequence[Path],
    out: Path,
    scale: str,
    seeds: int | None,
    max_time: float | None,
    jobs: int,
    changes: Sequence[str] | None,
    device: str,
    protocol: str = "standard",
) -> Setup:
    """The options as the library takes them; data files are read.

    Raises:
        InputError: A data file cannot be read.
        ConfigError: Options do not fit together.
    """
    from rtpca.reproduce import Setup, read_data_file

    return Setup(
        data=tuple(read_data_file(path) for path in data),
        out=out,
        scale=scale,
        protocol=protocol,
        seeds=seeds or 0,
        overrides=tuple(changes or ()),
        jobs=jobs,
        device=device,
        deadline_s=math.inf if max_time is None else time.monotonic() + 60 * max_time,
        command=typed_command(),
    )
