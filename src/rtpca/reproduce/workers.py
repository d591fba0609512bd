"""Work in several processes at once, one thread each: for CPUs, on which small models do not use more.

Workers are in a session of their own, so Ctrl-C at the terminal reaches only the parent, which then asks each
worker once to stop (SIGTERM); training stops after its current step with everything saved.
"""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from rtpca.errors import RtpcaError

_POLL_S = 0.5


@dataclass(frozen=True)
class Task:
    """A call of a function of a module, with arguments that can be pickled."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(eq=False)
class _Worker:
    """A process that does one task after another."""

    connection: Connection = field(init=False)
    number: int | None = None

    def __post_init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_work, args=(other,), daemon=True)
        self.process.start()
        other.close()

    def begin(self, number: int, task: Task) -> None:
        self.number = number
        with suppress(OSError):  # a dead worker is noticed when its answer is fetched
            self.connection.send(task)

    def outcome(self) -> Any:
        try:
            kind, value = self.connection.recv()
        except (EOFError, OSError):
            self.process.join()
            raise RtpcaError(
                f"a worker process ended without a word (exit code {self.process.exitcode}): it was killed, "
                "perhaps for lack of memory; run the same command again, with fewer --jobs"
            ) from None
        self.number = None
        if kind == "error":
            raise value
        if kind == "bug":
            raise RuntimeError(f"a worker process failed:\n{value}")
        return value


def run_tasks(
    tasks: Sequence[Task],
    jobs: int,
    *,
    begin: Callable[[], bool] = lambda: True,
    poll: Callable[[int], None] = lambda done: None,
) -> list[Any]:
    """Run tasks in `jobs` processes with one thread each.

    Args:
        tasks: What to do, begun in this order.
        jobs: How many at a time.
        begin: Asked before each task is begun; False begins no more.
        poll: Called about twice per second with the number of tasks that are done.

    Returns:
        What each task returned, in order; None for those that were not begun.

    Raises:
        RtpcaError: The first such error of a task; the other running ones are stopped.
        RuntimeError: A task failed otherwise, with its traceback.
    """
    results: list[Any] = [None] * len(tasks)
    waiting, done = list(range(len(tasks))), 0
    workers: list[_Worker] = []
    try:
        workers += [_Worker() for _ in range(min(jobs, len(tasks)))]
        while True:
            for worker in workers:
                if worker.number is None and waiting and begin():
                    number = waiting.pop(0)
                    worker.begin(number, tasks[number])
            busy = {worker.connection: worker for worker in workers if worker.number is not None}
            if not busy:
                return results
            for connection in wait(list(busy), timeout=_POLL_S):
                worker = busy[connection]  # pyright: ignore[reportArgumentType]
                number = worker.number
                assert number is not None
                results[number] = worker.outcome()
                done += 1
            poll(done)
    finally:
        for worker in workers:
            worker.process.terminate()
            worker.connection.close()  # one that stops cleanly finds no further task
        for worker in workers:
            worker.process.join()


def _work(connection: Connection) -> None:
    """What runs in a process: tasks until it is ended."""
    import torch

    if hasattr(os, "setsid"):
        os.setsid()
    torch.set_num_threads(1)
    while True:
        try:
            task: Task = connection.recv()
        except EOFError:
            return
        try:
            outcome = ("done", task.function(*task.arguments))
        except RtpcaError as error:
            outcome = ("error", error)
        except Exception:
            outcome = ("bug", traceback.format_exc())
        try:
            connection.send(outcome)
        except OSError:
            return
