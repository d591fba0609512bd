"""`rtpca app`: a page on this computer to drop a file on."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from rtpca.cli.console import print_line
from rtpca.cli.options import CameraFile, CameraName, CameraUnit, Detector, Device, Weights

if TYPE_CHECKING:
    from rtpca.app.jobs import JobQueue


def app(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes a free one.")
    ] = 7861,
    weights: Weights = "rtpca-s",
    device: Device = "auto",
    detector: Detector = "auto",
    camera: CameraFile = None,
    camera_name: CameraName = None,
    camera_unit: CameraUnit = "auto",
    max_mb: Annotated[
        int, typer.Option("--max-mb", min=1, max=1_000_000, help="Largest upload in megabytes.")
    ] = 500,
    max_seconds: Annotated[float, typer.Option(min=1, help="Longest clip in seconds.")] = 600,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Serve a page to drop a file on: viewer and files come back. Reachable from this computer only."""
    from rtpca.extras import optional_import

    for package in ("starlette", "uvicorn"):
        optional_import(package, "app", "to serve the page")
    from rtpca.app.jobs import JobQueue
    from rtpca.app.process import ENDINGS, LiftProcess
    from rtpca.app.server import create_app, serve
    from rtpca.export import installed_formats
    from rtpca.pipeline import LiftOptions

    # A wrong camera and wrong weights are better known now than after an upload.
    options = LiftOptions(
        weights=weights,
        device=device,
        detector=detector,
        max_seconds=max_seconds,
        camera=camera,
        camera_name=camera_name,
        camera_unit=camera_unit,
    )
    process = LiftProcess(
        replace(options, camera=options.load_camera(), camera_name=None, camera_unit="auto")
    )
    process.load()

    def on_start(address: str) -> None:
        print_line(f"Open {address} in a browser; Ctrl-C ends it and removes all files.")
        if open_browser:
            import webbrowser

            webbrowser.open(address)

    jobs = JobQueue(process)
    page = create_app(jobs, ENDINGS, installed_formats(), max_mb * 1_000_000)
    try:
        jobs.start()  # a disk without room is better known now, too
        serve(page, port, on_start)
    except KeyboardInterrupt:
        print_line("Stopped; all files are removed.")
        _leave(jobs, 0)
    except SystemExit as ended:
        _leave(jobs, ended.code)
        raise
    finally:
        jobs.close()


def _leave(jobs: JobQueue, code: object) -> None:
    """End the program here if a step of the work still runs: taking Python down around it would crash."""
    jobs.close()
    if jobs.at_work:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)
