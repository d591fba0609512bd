"""`rtpca prepare`: turn published motion capture, or a benchmark's files, into one dataset file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rtpca.cli.console import err, out, print_line, print_note
from rtpca.cli.progress import progress_bar

if TYPE_CHECKING:
    from rtpca.data.datasets.benchmark import Benchmark
    from rtpca.data.datasets.clips import BenchmarkOptions
    from rtpca.data.datasets.options import PrepareOptions, PrepareReport

app = typer.Typer(
    help="Prepare a dataset file from published motion capture or a benchmark.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Sources = Annotated[list[Path], typer.Argument(help="Files, folders or zips, read without unpacking.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The dataset file to write, DATA.h5.")]
Append = Annotated[bool, typer.Option("--append", help="Add to DATA.h5 instead of replacing it.")]
Splits = Annotated[Path | None, typer.Option(help="JSON list of takes by split (docs/data.md).")]
Split = Annotated[str | None, typer.Option(help="Put all takes into this split: train, val or test.")]
BadFrames = Annotated[Path | None, typer.Option(help="JSON list of frames to leave out (docs/data.md).")]
Mapping = Annotated[
    Path | None, typer.Option(help="JSON of the joint mapping: recipe, metres_per_unit, fps (docs/data.md).")
]
Fps = Annotated[float | None, typer.Option(help="True frame rate of all takes.")]
MetresPerUnit = Annotated[float | None, typer.Option(help="Length unit of all takes; 0.01 for centimetres.")]
Stature = Annotated[
    float | None,
    typer.Option("--stature", help="Height of the person in metres, where the length unit is not known."),
]
Up = Annotated[str | None, typer.Option("--up", help="Axis of the files that points up: y or z.")]
Licence = Annotated[
    str | None, typer.Option(help="Terms of the data in one line, stored with every sequence.")
]
AttributionText = Annotated[str | None, typer.Option("--attribution", help="Acknowledgement to be shown.")]
MinSeconds = Annotated[float, typer.Option(help="Leave out shorter runs of good frames.")]
SkipDamaged = Annotated[
    bool, typer.Option("--skip-damaged", help="Leave damaged takes out, and say so, instead of stopping.")
]
BenchmarkFiles = Annotated[list[Path], typer.Argument(help="The dataset's files, or folders that hold them.")]
ValSubject = Annotated[
    list[str] | None,
    typer.Option("--val-subject", help="Training subject to put into the split val, S8; may be repeated."),
]
SkipClips = Annotated[
    bool,
    typer.Option(
        "--skip-damaged", help="Leave clips that are damaged or have no 2D out, instead of stopping."
    ),
]


@app.command("cmu")
def cmu(
    source: Sources,
    output: Output,
    append: Append = False,
    splits: Splits = None,
    split: Split = None,
    bad_frames: BadFrames = None,
    asf: Annotated[Path | None, typer.Option(help="Skeleton of the .amc files, if not beside them.")] = None,
    mapping: Mapping = None,
    fps: Fps = None,
    metres_per_unit: MetresPerUnit = None,
    licence: Licence = None,
    attribution: AttributionText = None,
    min_seconds: MinSeconds = 0.25,
    skip_damaged: SkipDamaged = False,
) -> None:
    """CMU motion capture: ASF/AMC (folder, allasfamc.zip, one .amc) and joint positions (.npz).

    splits.json, bad_frames.json and h36m17_mapping.json beside a source are used unless others are given.
    """
    from rtpca.data.datasets.options import PrepareOptions

    options = PrepareOptions(
        append=append,
        splits=splits,
        split=split,
        bad_frames=bad_frames,
        asf=asf,
        mapping=mapping,
        fps=fps,
        metres_per_unit=metres_per_unit,
        licence=licence,
        attribution=attribution,
        min_seconds=min_seconds,
        skip_damaged=skip_damaged,
    )
    _prepare("cmu", source, output, options)


@app.command("bvh")
def bvh(
    source: Sources,
    output: Output,
    append: Append = False,
    splits: Splits = None,
    split: Split = None,
    bad_frames: BadFrames = None,
    mapping: Mapping = None,
    fps: Fps = None,
    metres_per_unit: MetresPerUnit = None,
    stature_m: Stature = None,
    up_axis: Up = None,
    licence: Licence = None,
    attribution: AttributionText = None,
    min_seconds: MinSeconds = 0.25,
    skip_damaged: SkipDamaged = False,
) -> None:
    """Any BVH motion (file, folder, zip); the joints of cgspeed's CMU files and of FreeMoCap are known.

    splits.json, bad_frames.json and h36m17_mapping.json beside a source are used unless others are given.
    """
    from rtpca.data.datasets.options import PrepareOptions

    options = PrepareOptions(
        append=append,
        splits=splits,
        split=split,
        bad_frames=bad_frames,
        mapping=mapping,
        fps=fps,
        metres_per_unit=metres_per_unit,
        stature_m=stature_m,
        up_axis=up_axis,
        licence=licence,
        attribution=attribution,
        min_seconds=min_seconds,
        skip_damaged=skip_damaged,
    )
    _prepare("bvh", source, output, options)


@app.command("h36m")
def h36m(
    source: BenchmarkFiles,
    output: Output,
    append: Append = False,
    val_subjects: ValSubject = None,
    keep_corrupted: Annotated[
        bool, typer.Option("--keep-corrupted", help="Keep Directions of S11, whose video is corrupted.")
    ] = False,
    skip_damaged: SkipClips = False,
) -> None:
    """Human3.6M: data_3d_h36m.npz and one data_2d_h36m_*.npz of VideoPose3D.

    Without a 2D file evaluation projects the 3D joints with the dataset's cameras.
    """
    from rtpca.data.datasets.clips import BenchmarkOptions

    options = BenchmarkOptions(
        append=append,
        val_subjects=tuple(val_subjects or ()),
        keep_corrupted=keep_corrupted,
        skip_damaged=skip_damaged,
    )
    _prepare_benchmark("h36m", source, output, options)


@app.command("humaneva")
def humaneva(
    source: BenchmarkFiles,
    output: Output,
    append: Append = False,
    actions: Annotated[
        list[str] | None,
        typer.Option(
            "--action", help="Only this action, Walking or its beginning; may be repeated. Default: all."
        ),
    ] = None,
    val_subjects: ValSubject = None,
    skip_damaged: SkipClips = False,
) -> None:
    """HumanEva-I with 15 joints: data_3d_humaneva15.npz and data_2d_humaneva15_gt.npz of VideoPose3D."""
    from rtpca.data.datasets.clips import BenchmarkOptions

    options = BenchmarkOptions(
        append=append,
        val_subjects=tuple(val_subjects or ()),
        actions=tuple(actions or ()),
        skip_damaged=skip_damaged,
    )
    _prepare_benchmark("humaneva", source, output, options)


@app.command("mpi-inf-3dhp")
def mpi_inf_3dhp(
    source: BenchmarkFiles,
    output: Output,
    append: Append = False,
    val_subjects: ValSubject = None,
    skip_damaged: SkipClips = False,
) -> None:
    """MPI-INF-3DHP: data_train_3dhp.npz and data_test_3dhp.npz of P-STMO, or the dataset's own .mat files."""
    from rtpca.data.datasets.clips import BenchmarkOptions

    options = BenchmarkOptions(
        append=append, val_subjects=tuple(val_subjects or ()), skip_damaged=skip_damaged
    )
    _prepare_benchmark("mpi-inf-3dhp", source, output, options)


def _prepare_benchmark(
    dataset: Benchmark, sources: list[Path], output: Path, options: BenchmarkOptions
) -> None:
    from rtpca.data.datasets.benchmark import prepare_benchmark

    with progress_bar("preparing", "clips") as update:
        report = prepare_benchmark(dataset, sources, output, options, progress=update)
    _print_report(report, output, "clips")


def _prepare(kind: Literal["cmu", "bvh"], sources: list[Path], output: Path, options: PrepareOptions) -> None:
    from rtpca.data.datasets.prepare import prepare

    with progress_bar("preparing", "takes") as update:
        report = prepare(kind, sources, output, options, progress=update)
    _print_report(report, output, "takes")


def _print_report(report: PrepareReport, output: Path, unit: str) -> None:
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
    text = f"{report.takes} {unit} prepared, {report.dropped_frames} frames left out, in {output}"
    print_line(text)
