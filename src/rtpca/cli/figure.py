"""`rtpca figure`: the paper's Figures 1, 3, 4 and 5 from runs on the user's data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rtpca.cli.console import out
from rtpca.cli.options import Device
from rtpca.cli.progress import progress_bar

if TYPE_CHECKING:
    from rich.table import Table

    from rtpca.reproduce.figures.output import Caption


def figure(
    number: Annotated[int, typer.Argument(metavar="N", help="1, 3, 4 or 5.", show_default=False)],
    scale: Annotated[
        Literal["small", "paper"], typer.Option(help="Networks that a CPU trains, or the paper's.")
    ] = "small",
    data: Annotated[Path | None, typer.Option(help="Prepared data file (.h5).", show_default=False)] = None,
    output: Annotated[Path, typer.Option("--out", "-o", help="Folder of runs and figures.")] = Path(
        "reproduced"
    ),
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Seeds of each network in Figure 1.", show_default="2 small, 1 paper"),
    ] = None,
    max_time: Annotated[
        float | None,
        typer.Option(metavar="MINUTES", min=0, help="Stop cleanly after this; the same command goes on."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Runs at once, each on one thread of the CPU.")] = 1,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PATH", help="Figures 3 to 5: show these weights, train nothing; repeatable."
        ),
    ] = None,
    action: Annotated[
        str | None, typer.Option(help="Figures 4 and 5: which action.", show_default="chosen by a rule")
    ] = None,
    split: Annotated[str, typer.Option(help="Figures 3 to 5: which split.")] = "test",
    latency_only: Annotated[bool, typer.Option(help="Figure 1: time networks, train nothing.")] = False,
    models: Annotated[
        str, typer.Option(metavar="A,B", help="Figure 1: which networks.", show_default="all")
    ] = "",
    frames: Annotated[
        str,
        typer.Option(metavar="F,F", help="Figure 1: window lengths.", show_default="27,81; paper also 243"),
    ] = "",
    rounds: Annotated[int, typer.Option(min=1, help="Figure 1: timed passes of each network.")] = 20,
    batch_frames: Annotated[
        int | None,
        typer.Option(min=1, help="Figure 1: input frames of a large batch.", show_default="1024, GPU 16384"),
    ] = None,
    set: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Change the recipe of all runs, e.g. steps=600; repeatable."),
    ] = None,
    device: Device = "auto",
) -> None:
    """Make one of the paper's figures: picture, the data behind it, and a caption.

    Runs that it needs are trained in OUT/runs, or taken from there; a run that was stopped goes on. Figure 1:
    error against latency. 3: poses beside ground truth and baseline. 4: error per frame over a clip. 5:
    attention maps.
    """
    import math
    import time

    from rtpca.errors import ConfigError
    from rtpca.reproduce.figures.make import make_figure
    from rtpca.reproduce.figures.request import FigureRequest
    from rtpca.reproduce.scales import DEFAULT_SEEDS

    if jobs > 1 and device == "cuda":
        raise ConfigError(f"--jobs {jobs} is for the CPU; leave it out with --device cuda")
    request = FigureRequest(
        scale=scale,
        data=data,
        out=output,
        seeds=seeds or DEFAULT_SEEDS[scale],
        weights=dict(_named(entry) for entry in weights or []),
        action=action,
        split=split,
        device="cpu" if jobs > 1 else device,
        jobs=jobs,
        deadline_s=math.inf if max_time is None else time.monotonic() + 60 * max_time,
        overrides=tuple(set or ()),
        command=_command(),
        latency_only=latency_only,
        models=tuple(name for name in models.split(",") if name),
        frames=_whole_numbers(frames),
        rounds=rounds,
        batch_frames=batch_frames,
    )
    with progress_bar(f"figure {number}", "steps") as bar:
        made = make_figure(number, request, bar)
    out.print(_table(made.caption))
    for path in made.files:
        out.print(str(path), markup=False, soft_wrap=True)


def _named(entry: str) -> tuple[str, str]:
    from rtpca.errors import ConfigError

    name, separator, path = entry.partition("=")
    if not separator or not name or not path:
        raise ConfigError(f"--weights {entry}: give NAME=PATH, e.g. --weights rtpca=weights.safetensors")
    return name, path


def _whole_numbers(text: str) -> tuple[int, ...]:
    from rtpca.errors import ConfigError

    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise ConfigError(f"--frames {text}: give window lengths with commas between them, e.g. 27,81")
    return tuple(int(part) for part in parts)


def _command() -> str:
    """The command as it was typed; of a path only its last two parts, which say enough to a reader."""

    def short(word: str) -> str:
        name, separator, path = word.rpartition("=")
        return name + separator + "/".join(Path(path).parts[-2:]) if "/" in path else word

    return " ".join(["rtpca", *(short(word) for word in sys.argv[1:])])


def _table(caption: Caption) -> Table:
    from rich.table import Table

    from rtpca.reproduce.figures.output import shown

    shown_columns = caption.narrow or range(len(caption.header))
    table = Table(title=caption.title)
    for index in shown_columns:
        words = any(isinstance(row[index], str) for row in caption.rows)
        table.add_column(caption.header[index], justify="left" if words else "right", overflow="fold")
    for row in caption.rows:
        table.add_row(*(shown(row[index]) for index in shown_columns))
    return table
