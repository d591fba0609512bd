"""`rtpca prepare`: turn published motion into one dataset file, with a verb for each data set."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args, get_type_hints

import typer

from rtpca.cli.console import err, out, print_line, print_note
from rtpca.cli.progress import progress_bar
from rtpca.data.datasets import DATASETS, options_of
from rtpca.data.datasets.options import PrepareOptions

if TYPE_CHECKING:
    from rtpca.data.datasets.reader import PrepareReport

app = typer.Typer(
    help="Prepare a dataset file from published motion.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_SOURCES = Annotated[list[Path], typer.Argument(help="Files, folders or zips, read without unpacking.")]
_OUTPUT = Annotated[Path, typer.Option("--out", "-o", help="The dataset file to write, DATA.h5.")]
_FLAGS = {"stature_m": "--stature", "up_axis": "--up", "val_subjects": "--val-subject", "actions": "--action"}
_SIDE_FILES = (
    "splits.json, bad_frames.json, attributions.json and h36m17_mapping.json beside a source are used unless "
    "others are given."
)


def _parameters(dataset: str) -> list[inspect.Parameter]:
    """The parameters of a verb: sources, output, and the options that the data set uses."""
    kind, hints = inspect.Parameter.KEYWORD_ONLY, get_type_hints(PrepareOptions, include_extras=True)
    parameters = [
        inspect.Parameter("source", kind, annotation=_SOURCES),
        inspect.Parameter("output", kind, annotation=_OUTPUT),
    ]
    defaults = {field.name: field.default for field in fields(PrepareOptions)}
    for name in options_of(dataset):
        of_type, text = get_args(hints[name])
        default, flag = defaults[name], _FLAGS.get(name, f"--{name.replace('_', '-')}")
        if default == ():
            of_type, default = list[str], []
        annotation = Annotated[of_type, typer.Option(flag, help=text)]
        parameters.append(inspect.Parameter(name, kind, default=default, annotation=annotation))
    return parameters


def _add_verb(dataset: str) -> None:
    def verb(source: list[Path], output: Path, **said: Any) -> None:
        for name, value in said.items():
            if isinstance(value, list):
                said[name] = tuple(cast("list[str]", value))
        _prepare(dataset, source, output, PrepareOptions(**said))

    parameters = _parameters(dataset)
    # What Typer reads, as if the function had been written out for each data set.
    verb.__dict__["__signature__"] = inspect.Signature(parameters)
    verb.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    about = DATASETS[dataset].about
    if "splits" in verb.__annotations__:
        about += f"\n\n{_SIDE_FILES}"
    app.command(dataset, help=about)(verb)


for _name in DATASETS:
    _add_verb(_name)


def _prepare(dataset: str, sources: list[Path], output: Path, options: PrepareOptions) -> None:
    from rtpca.data.datasets.prepare import prepare

    with progress_bar("preparing", "takes") as progress:
        report = prepare(dataset, sources, output, options, progress)
    _print_report(report, output)


def _print_report(report: PrepareReport, output: Path) -> None:
    from rich.table import Table

    for note in report.notes:
        print_note(f"note: {note}", err)
    table = Table("split", "sequences", "frames", "minutes")
    for column in table.columns[1:]:
        column.justify = "right"
    for split in sorted(report.sequences, key=lambda name: -report.frames[name]):
        minutes = f"{report.seconds[split] / 60:.1f}"
        table.add_row(split, str(report.sequences[split]), str(report.frames[split]), minutes)
    out.print(table)
    print_line(f"{report.takes} takes prepared, {report.dropped_frames} frames left out, in {output}")
