"""Where FER2013 and FER+ lie: the paths given, an environment variable, or the usual folder."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from fermask.dataset.fer2013_pictures import ferplus_folders, parquet_files, split_folders
from fermask.system.files import given_path
from fermask.system.hub import fetch_dataset, is_address
from fermask.system.paths import FER2013

# In the order they are looked for in a folder, in any case. Browsers add numbers to a second
# download, and take suffixes away; Kaggle calls every download archive.zip.
_AGAIN = r"(?: ?\(\d+\))?"
_FER2013_NAMES = tuple(
    rf"{name}{_AGAIN}{suffix}"
    for name in ("fer2013", "icml_face_data")
    for suffix in (
        r"\.csv",
        r"\.csv\.gz",
        r"(?:\.csv)?\.zip",
        r"\.(?:tar\.gz|tgz)",
        r"\.parquet",
        "",
    )
)
_ARCHIVE_NAMES = (rf"archive{_AGAIN}\.zip", r"train\.csv")
_FERPLUS_NAMES = tuple(
    rf"fer2013new{_AGAIN}{suffix}" for suffix in (r"\.csv", r"\.csv\.gz", r"(?:\.csv)?\.zip", "")
)

_THREE_WAYS = (
    "Give the files with --fer2013 and --ferplus, or set the environment variable FER2013 to "
    "the folder that holds them (fer2013.csv, fer2013.csv.gz, fer2013.zip, fer2013.tar.gz, "
    "icml_face_data.csv, archive.zip, the folders train and test, FER2013Train, or Parquet files "
    "named after them; FER+ as fer2013new.csv), or put them into "
    f"{FER2013}/."
)


@dataclass(frozen=True)
class Fer2013Files:
    """``fer2013``: a file, or a folder of pictures or Parquet. ``ferplus``: a file, or None."""

    fer2013: Path
    ferplus: Path | None


def find_fer2013(
    fer2013: str | Path | None = None, ferplus: str | Path | None = None
) -> Fer2013Files:
    """Where FER2013 and FER+ are: the paths given, else ``$FER2013``, else ``data/fer2013/``
    (``~/.fermask/fer2013/`` where the package is installed).

    A path may name a file, or a folder that holds it under one of the usual names or one folder
    deeper. With only
    ``fer2013`` given, FER+ is looked for beside it. ``hf://datasets/USER/NAME`` names a dataset
    on the Hugging Face Hub, which is downloaded once.

    Raises:
        FileNotFoundError: there is no FER2013, or a path that was given does not exist.
        ValueError: an address that is none of a dataset.
        OSError: the Hub cannot be reached, or refuses.
    """
    folder = _usual_folder() if fer2013 is None else _local(fer2013)
    faces = folder if folder.is_file() else _fer2013_in(folder)
    if faces is None:
        reason = f"No FER2013 in {folder}." if folder.is_dir() else f"{folder} does not exist."
        raise FileNotFoundError(f"{reason} {_THREE_WAYS}")
    if ferplus is None:
        return Fer2013Files(
            faces, _named(faces.parent if faces.is_file() else faces, _FERPLUS_NAMES)
        )
    given = given_path(ferplus)
    votes = given if given.is_file() else _named(given, _FERPLUS_NAMES)
    if votes is None:
        raise FileNotFoundError(f"No FER+ at {ferplus}. {_THREE_WAYS}")
    return Fer2013Files(faces, votes)


def _usual_folder() -> Path:
    named = os.environ.get("FER2013", "").strip()
    return _local(named) if named else FER2013


def _local(place: str | Path) -> Path:
    return fetch_dataset(str(place)) if is_address(str(place)) else given_path(place)


def _fer2013_in(folder: Path) -> Path | None:
    """What ``read_fer2013`` reads of a folder, or of the first one in it that has any."""
    if not folder.is_dir():
        return None
    below = [path for path in sorted(folder.iterdir()) if path.is_dir() and path.name[0] != "."]
    return next((found for each in (folder, *below) if (found := _fer2013_right_in(each))), None)


def _fer2013_right_in(folder: Path) -> Path | None:
    if found := _named(folder, _FER2013_NAMES):
        return found
    if split_folders(folder) or ferplus_folders(folder) or parquet_files(folder):
        return folder
    return _named(folder, _ARCHIVE_NAMES)


def _named(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The folder's file of the first of the names, regular expressions, that it holds."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file()] if folder.is_dir() else []
    return next(
        (path for name in names for path in files if re.fullmatch(name, path.name, re.IGNORECASE)),
        None,
    )
