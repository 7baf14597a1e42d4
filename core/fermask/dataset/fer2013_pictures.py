"""FER2013 as pictures: class folders, and Parquet as datasets on the Hugging Face Hub have it."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from fermask.faces.labels import FER2013_EMOTIONS, USAGES
from fermask.system.files import listed

# Pixels uint8 ``(n, 48, 48)``, emotions int8 ``(n,)``, usages str ``(n,)``, and each face's file.
Pictures = tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]

_SIDE = 48

# Names of folders and of a dataset's splits in lower case. A test folder mixes both of FER2013's
# test parts: calling all of it PrivateTest trains on none of it.
_USAGE_OF_SPLIT = {
    "train": "Training",
    "training": "Training",
    "val": "PublicTest",
    "valid": "PublicTest",
    "validation": "PublicTest",
    "publictest": "PublicTest",
    "test": "PrivateTest",
    "privatetest": "PrivateTest",
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
# JPEG may move the channels of a grey picture apart by a few steps.
_GREY_SPREAD = 16

# Columns of datasets on the Hub, in lower case: a picture as datasets.Image or as a file's bytes,
# its expression, and the part that it belongs to where the file does not say.
_PICTURE_COLUMNS = ("image", "img", "img_bytes")
_EXPRESSION_COLUMNS = ("label", "labels", "emotion", "emotions")
_USAGE_COLUMNS = ("usage", "split")


def split_folders(folder: Path) -> Iterator[tuple[Path, str]]:
    """The folders of the splits and the usage each stands for, sorted by name."""
    for split in sorted(folder.iterdir()) if folder.is_dir() else ():
        if split.is_dir() and split.name.lower() in _USAGE_OF_SPLIT:
            yield split, _USAGE_OF_SPLIT[split.name.lower()]


def read_class_folders(folder: Path) -> Pictures:
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
        np.stack([_read_picture(picture, picture) for picture, _, _ in pictures]),
        np.array([emotion for _, emotion, _ in pictures]),
        np.array([usage for _, _, usage in pictures]),
        [picture.relative_to(folder).as_posix() for picture, _, _ in pictures],
    )


def _labelled_pictures(split: Path) -> Iterator[tuple[Path, int]]:
    for folder in sorted(path for path in split.iterdir() if path.is_dir()):
        if folder.name.startswith("."):
            continue
        name = _EMOTION_OF_NAME.get(folder.name.lower())
        if name is None:
            raise ValueError(
                f"{folder} is not named after an expression of FER2013; expected one of "
                f"{', '.join(_EMOTION_OF_NAME)}."
            )
        for picture in sorted(folder.iterdir()):
            # macOS leaves files like ._face.jpg that are no pictures.
            if picture.suffix.lower() in _PICTURE_SUFFIXES and not picture.name.startswith("."):
                yield picture, FER2013_EMOTIONS.index(name)


def _read_picture(source: Path | BinaryIO, name: Path | str) -> np.ndarray:
    """uint8 ``(48, 48)`` from a picture's file; ``name`` is for messages."""
    expected = f"expected {_SIDE}×{_SIDE} pixels in 8-bit grey, as in FER2013"
    try:
        with Image.open(source) as image:
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
    found = [(path, _usage_in_name(path.relative_to(folder))) for path in folder.rglob("*.parquet")]
    known = [(path, usage) for path, usage in found if usage]
    return sorted(known, key=lambda each: (USAGES.index(each[1]), each[0]))


def _usage_in_name(path: Path) -> str:
    """What a name such as ``data/train-00000-of-00001.parquet`` tells, or ""."""
    words = re.split(r"[^a-z]+", path.with_suffix("").as_posix().lower())
    return next((_USAGE_OF_SPLIT[word] for word in reversed(words) if word in _USAGE_OF_SPLIT), "")


def read_parquet_pictures(path: Path) -> Pictures:
    """Faces of a Parquet file, or of a folder's, with their files and rows.

    Raises:
        ValueError: no such files, or what they hold is no pictures of known expressions.
    """
    folder = path if path.is_dir() else path.parent
    files = parquet_files(path) if path.is_dir() else [(path, _usage_in_name(Path(path.name)))]
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
        known = _USAGE_OF_SPLIT | {name.lower(): name for name in USAGES}
        usages = _translated(table[of_usage], known, f"{path}, column {of_usage}")
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
    by_name: dict[object, int] = {
        name: FER2013_EMOTIONS.index(own) for name, own in _EMOTION_OF_NAME.items()
    }
    if not pa.types.is_integer(schema.field(column).type):
        return by_name
    # Mostly in alphabetical order, which is not FER2013's.
    if names := _class_names(schema, column):
        return {i: by_name[n.lower()] for i, n in enumerate(names) if n.lower() in by_name}
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
    for row, value in enumerate(values):
        if value not in known:
            expected = ", ".join(map(str, known))
            raise ValueError(f"{place}, row {row}: {value!r}; expected one of {expected}.")
    return [known[value] for value in values]


def _decoded(value: object, place: str) -> np.ndarray:
    data = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(data, bytes):
        raise ValueError(f"{place} is no picture; expected the bytes of one, as PNG or JPEG.")
    return _read_picture(io.BytesIO(data), place)
