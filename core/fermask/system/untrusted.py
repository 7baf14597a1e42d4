"""What is asked of a file before it is read: whether it is one, how large, and how it is packed.

Small files may stand for much more than memory holds, and names for what never ends.
"""

import os
import stat
import zipfile
from io import BufferedReader
from pathlib import Path

# Of a table that somebody uploads or that a link names.
MOST_ROWS = 1_000_000
# zipfile unpacks any other method without a bound, whatever it is asked for.
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def open_regular(path: Path) -> BufferedReader:
    """Opens a file for reading; what waits or never ends, such as a pipe, is refused at once.

    Raises:
        FileNotFoundError: there is no such file.
        IsADirectoryError: it is a folder.
        ValueError: it is a pipe, a device or a socket.
    """
    file = open(path, "rb", opener=_open_at_once)  # noqa: SIM115 - the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise ValueError(f"{path} is a pipe or a device; expected a file.")
    return file


def _open_at_once(path: str, flags: int) -> int:
    # Without this a pipe would be waited for.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_at_most(path: Path, most: int) -> bytes:
    """A file's bytes, if it has no more than ``most``.

    Raises:
        ValueError: it has more, or is no regular file.
        OSError: it cannot be read.
    """
    with open_regular(path) as file:
        # Asked of the system, and not believed: the file may grow.
        size = os.fstat(file.fileno()).st_size
        data = b"" if size > most else file.read(most + 1)
    if size > most or len(data) > most:
        raise ValueError(f"{path} has more than {most / 1e6:,.0f} MB, the most that is read.")
    return data


def check_member(member: zipfile.ZipInfo) -> None:
    """Raises a ValueError where a file in an archive is neither stored nor deflated."""
    if member.compress_type not in _PACKED:
        raise ValueError("The file is packed in a way that is not read; expected a usual ZIP.")
