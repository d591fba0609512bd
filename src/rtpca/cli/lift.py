"""`rtpca lift`: a keypoint file in, a file of 3D poses out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rtpca.cli.console import out
from rtpca.cli.progress import progress_bar

if TYPE_CHECKING:
    from rtpca.inference import LiftResult


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
    smooth: Annotated[
        bool, typer.Option(help="Average fast clips over the time between two frames of the network.")
    ] = True,
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
        lifter = Lifter.from_pretrained(weights, device, flip=flip, smooth=smooth)
        with progress_bar("lifting", "windows") as progress:
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


def _summary(result: LiftResult, output: Path) -> str:
    seconds = result.frames / result.fps
    seen = int(result.valid.sum())
    return f"{output}: {result.frames} frames ({seconds:.1f} s), {seen} with a person in view"
