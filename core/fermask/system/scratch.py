"""A process's temporary files: in one folder, gone when it ends, and swept by age until then."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fermask.system.kept import LOCKS, lock_folder


@contextmanager
def scratch_folder(prefix: str, seconds: float) -> Iterator[Path]:
    """A folder in which all temporary files of this process lie while the block runs.

    What processes of the same prefix left that were killed is deleted at the start, and every
    file once nobody has written it for so many seconds, whoever made it.

    Args:
        prefix: of its name, such as ``ferm-demo-``.
        seconds: that a file is kept.
    """
    usual, named = tempfile.gettempdir(), os.environ.get("TMPDIR")
    _delete_left(Path(usual), prefix, seconds)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    over = threading.Event()
    with lock_folder(folder):
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
        threading.Thread(target=_sweep_on, args=(folder, seconds, over), daemon=True).start()
        try:
            yield folder
        finally:
            over.set()
            tempfile.tempdir = usual
            if named is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = named
            shutil.rmtree(folder, ignore_errors=True)


def sweep(folder: Path, seconds: float) -> None:
    """Deletes the files below a folder that nobody has written for so many seconds."""
    oldest = time.time() - seconds
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            with suppress(OSError):
                if os.lstat(path).st_mtime < oldest:
                    os.unlink(path)


def _sweep_on(folder: Path, seconds: float, over: threading.Event) -> None:
    while not over.wait(seconds / 2):
        sweep(folder, seconds)


def _delete_left(place: Path, prefix: str, seconds: float) -> None:
    for folder in place.glob(f"{prefix}*"):
        with suppress(OSError), lock_folder(folder):
            # Without locks a living process's folder looks the same.
            shutil.rmtree(folder) if LOCKS else sweep(folder, seconds)
