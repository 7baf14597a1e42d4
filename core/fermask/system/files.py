"""Files are written whole or not at all: under a temporary name, then renamed."""

import errno
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import url2pathname

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

# No space, over the quota, or a file too large.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def given_path(given: str | Path) -> Path:
    """A path as people give it: quotes about it and ``file://`` are taken away, ``~`` is home.

    Raises:
        ValueError: it is an address on the web.
    """
    # Whatever it looks like: somebody called a file so.
    if os.path.exists(given):
        return Path(given)
    text = str(given).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    # A path that was made a Path has lost one of the strokes.
    if address := re.match(r"(https?|ftp|data):(/*)", text):
        where = "an address on the web" if address[2] else "a data address"
        raise ValueError(
            f"{text[:80]}: expected a file of this computer, received {where}; save it as a file "
            "and give its name."
        )
    if text.startswith("file:/"):
        text = url2pathname(re.sub(r"^file:/+(?:localhost/)?", "/", text))
    return Path(text).expanduser()


def file_hash(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path``; becomes ``path`` when the block ends well.

    The temporary name keeps the suffix, since some writers choose the format by it. What was at
    ``path`` stands until the new file is on the disk.

    Raises:
        OSError: it cannot be written; the message names ``path``.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".partial-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        _sync(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise named_error(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


class NotWrittenError(OSError):
    """A file could not be written; what was there before stands."""


def named_error(path: Path, error: OSError) -> OSError:
    """The error, with a sentence that names the file where it lacks one, as NumPy's and Arrow's."""
    if isinstance(error, NotWrittenError) or (error.errno not in _FULL and error.filename):
        return error
    return NotWrittenError(f"{path} cannot be written ({error}). What was there stands.")


def _sync(path: Path) -> None:
    """Waits until a file, or a folder's names, are on the disk."""
    if path.is_dir() and not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Writes text as UTF-8, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Writes a value as indented JSON with sorted keys, whole or not at all."""
    with whole_file(path) as temporary:
        save_json(temporary, value)


def save_json(path: Path, value: Any) -> None:
    """Writes a value as ``write_json`` does, in place."""
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """A value as ``write_json`` wrote it.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not JSON.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist.")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}).") from error


def save_array(path: Path, array: np.ndarray) -> None:
    """Writes an array as ``.npy``."""
    # Given a name, np.save would add .npy where it is missing.
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def write_csv(path: Path, table: "pd.DataFrame") -> None:
    """Writes a table without its index as CSV, whole or not at all."""
    with whole_file(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def shown(value: bytes | str) -> str:
    """A value out of a file as a message quotes it: the first 40 characters."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return repr(text if len(text) <= 40 else text[:40] + "…")


def listed(names: list[str]) -> str:
    """Names found in a file as a message lists them: the first twelve, and how many more."""
    if not names:
        return "nothing"
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return ", ".join(map(shown, names[:12])) + more
