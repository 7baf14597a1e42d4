"""Fig. 6: confusion over the whole set, and over the faces held back beside it."""

import numpy as np

from fermask.evaluation.evaluation import confusion_matrix
from fermask.evaluation.rates import rate
from fermask.faces.drawing import HIDDEN, PAPER, SEEN
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import Predictions
from fermask.reporting.figures.paper import CAPTIONS, MARGIN, QUIET, document, rectangle, text

_DARK = "#23272e"
# Of a cell with its gap, and of a matrix with the names of its rows.
_CELL, _WIDTH = (70, 56), 361


def split_confusions(predictions: Predictions) -> dict[str, np.ndarray]:
    """Counts of the whole set (``all``) and of the faces held back (``validation``), int64.

    Each ``(4, 4)``: rows the true class, columns the predicted one.
    """
    said = predictions.probabilities.argmax(axis=1)
    held_back = (predictions.table["split"] == "validation").to_numpy()
    return {
        "all": confusion_matrix(predictions.labels, said),
        "validation": confusion_matrix(predictions.labels[held_back], said[held_back]),
    }


def draw_confusions(predictions: Predictions) -> str:
    """Fig. 6: the confusion matrix of the whole set, and beside it of the validation faces.

    Args:
        predictions: of a run, as ``evaluation.read_predictions`` gives them.
    """
    matrices = split_confusions(predictions)
    trained_on = int((predictions.table["split"] == "training").sum())
    twins = predictions.about["protocol"] == "paper"
    panels = (
        ("all", "Whole set", f"{trained_on:,} training faces included", HIDDEN),
        (
            "validation",
            "Validation faces only",
            "not trained on, but twins may be" if twins else "none of them trained on",
            HIDDEN if twins else SEEN,
        ),
    )
    title = "{model} · protocol {protocol} · seed {seed} · {ferm}".format(**predictions.about)
    parts = [text(MARGIN, 40, title, 16, weight=600)]
    for i, (split, name, words, colour) in enumerate(panels):
        parts += _matrix(MARGIN + i * 392, 78, matrices[split], name, words, colour)
    parts.append(text(MARGIN, 404, "Faces, and their share of the row.", 13, fill=QUIET))
    numbers = ", ".join(f"{name} n = {matrices[key].sum():,}" for key, name, _, _ in panels)
    return document(parts, 2 * MARGIN + 392 + _WIDTH, 424, f"{CAPTIONS[6][0]}: {title}; {numbers}")


def _matrix(
    x: float, y: float, confusion: np.ndarray, name: str, words: str, colour: str
) -> list[str]:
    accuracy = rate(int(np.trace(confusion)), int(confusion.sum()))
    end = x + _WIDTH
    right = f"{accuracy.percent}% right (95%: {accuracy.interval})" if accuracy.n else ""
    parts = [
        text(x, y, name, 15, weight=600),
        text(end, y, f"n = {accuracy.n:,}", 15, "end", 600),
        text(x, y + 20, words, 13, weight=600, fill=colour),
        text(x, y + 40, right, 13),
        text(end, y + 40, "predicted →", 12, "end", fill=QUIET),
        text(x, y + 64, "true ↓", 12, fill=QUIET),
    ]
    for i, row in enumerate(confusion):
        top = y + 74 + _CELL[1] * i
        parts.append(text(x + 76, top + 25, CLASSES[i], 13, "end", 600))
        parts.append(text(x + 76, top + 43, f"{row.sum():,}", 12, "end", fill=QUIET))
        for j, number in enumerate(row):
            left = x + 84 + _CELL[0] * j
            if i == 0:
                parts.append(text(left + 34, y + 64, CLASSES[j], 13, "middle", 600))
            parts += _cell(left, top, int(number), number / row.sum() if row.any() else 0.0)
    return parts


def _cell(x: float, y: float, number: int, share: float) -> list[str]:
    middle = x + (_CELL[0] - 3) / 2
    return [
        rectangle(x, y, _CELL[0] - 3, _CELL[1] - 3, _tint(share), radius=4),
        text(middle, y + 25, f"{number:,}", 15, "middle", 600, _DARK),
        text(middle, y + 43, f"{share:.1%}", 12, "middle", fill=_DARK),
    ]


def _tint(share: float) -> str:
    """From paper (0) towards the colour of what is seen (1), never too dark for text on it."""
    ends = [np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in (PAPER, SEEN)]
    return "#{:02x}{:02x}{:02x}".format(
        *np.rint(ends[0] + 0.6 * share * (ends[1] - ends[0])).astype(int)
    )
