"""FER2013 as pictures: class folders, FERPlus' folders, and Parquet as on the Hugging Face Hub."""

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from fermask.faces.labels import (
    EMOTION_OF_FERPLUS,
    FER2013_EMOTIONS,
    FERPLUS_VOTERS,
    FERPLUS_VOTES,
    USAGES,
    VOTE_COLUMNS,
)
from fermask.system.files import listed
from fermask.system.untrusted import MOST_ROWS, check_member, read_at_most

# Pixels uint8 ``(n, 48, 48)``, emotions int8 ``(n,)``, usages str ``(n,)``, and each face's file.
Pictures = tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]
# A folder, or one inside a ZIP archive.
Folder = Path | zipfile.Path

_SIDE = 48

# Names of folders and of a dataset's splits in lower case. A test folder mixes both of FER2013's
# test parts: calling all of it PrivateTest trains on none of it.
USAGE_OF_SPLIT = {
    "train": "Training",
    "training": "Training",
    "val": "PublicTest",
    "valid": "PublicTest",
    "validation": "PublicTest",
    "publictest": "PublicTest",
    "test": "PrivateTest",
    "privatetest": "PrivateTest",
}
# What Microsoft's FERPlus calls the folders that it writes.
_FERPLUS_FOLDERS = {
    "fer2013train": "Training",
    "fer2013valid": "PublicTest",
    "fer2013test": "PrivateTest",
}
_EMOTION_OF_NAME = {
    "angry": "angry",
    "anger": "angry",
    "disgust": "disgust",
    "disgusted": "disgust",
    "fear": "fear",
    "fearful": "fear",
    "happy": "happy",
    "happiness": "happy",
    "sad": "sad",
    "sadness": "sad",
    "surprise": "surprise",
    "surprised": "surprise",
    "neutral": "neutral",
}
_PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")
# Pillow would also hand PostScript to Ghostscript.
_FORMATS = ("JPEG", "PNG")
# Of 48×48 pixels, with whatever a camera or an editor wrote beside them.
_MOST_BYTES = 1_000_000
# JPEG may move the channels of a grey picture apart by a few steps.
_GREY_SPREAD = 16

# Columns of datasets on the Hub, in lower case: a picture as datasets.Image or as a file's bytes,
# its expression, and the part that it belongs to where the file does not say.
_PICTURE_COLUMNS = ("image", "img", "img_bytes", "pixels")
_EXPRESSION_COLUMNS = ("label", "labels", "emotion", "emotions")
_USAGE_COLUMNS = ("usage", "split")


def split_folders(folder: Folder) -> list[tuple[Folder, str]]:
    """The folders of the splits and the usage each stands for, sorted by name."""
    return _folders_named(folder, USAGE_OF_SPLIT)


def ferplus_folders(folder: Path) -> list[tuple[Folder, str]]:
    """The folders that FERPlus writes, with a ``label.csv`` in each, in FER2013's order."""
    found = _folders_named(folder, _FERPLUS_FOLDERS)
    found = [(each, usage) for each, usage in found if (each / "label.csv").is_file()]
    return sorted(found, key=lambda each: USAGES.index(each[1]))


def _folders_named(folder: Folder, usages: dict[str, str]) -> list[tuple[Folder, str]]:
    return [
        (each, usages[each.name.lower()])
        for each in _within(folder)
        if each.name.lower() in usages and each.is_dir()
    ]


def _within(folder: Folder) -> list[Folder]:
    return sorted(folder.iterdir(), key=lambda each: each.name) if folder.is_dir() else []


def usage_in_name(path: Path) -> str:
    """What a name such as ``data/train-00000-of-00001.parquet`` tells, or ""."""
    words = re.split(r"[^a-z]+", path.with_suffix("").as_posix().lower())
    return next((USAGE_OF_SPLIT[word] for word in reversed(words) if word in USAGE_OF_SPLIT), "")


