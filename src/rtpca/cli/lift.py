"""`rtpca lift`: a video or a keypoint file in; 3D poses, pictures and files for other programs out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from rtpca.cli.console import print_line
from rtpca.cli.options import Detector, Device, Flip, Focal, ImageSize, JointSet, Weights


def lift(
    input: Annotated[
        Path,
        typer.Argument(
            help="A video, or keypoints: .npz or .npy of ours, COCO, AlphaPose or MMPose JSON, a folder of "
            "OpenPose frames, a VideoPose3D or Detectron .npz.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File of 3D poses to write (.npz).", show_default=False)
    ],
    render: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also a moving picture, .mp4 or .gif: overlay beside 3D."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also a page to turn and play the poses, in one file.")
    ] = None,
    rerun: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also a recording for Rerun, .rrd.")
    ] = None,
    export: Annotated[
        str, typer.Option(metavar="LIST", help="Also files beside the output: bvh,c3d,csv,glb,json,trc.")
    ] = "",
    ground: Annotated[
        bool, typer.Option("--ground", help="In exports: feet on the floor, y up; else as the camera stands.")
    ] = False,
    detector: Detector = "auto",
    detector_model: Annotated[
        Path | None, typer.Option(metavar="ONNX", help="rtmlib: a YOLOX network of your own.")
    ] = None,
    pose_model: Annotated[
        Path | None, typer.Option(metavar="ONNX", help="rtmlib: an RTMPose network of your own.")
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(
            metavar="all|N",
            help="Which person, from 1, the most complete. By default all of a video, 1 of a file.",
        ),
    ] = None,
    skeleton: JointSet = "auto",
    image_size: ImageSize = None,
    fps: Annotated[
        float | None,
        typer.Option(help="Frames per second, if a keypoint file does not say, or a video is slowed down."),
    ] = None,
    focal_px: Focal = None,
    weights: Weights = "rtpca-s",
    device: Device = "auto",
    repair: Annotated[
        bool,
        typer.Option(help="Undo left and right exchanged by the detector; drop joints that jump."),
    ] = True,
    smooth: Annotated[
        bool, typer.Option(help="Average fast clips over the time between two frames of the network.")
    ] = True,
    smoothing: Annotated[
        Literal["none", "savgol", "kalman"], typer.Option(help="Smooth poses and path over time, afterwards.")
    ] = "none",
    flip: Flip = True,
) -> None:
    """Lift a video, or 2D keypoints, to 3D poses over time."""
    from rtpca.cli.lift_inputs import Options, is_keypoints, lift_keypoints, lift_video, person_number
    from rtpca.cli.lift_outputs import Wanted, write_all
    from rtpca.files import written_together
    from rtpca.inference import Lifter

    wanted = Wanted.checked(output, render, html, rerun, export, ground)
    options = Options(
        person=person_number(person),
        skeleton=skeleton,
        image_size=image_size,
        fps=fps,
        focal_px=focal_px,
        detector=detector,
        detector_model=detector_model,
        pose_model=pose_model,
        device=device,
        smoothing=smoothing,
    )
    # The outputs are opened first: a folder that cannot be written to is better known before an hour of work.
    with written_together() as scratch:
        wanted.open(scratch, input)
        lifter = Lifter.from_pretrained(weights, device, flip=flip, smooth=smooth, repair=repair)
        lift_input = lift_keypoints if is_keypoints(input) else lift_video
        clip = lift_input(input, lifter, options, lambda people: wanted.open(scratch, input, people))
        lines = write_all(clip, wanted, scratch)
    for line in lines:
        print_line(line)
