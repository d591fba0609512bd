"""`rtpca train`: a recipe and a prepared data file in, a run folder out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rtpca.cli.console import out, print_line, print_note
from rtpca.cli.options import Changes, Device, MaxTime, PreparedData
from rtpca.cli.progress import progress_bar

if TYPE_CHECKING:
    from rtpca.training import StepReport


def train(
    config: Annotated[
        Path | None,
        typer.Argument(
            help="YAML recipe, e.g. configs/rtpca-s.yaml; the paper's model without.", show_default=False
        ),
    ] = None,
    *,
    data: PreparedData,
    output: Annotated[Path, typer.Option("--out", help="Run folder.", show_default=False)],
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the run's last saved state.")] = False,
    set: Changes = None,
    stage: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only this stage of the recipe, in the run folder itself."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(metavar="NAME|PATH", help="Start from these weights instead of random ones."),
    ] = None,
    max_time: MaxTime = None,
    device: Device = "auto",
    devices: Annotated[int, typer.Option(min=1, help="How many devices.")] = 1,
) -> None:
    """Train a model.

    The run folder gets the resolved recipe, the learning curves (CSV, TensorBoard, PNG), the state to resume
    from, and the weights. The stages of a recipe have a run folder each inside it, and start from the weights
    of the stage before. Ctrl-C stops after the current step with everything saved.
    """
    from rtpca.devices import resolve_device
    from rtpca.training import load_config, load_recipe, train_recipe

    overrides = set or ()
    recipe = load_recipe(config, overrides) if stage is None else (load_config(config, overrides, stage),)
    if any(part.chooses_on_test for part in recipe):
        out.print(
            "note: the weights are chosen on the test split, as the authors do: their errors on it are lower "
            "than on people who had no part in the choice"
        )
    with progress_bar("training", "steps") as bar:

        def report(step: StepReport) -> None:
            bar(step.step, step.steps, _note(step))
            if "val_mpjpe_mm" in step.row:
                print_line(_validation_line(step))

        result = train_recipe(
            recipe,
            data,
            output,
            resume=resume,
            weights=weights,
            max_time_s=math.inf if max_time is None else max_time * 60,
            accelerator=resolve_device(device),
            devices=devices,
            report=report,
            note=lambda text: print_note(f"note: {text}"),
        )
    state = "finished" if result.finished else "stopped, go on with --resume"
    print_line(f"{result.step} of {result.steps} steps, {state}: {result.weights}")


def _note(step: StepReport) -> str:
    return f"{step.frames_per_second:.0f} frames/s, loss {step.row['loss']:.4f}"


def _validation_line(step: StepReport) -> str:
    row = step.row
    return (
        f"step {step.step}: loss {row['loss']:.4f}, validation MPJPE {row['val_mpjpe_mm']:.1f} mm, "
        f"P-MPJPE {row['val_p_mpjpe_mm']:.1f} mm, {step.frames_per_second:.0f} frames/s"
    )
