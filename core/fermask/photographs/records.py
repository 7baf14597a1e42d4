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
from fermask.photographs.boxes import scaled_box
from fermask.photographs.overlays import draw_boxes
from fermask.photographs.prediction import OTHER_LIKELY, SMILE_LIKELY, FacePrediction
from fermask.system.csv_text import cell
from fermask.system.files import whole_file

_BEFORE = ("image", "frame", "seconds", "face", "x", "y", "width", "height")
_AFTER = ("label", "sure", "other", "smile", "mask", "nose_covered", "warning", "error")


def columns_of(classes: tuple[str, ...] = CLASSES) -> tuple[str, ...]:
    """The columns of the table that photographs become, a row a face."""
    return (*_BEFORE, *map(_class_column, classes), *_AFTER)


def _class_column(name: str) -> str:
    return f"p_{name}" if name in (*_BEFORE, *_AFTER) else name


COLUMNS: tuple[str, ...] = columns_of()

_JPEG_QUALITY = 92


def as_record(
    image: str,
    predictions: Sequence[FacePrediction],
    warning: str = "",
    frame: int | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    """One photograph, or a frame of a film, as JSON has it.

    Args:
        image: its name.
        predictions: of its faces.
        warning: what was missing of it, or "".
        frame: its number in a film, from 0.
        seconds: from the film's start.

    Returns:
        ``image``, of a film ``frame`` and ``seconds``, and ``faces``, each with ``box`` (x, y,
        width and height in pixels of the upright picture), ``probabilities`` by class name, 0…1,
        ``label`` (the likeliest class),
        ``sure`` (whether it reaches the network's threshold and no other expression is likelier
        than not), ``other``, ``smile``, ``mask`` and ``nose_covered``, the last four None where
        that is unknown or unsure; ``warning`` where there is one; values that JSON knows.
    """
    where = {} if frame is None else {"frame": frame, "seconds": seconds}
    record = {"image": image, **where, "faces": [_face_record(each) for each in predictions]}
    return record | {"warning": warning} if warning else record


def _face_record(face: FacePrediction) -> dict[str, Any]:
    return {
        "box": list(face.box_xywh),
        "probabilities": {
            name: round(float(share), 4)
            for name, share in zip(face.classes, face.probabilities, strict=True)
        },
        "label": face.label,
        "sure": face.sure,
        "other": None if face.other is None else round(face.other, 4),
        "smile": None if face.smile is None else round(face.smile, 4),
        "mask": face.mask,
        "nose_covered": face.nose_covered,
    }


def as_rows(
    image: str,
    predictions: Sequence[FacePrediction],
    error: str = "",
    warning: str = "",
    frame: int | None = None,
    seconds: float | None = None,
    classes: tuple[str, ...] = CLASSES,
) -> list[dict[str, Any]]:
    """One photograph's rows of a table: one a face, or one that says why there is none.

    Args:
        image: its name.
        predictions: of its faces.
        error: why it could not be read, or "".
        warning: what was missing of it, or "".
        frame: as for ``as_record``.
        seconds: as for ``as_record``.
        classes: that the network tells apart.

    Returns:
        Rows with all ``columns_of`` them, named as in ``as_record``: ``face`` counts from 1, the
        box is in pixels of the upright picture, probabilities are 0…1, and what is unknown is "".
        Without a face all but ``image``, ``frame``, ``seconds``, ``warning`` and ``error`` are "".
    """
    about: dict[str, Any] = {"image": image, "warning": warning, "error": error}
    about |= {
        "frame": "" if frame is None else frame,
        "seconds": "" if seconds is None else seconds,
    }
    if not predictions:
        return [dict.fromkeys(columns_of(classes), "") | about]
    rows = []
    for number, each in enumerate(predictions, start=1):
        values = _face_record(each)
        box = zip(("x", "y", "width", "height"), values.pop("box"), strict=True)
        shares = {_class_column(name): share for name, share in values.pop("probabilities").items()}
        values = dict(box) | shares | values
        values = {name: "" if value is None else value for name, value in values.items()}
        rows.append(about | {"face": number} | values)
    return rows


def csv_header(classes: tuple[str, ...] = CLASSES) -> str:
    """The first line of ``write_csv``."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow(map(cell, columns_of(classes)))
    return text.getvalue()


def csv_lines(rows: Iterable[dict[str, Any]], classes: tuple[str, ...] = CLASSES) -> str:
    """Rows of ``as_rows`` as CSV without a header, one line a row.

    In a name, what a spreadsheet would take for a formula gets an apostrophe before it.
    """
    text = StringIO()
    writer = csv.DictWriter(text, columns_of(classes), lineterminator="\n")
    for row in rows:
        writer.writerow(row | {name: cell(row[name]) for name in ("image", "error")})
    return text.getvalue()


def write_csv(rows: Iterable[dict[str, Any]]) -> str:
    """Rows of ``as_rows`` as CSV with a header, as ``csv_lines`` writes them."""
    return csv_header() + csv_lines(rows)


def short_caption(face: FacePrediction) -> str:
    """What is said of a face in a few words, such as ``sad 71%``, ``smile 64%``, ``not sure``."""
    return _caption(_face_record(face))


def row_caption(row: dict[str, Any]) -> str:
    """The same for a row of ``as_rows`` that has a face."""
    return _caption(row | {"probabilities": row})


def _caption(values: dict[str, Any]) -> str:
    if values["sure"]:
        return f"{values['label']} {values['probabilities'][values['label']]:.0%}"
    for name, share, likely in (
        ("smile", values["smile"], SMILE_LIKELY),
        ("another expression", values["other"], OTHER_LIKELY),
    ):
        if (share or 0) > likely:
            return f"{name} {share:.0%}"
    return "not sure"


def face_caption(number: int, face: FacePrediction) -> str:
    """Such as ``1: sad 71%, mask``; ``number`` counts from 1."""
    # A network that tells no other expressions tells no masks either.
    unsure = "" if face.other is None else ", perhaps a mask"
    mask = {True: ", mask", False: "", None: unsure}[face.mask]
    nose = ", nose uncovered" if face.mask and face.nose_covered is False else ""
    return f"{number}: {short_caption(face)}{mask}{nose}"


def draw_predictions(
    image_rgb: np.ndarray,
    predictions: Sequence[FacePrediction],
    longest: int | None = None,
    reduced: float = 1.0,
) -> np.ndarray:
    """The photograph with its faces framed and captioned, uint8 ``(h, w, 3)``.

    Args:
        image_rgb: uint8 ``(h, w, 3)``; left as it is.
        predictions: of its faces.
        longest: the result's longer side is at most this many pixels; None: as given.
        reduced: how many pixels of the boxes one of ``image_rgb`` is wide.
    """
    boxes = [scaled_box(each.box_xywh, 1 / reduced) for each in predictions]
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
