"""A set as a folder: its manifest, and the images where pixels are at hand.

``write`` stores a set, ``load`` reads it back, ``open_set`` opens it to look at some of its faces.
A manifest alone, as this project publishes it, gives the same images again from the user's own
FER2013 (``render``).
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fermask.dataset.copies import with_copies
from fermask.dataset.face_quality import Progress
from fermask.dataset.fer2013 import Fer2013
from fermask.dataset.ferm import (
    BUILD_ANEW,
    LEFT_IN_FILE,
    READABLE_SCHEMAS,
    Ferm,
    flat_points,
    listed_points,
)
from fermask.faces.labels import CLASSES, VOTE_COLUMNS, are_classes
from fermask.faces.masking import draw_look, put_mask
from fermask.system.files import save_array, shown
from fermask.system.kept import Checksums, keep, one_writer
from fermask.system.markdown import plain_name
from fermask.system.parquet import StoredTable, write_table
from fermask.system.paths import PUBLISHED

MANIFEST = "manifest.parquet"
MASKED = "masked.npy"
BARE = "bare.npy"
# As many faces as FER2013 has; larger sets are opened without a look at every pixel.
_MOST_CHECKED = 35_887


def render(
    manifest: pd.DataFrame, faces: Fer2013, progress: Progress = lambda *_: None
) -> tuple[np.ndarray, np.ndarray]:
    """The images of a manifest from FER2013's pixels; ``progress`` is called for every hundred.

    Returns:
        Masked and bare faces, uint8 ``(n, 48, 48)`` each, in the manifest's order.

    Raises:
        ValueError: FER2013 lacks a row that the manifest names.
    """
    try:
        bare = faces.pixels_of(manifest["row"].to_numpy())
    except ValueError as error:
        raise ValueError(
            f"{error} The manifest needs the FER2013 that it was built from."
        ) from error
    points_xy = listed_points(manifest["landmarks"])
    looks = map(draw_look, manifest["mask_seed"].to_list())
    masked: list[np.ndarray] = []
    for each in zip(bare, points_xy, looks, strict=True):
        if len(masked) % 100 == 0:
            progress("Drawing the masks", len(masked), len(bare))
        masked.append(put_mask(*each).image)
    return np.array(masked, dtype=np.uint8).reshape(-1, 48, 48), bare


def write(ferm: Ferm, folder: Path) -> None:
    """Stores a set as a folder; a set that was there stands until the new one is whole.

    Raises:
        ValueError: the set was only opened (``open_set``), and so is not all there.
        OSError: another process is writing the folder, or there is no room.
    """
    if ferm.stored is not None:
        raise ValueError(f"{ferm.stored.path} was only opened; load it to write it elsewhere.")
    folder = Path(folder)
    images = {MASKED: ferm.masked, BARE: ferm.bare}
    there = {name: array for name, array in images.items() if array is not None}
    writers = {name: partial(save_array, array=array) for name, array in there.items()}
    table = partial(write_table, table=ferm.manifest, about=ferm.about)
    with one_writer(folder):
        keep(folder, {**writers, MANIFEST: table})
        for name in images.keys() - writers:
            (folder / name).unlink(missing_ok=True)


def load(
    folder: Path = PUBLISHED,
    faces: Fer2013 | None = None,
    progress: Progress = lambda *_: None,
) -> Ferm:
    """Reads a set's folder back, with its images if they are there.

    >>> import fermask
    >>> ferm = fermask.load()
    >>> ferm.name, len(ferm.manifest), ferm.masked is None
    ('FERM v2', 3840, True)

    Args:
        folder: as ``write`` made it, or one with a manifest only; else the published FERM.
        faces: the user's FER2013; the images are drawn from it where the folder lacks them.
        progress: called while they are drawn.

    Raises:
        FileNotFoundError: no manifest in the folder.
        ValueError: a manifest of another schema or without what it needs, a damaged file, or
            FER2013 is not the one that the manifest was built from.
    """
    folder = Path(folder)
    stored = _open_manifest(folder / MANIFEST)
    table = stored.read(stored.schema.names)
    _check_values(table, stored)
    ferm = Ferm(with_copies(table.to_pandas(), folder), stored.about)
    if _has_images(folder):
        masked, bare = (_map_images(folder / name, len(table)) for name in (MASKED, BARE))
        _check_pixels(masked, bare, folder, ferm)
        return replace(ferm, masked=np.array(masked), bare=np.array(bare))
    if faces is None:
        return ferm
    masked, bare = render(ferm.manifest, faces, progress)
    if pixel_hash(bare) != ferm.about["bare_sha256"]:
        raise ValueError(
            f"{faces.source} is not the FER2013 that {stored.path} was built from: the "
            "pixels of the same rows differ. Use the file it was built from (Kaggle's "
            "fer2013.csv for the published set), or build the set anew with "
            "`python -m scripts.build_ferm`."
        )
    return replace(ferm, masked=masked, bare=bare)


def open_set(folder: Path) -> Ferm:
    """Opens a set's folder to look at some of its faces, however many there are.

    As ``load``, but ``LEFT_IN_FILE`` are read for the faces asked for, and the images are
    memory-mapped. Of a set larger than FER2013 they are checked for their form alone, since
    a hash takes all pixels.

    Raises:
        FileNotFoundError: no manifest in the folder.
        ValueError: a manifest of another schema or without what it needs, or a damaged file.
    """
    folder = Path(folder)
    stored = _open_manifest(folder / MANIFEST)
    names = [name for name in stored.schema.names if name not in LEFT_IN_FILE]
    table = stored.read(names)
    _check_values(table, stored)
    ferm = Ferm(with_copies(table.to_pandas(), folder), stored.about, stored=stored)
    if not _has_images(folder):
        return ferm
    masked, bare = (_map_images(folder / name, len(table)) for name in (MASKED, BARE))
    if len(table) <= _MOST_CHECKED:
        _check_pixels(masked, bare, folder, ferm)
    return replace(ferm, masked=masked, bare=bare)


def same_images(ferm: Ferm) -> bool:
    """Whether the masked images are those of the build, byte for byte.

    With other versions of NumPy or OpenCV than the build's a few pixels may differ by a step.
    """
    return ferm.masked is not None and pixel_hash(ferm.masked) == ferm.about["masked_sha256"]


def pixel_hash(images: np.ndarray) -> str:
    """SHA-256 (hex) of images' bytes, in their order."""
    return hashlib.sha256(np.ascontiguousarray(images).data).hexdigest()


