"""How long the server waits for whom: a client that stops in the middle does not hold it up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_S = 10.0
"""From the connection, or from the first byte of a further request, to the end of its headers."""
_STALLED_S = 30.0
_SLOWEST_BYTES_S = 20_000
"""An upload that is slower than this on average, a minute after it began, is none of this computer."""
_START_S = 60.0


class StalledError(Exception):
    """An upload does not go on; the message says how."""


class ImpatientProtocol(H11Protocol):
    """Uvicorn's HTTP, which waits for headers for ever, with an end to its patience."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._patience = self.loop.call_later(HEADERS_S, self._give_up)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        super().data_received(data)
        if not self._between_requests():
            self._stop_waiting()
        elif self._patience is None:
            self._patience = self.loop.call_later(HEADERS_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _between_requests(self) -> bool:
        cycle: Any = self.cycle  # uvicorn's types leave out that there is none yet
        return cycle is None or cycle.response_complete

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if self._between_requests():
            self.transport.close()


async def arriving(request: Request) -> AsyncGenerator[bytes]:
    """The body of a request, piece by piece.

    Raises:
        StalledError: nothing comes, or hardly anything.
        starlette.requests.ClientDisconnect: the client has gone.
    """
    began_s, received = time.monotonic(), 0
    pieces = request.stream()
    while True:
        try:
            piece = await asyncio.wait_for(anext(pieces), _STALLED_S)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise StalledError(f"nothing came for {_STALLED_S:.0f} s") from error
        received += len(piece)
        if time.monotonic() - began_s > _START_S + received / _SLOWEST_BYTES_S:
            raise StalledError(f"it comes slower than {_SLOWEST_BYTES_S / 1000:.0f} kB per second")
        yield piece
