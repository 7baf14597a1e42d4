"""Strangers' bytes are decoded beside this process, with so much memory and so many seconds.

A decoder can neither be interrupted nor given less memory within a process: it is done in another
one, which stays warm, and which is killed and replaced where it does not come back.
"""

import contextlib
import mmap
import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from multiprocessing import reduction
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from fermask.system.paths import SOURCE

Result = TypeVar("Result")

_LENDS_SOCKETS = os.name == "posix"
# What comes back larger than this is not sent but mapped.
_SENT = 1 << 16
_START = (
    "import sys; sys.path.insert(0, sys.argv[3]); from fermask.system.guarded import serve; "
    "serve(int(sys.argv[1]), int(sys.argv[2]))"
)


class Lost(ValueError):
    """A process did not come back with a result; the message is for who sent the file."""


class Guard:
    """A few processes that do one thing after the other.

    Where the system has no ``RLIMIT_AS``, as macOS, their memory has no limit, but their time has.
    On Windows, which lends no socket to a process, this one does the work, without any limit.
    """

    def __init__(self, processes: int, seconds: float, memory: int, warm: str = "") -> None:
        """Starts the processes.

        Args:
            processes: how many.
            seconds: that a result may take.
            memory: bytes that a process may take beside its code.
            warm: a module that they import at once.
        """
        self._seconds, self._memory, self._warm = seconds, memory, warm
        self._idle: queue.Queue[_Process] = queue.Queue()
        for _ in range(processes if _LENDS_SOCKETS else 0):
            self._idle.put(_Process(memory, warm))

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """What a function, which can be pickled, gives.

        Raises:
            Lost: it took too long, or too much memory.
            ValueError, OSError: the function's own.
        """
        (result,) = self.each(_once, function, arguments)
        return result

    def each(self, function: Callable[..., Iterator[Result]], *arguments: Any) -> Iterator[Result]:
        """What a function gives one by one, so many seconds for each; errors as of ``call``."""
        if not _LENDS_SOCKETS:
            yield from function(*arguments)
            return
        process = self._idle.get()
        try:
            yield from process.each(function, arguments, self._seconds)
        finally:
            if not process.is_ready:
                process.end()
                process = _Process(self._memory, self._warm)
            self._idle.put(process)

    def close(self) -> None:
        """Ends the processes; those that are busy end with this one."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().end()


def serve(handle: int, memory: int) -> None:
    """What a process does until the one that started it ends."""
    connection = Connection(handle)
    if warm := connection.recv():
        __import__(warm)
    _limit_memory(memory)
    connection.send("warm")
    with contextlib.suppress(EOFError, OSError):
        while True:
            function, arguments, seconds = connection.recv()
            # Who asked kills this process before; unless that one is gone by then.
            signal.setitimer(signal.ITIMER_REAL, 2 * seconds)
            try:
                for result in function(*arguments):
                    _send(connection, result)
                    del result
                    # No more than one is made ahead: what waits takes memory that has no limit.
                    signal.setitimer(signal.ITIMER_REAL, 0)
                    connection.recv()
                    signal.setitimer(signal.ITIMER_REAL, 2 * seconds)
                connection.send(("done", 0))
            except (ValueError, OSError) as error:
                connection.send(("error", _plain(error)))
            except MemoryError:
                connection.send(("error", Lost(_TOO_MUCH)))
            except Exception:
                traceback.print_exc()
                connection.send(("error", Lost(_UNKNOWN)))
            signal.setitimer(signal.ITIMER_REAL, 0)


_TOO_LONG = "The file takes too long to read. Save it again, or reduce it."
_UNKNOWN = "The file cannot be read, and why was not foreseen. Save it again."
_TOO_MUCH = "The file takes too much memory to read. Save it again, or reduce it."


class _Process:
    """One of them. ``is_ready``: it waits for the next thing to do."""

    def __init__(self, memory: int, warm: str) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-c", _START, str(theirs.fileno()), str(memory), str(SOURCE)]
        # One thread: each would reserve memory of its own, and they would only wait for others.
        environment = {k: v for k, v in os.environ.items() if "TOKEN" not in k}
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment)
        theirs.close()
        self._connection = Connection(ours.detach())
        self._connection.send(warm)
        self._is_warm = False
        self.is_ready = True

    def each(self, function: Any, arguments: Any, seconds: float) -> Iterator[Any]:
        self.is_ready = False
        try:
            # To begin takes as long as it takes; else a slow machine would begin again and again.
            if not self._is_warm:
                self._connection.recv()
                self._is_warm = True
            self._connection.send((function, arguments, seconds))
            while True:
                if not self._connection.poll(seconds):
                    raise Lost(_TOO_LONG)
                kind, value = self._connection.recv()
                if kind == "done":
                    break
                if kind == "error":
                    self.is_ready = True
                    raise value
                result = value if kind == "sent" else self._mapped(*value)
                self._connection.send("next")
                yield result
                del result
        except (EOFError, ConnectionError) as error:
            raise Lost(_TOO_MUCH) from error
        self.is_ready = True

    def _mapped(self, pickled: bytes, sizes: list[int]) -> Any:
        handle = reduction.recv_handle(self._connection)
        shared = memoryview(mmap.mmap(handle, sum(sizes)))
        os.close(handle)
        parts, start = [], 0
        for size in sizes:
            parts.append(shared[start : start + size])
            start += size
        return pickle.loads(pickled, buffers=parts)

    def end(self) -> None:
        self._connection.close()
        self._process.kill()
        # Reaped elsewhere: the kernel may take a while to free its memory.
        threading.Thread(target=self._process.wait, daemon=True).start()


def _once(function: Callable[..., Result], arguments: tuple) -> Iterator[Result]:
    yield function(*arguments)


def _send(connection: Connection, result: Any) -> None:
    """Sends a result; its arrays by a file that is nowhere but in memory."""
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(result, protocol=5, buffer_callback=buffers.append)
    parts = [buffer.raw() for buffer in buffers]
    sizes = [part.nbytes for part in parts]
    if sum(sizes) < _SENT or not hasattr(os, "memfd_create"):
        connection.send(("sent", result))
        return
    handle = os.memfd_create("fermask")
    try:
        os.ftruncate(handle, sum(sizes))
        with mmap.mmap(handle, sum(sizes)) as shared:
            for part in parts:
                shared.write(part)
        connection.send(("mapped", (pickled, sizes)))
        reduction.send_handle(connection, handle, None)
    finally:
        os.close(handle)


def _plain(error: Exception) -> Exception:
    """The error without what it came of, which may not be pickled."""
    kind = next(
        kind for kind in (FileNotFoundError, OSError, ValueError) if isinstance(error, kind)
    )
    return kind(str(error))


def _limit_memory(memory: int) -> None:
    try:
        import resource
    except ImportError:
        return
    # A photograph must not be left on the disk as part of a core dump.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):
        with open("/proc/self/statm") as file:
            taken = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (taken + memory, taken + memory))
