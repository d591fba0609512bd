"""Work that goes on in a thread of its own while the caller does something else."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

Item = TypeVar("Item")

_MOST_WAITING = 2
"""Pictures are large, and whoever is the slower one sets the pace."""


class Ahead(Generic[Item]):
    """The items of an iterator, made a few ahead of who takes them; an iterator and context manager.

    What making one raises is raised where it would have been taken. The thread has ended when the block has.

    Example:
        >>> with Ahead(x * x for x in range(3)) as squares:
        ...     list(squares)
        [0, 1, 4]

    Attributes:
        seconds: Time that making the items took so far.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        """Begin to make the items.

        Args:
            items: What to take them from, by the thread alone.
        """
        self.seconds = 0.0
        self._items = iter(items)
        self._thread = ThreadPoolExecutor(1, "ahead")
        self._waiting: deque[Future[list[Item]]] = deque()
        for _ in range(_MOST_WAITING):
            self._ask()

    def __enter__(self) -> Ahead[Item]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=True)

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        made = self._waiting.popleft().result()
        self._ask()
        if not made:
            raise StopIteration
        return made[0]

    def _ask(self) -> None:
        self._waiting.append(self._thread.submit(self._make))

    def _make(self) -> list[Item]:
        """The next item, or none."""
        began_s = time.perf_counter()
        try:
            return [next(self._items)]
        except StopIteration:
            return []
        finally:
            self.seconds += time.perf_counter() - began_s
