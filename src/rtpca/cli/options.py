"""Options that several verbs have: one name, one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Weights = Annotated[str, typer.Option(metavar="NAME|PATH", help="Weights by name or path.")]
Device = Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")]
PreparedData = Annotated[Path, typer.Option(help="Prepared data file (.h5).", show_default=False)]
Changes = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="Change a value of the recipe, e.g. model.dim=128; repeatable."),
]
MaxTime = Annotated[
    float | None,
    typer.Option(metavar="MINUTES", min=0, help="Stop cleanly after so long; the work can go on later."),
]
Detector = Annotated[
    Literal["auto", "mediapipe", "rtmlib"],
    typer.Option(help="What finds people in a video; auto takes what is installed."),
]
JointSet = Annotated[
    str, typer.Option(help="Joint set of keypoints: auto, h36m17, coco17, halpe26, body25, ...")
]
ImageSize = Annotated[
    tuple[int, int] | None,
    typer.Option(metavar="W H", help="Image width and height in pixels, if a keypoint file does not say."),
]
Focal = Annotated[
    float | None,
    typer.Option("--focal", metavar="PX", help="Focal length in pixels; a usual lens is assumed."),
]
Flip = Annotated[bool, typer.Option(help="Average with the mirror image: steadier, half as fast.")]
Height = Annotated[
    str | None,
    typer.Option("--height", metavar="M", help="Stature in metres; of several people 1=1.78,2=1.65."),
]
CameraFile = Annotated[
    Path | None,
    typer.Option(
        "--camera",
        metavar="FILE",
        help="Calibrated camera: OpenCV, Pose2Sim, caliscope, anipose, Qualisys, or ours (docs/cameras.md).",
    ),
]
CameraName = Annotated[
    str | None, typer.Option(metavar="NAME", help="Which of the cameras of that file filmed this.")
]
CameraUnit = Annotated[
    Literal["auto", "m", "cm", "mm"], typer.Option(help="Unit of lengths in that file, if it is another.")
]
