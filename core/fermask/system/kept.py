"""Files that are kept: replaced whole, by one writer a folder, and checked when they are opened.

``_checksums.json`` in a folder tells the SHA-256 of each MiB of its files, so that of a large one
no more than what is read has to be checked.
"""

import hashlib
import json
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fermask.system.files import named_error, read_json, save_json, whole_file, write_json

# Readers of a folder of Parquet files pass names with "_" over.
CHECKSUMS = "_checksums.json"
_BLOCK = 1 << 20
LOCKS = find_spec("fcntl") is not None

# A file's versions that may stand in the folder, the newest first, each as its blocks' hashes.
_Versions = list[list[str]]


class DamagedFile(ValueError):
    """A file whose content cannot be read; the message names it and says what to do."""


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Keeps other processes from writing a folder meanwhile; makes it where there is none.

    What a killed process left half-written is deleted. A dead process holds nothing, and a
    folder made for nothing is gone again.

    Raises:
        BlockingIOError: another process is writing it.
    """
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    with lock_folder(folder):
        for path in folder.glob(".partial-*"):
            if path.is_file():
                path.unlink()
        try:
            yield
        finally:
            if is_new and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def keep(folder: Path, writers: dict[str, Callable[[Path], object]]) -> None:
    """Writes files of a folder, all of them or none: the old ones stand until the new are whole.

    Args:
        folder: made where there is none.
        writers: by a file's name what writes it to a path that has the same suffix. They take
            their places in this order.

    Raises:
        OSError: one cannot be written; the message names it.
    """
    with ExitStack() as stack:
        # The stack is left from its end.
        names = list(writers)
        new = {name: stack.enter_context(whole_file(folder / name)) for name in reversed(names)}
        for name in names:
            try:
                writers[name](new[name])
            except OSError as error:
                raise named_error(folder / name, error) from error
        before = _read_sums(folder)
        now: dict[str, _Versions] = {name: [_hashes(path)] for name, path in new.items()}
        either = {name: [*versions, *before.get(name, [])] for name, versions in now.items()}
        # Of a process that is killed in between, some files are old and some new.
        _write_sums(folder, before | either)
        stack.pop_all().close()
    _write_sums(folder, before | now)


def keep_one(path: Path, write: Callable[[Path], object]) -> None:
    """As ``keep``, of one file."""
    keep(path.parent, {path.name: write})


def note_files(folder: Path, names: Iterable[str]) -> None:
    """Notes the checksums of files that were written otherwise, such as by another program."""
    _write_sums(folder, _read_sums(folder) | {name: [_hashes(folder / name)] for name in names})


def keep_json(path: Path, value: Any) -> None:
    """As ``keep_one``, of a value that ``read_json`` gives back."""
    keep_one(path, partial(save_json, value=value))


def check_file(path: Path) -> Path:
    """The path; ``DamagedFile`` where the file is not as it was written, as far as is known."""
    Checksums(path).check()
    return path


class Checksums:
    """What a folder knows of one of its files; where it knows nothing, every check passes.

    The file that was there at first is the one that is checked, even when another takes its name.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file and reads the folder's checksums.

        Raises:
            DamagedFile: they cannot be read.
            FileNotFoundError: there is no such file.
        """
        self._path = path
        self._handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._handle)
        self._size = os.fstat(self._handle).st_size
        blocks = max(-(-self._size // _BLOCK), 1)
        known = _read_sums(path.parent).get(path.name)
        self._versions = [each for each in known or () if len(each) == blocks]
        if known is not None and not self._versions:
            raise self._damaged()
        self._checked: set[int] = set()
        self._lock = threading.Lock()

    def check(self, start: int = 0, stop: int | None = None) -> None:
        """Checks the blocks that hold these bytes, each once.

        Raises:
            DamagedFile: one of them is not as it was written.
        """
        stop = self._size if stop is None else min(stop, self._size)
        wanted = range(start // _BLOCK, max(-(-stop // _BLOCK), 1)) if self._versions else ()
        with self._lock:
            for block in set(wanted) - self._checked:
                os.lseek(self._handle, block * _BLOCK, os.SEEK_SET)
                found = hashlib.sha256(os.read(self._handle, _BLOCK)).hexdigest()
                if found not in [version[block] for version in self._versions]:
                    raise self._damaged()
                self._checked.add(block)

    def _damaged(self) -> DamagedFile:
        return DamagedFile(
            f"{self._path} is not as it was written ({CHECKSUMS} beside it tells): it is damaged, "
            "or was changed by hand. Make or copy it again."
        )


def _hashes(path: Path) -> list[str]:
    with path.open("rb") as file:
        count = max(-(-path.stat().st_size // _BLOCK), 1)
        return [hashlib.sha256(file.read(_BLOCK)).hexdigest() for _ in range(count)]


def _read_sums(folder: Path) -> dict[str, _Versions]:
    path = folder / CHECKSUMS
    try:
        found = read_json(path)
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    sums = found.get("files") if isinstance(found, dict) else None
    if not isinstance(sums, dict) or found.get("sha256") != _hash_of(sums):
        raise DamagedFile(
            f"{path} is damaged, by which the files beside it are checked. Make or copy them again."
        )
    return sums


def _write_sums(folder: Path, sums: dict[str, _Versions]) -> None:
    write_json(folder / CHECKSUMS, {"files": sums, "sha256": _hash_of(sums)})


def _hash_of(sums: dict[str, _Versions]) -> str:
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Holds a folder; a BlockingIOError where a living process does. A dead one holds nothing.

    Where ``LOCKS`` is false, as on Windows, it holds none.
    """
    if not LOCKS:
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BlockingIOError(
            f"Another process is writing {folder}. Wait until it has ended, or name another folder."
        ) from error
    finally:
        os.close(handle)
