"""Work in several processes at once, one thread each: for CPUs, on which small models do not use more.

Each process is a pool of its own, so that one that ends leaves the others alone, and a session of its own, so
that Ctrl-C at the terminal reaches only the parent, which then asks each once to stop (SIGTERM); training
stops after its current step with everything saved.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from rtpca.errors import RtpcaError

T = TypeVar("T")
_POLL_S = 0.5


def in_processes(
    calls: Sequence[Callable[[], T]], jobs: int, poll: Callable[[int], None] = lambda done: None
) -> list[T]:
    """Make calls in `jobs` processes with one thread each.

    Args:
        calls: Functions of modules with their arguments (`functools.partial`), begun in this order.
        jobs: How many at a time.
        poll: Told about twice per second how many are done.

    Returns:
        What each call returned, in order.

    Raises:
        RtpcaError: A process was killed. This and what else a call raises stops the other ones.
    """
    waiting = list(enumerate(calls))
    results: dict[int, T] = {}
    running: dict[Future[T], tuple[int, ProcessPoolExecutor]] = {}
    with _pools(min(jobs, len(calls))) as idle:
        while waiting or running:
            while waiting and idle:
                number, call = waiting.pop(0)
                pool = idle.pop(0)
                running[pool.submit(call)] = number, pool
            for future in wait(running, _POLL_S, FIRST_COMPLETED).done:
                number, pool = running.pop(future)
                try:
                    results[number] = future.result()
                except BrokenProcessPool:
                    raise RtpcaError(
                        "a worker process ended without a word: it was killed, perhaps for lack of memory; "
                        "run the same command again, with fewer `jobs`"
                    ) from None
                idle.append(pool)
            poll(len(results))
    return [results[number] for number in range(len(calls))]


@contextmanager
def _pools(count: int) -> Generator[list[ProcessPoolExecutor]]:
    """Pools of one process; what still runs when the block fails is asked to stop."""
    context = multiprocessing.get_context("spawn")
    pools = [ProcessPoolExecutor(1, context, _begin) for _ in range(count)]
    others = set(multiprocessing.active_children())
    try:
        yield list(pools)
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        for pool in pools:
            pool.shutdown()


def _begin() -> None:
    """What a process does first."""
    import torch

    if hasattr(os, "setsid"):
        os.setsid()
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed shuts no pool: its processes would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
