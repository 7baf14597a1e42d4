"""Has uvicorn, by which both apps are served, close connections of those who only hold them.

Of itself it waits forever for the end of a request, and for a client that reads no answer.
"""

import asyncio
import math

import h11
from uvicorn import config
from uvicorn.protocols.http.h11_impl import H11Protocol

# Within so many seconds a request's head arrives, and this much of its body and of its answer.
SECONDS = 20.0
LEAST_BYTES = 20_000
# Within so many times as long a request is whole.
MOST_TIMES = 30


def close_slow_clients() -> None:
    """Has every server of this process that is started later close slow clients' connections."""
    config.HTTP_PROTOCOLS["auto"] = f"{__name__}:ImpatientProtocol"


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 that looks every ``SECONDS`` whether a client goes on.

    One that does not has up to twice as long; one that waits for its answer is never ended.
    """

    _awaited: tuple[object, object] | None = None
    _times = _bytes = 0
    _unread = _due = math.inf
    _is_lost = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As uvicorn's."""
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        """As uvicorn's."""
        self._bytes += len(data)
        super().data_received(data)

    def pause_writing(self) -> None:
        """As uvicorn's: more of an answer waits than is taken."""
        super().pause_writing()
        self._unread = math.inf

    def connection_lost(self, exc: Exception | None) -> None:
        """As uvicorn's."""
        self._is_lost = True
        super().connection_lost(exc)

    def _look(self) -> None:
        # A WebSocket has another protocol by now, and pings of its own.
        if self._is_lost or self.transport.get_protocol() is not self:
            return
        # Where this process comes late, it is the one that is slow.
        if self.loop.time() > self._due + SECONDS / 4:
            self._awaited, self._unread = None, math.inf
        if self._reads_slowly() or (not self.transport.is_closing() and self._asks_slowly()):
            self.transport.abort()
        else:
            self._due = self.loop.time() + SECONDS
            self.loop.call_at(self._due, self._look)

    def _asks_slowly(self) -> bool:
        state = self.conn.their_state
        unfinished = state in (h11.IDLE, h11.SEND_BODY) and not self.flow.read_paused
        awaited = (self.cycle, state) if unfinished else None
        is_same = awaited is not None and awaited == self._awaited
        is_slow = state is h11.IDLE or self._bytes < LEAST_BYTES or self._times >= MOST_TIMES
        self._times = self._times + 1 if is_same else 0
        self._awaited, self._bytes = awaited, 0
        return is_same and is_slow

    def _reads_slowly(self) -> bool:
        before, self._unread = self._unread, math.inf
        # What is closing waits for the rest of its answer to be taken.
        if self.flow.write_paused or self.transport.is_closing():
            self._unread = self.transport.get_write_buffer_size()
        return before - LEAST_BYTES < self._unread < math.inf