def zipped_class_folders(path: Path) -> zipfile.Path | None:
    """The folder in a ZIP archive that holds the splits' folders, or None."""
    # A pipe would be waited for.
    if not path.is_file() or not zipfile.is_zipfile(path):
        return None
    # Above each split's folder, the highest first.
    parents = {
        str(Path(name).parents[place + 1])
        for name in zipfile.Path(path).root.namelist()
        if not name.startswith("__MACOSX")
        for place, part in enumerate(list(Path(name).parents)[:-1])
        if part.name.lower() in USAGE_OF_SPLIT
    }
    if not parents:
        return None
    highest = min(parents, key=lambda each: (each != ".", each.count("/"), each))
    return zipfile.Path(path, "" if highest == "." else f"{highest}/")


def read_class_folders(folder: Folder) -> Pictures:
    """Faces as ``train/angry/*.jpg``, with the pictures' places in the folder.

    Raises:
        ValueError: no pictures, a folder that no expression is named like, or a picture that is
            not 48×48 in 8-bit grey.
    """
    pictures = [
        (picture, emotion, usage)
        for split, usage in split_folders(folder)
        for picture, emotion in _labelled_pictures(split)
    ]
    if not pictures:
        raise ValueError(
            f"{folder} holds no pictures as train/angry/*.jpg and test/angry/*.jpg (.jpg, .jpeg "
            "or .png); expected such folders, or the path of a CSV file."
        )
    return (
        np.stack([_read_file(picture) for picture, _, _ in pictures]),
        np.array([emotion for _, emotion, _ in pictures]),
        np.array([usage for _, _, usage in pictures]),
        [str(picture).removeprefix(str(folder)).lstrip("/\\") for picture, _, _ in pictures],
    )


def read_ferplus_folders(folder: Path) -> tuple[Pictures, pd.DataFrame]:
    """Faces as FERPlus writes them, ``FER2013Train/fer0000000.png``, and their votes.

    FER2013's own emotion is not in them: of its seven, the one that most voters chose stands in.

    Returns:
        The pictures, and ``VOTE_COLUMNS``, int8, a row each.

    Raises:
        ValueError: a ``label.csv`` is not as FERPlus has it, or a picture is missing or not 48×48
            in 8-bit grey.
    """
    pixels, usages, files, votes = [], [], [], []
    for split, usage in ferplus_folders(folder):
        labels = split / "label.csv"
        lines = csv.reader(labels.read_text(encoding="utf-8-sig").splitlines())
        for number, line in enumerate(lines, start=1):
            if not line or not line[0].strip():
                continue
            counts = [text.strip() for text in line[2:]]
            fits = all(text.isdecimal() and int(text) <= FERPLUS_VOTERS for text in counts)
            if len(counts) != len(FERPLUS_VOTES) or not fits:
                raise ValueError(
                    f"{labels}, line {number}: expected a picture's name, its box and ten counts "
                    f"of votes 0…{FERPLUS_VOTERS}, received {listed(line)}."
                )
            picture = split / line[0].strip()
            pixels.append(_read_file(picture))
            usages.append(usage)
            files.append(f"{split.name}/{picture.name}")
            votes.append([int(text) for text in counts])
    if not pixels:
        raise ValueError(f"{folder}: expected FERPlus' pictures; the files label.csv name none.")
    table = pd.DataFrame(np.array(votes, np.int8), columns=list(VOTE_COLUMNS))
    own = [(name, EMOTION_OF_FERPLUS.get(name)) for name in FERPLUS_VOTES]
    known = [(VOTE_COLUMNS[FERPLUS_VOTES.index(name)], emotion) for name, emotion in own if emotion]
    numbers = np.array([FER2013_EMOTIONS.index(emotion) for _, emotion in known])
    emotions = numbers[table[[column for column, _ in known]].to_numpy().argmax(axis=1)]
    return (np.stack(pixels), emotions, np.array(usages), files), table


def emotion_named(name: object) -> str | None:
    """FER2013's emotion of a class's name, such as ``anger``, ``0_angry`` or ``Happy-3``."""
    word = (
        re.sub(r"^\d+[\W_]*|[\W_]*\d+$", "", name.strip().lower()) if isinstance(name, str) else ""
    )
    return _EMOTION_OF_NAME.get(word)


