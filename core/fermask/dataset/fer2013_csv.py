"""FER2013 and FER+ as CSV files, plain or inside a gzip, zip or tar archive, block by block."""

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import TypeGuard, TypeVar, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from fermask.faces.labels import (
    FER2013_EMOTIONS,
    FERPLUS_VOTERS,
    FERPLUS_VOTES,
    USAGES,
    VOTE_COLUMNS,
)
from fermask.system.files import listed, shown

_SIDE = 48
_VALUES = _SIDE * _SIDE
_BLOCK_BYTES = 4 << 20

_FER2013_COLUMNS = ("emotion", "pixels", "Usage")
_FERPLUS_COLUMNS = ("Usage", "Image name", *FERPLUS_VOTES)
_FER2013_MEMBERS = ("fer2013.csv", "icml_face_data.csv")
_FERPLUS_MEMBERS = ("fer2013new.csv",)

_Parsed = TypeVar("_Parsed")


def read_faces_csv(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """FER2013's faces, from Kaggle's ``fer2013.csv`` or ``icml_face_data.csv``.

    Returns:
        Pixels uint8 ``(n, 48, 48)``, emotions int8 ``(n,)``, usages str ``(n,)``.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file, or one of its rows, is not as ``fer2013.read_fer2013`` says.
    """
    blocks = _read(path, _FER2013_MEMBERS, _FER2013_COLUMNS, _parse_faces, _fault_of_face)
    emotions, usages, pixels = map(np.concatenate, zip(*blocks, strict=True))
    return pixels, emotions, usages


def read_votes_csv(path: Path) -> pd.DataFrame:
    """FER+'s votes, as ``fer2013.read_ferplus`` gives them and with its errors."""
    blocks = _read(path, _FERPLUS_MEMBERS, _FERPLUS_COLUMNS, _parse_votes, _fault_of_votes)
    return pd.concat(blocks, ignore_index=True)


def _read(
    path: Path,
    members: tuple[str, ...],
    columns: tuple[str, ...],
    parse: Callable[[pa.RecordBatch], _Parsed | None],
    fault_of: Callable[..., str | None],
) -> list[_Parsed]:
    """The blocks of a CSV file, each parsed; a block that does not parse names its bad row.

    Args:
        path: the CSV file, or an archive with one of the members.
        members: file names to look for inside an archive.
        columns: the columns needed; ``parse`` gets them as binary, in this order.
        parse: a block's content, or None where some row is wrong.
        fault_of: what is wrong with one row, from its values as bytes, or None.
    """
    parsed, first_row = [], 0
    for block in _blocks(path, members, columns):
        content = parse(block)
        if content is None:
            rows = zip(*(column.to_pylist() for column in block.columns), strict=True)
            for row, values in enumerate(rows, start=first_row):
                if fault := fault_of(*values):
                    raise ValueError(f"{path}, {_place(row)}: {fault}.")
            raise ValueError(f"{path}, after {_place(first_row)}: a value cannot be read.")
        parsed.append(content)
        first_row += block.num_rows
    if first_row == 0:
        raise ValueError(f"{path} holds a header, but no rows.")
    return parsed


def _blocks(
    path: Path, members: tuple[str, ...], columns: tuple[str, ...]
) -> Iterator[pa.RecordBatch]:
    misfits: list[pv.InvalidRow] = []

    def note(row: pv.InvalidRow) -> str:
        misfits.append(row)
        return "error"

    try:
        with _open_csv(path, members) as stream:
            names = _header(stream, path, columns)
            if not stream.peek(1):
                return
            yield from pv.open_csv(
                stream,
                # Only without threads does a misfit know its number.
                pv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES, use_threads=False),
                pv.ParseOptions(invalid_row_handler=note),
                pv.ConvertOptions(
                    include_columns=columns, column_types=dict.fromkeys(columns, pa.binary())
                ),
            )
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, tarfile.TarError) as error:
        raise ValueError(
            f"{path} is cut short or damaged ({error}). Download or copy it again."
        ) from error
    except pa.ArrowInvalid as error:
        if misfits:
            row = misfits[0]
            raise ValueError(
                f"{path}, {_place(row.number - 1)}: {row.actual_columns} columns; expected "
                f"{row.expected_columns} as in the header. The file may be cut short."
            ) from error
        raise ValueError(f"{path} cannot be read as CSV: {error}") from error


@contextmanager
def _open_csv(path: Path, members: tuple[str, ...]) -> Iterator[io.BufferedReader]:
    """The CSV's bytes, out of its archive; the content decides which kind, not the name."""
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist.")
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        content: io.BufferedIOBase = file
        if file.peek(2).startswith(b"PK"):
            content = _zip_member(stack.enter_context(zipfile.ZipFile(file)), members, path)
        elif file.peek(2).startswith(b"\x1f\x8b"):
            content = stack.enter_context(gzip.GzipFile(fileobj=file))
        stream: io.BufferedReader = io.BufferedReader(content, 1 << 20)
        stack.enter_context(stream)
        if stream.peek(262)[257:262] == b"ustar":
            archive = stack.enter_context(tarfile.open(fileobj=stream, mode="r|"))
            stream = stack.enter_context(_tar_member(archive, members, path))
        yield stream


def _zip_member(
    archive: zipfile.ZipFile, members: tuple[str, ...], path: Path
) -> io.BufferedIOBase:
    names = archive.namelist()
    fitting = next((name for name in names if _fits(name, members)), None)
    if fitting is None:
        raise _no_member(path, members, names)
    return cast(io.BufferedIOBase, archive.open(fitting))


