"""`rtpca table`: one of the paper's tables, from runs on the user's data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from rtpca.cli.json_file import JsonFile, check_json_file
from rtpca.cli.options import Changes, Device, MaxTime
from rtpca.cli.page import show_page
from rtpca.cli.progress import progress_bar
from rtpca.cli.reproducing import Jobs, Out, Scale, Seeds, make_setup


def table(
    number: Annotated[
        Literal["1", "2", "3", "4", "5", "6", "7", "newer"],
        typer.Argument(
            metavar="N",
            help="Which table of the paper, 1 to 7; or newer, with lifters since then beside RTPCA.",
        ),
    ],
    *,
    scale: Scale = "small",
    data: Annotated[
        list[Path] | None, typer.Option(help="Prepared data file (.h5); two for Table 1.", show_default=False)
    ] = None,
    out: Out = Path("reproduced"),
    protocol: Annotated[
        str, typer.Option(help="standard; or authors, with the quirks of their script (docs/protocols.md).")
    ] = "standard",
    seeds: Seeds = None,
    max_time: MaxTime = None,
    jobs: Jobs = 1,
    only: Annotated[
        list[str] | None, typer.Option(metavar="ROW", help="Only this row, by run name; repeatable.")
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=KEY=VALUE,...",
            help="A row of your own: options changed on top of rtpca, or of a run named first; repeatable.",
        ),
    ] = None,
    set: Changes = None,
    json_file: JsonFile = None,
    device: Device = "auto",
) -> None:
    """Reproduce a table of the paper: train or take its runs, measure them, print them beside the paper's.

    Runs lie in OUT/runs/SCALE and are shared by all tables: finished ones are taken, unfinished ones go on
    where they stopped. The table is written as Markdown and CSV into OUT.
    """
    from rtpca.reproduce import make_table, parse_row, plan_table, train_all

    check_json_file(json_file)
    setup = make_setup(data or (), out, scale, seeds, max_time, jobs, set, device, protocol)
    plan = plan_table(
        int(number) if number.isdigit() else number,
        setup,
        only or (),
        [parse_row(text) for text in row or ()],
    )
    with progress_bar("training", "steps") as bar:
        train_all(plan.experiments, setup, bar)
    with progress_bar("measuring", "evaluations") as bar:
        page = make_table(plan, bar)
    show_page(page, out, json_file)
