"""Batches on all cores: a thread for each, in which PyTorch computes alone.

Layers of small windows are too short to be split between cores: threads that share every layer wait for each
other more than they compute. Threads that lift batches of their own do not meet.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")
_AHEAD = 2


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], device: torch.device
) -> Iterator[tuple[Item, Result]]:
    """Do the work for all items, on as many cores as PyTorch may use, and give the results in order.

    Args:
        work: For one item; called from several threads.
        items: Taken as they are needed, a few ahead.
        device: Where the work is done; only that of a CPU has threads.

    Yields:
        Each item with its result.
    """
    if device.type != "cpu":
        yield from ((item, work(item)) for item in items)
        return
    with _layers_undivided() as threads, ThreadPoolExecutor(threads, "rtpca-lift") as pool:
        waiting: deque[tuple[Item, Future[Result]]] = deque()
        try:
            for item in items:
                waiting.append((item, pool.submit(work, item)))
                if len(waiting) > _AHEAD * threads:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:  # what was begun is ended; nobody asks for the rest
            for _, future in waiting:
                future.cancel()


_lock = threading.Lock()
_users, _threads = 0, 1


@contextmanager
def _layers_undivided() -> Generator[int]:
    """PyTorch splits no layer meanwhile; gives the number of threads that it had."""
    global _users, _threads
    with _lock:
        if _users == 0:
            _threads = torch.get_num_threads()
            torch.set_num_threads(1)
        _users += 1
    try:
        yield _threads
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                torch.set_num_threads(_threads)
