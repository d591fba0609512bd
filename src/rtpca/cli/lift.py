"""`rtpca lift`: a video or a keypoint file in; 3D poses, pictures and files for other programs out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from rtpca.cli.console import print_line
from rtpca.cli.options import (
    CameraFile,
    CameraName,
    CameraUnit,
    Detector,
    Device,
    Flip,
    Focal,
    Height,
    ImageSize,
    JointSet,
    Weights,
)
from rtpca.errors import InputError


def lift(
    input: Annotated[
        Path,
        typer.Argument(
            help="A video, or keypoints: .npz or .npy of ours, files of the usual detectors and trackers "
            "(docs/lifting.md lists them), a folder of frames.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--out", "-o", help="File of 3D poses to write (.npz).", show_default=False)
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
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also the curves of the joint angles, .png.")
    ] = None,
    export: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help="Also files beside the output: angles,bvh,c3d,csv,glb,json,mot,opensim,trc.",
        ),
    ] = "",
    osim_model: Annotated[
        Path | None,
        typer.Option(
            metavar="OSIM", help="With opensim: a model to scale to the person and let follow them."
        ),
    ] = None,
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
    camera: CameraFile = None,
    camera_name: CameraName = None,
    camera_unit: CameraUnit = "auto",
    height_m: Height = None,
    weights: Weights = "rtpca-s",
    device: Device = "auto",
    repair: Annotated[
        bool,
        typer.Option(help="Undo left and right exchanged by the detector; drop joints that jump."),
    ] = True,
    refine: Annotated[
        bool, typer.Option("--refine", help="Give each bone nearly one length over the clip.")
    ] = False,
    average_phases: Annotated[
        bool, typer.Option(help="Average fast clips over the time between two frames of the network.")
    ] = True,
    smoothing: Annotated[
        Literal["none", "savgol", "kalman", "joints"],
        typer.Option(help="Smooth poses and path over time, afterwards."),
    ] = "none",
    flip: Flip = True,
) -> None:
    """Lift a video, or 2D keypoints, to 3D poses over time."""
    from rtpca.cli.events import ConsoleEvents
    from rtpca.export.opensim_tools import read_model
    from rtpca.files import written_together
    from rtpca.pipeline import LiftOptions, Outputs, lift_input
    from rtpca.pipeline.options import heights_of

    names = tuple(dict.fromkeys(name.strip().lower() for name in export.split(",") if name.strip()))
    outputs = Outputs(
        output,
        render,
        html,
        rerun,
        plot,
        names,
        None if osim_model is None else read_model(osim_model),
        ground,
    )
    options = LiftOptions(
        weights=weights,
        device=device,
        flip=flip,
        average_phases=average_phases,
        repair=repair,
        refine=refine,
        person=_person(person),
        skeleton=skeleton,
        image_size=image_size,
        fps=fps,
        focal_px=focal_px,
        height_m=None if height_m is None else heights_of(height_m),
        camera=camera,
        camera_name=camera_name,
        camera_unit=camera_unit,
        detector=detector,
        detector_model=detector_model,
        pose_model=pose_model,
        smoothing=smoothing,
    )
    # The outputs are opened first: a folder that cannot be written to is better known before an hour of work.
    with written_together() as scratch:
        outputs.claim(scratch, input)
        events = ConsoleEvents(lambda people: outputs.claim(scratch, input, people))
        clip = lift_input(input, options, events=events)
        written = outputs.write(clip, scratch, events)
    for path, what in written.items():
        print_line(f"{path}: {what}")
    print_line(events.speeds())


def _person(text: str | None) -> int | Literal["all"] | None:
    """What `--person` says; the options refuse numbers that name nobody."""
    if text is None or text == "all":
        return text
    try:
        return int(text)
    except ValueError as error:
        raise InputError(f"`person` is {text!r}: give all, or a number from 1") from error
