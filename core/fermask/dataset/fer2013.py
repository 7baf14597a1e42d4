"""FER2013 and FER+ in the forms people have them, as one table of faces and their pixels.

FER2013 comes as ``fer2013.csv`` or ``icml_face_data.csv``, plain or inside a gzip, zip or
tar archive, as folders of pictures named after the expression, or as Parquet files, which is
how datasets on the Hugging Face Hub hold it. FER+ adds ten votes a face in ``fer2013new.csv``,
row by row.
"""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from fermask.dataset.fer2013_csv import read_faces_csv, read_votes_csv
from fermask.dataset.fer2013_pictures import (
    parquet_files,
    read_class_folders,
    read_parquet_pictures,
    split_folders,
)
from fermask.faces.labels import VOTE_COLUMNS
from fermask.system.hub import fetch_dataset, is_address
from fermask.system.paths import FER2013

# The file begins with its Training part.
TRAINING_ROWS = 28_709

# In the order they are looked for in a folder.
_FER2013_NAMES = (
    "fer2013.csv",
    "fer2013.csv.gz",
    "fer2013.zip",
    "fer2013.csv.zip",
    "fer2013.tar.gz",
    "fer2013.tgz",
    "icml_face_data.csv",
    "icml_face_data.csv.gz",
    "icml_face_data.zip",
    "icml_face_data.csv.zip",
)
_FERPLUS_NAMES = (
    "fer2013new.csv",
    "fer2013new.csv.gz",
    "fer2013new.zip",
    "fer2013new.csv.zip",
)


_THREE_WAYS = (
    "Give the files with --fer2013 and --ferplus, or set the environment variable FER2013 to "
    "the folder that holds them (fer2013.csv, fer2013.csv.gz, fer2013.zip, fer2013.tar.gz, "
    "icml_face_data.csv, the folders train and test, or Parquet files named after them; FER+ as "
    "fer2013new.csv), or put them into data/fer2013/."
)


@dataclass(frozen=True)
class Fer2013:
    """The faces of FER2013, in the file's order.

    Attributes:
        pixels: uint8 ``(n, 48, 48)``.
        table: one row a face, index 0…n-1: ``row`` (int64, 0-based FER2013 row), ``usage``
            (str, of ``labels.USAGES``), ``emotion`` (int8, index into
            ``labels.FER2013_EMOTIONS``), ``file`` (str, where the face is in a folder of
            pictures or a dataset whose order is not FER2013's, else "") and, with FER+,
            ``VOTE_COLUMNS`` (int8, 0…10).
        source: what was read, for messages.
        has_votes: whether FER+ was joined.
    """

    pixels: np.ndarray
    table: pd.DataFrame
    source: str
    has_votes: bool

    @property
    def votes(self) -> np.ndarray:
        """FER+'s votes, int8 ``(n, 10)`` in the order of ``labels.FERPLUS_VOTES``.

        Raises:
            ValueError: FER+ was not joined.
        """
        if not self.has_votes:
            raise ValueError(f"{self.source} was read without FER+, so its faces have no votes.")
        return self.table[list(VOTE_COLUMNS)].to_numpy(dtype=np.int8)


@dataclass(frozen=True)
class Fer2013Files:
    """``fer2013``: a file, or a folder of pictures or Parquet. ``ferplus``: a file, or None."""

    fer2013: Path
    ferplus: Path | None


def find_fer2013(
    fer2013: str | Path | None = None, ferplus: str | Path | None = None
) -> Fer2013Files:
    """Where FER2013 and FER+ are: the paths given, else ``$FER2013``, else ``data/fer2013/``.

    A path may name a file or a folder that holds it under one of the usual names. With only
    ``fer2013`` given, FER+ is looked for beside it. ``hf://datasets/USER/NAME`` names a dataset
    on the Hugging Face Hub, which is downloaded once.

    Raises:
        FileNotFoundError: there is no FER2013, or a path that was given does not exist.
        ValueError: an address that is none of a dataset.
        OSError: the Hub cannot be reached, or refuses.
    """
    folder = _usual_folder() if fer2013 is None else _local(str(fer2013))
    faces = folder if folder.is_file() else _fer2013_in(folder)
    if faces is None:
        reason = f"No FER2013 in {folder}." if folder.is_dir() else f"{folder} does not exist."
        raise FileNotFoundError(f"{reason} {_THREE_WAYS}")
    if ferplus is None:
        return Fer2013Files(
            faces, _named(faces.parent if faces.is_file() else faces, _FERPLUS_NAMES)
        )
    given = Path(ferplus).expanduser()
    votes = given if given.is_file() else _named(given, _FERPLUS_NAMES)
    if votes is None:
        raise FileNotFoundError(f"No FER+ at {ferplus}. {_THREE_WAYS}")
    return Fer2013Files(faces, votes)


