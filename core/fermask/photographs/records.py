"""What was found in a photograph as people and programs take it: JSON, a table, a picture.

The command ``fermask``, the demo's page and API, and the Parquet files all use these names.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fermask.faces.labels import CLASSES
from fermask.photographs.overlays import draw_boxes
from fermask.photographs.prediction import FacePrediction
from fermask.system.files import whole_file

# Of the table that photographs become, a row a face.
COLUMNS: tuple[str, ...] = (
    *("image", "face", "x", "y", "width", "height"),
    *CLASSES,
    *("label", "sure", "other", "smile", "mask", "nose_covered", "error"),
)

# A text that begins with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_JPEG_QUALITY = 92


def as_record(image: str, predictions: Sequence[FacePrediction]) -> dict[str, Any]:
    """One photograph as JSON has it.

    Args:
        image: its name.
        predictions: of its faces.

    Returns:
        ``image`` and ``faces``, each with ``box`` (x, y, width and height in pixels of the
        upright picture), ``probabilities`` by class name, 0…1, ``label`` (the likeliest class),
        ``sure`` (whether it reaches the network's threshold), ``other``, ``smile``, ``mask`` and
        ``nose_covered``, the last four None where that is not told; values that JSON knows.
    """
    return {"image": image, "faces": [_face_record(each) for each in predictions]}


def _face_record(face: FacePrediction) -> dict[str, Any]:
    return {
        "box": list(face.box_xywh),
        "probabilities": {
            name: round(float(share), 4)
            for name, share in zip(CLASSES, face.probabilities, strict=True)
        },
        "label": face.label,
        "sure": face.sure,
        "other": face.other,
        "smile": face.smile,
        "mask": face.mask,
        "nose_covered": face.nose_covered,
    }


def as_rows(
    image: str, predictions: Sequence[FacePrediction], error: str = ""
) -> list[dict[str, Any]]:
    """One photograph's rows of a table: one a face, or one that says why there is none.

    Args:
        image: its name.
        predictions: of its faces.
        error: why it could not be read, or "".

    Returns:
        Rows with all ``COLUMNS``, named as in ``as_record``: ``face`` counts from 1, the box is
        in pixels of the upright picture, probabilities are 0…1, and what is not told is "".
        Without a face all but ``image`` and ``error`` are "".
    """
    if not predictions:
        return [dict.fromkeys(COLUMNS, "") | {"image": image, "error": error}]
    rows = []
    for number, each in enumerate(predictions, start=1):
        told = _face_record(each)
        box = zip(("x", "y", "width", "height"), told.pop("box"), strict=True)
        told = dict(box) | told.pop("probabilities") | told
        told = {name: "" if value is None else value for name, value in told.items()}
        rows.append({"image": image, "face": number, **told, "error": ""})
    return rows


def csv_header() -> str:
    """The first line of ``write_csv``."""
    return ",".join(COLUMNS) + "\n"


def csv_lines(rows: Iterable[dict[str, Any]]) -> str:
    """Rows of ``as_rows`` as CSV without a header, one line a row.

    A name that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    for row in rows:
        risky = row["image"].startswith(_FORMULA)
        writer.writerow(row | {"image": "'" + row["image"]} if risky else row)
    return text.getvalue()


def write_csv(rows: Iterable[dict[str, Any]]) -> str:
    """Rows of ``as_rows`` as CSV with a header, as ``csv_lines`` writes them."""
    return csv_header() + csv_lines(rows)


def face_caption(number: int, face: FacePrediction) -> str:
    """Such as ``1: sad 71%, mask``; ``number`` counts from 1."""
    share = face.probabilities[face.class_index]
    said = f"{face.label} {share:.0%}" if face.sure else "not sure"
    return f"{number}: {said}{', mask' if face.mask else ''}"


def draw_predictions(
    image_rgb: np.ndarray, predictions: Sequence[FacePrediction], longest: int | None = None
) -> np.ndarray:
    """The photograph with its faces framed and captioned, uint8 ``(h, w, 3)``.

    Args:
        image_rgb: uint8 ``(h, w, 3)``; left as it is.
        predictions: of its faces.
        longest: the result's longer side is at most this many pixels; None: as given.
    """
    boxes = [each.box_xywh for each in predictions]
    captions = [face_caption(number, each) for number, each in enumerate(predictions, start=1)]
    return draw_boxes(image_rgb, boxes, captions, longest=longest or max(image_rgb.shape[:2]))


class PictureFolder:
    """A folder that pictures are written into as JPEG, each under a name of its own.

    ``a.png`` becomes ``a.jpg``, and what else would be called so ``a-2.jpg``. The same pictures
    in the same order get the same names.

    Raises:
        ValueError: one of ``sources``, the pictures that are read, lies in the folder, and could
            be written over.
    """

    def __init__(self, folder: Path, sources: Iterable[Path]) -> None:
        self._folder = folder
        self._taken: set[str] = set()
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(f"{folder} is a file; expected the name of a folder.")
        if any(path.resolve().parent == folder.resolve() for path in sources):
            raise ValueError(
                f"{folder} holds pictures that are read, which must not be written over; name "
                "another folder."
            )

    def write(self, source: Path, image_rgb: np.ndarray) -> Path:
        """Writes what was made of a picture, uint8 ``(h, w, 3)``; says where."""
        name, number = source.stem, 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{source.stem}-{number}"
        self._taken.add(name.casefold())
        path = self._folder / f"{name}.jpg"
        write_picture(path, image_rgb)
        return path


def write_picture(path: Path, image_rgb: np.ndarray) -> None:
    """Writes a picture, uint8 ``(h, w, 3)``, whole or not at all.

    Raises:
        ValueError: the name ends in none of ``.jpg``, ``.jpeg``, ``.png`` and ``.webp``.
    """
    if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp"):
        raise ValueError(f"{path}: expected a name that ends in .jpg, .png or .webp.")
    with whole_file(path) as temporary:
        Image.fromarray(image_rgb).save(temporary, quality=_JPEG_QUALITY)