def _labelled_pictures(split: Folder) -> Iterator[tuple[Folder, int]]:
    for folder in _within(split):
        if folder.name.startswith((".", "__")) or not folder.is_dir():
            continue
        name = emotion_named(folder.name)
        if name is None:
            raise ValueError(
                f"{folder} is not named after an expression of FER2013; expected one of "
                f"{', '.join(_EMOTION_OF_NAME)}, perhaps with a number as in 0_angry."
            )
        for picture in _within(folder):
            # macOS leaves files like ._face.jpg that are no pictures.
            suffix = Path(picture.name).suffix.lower()
            if suffix in _PICTURE_SUFFIXES and not picture.name.startswith("."):
                yield picture, FER2013_EMOTIONS.index(name)


def _read_file(path: Folder) -> np.ndarray:
    try:
        if isinstance(path, Path):
            return _read_picture(read_at_most(path, _MOST_BYTES), path)
        member = path.root.getinfo(path.at)
        check_member(member)
        with path.open("rb") as file:
            return _read_picture(file.read(_MOST_BYTES), path)
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} cannot be read as a picture: {error}") from error


def _read_picture(data: bytes, name: Folder | str) -> np.ndarray:
    """uint8 ``(48, 48)`` from a picture file's bytes; ``name`` is for messages."""
    expected = f"expected {_SIDE}×{_SIDE} pixels in 8-bit grey, as in FER2013"
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            width, height = image.size
            if (width, height) != (_SIDE, _SIDE):
                raise ValueError(f"{name} is {width}×{height} pixels; {expected}.")
            # Pillow's conversion of 16-bit grey cuts off at 255.
            if image.mode.startswith(("I", "F")):
                raise ValueError(f"{name} is {width}×{height} in more than 8 bits; {expected}.")
            if image.mode == "L":
                return np.asarray(image)
            if np.ptp(np.asarray(image.convert("RGB")), axis=2).max() > _GREY_SPREAD:
                raise ValueError(f"{name} is {width}×{height} in colour; {expected}.")
            return np.asarray(image.convert("L"))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{name} cannot be read as a picture: {error}") from error


# -- Parquet ----------------------------------------------------------------------------------


def parquet_files(folder: Path) -> list[tuple[Path, str]]:
    """The folder's Parquet files whose names tell a usage, in FER2013's order of usages."""
    if not folder.is_dir():
        return []
    # Not deeper: somebody may name the root of the disk.
    paths = [path for depth in range(3) for path in folder.glob("*/" * depth + "*.parquet")]
    found = [(path, usage_in_name(path.relative_to(folder))) for path in paths]
    known = [(path, usage) for path, usage in found if usage]
    return sorted(known, key=lambda each: (USAGES.index(each[1]), each[0]))


def read_parquet_pictures(path: Path) -> Pictures:
    """Faces of a Parquet file, or of a folder's, with their files and rows.

    Raises:
        ValueError: no such files, or what they hold is no pictures of known expressions.
    """
    folder = path if path.is_dir() else path.parent
    files = parquet_files(path) if path.is_dir() else [(path, usage_in_name(Path(path.name)))]
    if not files:
        raise ValueError(
            f"{path} holds no pictures as train/angry/*.jpg and test/angry/*.jpg (.jpg, .jpeg or "
            ".png), and no Parquet files such as train-00000-of-00001.parquet; expected such "
            "folders or files, or the path of a CSV file."
        )
    parts = [_parquet_faces(file, usage) for file, usage in files]
    pixels, emotions, usages = (np.concatenate(each) for each in zip(*parts, strict=True))
    places = [
        f"{file.relative_to(folder).as_posix()}#{i}"
        for (file, _), part in zip(files, parts, strict=True)
        for i in range(len(part[0]))
    ]
    return pixels, emotions, usages, places


