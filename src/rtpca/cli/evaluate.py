"""`rtpca eval`: weights and a prepared data file in, a table of errors out."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rtpca.cli.console import out
from rtpca.cli.progress import progress_bar

if TYPE_CHECKING:
    from rich.table import Table

    from rtpca.evaluation import Report


def evaluate(
    *,
    weights: Annotated[str, typer.Option(metavar="NAME|PATH", help="Weights by name or path.")] = "rtpca-s",
    data: Annotated[Path, typer.Option(help="Prepared data file (.h5).", show_default=False)],
    split: Annotated[str, typer.Option(help="Which split.")] = "test",
    noise: Annotated[
        float,
        typer.Option(metavar="SIGMA", help="Gaussian noise on the 2D keypoints: standard deviation, pixels."),
    ] = 0.0,
    flip: Annotated[bool, typer.Option(help="Average with the mirror image.")] = False,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of the noise.")] = 0,
    json_output: Annotated[
        Path | None,
        typer.Option("--json", metavar="OUT", help="Write the numbers here; - for standard output."),
    ] = None,
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")] = "auto",
) -> None:
    """Measure MPJPE, P-MPJPE, MPJVE and acceleration error per action.

    Sequences are brought to the frame rate of the weights and seen by their own cameras, or by four fixed
    ones in Human3.6M's arrangement. Each frame counts once per camera; the average is the plain mean over
    actions.
    """
    from rtpca.data.store import open_dataset
    from rtpca.devices import resolve_device
    from rtpca.errors import InputError
    from rtpca.evaluation import EvalConfig, summarise
    from rtpca.evaluation import evaluate as run
    from rtpca.files import written_whole
    from rtpca.models import load_checkpoint

    if json_output is not None and not json_output.absolute().parent.is_dir():
        raise InputError(f"--json {json_output}: there is no folder {json_output.parent}; make it first")
    config = EvalConfig(noise_px=noise, flip=flip, seed=seed)
    checkpoint = load_checkpoint(weights)
    checkpoint.model.to(resolve_device(device))
    with open_dataset(data) as dataset, progress_bar("evaluating", "sequences") as bar:
        names = dataset.names(split)
        if not names:
            found = ", ".join(f"{name} ({count})" for name, count in dataset.splits().items())
            raise InputError(f"{data} has no split {split!r}; splits and sequences found: {found}")
        if dataset.skeleton.name != checkpoint.input.skeleton:
            raise InputError(
                f"{data} holds {dataset.skeleton.name}, {weights} lifts {checkpoint.input.skeleton}; use "
                "data of the same skeleton"
            )
        results: list[Any] = []
        seen: set[str] = set()
        for errors in run(checkpoint.model, checkpoint.input, dataset.iterate(split), config):
            results.append(errors)
            seen.add(errors.name)
            bar(len(seen), len(names), errors.name)
    report = summarise(results)
    about = {"weights": weights, "data": str(data), "split": split, "noise_px": noise, "flip": flip}
    text = json.dumps(_finite(about | report.to_dict()), indent=1)
    if json_output is None or str(json_output) != "-":
        out.print(_table(report, about))
    if json_output is not None and str(json_output) == "-":
        out.print(text, markup=False, soft_wrap=True)
    elif json_output is not None:
        with written_whole(json_output) as partial:
            partial.write_text(text, encoding="utf-8")


def _finite(value: Any) -> Any:
    """JSON has no NaN, which stands for the errors that clips of one or two frames do not have."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _table(report: Report, about: dict[str, Any]) -> Table:
    from rich.table import Table

    noise = f", {about['noise_px']:g} px noise" if about["noise_px"] else ", clean 2D"
    table = Table(title=f"{about['weights']} on {about['split']} of {about['data']}{noise}")
    table.add_column("action", no_wrap=True)
    for title in ("frames", "MPJPE\nmm", "P-MPJPE\nmm", "MPJVE\nmm/f", "accel\nmm/f²", "accel\nmm/s²"):
        table.add_column(title, justify="right")
    for row in (*report.actions, report.average, report.all_frames):
        if row is report.average:
            table.add_section()
        numbers = (row.mpjpe_mm, row.p_mpjpe_mm, row.mpjve_mm, row.acceleration_mm)
        table.add_row(
            row.label,
            str(row.frames),
            *(f"{number:.2f}" for number in numbers),
            f"{row.acceleration_mm_s2:.0f}",
        )
    return table