# What each column of a manifest holds.
_COLUMNS: dict[str, str] = {
    **dict.fromkeys(("row", "group", "fold", "emotion", "template"), "whole numbers"),
    **dict.fromkeys(("usage", "label", "file", "mask_style"), "text"),
    **dict.fromkeys(("agreement", *VOTE_COLUMNS, "score", "yaw", "roll", "sharpness"), "numbers"),
    "landmarks": "lists of numbers",
    "passed": "lists of text",
    "mask_seed": "whole numbers",
}
_SINCE_SCHEMA_2: dict[str, str] = {"copies": "whole numbers"}
_NEVER_MISSING = ("row", "usage", "label", "group", "fold", "file", "mask_style", "mask_seed")
_NEEDED_ABOUT = {"name": str, "bare_sha256": str, "masked_sha256": str, "funnel": dict}


def _open_manifest(path: Path) -> StoredTable:
    """A manifest's file, once its form is right; its values are still to be looked at."""
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist; expected a folder made by `python -m scripts.build_ferm`."
        )
    stored = StoredTable(path)
    schema = stored.about.get("schema")
    if schema not in READABLE_SCHEMAS:
        readable = " and ".join(map(str, READABLE_SCHEMAS))
        raise ValueError(
            f"{path} has schema {schema}; this version reads schema {readable}. {BUILD_ANEW}"
        )
    columns = _COLUMNS if schema == 1 else _COLUMNS | _SINCE_SCHEMA_2
    missing = [name for name in columns if name not in stored.schema.names]
    missing += [
        f"its {name!r}"
        for name, kind in _NEEDED_ABOUT.items()
        if not isinstance(stored.about.get(name), kind)
    ]
    if missing:
        raise ValueError(
            f"{path} is no manifest of a set; it lacks {', '.join(missing)}. {BUILD_ANEW}"
        )
    classes = stored.about.get("classes", CLASSES)
    if not are_classes(classes):
        raise ValueError(f"{path}: its 'classes' are no names, two or more. {BUILD_ANEW}")
    lengths = {len(stored.about["funnel"].get(name) or ()) for name in ("step", *classes, "other")}
    if plain_name(stored.about["name"]) != stored.about["name"]:
        raise ValueError(f"{path}: its name, {shown(stored.about['name'])}, is none. {BUILD_ANEW}")
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(f"{path}: its 'funnel' has not a count of each class. {BUILD_ANEW}")
    if len(stored) == 0:
        raise ValueError(f"{path} holds no face. {BUILD_ANEW}")
    for name, expected in columns.items():
        kind = stored.schema.field(name).type
        if not _holds(kind, expected):
            raise ValueError(f"{path}: {name!r} holds {kind}; expected {expected}. {BUILD_ANEW}")
    return stored


