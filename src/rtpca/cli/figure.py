"""`rtpca figure`: the paper's Figures 1, 3, 4 and 5 from runs on the user's data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rtpca.cli.json_file import JsonFile, check_json_file
from rtpca.cli.options import Changes, Device, MaxTime
from rtpca.cli.page import show_page
from rtpca.cli.progress import progress_bar
from rtpca.cli.reproducing import Jobs, Out, Scale, Seeds, make_setup
from rtpca.errors import ConfigError


def figure(
    number: Annotated[int, typer.Argument(metavar="N", help="1, 3, 4 or 5.", show_default=False)],
    scale: Scale = "small",
    data: Annotated[Path | None, typer.Option(help="Prepared data file (.h5).", show_default=False)] = None,
    out: Out = Path("reproduced"),
    seeds: Seeds = None,
    max_time: MaxTime = None,
    jobs: Jobs = 1,
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
    rounds: Annotated[
        int, typer.Option(min=1, max=100_000, help="Figure 1: timed passes of each network.")
    ] = 20,
    batch_frames: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000_000,
            help="Figure 1: input frames of a large batch.",
            show_default="1024, GPU 16384",
        ),
    ] = None,
    set: Changes = None,
    json_file: JsonFile = None,
    device: Device = "auto",
) -> None:
    """Make one of the paper's figures: picture, the data behind it, and a caption.

    Runs that it needs are trained in OUT/runs, or taken from there; a run that was stopped goes on. Figure 1:
    error against latency. 3: poses beside ground truth and baseline. 4: error per frame over a clip. 5:
    attention maps.
    """
    from rtpca.reproduce.figures.attention import figure_5
    from rtpca.reproduce.figures.error_latency import figure_1
    from rtpca.reproduce.figures.frame_errors import figure_4
    from rtpca.reproduce.figures.poses import figure_3

    if number not in (1, 3, 4, 5):
        raise ConfigError(
            f"figure {number}: figures with data are 1, 3, 4, 5 (2 is a drawing of the network)"
        )
    if weights and number == 1:
        raise ConfigError("figure 1 compares trained runs; --weights is for figures 3, 4 and 5")
    named, lengths = dict(_named(entry) for entry in weights or ()), _whole_numbers(frames)
    check_json_file(json_file)
    setup = make_setup([data] if data else (), out, scale, seeds, max_time, jobs, set, device)
    with progress_bar(f"figure {number}", "steps") as bar:
        match number:
            case 1:
                names = [name for name in models.split(",") if name]
                page = figure_1(
                    setup,
                    latency_only=latency_only,
                    models=names,
                    frames=lengths,
                    rounds=rounds,
                    batch_frames=batch_frames,
                    progress=bar,
                )
            case 3:
                page = figure_3(setup, named, split, bar)
            case 4:
                page = figure_4(setup, named, split, action, bar)
            case _:
                page = figure_5(setup, named, split, action, bar)
    show_page(page, out, json_file)


def _named(entry: str) -> tuple[str, str]:
    name, separator, path = entry.partition("=")
    if not separator or not name or not path:
        raise ConfigError(f"--weights {entry}: give NAME=PATH, e.g. --weights rtpca=weights.safetensors")
    return name, path


def _whole_numbers(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise ConfigError(f"--frames {text}: give window lengths with commas between them, e.g. 27,81")
    return [int(part) for part in parts]
