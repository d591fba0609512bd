"""`rtpca table`: one of the paper's tables, from runs on the user's data."""

from __future__ import annotations

import json
import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rtpca.cli.console import out
from rtpca.cli.options import Device
from rtpca.cli.progress import progress_bar

if TYPE_CHECKING:
    from rtpca.reproduce.layout import ResultTable


def table(
    number: Annotated[int, typer.Argument(metavar="N", min=1, max=7, help="Which table of the paper.")],
    *,
    scale: Annotated[
        Literal["small", "paper"],
        typer.Option(help="A recipe that a CPU finishes in hours; or the paper's, for a GPU."),
    ] = "small",
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Prepared data file (.h5); two for Table 1.", show_default=False),
    ] = None,
    output: Annotated[Path, typer.Option("--out", "-o", help="Folder of runs and tables.")] = Path(
        "reproduced"
    ),
    protocol: Annotated[
        str,
        typer.Option(help="standard; or authors, with the quirks of their script (docs/protocols.md)."),
    ] = "standard",
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Runs per row.  [default: 2 small, 1 paper]", show_default=False)
    ] = None,
    max_time: Annotated[
        float | None,
        typer.Option(metavar="MINUTES", min=0, help="Stop cleanly after this; the same command goes on."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Runs at once, each on one thread of the CPU.")] = 1,
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
    set: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Change a value of the recipe of every row; repeatable."),
    ] = None,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print JSON with every seed's numbers instead of the table.")
    ] = False,
    device: Device = "auto",
) -> None:
    """Reproduce a table of the paper: train or take its runs, measure them, print them beside the paper's.

    Runs lie in OUT/runs/SCALE and are shared by all tables: finished ones are taken, unfinished ones go on
    where they stopped. The table is written as Markdown and CSV into OUT.
    """
    from rtpca.devices import resolve_device
    from rtpca.errors import ConfigError
    from rtpca.reproduce import TableRequest, make_table, parse_row, read_data_file, train_table
    from rtpca.reproduce.layout import to_dict

    if jobs > 1 and device == "cuda":
        raise ConfigError(f"--jobs {jobs} is for the CPU; leave it out with --device cuda")
    request = TableRequest(
        number=number,
        data=tuple(read_data_file(path) for path in data or ()),
        out=output,
        scale=scale,
        protocol=protocol,
        seeds=seeds,
        overrides=tuple(set or ()),
        only=tuple(only or ()),
        extra=tuple(parse_row(text) for text in row or ()),
        jobs=jobs,
        device="cpu" if jobs > 1 else resolve_device(device),
        max_time_s=math.inf if max_time is None else max_time * 60,
        command=_command(number, scale, protocol, data, seeds, only, row, set),
    )
    with progress_bar("training", "steps") as bar:
        train_table(request, bar)
    with progress_bar("measuring", "evaluations") as bar:
        made = make_table(request, bar)
    if json_output:
        out.print(json.dumps(to_dict(made), indent=1), markup=False, soft_wrap=True)
    else:
        _show(made, output)


def _show(made: ResultTable, output: Path) -> None:
    from rtpca.reproduce.layout import to_rich

    for number, grid in enumerate(made.grids):
        title = f"Table {made.number}: {made.title}" if number == 0 else ""
        out.print(to_rich(grid, "\n".join(text for text in (title, grid.title) if text)))
    for label, sentence in made.readings:
        out.print(f"{label}: {sentence}", markup=False)
    for note in (*made.notes, *made.caption):
        out.print(note, markup=False)
    if made.unfinished:
        out.print(
            f"{len(made.unfinished)} runs are not trained yet ({'; '.join(made.unfinished)}): the same "
            "command goes on",
            markup=False,
        )
    out.print(f"written to {output / f'table{made.number}.md'} and .csv", markup=False, soft_wrap=True)


def _command(
    number: int,
    scale: str,
    protocol: str,
    data: list[Path] | None,
    seeds: int | None,
    only: list[str] | None,
    row: list[str] | None,
    set: list[str] | None,
) -> str:
    """The command line that makes this table again, files by their names alone."""
    words = ["rtpca", "table", str(number), "--scale", scale]
    for path in data or ():
        words += ["--data", path.name]
    words += ["--protocol", protocol] if protocol != "standard" else []
    words += ["--seeds", str(seeds)] if seeds is not None else []
    for option, values in (("--only", only), ("--row", row), ("--set", set)):
        for value in values or ():
            words += [option, value]
    return shlex.join(words)
