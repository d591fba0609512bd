"""`rtpca stream`: keypoints of a camera, a video or a file in, a line of JSON per frame out, live."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TextIO

import typer

from rtpca.cli.console import err, print_line, print_note
from rtpca.cli.options import (
    CameraFile,
    CameraName,
    CameraUnit,
    Detector,
    Device,
    Flip,
    Focal,
    ImageSize,
    JointSet,
    Weights,
)

if TYPE_CHECKING:
    from rtpca.inference import StreamLifter, StreamPose

_ENDINGS = (".ndjson", ".jsonl")


def stream(
    input: Annotated[
        str,
        typer.Argument(
            help="A camera by number (0), a video, or a keypoint file that is replayed.", show_default=False
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write (.ndjson) instead of standard output."),
    ] = None,
    latency: Annotated[
        int,
        typer.Option(metavar="N", help="Frames of the network to wait for: 0 is instant and roughest."),
    ] = 2,
    smoothing: Annotated[Literal["none", "one-euro"], typer.Option(help="Smooth the poses.")] = "none",
    detector: Detector = "auto",
    skeleton: JointSet = "auto",
    image_size: ImageSize = None,
    fps: Annotated[
        float | None, typer.Option(help="Frames per second, if a keypoint file does not say.")
    ] = None,
    person: Annotated[int | None, typer.Option(metavar="N", help="Which person of a keypoint file.")] = None,
    realtime: Annotated[bool, typer.Option("--realtime", help="Replay a file at its own speed.")] = False,
    focal_px: Focal = None,
    camera: CameraFile = None,
    camera_name: CameraName = None,
    camera_unit: CameraUnit = "auto",
    height_m: Annotated[
        float | None, typer.Option("--height", metavar="M", help="The stature of the person in metres.")
    ] = None,
    weights: Weights = "rtpca-s",
    device: Device = "auto",
    flip: Flip = False,
) -> None:
    """Lift live: every frame gives one line of JSON, always the same time later.

    What is said about the run (latency, speed) goes to standard error, so that standard output can be piped.
    """
    import torch

    from rtpca.errors import InputError, counted
    from rtpca.inference import StreamLifter
    from rtpca.models import load_checkpoint
    from rtpca.pipeline import LiftOptions
    from rtpca.video import open_live

    if output is not None and output.suffix.lower() not in _ENDINGS:
        raise InputError(f"--out is {output}: a stream is lines of JSON; give a file that ends in .ndjson")

    # One window is too little to share out, and the other cores have a detector to run.
    torch.set_num_threads(1)

    filmed_by = LiftOptions(
        focal_px=focal_px, camera=camera, camera_name=camera_name, camera_unit=camera_unit
    ).load_camera()
    checkpoint = load_checkpoint(weights)
    live = open_live(
        input,
        skeleton=skeleton,
        image_size=image_size,
        fps=fps,
        detector=detector,
        person=person,
        realtime=realtime,
        needs_image_size=checkpoint.input.normalisation == "screen",
        camera_size=None if filmed_by is None else filmed_by.intrinsics.size_wh,
    )
    lifter = StreamLifter(
        checkpoint,
        skeleton=live.skeleton,
        image_size=live.image_size,
        device=device,
        latency_frames=latency,
        flip=flip,
        one_euro=smoothing == "one-euro",
        focal_px=focal_px,
        height_m=height_m,
        camera=filmed_by,
    )
    for note in (*live.notes, *lifter.notes):
        print_note(note, err)
    print_line(
        f"latency {1000 * lifter.latency_s:.0f} ms: {latency} frames at {lifter.fps:g} per second, plus the "
        "time of the detector and the network",
        err,
    )
    frames, busy_s = 0, 0.0
    with _written_to(output) as file:
        file.write(json.dumps(_header(lifter)) + "\n")
        for time_s, keypoints in live.frames:
            began = time.perf_counter()
            pose = lifter.push(keypoints, time_s)
            busy_s += time.perf_counter() - began
            frames += 1
            if pose is not None:
                file.write(json.dumps(_line(pose), allow_nan=False) + "\n")
                file.flush()
    rate = frames / max(busy_s, 1e-9)
    print_line(f"{counted(frames, 'frame')}, {rate:.0f} per second without the detector", err)


@contextmanager
def _written_to(output: Path | None) -> Generator[TextIO]:
    from rtpca.files import written_whole

    if output is None:
        yield sys.stdout
        return
    with written_whole(output) as scratch, open(scratch, "w", encoding="utf-8") as file:
        yield file


def _header(lifter: StreamLifter) -> dict[str, object]:
    from rtpca.skeletons import get_skeleton

    return {
        "format": "rtpca-stream",
        "version": 1,
        "skeleton": "h36m17",
        "joint_names": list(get_skeleton("h36m17").joints),
        "unit": "m",
        "axes": "x right, y down, z away from the camera; pose3d is relative to the pelvis",
        "latency_s": lifter.latency_s,
    }


def _line(pose: StreamPose) -> dict[str, object]:
    import numpy as np

    def numbers(values: np.ndarray, digits: int) -> object:
        return np.round(values.astype(float), digits).tolist() if np.isfinite(values).all() else None

    line: dict[str, object] = {
        "time_s": round(pose.time_s, 6),
        "valid": pose.valid,
        "pose3d": numbers(pose.pose3d, 4),
        "root": numbers(pose.root, 4),
        "confidence": numbers(pose.confidence, 3),
    }
    return line if pose.uncertainty is None else line | {"uncertainty": numbers(pose.uncertainty, 4)}
