"""Buttons that take a matrix, or the faces chosen, home as CSV and PNG."""

import re
from collections.abc import Callable

import numpy as np
import streamlit as st

from apps.explorer_parts.data import Shown
from apps.explorer_parts.words import scope_words
from fermask.evaluation.confusion import confusion_csv
from fermask.evaluation.evaluation import Evaluation
from fermask.reporting.figures import MOST_FACES, Tile, contact_sheet, draw_confusion, figure_png


def export_matrix(
    shown: Shown, evaluation: Evaluation, split: str, chosen: np.ndarray, shares: bool, key: str
) -> None:
    """A matrix as CSV and PNG.

    Args:
        shown: whose predictions the matrix is of.
        evaluation: the matrix.
        split: of its faces.
        chosen: their positions.
        shares: whether the large figures are shares of the row.
        key: of the buttons.
    """
    about = shown.predictions.about
    title = f"{about['model']} · {scope_words(shown, split, chosen)}"
    of = {
        "model": about["model"],
        "protocol": about["protocol"] or "",
        "seed": "" if about["seed"] is None else str(about["seed"]),
        "split": split,
        "set": shown.ferm.name,
    }
    _buttons(
        "Matrix",
        lambda: confusion_csv(evaluation.confusion, of, shown.ferm.classes),
        lambda: figure_png(draw_confusion(evaluation.confusion, title, shares, shown.ferm.classes)),
        _file_name("confusion", about["model"], of["protocol"], of["seed"], split),
        key,
    )


def export_faces(
    shown: Shown, positions: np.ndarray, csv: Callable[[], str], title: str, key: str
) -> None:
    """The faces chosen as CSV, and as a PNG sheet of their pictures.

    Args:
        shown: whose faces.
        positions: in the order of the sheet.
        csv: makes the CSV.
        title: what they are.
        key: of the buttons.
    """
    _buttons(
        "Faces",
        csv,
        lambda: contact_sheet(
            [_tile(shown, int(each)) for each in positions[:MOST_FACES]], title, len(positions)
        ),
        _file_name("faces", title),
        key,
    )


def _buttons(
    what: str, csv: Callable[[], str], png: Callable[[], bytes], file: str, key: str
) -> None:
    with st.container(horizontal=True, gap="small"):
        for kind, data, mime in (("CSV", csv, "text/csv"), ("PNG", png, "image/png")):
            st.download_button(
                f"{what} {kind}",
                data,
                f"{file}.{kind.lower()}",
                mime,
                key=f"{key}_{kind}",
                icon=":material/download:",
                on_click="ignore",
            )


def _tile(shown: Shown, position: int) -> Tile:
    face = shown.table.iloc[position]
    words = face["label"]
    if face["answer"] == "wrong":
        words = f"{words} → {face['predicted']}"
    return Tile(shown.pixels(position), (f"row {face['row']}, {face['confidence']:.0%}", words))


def _file_name(*parts: str) -> str:
    """A name that every file system takes."""
    words = "-".join(part for part in parts if part).translate(str.maketrans("–→", "--"))
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", words).strip("-.")[:100]