def _parquet_faces(path: Path, usage: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels uint8 ``(n, 48, 48)``, emotions int8 ``(n,)`` and usages str ``(n,)`` of a file."""
    try:
        footer = pq.read_metadata(path)
        if footer.num_rows > MOST_ROWS:
            raise ValueError(
                f"{path} has {footer.num_rows:,} rows; at most {MOST_ROWS:,} are read."
            )
        schema = pq.read_schema(path)
        picture = _column_among(schema, _PICTURE_COLUMNS, path, "pictures")
        expression = _column_among(schema, _EXPRESSION_COLUMNS, path, "expressions")
        of_usage = "" if usage else _column_among(schema, _USAGE_COLUMNS, path, "parts")
        columns = [name for name in (picture, expression, of_usage) if name]
        table = pq.read_table(path, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path} cannot be read as Parquet: {error}") from error
    if table.num_rows == 0:
        raise ValueError(f"{path} holds no rows.")
    code = _expression_codes(schema, expression, path)
    emotions = _translated(table[expression], code, f"{path}, column {expression}")
    usages = [usage] * table.num_rows
    if of_usage:
        usages = _translated(table[of_usage], USAGE_OF_SPLIT, f"{path}, column {of_usage}")
    pictures = enumerate(table[picture].to_pylist())
    pixels = [_decoded(value, f"{path}, row {row}, column {picture}") for row, value in pictures]
    return np.stack(pixels), np.array(emotions, dtype=np.int8), np.array(usages)


def _column_among(schema: pa.Schema, names: tuple[str, ...], path: Path, what: str) -> str:
    found = next((name for name in schema.names if name.lower() in names), None)
    if found is None:
        raise ValueError(
            f"{path} has no column of {what}: expected {', '.join(names[:-1])} or {names[-1]}; it "
            f"has {listed(schema.names)}."
        )
    return found


def _expression_codes(schema: pa.Schema, column: str, path: Path) -> dict[object, int]:
    """The values of a column of expressions → FER2013's own numbers."""
    if not pa.types.is_integer(schema.field(column).type):
        return {name: FER2013_EMOTIONS.index(own) for name, own in _EMOTION_OF_NAME.items()}
    # Mostly in alphabetical order, which is not FER2013's.
    if names := _class_names(schema, column):
        own = {number: emotion_named(name) for number, name in enumerate(names)}
        known: dict[object, int] = {
            number: FER2013_EMOTIONS.index(name) for number, name in own.items() if name
        }
        if not known:
            raise ValueError(
                f"{path} calls its classes {listed(names)}; expected names such as "
                f"{', '.join(FER2013_EMOTIONS)}."
            )
        return known
    if column.lower().startswith("emotion"):
        return {i: i for i in range(len(FER2013_EMOTIONS))}
    raise ValueError(
        f"{path} does not say which expression each number of its column {column} stands for; "
        "expected the names in the file, as the library datasets writes them."
    )


def _class_names(schema: pa.Schema, column: str) -> list[str]:
    """The names of a ``datasets.ClassLabel`` in the order of its numbers; none where not told."""
    stored = (schema.metadata or {}).get(b"huggingface", b"{}")
    try:
        return list(json.loads(stored)["info"]["features"][column]["names"])
    except (ValueError, TypeError, KeyError):
        return []


def _translated(column: pa.ChunkedArray, known: dict, place: str) -> list:
    values = [v.strip().lower() if isinstance(v, str) else v for v in column.to_pylist()]
    values = [v if v in known else emotion_named(v) or v for v in values]
    for row, value in enumerate(values):
        if value not in known:
            expected = ", ".join(map(str, known))
            raise ValueError(f"{place}, row {row}: {value!r}; expected one of {expected}.")
    return [known[value] for value in values]


def _decoded(value: object, place: str) -> np.ndarray:
    if isinstance(value, str | list):
        return _of_values(value.split() if isinstance(value, str) else value, place)
    data = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(data, bytes):
        raise ValueError(f"{place} is no picture; expected the bytes of one, as PNG or JPEG.")
    return _read_picture(data, place)


def _of_values(values: list, place: str) -> np.ndarray:
    """uint8 ``(48, 48)`` of a face's values, row by row, as numbers or text, perhaps nested."""
    try:
        face = np.array(values).astype(np.float64).ravel()
    except (TypeError, ValueError):
        face = np.array([-1.0])
    if len(face) != _SIDE * _SIDE or not np.isin(face, np.arange(256)).all():
        raise ValueError(
            f"{place} holds {len(values):,} values such as {listed([str(v) for v in values[:3]])}; "
            f"expected {_SIDE * _SIDE:,} whole numbers 0…255."
        )
    return face.astype(np.uint8).reshape(_SIDE, _SIDE)
