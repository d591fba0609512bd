"""The page's address on this computer: routes, limits, and the life of the server."""

from __future__ import annotations

import html
import json
import secrets
import shutil
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rtpca.app.guard import Guard
from rtpca.app.jobs import Job, JobQueue, TooBusyError
from rtpca.app.patience import ImpatientProtocol, StalledError, arriving
from rtpca.errors import InputError
from rtpca.files.writing import trouble
from rtpca.pipeline import LiftOptions
from rtpca.pipeline.options import heights_of
from rtpca.skeletons import image_skeletons

HOST = "127.0.0.1"
_MEGABYTE = 1_000_000
_SPARE_BYTES = 200 * _MEGABYTE
_LONGEST_NAME = 120
_GRACE_S = 3
_MOST_CONNECTIONS = 100
# The viewer runs scripts of its own, but apart from the page: it can reach neither the token nor the server.
_VIEWER_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; frame-ancestors 'self'"
)


class _RefusedError(Exception):
    """An upload that is not taken: status code and one line."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def create_app(
    jobs: JobQueue, endings: Sequence[str], exports: Sequence[str] = (), max_bytes: int = 500 * _MEGABYTE
) -> Starlette:
    """The application; it starts and closes the queue.

    Args:
        jobs: Does the work.
        endings: Of files that are taken, such as ".mp4".
        exports: Names of export formats to offer.
        max_bytes: Largest upload.

    Returns:
        An ASGI application.
    """
    token = secrets.token_urlsafe(32)
    endpoints = _Endpoints(jobs, tuple(endings), tuple(exports), max_bytes, token)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        del app
        jobs.start()
        try:
            yield
        finally:
            jobs.close()

    routes = [
        Route("/", endpoints.page),
        Route("/assets/{name}", endpoints.asset),
        Route("/jobs", endpoints.upload, methods=["POST"]),
        Route("/jobs/{id}", endpoints.status, methods=["GET"]),
        Route("/jobs/{id}", endpoints.remove, methods=["DELETE"]),
        Route("/jobs/{id}/files/{name}", endpoints.file),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard, token=token)], lifespan=lifespan)


def serve(app: Starlette, port: int, on_start: Callable[[str], None]) -> None:
    """Serve an application to this computer only, until it is interrupted.

    Args:
        app: What `create_app` made.
        port: Port to listen at; 0 takes a free one.
        on_start: Called with the address once it is taken.

    Raises:
        InputError: The port is taken.
    """
    try:
        listening = socket.create_server((HOST, port))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"cannot listen at port {port} ({reason}): give another with --port, or 0 for a free one"
        ) from error
    with listening:
        on_start(f"http://{HOST}:{listening.getsockname()[1]}")
        make_server(app).run(sockets=[listening])


def make_server(app: Starlette, port: int = 0) -> uvicorn.Server:
    """What serves an application, with all limits but that of who may connect; it is not running yet."""
    config = uvicorn.Config(
        app,
        host=HOST,
        port=port,
        http=ImpatientProtocol,
        ws="none",
        limit_concurrency=_MOST_CONNECTIONS,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return uvicorn.Server(config)


class _Endpoints:
    """The routes."""

    def __init__(
        self, jobs: JobQueue, endings: tuple[str, ...], exports: tuple[str, ...], max_bytes: int, token: str
    ) -> None:
        self._jobs = jobs
        self._endings, self._exports, self._max_bytes = endings, exports, max_bytes
        assets = resources.files("rtpca.app") / "assets"
        self._assets = {
            name: ((assets / name).read_text(encoding="utf-8"), kind)
            for name, kind in (("app.js", "text/javascript"), ("app.css", "text/css"))
        }
        settings = {
            "token": token,
            "endings": endings,
            "exports": exports,
            "max_bytes": max_bytes,
            "skeletons": ["auto", *(skeleton.name for skeleton in image_skeletons())],
        }
        # An attribute of the page: escaped as such, whatever it holds.
        template = (assets / "index.html").read_text(encoding="utf-8")
        self._page = template.replace("{{settings}}", html.escape(json.dumps(settings), quote=True))

    async def page(self, request: Request) -> Response:
        del request
        return Response(self._page, media_type="text/html")

    async def asset(self, request: Request) -> Response:
        found = self._assets.get(request.path_params["name"])
        return _not_found() if found is None else Response(found[0], media_type=found[1])

    async def upload(self, request: Request) -> Response:
        try:
            job = self._open(request)
            try:
                await self._store(request, job)
            except BaseException:
                self._jobs.remove(job.id)
                raise
        except TooBusyError as error:
            return JSONResponse({"error": str(error)}, status_code=429)
        except _RefusedError as error:
            # What has not been read yet is not waited for.
            headers = {"connection": "close"}
            return JSONResponse({"error": str(error)}, status_code=error.status, headers=headers)
        except ClientDisconnect:
            return JSONResponse({"error": "the upload was broken off"}, status_code=400)
        except OSError as error:
            refused = f"the upload cannot be stored in {self._jobs.folder}: {trouble(error)}"
            headers = {"connection": "close"}
            return JSONResponse({"error": refused}, status_code=507, headers=headers)
        self._jobs.submit(job)
        return JSONResponse(_status(job), status_code=201)

    def _open(self, request: Request) -> Job:
        query = request.query_params
        name = PurePath(query.get("name", "").replace("\\", "/")).name[-_LONGEST_NAME:]
        ending = PurePath(name).suffix.lower()
        if ending not in self._endings:
            known = ", ".join(self._endings)
            raise _RefusedError(
                415, f"{name or 'the file'}: this kind of file is not known; drop one of {known}"
            )
        self._check_size(int(request.headers.get("content-length", "0")), name)
        wanted = tuple(part for part in query.get("exports", "").split(",") if part in self._exports)
        try:
            fps = float(query["fps"]) if query.get("fps") else None
            width, height = (query.get(side) for side in ("width", "height"))
            image_size = (int(width or ""), int(height or "")) if width or height else None
        except ValueError:
            raise _RefusedError(
                400,
                "give the image size as width and height in whole pixels, and frames per second as a number",
            ) from None
        stature = query.get("stature", "").strip()
        try:
            height_m = LiftOptions(height_m=heights_of(stature)).height_m if stature else None
        except InputError as error:
            raise _RefusedError(400, str(error).replace("`height_m`", "the stature on this page")) from error
        render, skeleton = query.get("render", "1") == "1", query.get("skeleton", "auto")
        return self._jobs.open(name, ending, render, wanted, skeleton, image_size, fps, height_m)

    def _check_size(self, size: int, name: str) -> None:
        if size > self._max_bytes:
            raise _RefusedError(
                413,
                f"{name} is larger than this page takes ({self._max_bytes / _MEGABYTE:.0f} MB): cut it, "
                "start rtpca app with a larger --max-mb, or use rtpca lift",
            )
        if self._jobs.folder is not None and shutil.disk_usage(self._jobs.folder).free < size + _SPARE_BYTES:
            raise _RefusedError(
                507, f"there is no room for {name} on the disk: free some space and try again"
            )

    async def _store(self, request: Request, job: Job) -> None:
        size = 0
        with open(job.upload, "xb") as file:
            try:
                async for chunk in arriving(request):
                    size += len(chunk)
                    if size > self._max_bytes:
                        self._check_size(size, job.options.name)
                    file.write(chunk)
            except StalledError as error:
                raise _RefusedError(
                    408, f"the upload of {job.options.name} has stalled ({error}): try again"
                ) from error
        if size == 0:
            raise _RefusedError(400, f"{job.options.name} is empty: give a file with something in it")

    async def status(self, request: Request) -> Response:
        job = self._jobs.get(request.path_params["id"])
        return _not_found() if job is None else JSONResponse(_status(job))

    async def remove(self, request: Request) -> Response:
        self._jobs.remove(request.path_params["id"])
        return Response(status_code=204)

    async def file(self, request: Request) -> Response:
        job = self._jobs.get(request.path_params["id"])
        name = request.path_params["name"]
        # Only names that the work itself gave: no path of the user's is ever followed.
        if job is None or job.state != "done" or name not in job.files:
            return _not_found()
        try:
            # Read whole: its job may be removed at any time, and what has begun to be sent must end.
            content = await run_in_threadpool((job.options.folder / name).read_bytes)
        except FileNotFoundError:
            return _not_found()
        if name == "viewer.html" and "download" not in request.query_params:
            headers = {"content-security-policy": _VIEWER_POLICY}
            return Response(content, media_type="text/html", headers=headers)
        headers = {"content-disposition": _attachment(f"{Path(job.options.name).stem}-{name}")}
        return Response(content, media_type="application/octet-stream", headers=headers)


def _attachment(name: str) -> str:
    """A header that gives a download its name; RFC 6266 writes other letters as percent signs."""
    quoted = quote(name)
    return f'attachment; filename="{name}"' if quoted == name else f"attachment; filename*=utf-8''{quoted}"


def _status(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "note": job.note,
        "error": job.error,
        "files": job.files,
        "notes": job.notes,
    }


def _not_found() -> Response:
    return JSONResponse({"error": "there is no such thing here, or no longer"}, status_code=404)