def _holds(kind: pa.DataType, expected: str) -> bool:
    """Whether Arrow's type is one of those that ``_COLUMNS`` names."""
    if expected.startswith("lists of "):
        is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
        return is_list and _holds(kind.value_type, expected.removeprefix("lists of "))
    if expected == "text":
        return pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if expected == "whole numbers":
        return pa.types.is_integer(kind)
    # A column without any value, such as the votes without FER+, may be of no type.
    return any(ask(kind) for ask in (pa.types.is_integer, pa.types.is_floating, pa.types.is_null))


def _check_values(table: pa.Table, stored: StoredTable) -> None:
    path, classes = stored.path, stored.about.get("classes", CLASSES)
    for name in _NEVER_MISSING:
        if table[name].null_count:
            place = int(np.argmax(table[name].is_null().to_numpy()))
            raise ValueError(
                f"{path}: {name!r} is missing at place {place:,} (from 0). {BUILD_ANEW}"
            )
    if "landmarks" in table.column_names:
        flat_points(table["landmarks"], path)
    for name in ("row", "group", "fold", "mask_seed"):
        least = pc.min(table[name]).as_py()
        if least < 0:
            raise ValueError(f"{path}: {name!r} is {least}; expected 0 or more. {BUILD_ANEW}")
    unknown = set(table["label"].unique().to_pylist()) - set(classes)
    if unknown:
        raise ValueError(
            f"{path} has the label {min(unknown)!r}; there are {', '.join(classes)}. {BUILD_ANEW}"
        )


def _has_images(folder: Path) -> bool:
    return (folder / MASKED).is_file() and (folder / BARE).is_file()


def _map_images(path: Path, count: int) -> np.ndarray:
    """A file's images, mapped rather than read."""
    try:
        images = np.lib.format.open_memmap(path, mode="r")
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}). {BUILD_ANEW}") from error
    if images.shape != (count, 48, 48) or images.dtype != np.uint8:
        raise ValueError(
            f"{path} holds {images.dtype} {images.shape}; its manifest needs uint8 "
            f"({count}, 48, 48). {BUILD_ANEW}"
        )
    checked = images.view(_CheckedImages)
    checked.sums = Checksums(path)
    return checked


class _CheckedImages(np.memmap):
    """Images of a file, each part of which is checked when it is first looked at."""

    sums: Checksums | None = None

    def __getitem__(self, index: Any) -> Any:
        if self.sums is not None:
            first = index[0] if isinstance(index, tuple) else index
            if isinstance(first, np.ndarray) and first.dtype == bool:
                first = first.reshape(len(self), -1).any(axis=1)
            rows = [first] if isinstance(first, int) else np.arange(len(self))[first].ravel()
            for row in map(int, rows):
                start = self.offset + row % len(self) * 48 * 48
                self.sums.check(start, start + 48 * 48)
        return np.asarray(super().__getitem__(index))


def _check_pixels(masked: np.ndarray, bare: np.ndarray, folder: Path, ferm: Ferm) -> None:
    for name, images in ((MASKED, masked), (BARE, bare)):
        Checksums(folder / name).check()
        if pixel_hash(images) != ferm.about[f"{name.removesuffix('.npy')}_sha256"]:
            raise ValueError(
                f"{folder / name} holds other pixels than those that {folder / MANIFEST} was "
                f"built from. {BUILD_ANEW}"
            )


def set_id(about: dict[str, Any]) -> str:
    """16 hex digits that tell a set from others of its name, by what it was made from."""
    parts = [str(about.get(key, "")) for key in ("name", "source_sha256", "bare_sha256")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def is_published(ferm: Ferm, folder: Path = PUBLISHED) -> bool:
    """Whether a set is the one that this project publishes in a folder, with images or without."""
    return set_id(ferm.about) == set_id(load(folder).about)


@dataclass(frozen=True)
class FoundSet:
    """A folder with a manifest; ``name`` and ``n`` (faces) as it says, "" and 0 if damaged."""

    folder: Path
    name: str
    n: int


def found_sets(places: Iterable[Path]) -> list[FoundSet]:
    """The sets in some places, each folder once, in the order of the places and of names.

    Args:
        places: folders that are looked at themselves, and one level below; they may be missing.
    """
    folders: dict[Path, Path] = {}
    for place in places:
        # A name from a link may be longer than any file's.
        with suppress(OSError):
            for path in sorted((*place.glob(MANIFEST), *place.glob(f"*/{MANIFEST}"))):
                folders.setdefault(path.parent.resolve(), path.parent)
    return [_found(folder) for folder in folders.values()]


def _found(folder: Path) -> FoundSet:
    try:
        stored = StoredTable(folder / MANIFEST)
        return FoundSet(folder, plain_name(str(stored.about.get("name", ""))), len(stored))
    except (ValueError, OSError):
        return FoundSet(folder, "", 0)
