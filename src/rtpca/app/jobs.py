"""Jobs of the page: one at a time, a few waiting, each in a folder of its own that goes with it."""

from __future__ import annotations

import logging
import os
import queue
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from rtpca.errors import InputError, RtpcaError
from rtpca.files.writing import LockedFolder, trouble
from rtpca.progress import Progress

State = Literal["uploading", "waiting", "running", "done", "failed"]

_LOG = logging.getLogger("rtpca.app")
_CLOSING_S = 3.0
_IDLE_S = 5.0
_OPTIONS = {
    "skeleton": "the joint set on this page",
    "image_size": "the image size on this page",
    "fps": "the frames per second on this page",
    "max_people": "rtpca lift --person all",
    "max_seconds": "rtpca app --max-seconds",
    "focal_px": "rtpca lift --focal",
    "camera": "rtpca app --camera",
    "camera_name": "rtpca app --camera-name",
    "camera_unit": "rtpca app --camera-unit",
    "height_m": "the stature on this page",
}


@dataclass(frozen=True)
class JobOptions:
    """What the page asks for.

    Attributes:
        folder: Where the files go.
        name: The upload's own name, for titles; never a path.
        render: Also make a moving picture.
        exports: Names of further formats.
        skeleton: Joint set of a keypoint file; "auto" recognises it.
        image_size: (width, height) in pixels, where a keypoint file does not say it.
        fps: Frames per second, instead of what the file says.
        height_m: Stature of everybody, or by the person's number; None where it is not known.
    """

    folder: Path
    name: str = "upload"
    render: bool = True
    exports: tuple[str, ...] = ()
    skeleton: str = "auto"
    image_size: tuple[int, int] | None = None
    fps: float | None = None
    height_m: float | Mapping[int, float] | None = None


@dataclass(frozen=True)
class Outcome:
    """What the work made.

    Attributes:
        files: File name in the folder -> what it is. "viewer.html" is shown in the page.
        notes: What the user should know beside them, one line each.
    """

    files: Mapping[str, str]
    notes: Sequence[str] = ()


class Process(Protocol):
    """The work: a file in, files out."""

    def __call__(self, path: Path, options: JobOptions, progress: Progress) -> Outcome:
        """Lift a video or keypoint file.

        Args:
            path: The upload.
            options: What is asked for; files are written to `options.folder`.
            progress: To be called often with (done, total, what is being done). It raises what ends the work
                if the job is no longer wanted.

        Returns:
            The files, and what is to be said about them.

        Raises:
            RtpcaError: What the user can mend; the page shows it as one line.
        """
        ...


class TooBusyError(RtpcaError):
    """As many jobs as may wait are waiting."""


class _UnwantedError(Exception):
    """Ends the work of a job that was removed."""


@dataclass(eq=False)
class Job:
    """One upload and what became of it. Only the queue changes it.

    Attributes:
        id: Cannot be guessed.
        upload: Where the upload is stored; removed when the work is done.
        options: What is asked for.
        state: Where it stands.
        done: Of `total`, in units that `note` names.
        total: 0 while unknown.
        note: What is being done.
        error: One line, if it failed.
        files: File name -> what it is, when it is done.
        notes: What the user should know beside the files, one line each.
    """

    id: str
    upload: Path
    options: JobOptions
    state: State = "uploading"
    done: int = 0
    total: int = 0
    note: str = ""
    error: str = ""
    files: dict[str, str] = field(default_factory=dict[str, str])
    notes: list[str] = field(default_factory=list[str])
    finished_s: float | None = None
    unwanted: threading.Event = field(default_factory=threading.Event)


