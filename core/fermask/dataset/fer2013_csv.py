"""FER2013 and FER+ as CSV files, plain or inside a gzip, zip or tar archive, block by block."""

import gzip
import io
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import TypeVar, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from fermask.dataset.fer2013_pictures import USAGE_OF_SPLIT, usage_in_name
from fermask.faces.labels import (
    FER2013_EMOTIONS,
    FERPLUS_VOTERS,
    FERPLUS_VOTES,
    USAGES,
    VOTE_COLUMNS,
)
from fermask.system.files import listed, shown
from fermask.system.untrusted import MOST_ROWS, check_member, open_regular

_SIDE = 48
_VALUES = _SIDE * _SIDE
_BLOCK_BYTES = 4 << 20
# What Python decodes bytes to that are not UTF-8.
_NOT_UTF8 = "\ufffd"

_FER2013_COLUMNS = ("emotion", "pixels", "Usage")
_FERPLUS_COLUMNS = ("Usage", "Image name", *FERPLUS_VOTES)
# In the order they are looked for in an archive.
_FER2013_MEMBERS = ("fer2013.csv", "icml_face_data.csv", "fer2013", "train.csv")
_FERPLUS_MEMBERS = ("fer2013new.csv",)

_Parsed = TypeVar("_Parsed")


class _Fault(Exception):
    """Some row of a block is wrong; what of it, in words, once the block is that row alone."""

    def __init__(self, describe: Callable[[], str]):
        super().__init__()
        self.describe = describe


