"""`rtpca eval`: weights and a prepared data file in, a table of errors out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rtpca.cli.console import out
from rtpca.cli.json_file import JsonFile, check_json_file, print_or_write
from rtpca.cli.options import Device, Flip, PreparedData, Weights
from rtpca.cli.progress import progress_bar

if TYPE_CHECKING:
    from rich.table import Table

    from rtpca.evaluation import Report


def evaluate(
    *,
    weights: Weights = "rtpca-s",
    data: PreparedData,
    split: Annotated[str, typer.Option(help="Which split.")] = "test",
    noise_px: Annotated[
        float,
        typer.Option(
            "--noise", metavar="SIGMA", help="Gaussian noise on the 2D keypoints: standard deviation, pixels."
        ),
    ] = 0.0,
    detector_noise: Annotated[
        bool,
        typer.Option(
            "--detector-noise", help="Errors like a detector's on the projected joints; docs/augmentation.md."
        ),
    ] = False,
    flip: Flip = False,
    protocol: Annotated[
        Literal["standard", "authors", "p-stmo"],
        typer.Option(help="What is compared: the sound way, or as published scripts do (docs/protocols.md)."),
    ] = "standard",
    keypoints: Annotated[
        Literal["own", "projected"],
        typer.Option(help="The dataset's own 2D keypoints where there are some, or projected joints."),
    ] = "own",
    seed: Annotated[int, typer.Option(min=0, help="Draws the noise.")] = 0,
    json_file: JsonFile = None,
    device: Device = "auto",
) -> None:
    """Measure errors as the data set is usually reported.

    Human3.6M and motion capture per action, HumanEva-I per action and subject, MPI-INF-3DHP per sequence.
    Sequences are brought to the frame rate of the weights and seen by their own cameras, or by four fixed
    ones in Human3.6M's arrangement. Each frame counts once per camera, unless the protocol says otherwise.
    """
    from rtpca.data.store import open_dataset
    from rtpca.devices import resolve_device
    from rtpca.errors import InputError
    from rtpca.evaluation import EvalConfig, get_protocol, summarise
    from rtpca.evaluation import evaluate as run
    from rtpca.models import load_checkpoint

    check_json_file(json_file)
    chosen = get_protocol(protocol)
    config = EvalConfig(
        noise_px=noise_px,
        flip=flip,
        seed=seed,
        keypoints=keypoints,
        protocol=chosen,
        detector_noise=detector_noise,
    )
    checkpoint = load_checkpoint(weights)
    checkpoint.require_metres()
    checkpoint.model.to(resolve_device(device))
    with open_dataset(data) as dataset, progress_bar("evaluating", "sequences") as bar:
        names = dataset.require_split(split)
        if dataset.skeleton.name != checkpoint.input.skeleton:
            raise InputError(
                f"{data} holds {dataset.skeleton.name}, {weights} lifts {checkpoint.input.skeleton}; use "
                "data of the same skeleton"
            )
        left_out = {name: why for name in names if (why := chosen.left_out(dataset.info(name)))}
        results: list[Any] = []
        seen: set[str] = set()
        for errors in run(checkpoint.model, checkpoint.input, dataset.iterate(split), config):
            results.append(errors)
            seen.add(errors.name)
            bar(len(seen), len(names) - len(left_out), errors.name)
    report = summarise(results, chosen, checkpoint.calibration)
    about = {"weights": weights, "data": str(data), "split": split, "noise_px": noise_px}
    about |= {"detector_noise": detector_noise}
    about |= {"flip": flip or chosen.flip, "keypoints": keypoints, "left_out": left_out}
    print_or_write(about | report.to_dict(), json_file, lambda: _print(report, about))


# Title and decimals of each measure.
_COLUMNS = {
    "mpjpe_mm": ("MPJPE\nmm", 2),
    "p_mpjpe_mm": ("P-MPJPE\nmm", 2),
    "n_mpjpe_mm": ("N-MPJPE\nmm", 2),
    "mpjve_mm": ("MPJVE\nmm/f", 2),
    "acceleration_mm": ("accel\nmm/f²", 2),
    "acceleration_mm_s2": ("accel\nmm/s²", 0),
    "pck_14": ("PCK 14\n%", 2),
    "auc_14": ("AUC 14\n%", 2),
    "mpjpe_14_mm": ("MPJPE 14\nmm", 2),
    "pck_17": ("PCK 17\n%", 2),
    "auc_17": ("AUC 17\n%", 2),
    "within_50": ("in 50 %\nradius, %", 1),
    "within_90": ("in 90 %\nradius, %", 1),
    "radius_90_mm": ("90 % radius\nmm", 0),
}
_ROW_TITLES = {"humaneva": "action, subject", "mpi-inf-3dhp": "sequence"}


def _print(report: Report, about: dict[str, Any]) -> None:
    from rtpca.evaluation.report import COVERAGE

    noise = f", {about['noise_px']:g} px noise" if about["noise_px"] else ""
    noise += ", a detector's errors" if about["detector_noise"] else ""
    noise = noise or ", clean 2D"
    protocol = "" if report.protocol == "standard" else f", protocol {report.protocol}"
    left_out = "".join(f"{name} is left out: {why}\n" for name, why in about["left_out"].items())
    title = f"{about['weights']} on {about['split']} of {about['data']}{noise}{protocol}"
    errors = tuple(measure for measure in report.measures if measure not in COVERAGE)
    out.print(_table(report, errors, title, left_out.rstrip() or None))
    if errors != report.measures:
        what = "joints within the radius of the uncertainty head"
        out.print(_table(report, COVERAGE, what, None))


def _table(report: Report, measures: tuple[str, ...], title: str, caption: str | None) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(
        title=title,
        caption=caption,
        box=box.SIMPLE,  # the widest table fits into 80 columns
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column(_ROW_TITLES.get(report.data_set, "action"), no_wrap=True)
    for title in ("frames", *(_COLUMNS[measure][0] for measure in measures)):
        table.add_column(title, justify="right")
    for row in (*report.rows, report.average, report.all_frames):
        if row is report.average:
            table.add_section()
        numbers = row.numbers(measures).items()
        table.add_row(
            row.label, str(row.frames), *(f"{value:.{_COLUMNS[name][1]}f}" for name, value in numbers)
        )
    return table