def read_fer2013(path: str | Path) -> Fer2013:
    """FER2013 without votes, from a CSV file, an archive that holds one, class folders or Parquet.

    The CSV has the columns ``emotion`` (0…6), ``pixels`` (2,304 values 0…255, row by row,
    separated by spaces) and ``Usage``, in any order. In the class-folder form
    (``train/angry/*.jpg``) FER2013's row order is lost: ``row`` is then the position in
    sorted order, and FER+ cannot be joined. Of Parquet files the same holds unless the pixels
    of Training, and of PublicTest where it is there, are FER2013's in FER2013's order.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file, or one of its rows or pictures, is not as described.
    """
    path = Path(path)
    if path.suffix == ".parquet" or (path.is_dir() and not any(split_folders(path))):
        return _faces(*read_parquet_pictures(path), str(path))
    if path.is_dir():
        return _faces(*read_class_folders(path), str(path))
    return _faces(*read_faces_csv(path), "", str(path))


def read_ferplus(path: str | Path) -> pd.DataFrame:
    """FER+: ``usage`` (str), ``image_name`` (str, "" for no face), ``VOTE_COLUMNS`` (int8).

    One row for each row of FER2013, in the same order; votes are 0…10.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file, or one of its rows, is not as Microsoft's ``fer2013new.csv``.
    """
    return read_votes_csv(Path(path))


def join_ferplus(
    faces: Fer2013, ferplus: pd.DataFrame, ferplus_source: str | Path = "FER+"
) -> Fer2013:
    """The faces with the votes of the same rows.

    Args:
        faces: as ``read_fer2013`` gives them, in FER2013's order.
        ferplus: as ``read_ferplus`` gives it.
        ferplus_source: what it was read from, for messages.

    Raises:
        ValueError: the order of the rows is lost, the lengths differ, or the usages do.
    """
    if (faces.table["file"] != "").any():
        raise ValueError(
            f"FER+ cannot be joined to {faces.source}: it goes by FER2013's row order, which "
            "class folders have lost, and most datasets on the Hub. Use fer2013.csv."
        )
    if len(ferplus) != len(faces.table):
        raise ValueError(
            f"{faces.source} has {len(faces.table):,} rows, but {ferplus_source} has "
            f"{len(ferplus):,}; they belong together row by row, so both need the same number."
        )
    theirs, ours = ferplus["usage"].to_numpy(), faces.table["usage"].to_numpy()
    differing = np.flatnonzero(theirs != ours)
    if differing.size:
        row = int(differing[0])
        raise ValueError(
            f"Row {row} (line {row + 2}) is {ours[row]} in {faces.source}, but {theirs[row]} in "
            f"{ferplus_source}; both files need the same rows in the same order."
        )
    votes = ferplus[list(VOTE_COLUMNS)].astype(np.int8).set_axis(faces.table.index)
    kept = faces.table.drop(columns=list(VOTE_COLUMNS), errors="ignore")
    return replace(faces, table=pd.concat([kept, votes], axis=1), has_votes=True)


def data_hash(faces: Fer2013) -> str:
    """SHA-256 (hex) of pixels, usage, emotion and votes, whatever form they were read from."""
    digest = hashlib.sha256(f"{len(faces.table)} {faces.has_votes}\n".encode())
    digest.update(np.ascontiguousarray(faces.pixels, dtype=np.uint8).data)
    digest.update("\n".join(faces.table["usage"]).encode())
    digest.update(faces.table["emotion"].to_numpy(dtype=np.int8).tobytes())
    if faces.has_votes:
        digest.update(np.ascontiguousarray(faces.votes).data)
    return digest.hexdigest()


def _usual_folder() -> Path:
    named = os.environ.get("FER2013", "").strip()
    return _local(named) if named else FER2013


def _local(place: str) -> Path:
    return fetch_dataset(place) if is_address(place) else Path(place).expanduser()


def _fer2013_in(folder: Path) -> Path | None:
    found = _named(folder, _FER2013_NAMES)
    if found is None and (any(split_folders(folder)) or parquet_files(folder)):
        return folder
    return found


def _named(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The folder's file of the first of the names that it holds, in any case."""
    if not folder.is_dir():
        return None
    files = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_file()}
    return next((files[name] for name in names if name in files), None)


def _faces(
    pixels: np.ndarray,
    emotions: np.ndarray,
    usages: np.ndarray,
    files: list[str] | str,
    source: str,
) -> Fer2013:
    table = pd.DataFrame(
        {
            "row": np.arange(len(pixels), dtype=np.int64),
            "usage": pd.Series(usages, dtype="str"),
            "emotion": np.asarray(emotions, dtype=np.int8),
            "file": files,
        }
    ).astype({"file": "str"})
    return Fer2013(pixels, table, source, has_votes=False)