def _tar_member(
    archive: tarfile.TarFile, members: tuple[str, ...], path: Path
) -> io.BufferedReader:
    names = []
    for member in archive:
        if member.isfile() and _fits(member.name, members):
            return cast(io.BufferedReader, archive.extractfile(member))
        names.append(member.name)
    raise _no_member(path, members, names)


def _fits(name: str, members: tuple[str, ...]) -> bool:
    return PurePosixPath(name).name.lower() in members


def _no_member(path: Path, members: tuple[str, ...], names: list[str]) -> ValueError:
    return ValueError(f"{path} holds no {' or '.join(members)}; it holds {listed(names)}.")


def _header(stream: io.BufferedReader, path: Path, columns: tuple[str, ...]) -> list[str]:
    """A name for each of the file's columns: one of ``columns``, or its position."""
    line = stream.readline(1 << 16)
    if not line:
        raise ValueError(f"{path} is empty; expected a CSV file.")
    text = line.decode("utf-8-sig", "replace")
    if "\0" in text or "\ufffd" in text:
        raise ValueError(
            f"{path} is not UTF-8 text; expected a CSV file with the columns "
            f"{', '.join(columns)}, or one inside .gz, .zip or .tar.gz."
        )
    found = [name.strip(' "') for name in text.strip().split(",")]
    lowered = [name.lower() for name in found]
    missing = [name for name in columns if name.lower() not in lowered]
    if missing:
        raise ValueError(f"{path} lacks the column {', '.join(missing)}; it has {listed(found)}.")
    names = [str(position) for position in range(len(found))]
    for name in columns:
        names[lowered.index(name.lower())] = name
    return names


def _parse_faces(block: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Emotions int8 ``(n,)``, usages str ``(n,)``, pixels uint8 ``(n, 48, 48)``."""
    emotions, pixels, usages = map(_trimmed, block.columns)
    if emotions is None or pixels is None or not _are_usages(usages):
        return None
    values = pc.ascii_split_whitespace(pixels)
    lengths = pc.list_value_length(values).to_numpy()
    emotion = _whole_numbers(emotions, len(FER2013_EMOTIONS) - 1)
    value = _whole_numbers(values.flatten(), 255)
    if emotion is None or value is None or (lengths != _VALUES).any():
        return None
    return emotion, usages.to_numpy(zero_copy_only=False), value.reshape(-1, _SIDE, _SIDE)


def _fault_of_face(emotion: bytes, pixels: bytes, usage: bytes) -> str | None:
    largest = len(FER2013_EMOTIONS) - 1
    if not _is_whole(emotion, largest):
        return f"emotion is {shown(emotion)}; expected a whole number 0…{largest}"
    if fault := _fault_of_usage(usage):
        return fault
    values = pixels.split()
    if len(values) != _VALUES:
        return f"{len(values):,} pixel values; expected {_VALUES:,} ({_SIDE}×{_SIDE})"
    wrong = next((value for value in values if not _is_whole(value, 255)), None)
    if wrong is None:
        return None
    return f"pixel value {shown(wrong)}; expected whole numbers 0…255 separated by spaces"


def _parse_votes(block: pa.RecordBatch) -> pd.DataFrame | None:
    usages, images, *columns = map(_trimmed, block.columns)
    if images is None or not _are_usages(usages) or any(column is None for column in columns):
        return None
    read = (_whole_numbers(column, FERPLUS_VOTERS) for column in columns)
    votes = [column for column in read if column is not None]
    if len(votes) < len(columns):
        return None
    counts = {name: v.astype(np.int8) for name, v in zip(VOTE_COLUMNS, votes, strict=True)}
    table = {"usage": usages.to_pandas(), "image_name": images.to_pandas(), **counts}
    return pd.DataFrame(table).astype({"usage": "str", "image_name": "str"})


def _fault_of_votes(usage: bytes, image: bytes, *votes: bytes) -> str | None:
    if fault := _fault_of_usage(usage):
        return fault
    for name, count in zip(FERPLUS_VOTES, votes, strict=True):
        if not _is_whole(count, FERPLUS_VOTERS):
            expected = f"a whole number of votes 0…{FERPLUS_VOTERS}"
            return f"{name} is {shown(count)}; expected {expected}"
    if _trimmed(pa.array([image])) is None:
        return f"Image name is {shown(image)}; expected UTF-8 text"
    return None


def _trimmed(column: pa.Array) -> pa.Array | None:
    """Binary to strings without outer spaces, or None where some are not UTF-8."""
    try:
        return pc.ascii_trim_whitespace(column.cast(pa.string()))
    except pa.ArrowInvalid:
        return None


def _whole_numbers(texts: pa.Array, largest: int) -> np.ndarray | None:
    """uint8, or None where some text is no whole number 0…``largest`` (at most 255)."""
    # Arrow's cast alone would also take hexadecimal.
    if not pc.all(pc.ascii_is_decimal(texts), min_count=0).as_py():
        return None
    try:
        numbers = texts.cast(pa.uint8()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    return numbers if numbers.max(initial=0) <= largest else None


def _are_usages(texts: pa.Array | None) -> TypeGuard[pa.Array]:
    return texts is not None and set(texts.unique().to_pylist()) <= set(USAGES)


def _fault_of_usage(usage: bytes) -> str | None:
    if usage.strip().decode("utf-8", "replace") in USAGES:
        return None
    return f"Usage is {shown(usage)}; expected {', '.join(USAGES[:-1])} or {USAGES[-1]}"


def _is_whole(text: bytes, largest: int) -> bool:
    text = text.strip()
    return text.isdigit() and len(text.lstrip(b"0")) <= 3 and int(text) <= largest


def _place(row: int) -> str:
    return f"row {row} (line {row + 2})"