class JobQueue:
    """Runs jobs one after another in a thread; everything lies in one temporary folder."""

    def __init__(
        self, process: Process, max_waiting: int = 2, max_kept: int = 4, keep_s: float = 3600
    ) -> None:
        """A queue that has not started; `start` makes the folder and the thread.

        Args:
            process: The work.
            max_waiting: Jobs that may wait beside the one that runs.
            max_kept: Finished jobs whose files are kept; the oldest goes first.
            keep_s: Seconds for which they are kept.
        """
        self._process = process
        self._max_waiting, self._max_kept, self._keep_s = max_waiting, max_kept, keep_s
        self._jobs: dict[str, Job] = {}
        self._waiting: queue.Queue[Job | None] = queue.Queue()
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._scratch: LockedFolder | None = None
        self.folder: Path | None = None

    def start(self) -> None:
        """Make the temporary folder, readable by this user only, and begin to work; once.

        Raises:
            InputError: no folder can be made.
        """
        if self._thread is not None:
            return
        # Those of programs that were killed go as this one is made.
        self._scratch = LockedFolder(Path(tempfile.gettempdir()), "rtpca-app-*", 0o700)
        self.folder = self._scratch.path
        self._thread = threading.Thread(target=self._work, name="rtpca-jobs", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the work and remove everything."""
        with self._lock:
            for job in self._jobs.values():
                job.unwanted.set()
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(_CLOSING_S)
        self._jobs.clear()
        if self._scratch is not None:
            self._scratch.remove()
            self._scratch = None

    @property
    def at_work(self) -> bool:
        """Whether the thread of the work runs; after `close`, where a step cannot be interrupted."""
        return self._thread is not None and self._thread.is_alive()

    def open(
        self,
        name: str,
        ending: str,
        render: bool,
        exports: tuple[str, ...],
        skeleton: str,
        image_size: tuple[int, int] | None = None,
        fps: float | None = None,
        height_m: float | Mapping[int, float] | None = None,
    ) -> Job:
        """A place for a new upload.

        Args:
            name: The upload's own name, for titles only.
            ending: What the stored file ends with, ".mp4"; from a list of known ones, not from the user.
            render: See `JobOptions`.
            exports: See `JobOptions`.
            skeleton: See `JobOptions`.
            image_size: See `JobOptions`.
            fps: See `JobOptions`.
            height_m: See `JobOptions`.

        Returns:
            The job; write to `job.upload`, then `submit` or `remove` it.

        Raises:
            TooBusyError: As many jobs as may wait are waiting.
            InputError: The queue is not running.
        """
        with self._lock:
            if self.folder is None:
                raise InputError("the queue of jobs is not running; start it first")
            self._forget_old()
            open_jobs = sum(job.finished_s is None for job in self._jobs.values())
            if open_jobs > self._max_waiting:
                raise TooBusyError(f"{open_jobs} jobs are at work or waiting; try again when one is done")
            number = secrets.token_urlsafe(16)
            folder = self.folder / number
            (folder / "files").mkdir(parents=True)
            folder_of_files = folder / "files"
            options = JobOptions(folder_of_files, name, render, exports, skeleton, image_size, fps, height_m)
            job = self._jobs[number] = Job(number, folder / f"upload{ending}", options)
            return job

    def submit(self, job: Job) -> None:
        """Put an uploaded job in line."""
        job.state, job.note = "waiting", "waiting for the job before"
        self._waiting.put(job)

    def get(self, number: str) -> Job | None:
        """The job of an id, or None."""
        with self._lock:
            return self._jobs.get(number)

    def remove(self, number: str) -> None:
        """Forget a job: its work ends, its files go."""
        with self._lock:
            job = self._jobs.pop(number, None)
            if job is None:
                return
            job.unwanted.set()
            # The files of a job at work go when its work has ended.
            if job.state != "running":
                self._clear(job)

    def _work(self) -> None:
        while True:
            try:
                job = self._waiting.get(timeout=_IDLE_S)
            except queue.Empty:
                with self._lock:
                    self._forget_old()
                continue
            if job is None:
                return
            self._run(job)

    def _run(self, job: Job) -> None:
        with self._lock:
            if job.unwanted.is_set():
                return self._clear(job)
            job.state, job.note = "running", "starting"

        def progress(done: int, total: int, note: str = "", /) -> None:
            if job.unwanted.is_set():
                raise _UnwantedError
            job.done, job.total, job.note = done, total, note

        state: State = "failed"
        try:
            outcome = self._process(job.upload, job.options, progress)
            job.files, job.notes = dict(outcome.files), [_named(note, job) for note in outcome.notes]
            state = "done"
        except _UnwantedError:
            pass
        except RtpcaError as error:
            job.error = _named(str(error), job)
        except OSError as error:
            place = "" if error.filename is None else f"{Path(os.fsdecode(error.filename)).name}: "
            job.error = _named(place + trouble(error), job)
        except MemoryError:
            job.error = f"{job.options.name} needs more memory than there is: cut it into parts"
        except Exception:
            if not job.unwanted.is_set():  # else its folder is gone, and that is why
                _LOG.exception("the work on %r failed", job.options.name)
            job.error = "this failed unexpectedly; the terminal that runs rtpca app says more"
        with self._lock:
            job.upload.unlink(missing_ok=True)
            job.finished_s, job.state = time.monotonic(), state
            if job.unwanted.is_set():
                self._clear(job)
        return None

    def _forget_old(self) -> None:
        finished = [job for job in self._jobs.values() if job.finished_s is not None]
        finished.sort(key=lambda job: job.finished_s or 0.0)
        too_many = finished[: max(0, len(finished) - self._max_kept)]
        limit_s = time.monotonic() - self._keep_s
        for job in finished:
            if job in too_many or (job.finished_s or 0.0) < limit_s:
                self.remove(job.id)

    def _clear(self, job: Job) -> None:
        shutil.rmtree(job.upload.parent, ignore_errors=True)


def _named(text: str, job: Job) -> str:
    """A message as one line in the page's words: the upload's own name, and what stands for an option."""
    text = re.sub("`([a-z_]+)`", _for_the_page, text.replace(str(job.upload), job.options.name))
    return " ".join(text.split())


def _for_the_page(option: re.Match[str]) -> str:
    """What the page calls an option of the library; what it does not offer, the command line does."""
    name = option[1]
    return _OPTIONS.get(name, f"rtpca lift --{name.replace('_', '-')}")
