"""Picture files and ZIP archives → pictures one by one, or a sentence for each that is none.

Nothing is unpacked to the disk: an archive's names are only ever shown.
"""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path, PurePosixPath

from fermask.photographs.photograph import MAX_BYTES, Photograph, open_photograph
from fermask.system.untrusted import check_member

_MEGABYTE = 1_000_000

# A file that was brought: its name as its owner has it, and where it is now, or its bytes.
Brought = tuple[str, Path | bytes]


@dataclass(frozen=True)
class AlbumLimits:
    """How much is read of one album.

    ``pictures``: files, those that cannot be read counted too. ``bytes_each``: of one picture.
    ``bytes_all``: of all that archives unpack to.
    """

    pictures: int = 200
    bytes_each: int = MAX_BYTES
    bytes_all: int = 200 * _MEGABYTE


@dataclass(frozen=True, eq=False)
class AlbumEntry:
    """One file of an album, or the ``error`` that it is."""

    name: str
    photograph: Photograph | None
    error: str = ""


@dataclass(frozen=True)
class _Member:
    """A file that is not yet read: one that was brought, or a place in an archive."""

    name: str
    source: Path | bytes = b""
    archive: zipfile.ZipFile | None = None
    info: zipfile.ZipInfo | None = None
    error: str = ""


def list_album(files: Iterable[Brought], limits: AlbumLimits = AlbumLimits()) -> list[str]:
    """The names of the entries that ``read_album`` gives, without reading a picture."""
    return [member.name for member in islice(_members(files), limits.pictures + 1)]


def read_album(
    files: Iterable[Brought], limits: AlbumLimits = AlbumLimits(), first: int = 0
) -> Iterator[AlbumEntry]:
    """Reads an album's pictures one at a time, so that one is in memory.

    Args:
        files: name and place, or bytes, of each; a ZIP archive stands for the files in it,
            folders of any depth included. Folders themselves, hidden files and what macOS adds
            are passed over.
        limits: what lies beyond is not read; the last entry then says so.
        first: entries before this one (from 0) are passed over.

    Yields:
        An entry a file, in order. Archives in archives, encrypted files, files of more than
        ``bytes_each`` and whatever is no picture have an ``error`` in place of the picture.
    """
    unpacked = 0
    for number, member in enumerate(_members(files)):
        if number == limits.pictures:
            more = f"an album has at most {limits.pictures} files"
            yield AlbumEntry("the rest", None, f"The rest was not read: {more}.")
            return
        if number < first:
            continue
        try:
            data = _unpack(member, limits.bytes_each)
            if member.archive is not None:
                unpacked += len(data)
            if unpacked > limits.bytes_all:
                most = limits.bytes_all // _MEGABYTE
                yield AlbumEntry(
                    "the rest",
                    None,
                    f"The rest was not read: the archives unpack to more than {most} MB.",
                )
                return
            yield AlbumEntry(member.name, _picture(data))
        except ValueError as error:
            yield AlbumEntry(member.name, None, str(error))


def _members(files: Iterable[Brought]) -> Iterator[_Member]:
    for name, source in files:
        try:
            if not _is_zip(_first_bytes(source)):
                yield _Member(name, source)
                continue
            archive = zipfile.ZipFile(BytesIO(source) if isinstance(source, bytes) else source)
        except FileNotFoundError:
            yield _Member(name, error="The file is no longer kept. Add it again.")
            continue
        # Damaged directories raise more than BadZipFile: struct.error, ValueError, OSError…
        except Exception:
            yield _Member(name, error="The ZIP archive is damaged or incomplete.")
            continue
        found = [info for info in archive.infolist() if _is_meant(info)]
        if not found:
            yield _Member(name, error="There is no file in this ZIP archive.")
        for info in found:
            yield _Member(f"{name}: {info.filename}", archive=archive, info=info)


def _first_bytes(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[:4]
    with source.open("rb") as file:
        return file.read(4)


def _is_zip(data: bytes) -> bool:
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def _is_meant(info: zipfile.ZipInfo) -> bool:
    """Whether a person put this file into the archive."""
    parts = PurePosixPath(info.filename).parts
    hidden = any(part.startswith(".") and part != ".." for part in parts)
    return not (info.is_dir() or hidden or "__MACOSX" in parts or parts[-1:] == ("Thumbs.db",))


def _unpack(member: _Member, most: int) -> bytes:
    """A file's bytes; ValueError with a sentence where there are none, or more than ``most``."""
    if member.error:
        raise ValueError(member.error)
    if member.archive is None or member.info is None:
        source = member.source
        data = source if isinstance(source, bytes) else _read(source, most)
    elif member.info.flag_bits & 1:
        raise ValueError("The file is encrypted; put it into an archive without a password.")
    else:
        check_member(member.info)
        # One byte more than allowed tells too large, whatever size the archive states.
        try:
            with member.archive.open(member.info) as file:
                data = file.read(most + 1)
        # Damage is met by zipfile, zlib and struct, each with errors of its own.
        except Exception as error:
            raise ValueError("The file is damaged.") from error
    if len(data) > most:
        raise ValueError(f"The file has more than {most // _MEGABYTE} MB. Reduce it.")
    return data


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most + 1)


def _picture(data: bytes) -> Photograph:
    if _is_zip(data):
        raise ValueError("Archives inside archives are not opened.")
    return open_photograph(data)
