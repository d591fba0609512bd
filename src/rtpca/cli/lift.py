"""`rtpca lift`: a keypoint file in, a file of 3D poses out."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rtpca.cli.console import err, out

if TYPE_CHECKING:
    from rtpca.inference import LiftResult
    from rtpca.inference.lifter import Progress


def lift(
    input: Annotated[
        Path,
        typer.Argument(
            help="Keypoints: .npz or .npy of ours, COCO, AlphaPose or MMPose JSON, a folder of OpenPose "
            "frames, a VideoPose3D or Detectron .npz.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File of 3D poses to write (.npz).", show_default=False)
    ],
    skeleton: Annotated[
        str, typer.Option(help="Joint set: auto, h36m17, coco17, halpe26, body25, mediapipe33, ...")
    ] = "auto",
    image_size: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="W H", help="Image width and height in pixels, if the file does not say."),
    ] = None,
    fps: Annotated[float | None, typer.Option(help="Frames per second, if the file does not say.")] = None,
    focal: Annotated[
        float | None, typer.Option(metavar="PX", help="Focal length in pixels; a usual lens is assumed.")
    ] = None,
    weights: Annotated[str, typer.Option(metavar="NAME|PATH", help="Weights by name or path.")] = "rtpca-s",
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")] = "auto",
    person: Annotated[
        int | None,
        typer.Option(metavar="N", help="Which person of several, from 1; the most complete one is taken."),
    ] = None,
    flip: Annotated[bool, typer.Option(help="Average with the mirror image: steadier, half as fast.")] = True,
) -> None:
    """Lift 2D keypoints to 3D poses over time."""
    from rtpca.files import written_whole
    from rtpca.inference import Lifter, read_keypoints

    # The output is opened first: a folder that cannot be written to is better known before an hour of work.
    with written_whole(output) as scratch:
        keypoints = read_keypoints(input, skeleton, person)
        for note in keypoints.notes:
            out.print(note, markup=False, soft_wrap=True)
        lifter = Lifter.from_pretrained(weights, device, flip=flip)
        with _progress_bar() as progress:
            result = lifter(
                keypoints.keypoints_px,
                image_size=image_size or keypoints.image_size,
                fps=fps if fps is not None else keypoints.fps,
                skeleton=keypoints.skeleton,
                scores=keypoints.scores,
                focal_px=focal,
                progress=progress,
            )
        result.save(scratch)
    for line in (*result.notes, _summary(result, output)):
        out.print(line, markup=False, soft_wrap=True)


@contextmanager
def _progress_bar() -> Generator[Progress]:
    """A bar over windows with rate and time left on standard error, gone when the work is done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("lifting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("windows, {task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("lifting", total=None, rate="")

        def update(done: int, total: int) -> None:
            elapsed = bar.tasks[task].elapsed or 0.0
            rate = f"{done / elapsed:.0f} per second" if elapsed > 0 else ""
            bar.update(task, completed=done, total=total, rate=rate)

        yield update


def _summary(result: LiftResult, output: Path) -> str:
    seconds = result.frames / result.fps
    seen = int(result.valid.sum())
    return f"{output}: {result.frames} frames ({seconds:.1f} s), {seen} with a person in view"