def read_faces_csv(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """FER2013's faces, from Kaggle's ``fer2013.csv`` or ``icml_face_data.csv``.

    Returns:
        Pixels uint8 ``(n, 48, 48)``, emotions int8 ``(n,)``, usages str ``(n,)``, and whether the
        file has a column of these; without one, as the competition's ``train.csv``, its name tells.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file, or one of its rows, is not as ``fer2013.read_fer2013`` says.
    """
    blocks = _read(path, _FER2013_MEMBERS, _FER2013_COLUMNS, _parse_faces)
    emotions, usages, pixels = map(np.concatenate, zip(*blocks, strict=True))
    has_usages = bool((usages != "").all())
    if not has_usages:
        usages = np.full(len(usages), usage_in_name(Path(path.name)) or USAGES[0], object)
    return pixels, emotions, usages, has_usages


def has_csv(path: Path) -> bool:
    """Whether a ZIP archive holds FER2013 as CSV."""
    # A pipe would be waited for.
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(_fits(name, _FER2013_MEMBERS) for name in archive.namelist())


def read_votes_csv(path: Path) -> pd.DataFrame:
    """FER+'s votes, as ``fer2013.read_ferplus`` gives them and with its errors."""
    blocks = _read(path, _FERPLUS_MEMBERS, _FERPLUS_COLUMNS, _parse_votes)
    return pd.concat(blocks, ignore_index=True)


def _read(
    path: Path,
    members: tuple[str, ...],
    columns: tuple[str, ...],
    parse: Callable[[pa.RecordBatch], _Parsed],
) -> list[_Parsed]:
    """The blocks of a CSV file, each parsed; a block that does not parse names its bad row.

    Args:
        path: the CSV file, or an archive with one of the members.
        members: file names to look for inside an archive.
        columns: the columns needed; ``parse`` gets them as binary, in this order.
        parse: a block's content; raises ``_Fault`` where some row is wrong.
    """
    parsed, first_row = [], 0
    for block in _blocks(path, members, columns):
        try:
            parsed.append(parse(block))
        except _Fault:
            row, fault = _first_fault(block, parse)
            place = _place(first_row + row)
            raise ValueError(f"{path}, {place}: {fault.describe()}.") from fault
        first_row += block.num_rows
        if first_row > MOST_ROWS:
            raise ValueError(f"{path} has more than {MOST_ROWS:,} rows, the most that is read.")
    if first_row == 0:
        raise ValueError(f"{path} holds a header, but no rows.")
    return parsed


def _first_fault(
    block: pa.RecordBatch, parse: Callable[[pa.RecordBatch], object]
) -> tuple[int, _Fault]:
    """The first wrong row of a block that has one, and what is wrong with it."""
    for row in range(block.num_rows):
        try:
            parse(block.slice(row, 1))
        except _Fault as fault:
            return row, fault
    raise AssertionError("A block is wrong, and none of its rows.")


def _blocks(
    path: Path, members: tuple[str, ...], columns: tuple[str, ...]
) -> Iterator[pa.RecordBatch]:
    misfits: list[pv.InvalidRow] = []

    def note(row: pv.InvalidRow) -> str:
        misfits.append(row)
        return "error"

    try:
        with _open_csv(path, members) as (stream, name):
            names = _header(stream, path, columns, usage_in_name(Path(PurePosixPath(name).name)))
            if not stream.peek(1):
                return
            yield from pv.open_csv(
                stream,
                # Only without threads does a misfit know its number.
                pv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES, use_threads=False),
                pv.ParseOptions(invalid_row_handler=note),
                pv.ConvertOptions(
                    include_columns=columns,
                    include_missing_columns=True,
                    column_types=dict.fromkeys(columns, pa.binary()),
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
def _open_csv(path: Path, members: tuple[str, ...]) -> Iterator[tuple[io.BufferedReader, str]]:
    """The CSV's bytes, out of its archive, and its name; not that, but the content decides."""
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist.")
    with ExitStack() as stack:
        file = stack.enter_context(open_regular(path))
        # Arrow closes the file itself.
        handle = os.dup(file.fileno())
        stack.callback(os.close, handle)
        opened = os.fstat(handle)
        content: io.BufferedIOBase = file
        name = path.name
        if file.peek(2).startswith(b"PK"):
            archive = stack.enter_context(zipfile.ZipFile(file))
            name = _zip_member(archive, members, path)
            content = cast(io.BufferedIOBase, archive.open(name))
        elif file.peek(2).startswith(b"\x1f\x8b"):
            content = stack.enter_context(gzip.GzipFile(fileobj=file))
        stream: io.BufferedReader = io.BufferedReader(content, 1 << 20)
        stack.enter_context(stream)
        if stream.peek(262)[257:262] == b"ustar":
            tar = stack.enter_context(tarfile.open(fileobj=stream, mode="r|"))
            stream = stack.enter_context(_tar_member(tar, members, path))
        yield stream, name
        read = os.fstat(handle)
        if (opened.st_size, opened.st_mtime_ns) != (read.st_size, read.st_mtime_ns):
            raise ValueError(f"{path} was changed while it was read. Try again once it is whole.")


def _zip_member(archive: zipfile.ZipFile, members: tuple[str, ...], path: Path) -> str:
    names = [name for name in archive.namelist() if not name.startswith("__MACOSX")]
    for member in members:
        if fitting := next((name for name in names if _fits(name, (member,))), None):
            check_member(archive.getinfo(fitting))
            return fitting
    raise _no_member(path, members, names)


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
    wanted = " or ".join(members[:2])
    return ValueError(f"{path} holds no {wanted}; it holds {listed(names)}.")


def _header(
    stream: io.BufferedReader, path: Path, columns: tuple[str, ...], usage: str
) -> list[str]:
    """A name for each of the file's columns: one of ``columns``, or its position.

    Where the file's name tells its usage, the column of it may be missing.
    """
    line = stream.readline(1 << 16)
    if not line:
        raise ValueError(f"{path} is empty; expected a CSV file.")
    text = line.decode("utf-8-sig", "replace")
    if "\0" in text or _NOT_UTF8 in text:
        raise ValueError(
            f"{path} is not UTF-8 text; expected a CSV file with the columns "
            f"{', '.join(columns)}, or one inside .gz, .zip or .tar.gz."
        )
    found = [name.strip(' "') for name in text.strip().split(",")]
    lowered = [name.lower() for name in found]
    missing = [name for name in columns if name.lower() not in lowered]
    if missing and not (usage and missing == ["Usage"]):
        named = "" if missing != ["Usage"] else "; only a file named after its part needs none"
        raise ValueError(
            f"{path} lacks the column {', '.join(missing)}; it has {listed(found)}{named}."
        )
    names = [str(position) for position in range(len(found))]
    for name in columns:
        if name not in missing:
            names[lowered.index(name.lower())] = name
    return names


def _parse_faces(block: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Emotions int8 ``(n,)``, usages str ``(n,)``, pixels uint8 ``(n, 48, 48)``."""
    emotions, pixels, usages = map(_texts, block.columns)
    largest = len(FER2013_EMOTIONS) - 1
    emotion = _whole_numbers(
        emotions, largest, lambda text: f"emotion is {text}; expected a whole number 0…{largest}"
    )
    usage = _usages(usages)
    values = pc.ascii_split_whitespace(pixels)
    lengths = pc.list_value_length(values).to_numpy()
    if (lengths != _VALUES).any():
        # Arrow splits an empty text into one.
        expected = f"expected {_VALUES:,} ({_SIDE}×{_SIDE})"
        raise _Fault(lambda: f"{len(pixels[0].as_py().split()):,} pixel values; {expected}")
    value = _whole_numbers(
        values.flatten(),
        255,
        lambda text: f"pixel value {text}; expected whole numbers 0…255 separated by spaces",
    )
    return emotion, usage.to_numpy(zero_copy_only=False), value.reshape(-1, _SIDE, _SIDE)


def _parse_votes(block: pa.RecordBatch) -> pd.DataFrame:
    usages, images, *columns = map(_texts, block.columns)
    usage = _usages(usages)
    counts = {}
    for name, column, texts in zip(VOTE_COLUMNS, FERPLUS_VOTES, columns, strict=True):
        counts[name] = _votes(texts, column).astype(np.int8)
    if pc.any(pc.match_substring(images, _NOT_UTF8)).as_py():
        raise _Fault(lambda: f"Image name is {shown(images[0].as_py())}; expected UTF-8 text")
    table = {"usage": usage.to_pandas(), "image_name": images.to_pandas(), **counts}
    return pd.DataFrame(table).astype({"usage": "str", "image_name": "str"})


def _votes(texts: pa.Array, column: str) -> np.ndarray:
    expected = f"expected a whole number of votes 0…{FERPLUS_VOTERS}"
    return _whole_numbers(texts, FERPLUS_VOTERS, lambda text: f"{column} is {text}; {expected}")


def _texts(column: pa.Array) -> pa.Array:
    """Binary to strings without outer spaces; ``_NOT_UTF8`` stands for what is none."""
    try:
        texts = column.cast(pa.string())
    except pa.ArrowInvalid:
        texts = pa.array([each.decode("utf-8", "replace") for each in column.to_pylist()])
    return pc.ascii_trim_whitespace(texts)


def _whole_numbers(texts: pa.Array, largest: int, describe: Callable[[str], str]) -> np.ndarray:
    """uint8 of texts of whole numbers 0…``largest`` (at most 255)."""
    # Arrow's cast alone would also take hexadecimal.
    if pc.all(pc.ascii_is_decimal(texts), min_count=0).as_py():
        try:
            numbers = texts.cast(pa.uint8()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            pass
        else:
            if numbers.max(initial=0) <= largest:
                return numbers
    raise _Fault(lambda: describe(shown(_first_wrong(texts, largest))))


def _first_wrong(texts: pa.Array, largest: int) -> str:
    for i in range(len(texts)):
        try:
            _whole_numbers(texts.slice(i, 1), largest, str)
        except _Fault:
            return texts[i].as_py()
    raise AssertionError("Some text is no such number, and none of them.")


def _usages(texts: pa.Array) -> pa.Array:
    """``labels.USAGES`` of what the file calls them; "" where it has no such column."""
    if texts.null_count:
        return texts.fill_null("")
    coded = texts.dictionary_encode()
    usages = [USAGE_OF_SPLIT.get(text.lower()) for text in coded.dictionary.to_pylist()]
    if None in usages:
        expected = f"expected {', '.join(USAGES[:-1])} or {USAGES[-1]}, or train, val or test"
        raise _Fault(lambda: f"Usage is {shown(texts[0].as_py())}; {expected}")
    return pa.array(usages, pa.string()).take(coded.indices)


def _place(row: int) -> str:
    return f"row {row} (line {row + 2})"
