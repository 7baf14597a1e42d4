"""Confusion matrices: one as a figure of its own, and Fig. 6, where two stand side by side."""

import textwrap

import numpy as np

from fermask.evaluation.confusion import confusion_matrix, row_shares
from fermask.evaluation.rates import rate
from fermask.faces.drawing import HIDDEN, PAPER, SEEN
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import Predictions
from fermask.reporting.figures.paper import CAPTIONS, MARGIN, QUIET, document, rectangle, text

_DARK = "#23272e"
# Of a cell with its gap, and of a matrix with the names of its rows.
_CELL, _NAMES, _WIDTH = (70, 56), 84, 361
# Of a title, so that a line is no wider than the matrix under it.
_CHARACTERS, _LINE = 48, 18


def cell_texts(confusion: np.ndarray, shares: bool) -> list[list[tuple[str, str]]]:
    """What stands in each cell, in large figures and small ones: the count and the row's share.

    Args:
        confusion: int ``(4, 4)``, as ``confusion_matrix`` gives it.
        shares: whether the share is the large one.
    """
    cells = [
        [(f"{n:,}", f"{share:.1%}") for n, share in zip(*row, strict=True)]
        for row in zip(confusion.tolist(), row_shares(confusion).tolist(), strict=True)
    ]
    return [[(share, n) for n, share in row] for row in cells] if shares else cells


def draw_confusion(
    confusion: np.ndarray,
    title: str,
    shares: bool = False,
    classes: tuple[str, ...] = CLASSES,
) -> str:
    """A confusion matrix under a title, with its accuracy, as an SVG document.

    Args:
        confusion: int ``(k, k)``, as ``confusion_matrix`` gives it.
        title: model, protocol, split and set.
        shares: whether the large figures are shares of the row.
        classes: names of rows and columns.
    """
    lines = textwrap.wrap(title, _CHARACTERS)
    top = 36 + _LINE * len(lines)
    parts = [text(MARGIN, 36 + _LINE * i, line, 14, weight=600) for i, line in enumerate(lines)]
    parts += _matrix(MARGIN, top, confusion, shares, classes)
    # Never narrower than its title.
    width = max(_NAMES + _CELL[0] * len(classes) - 3, _WIDTH)
    return document(parts, 2 * MARGIN + width, top + 52 + _CELL[1] * len(classes), title)


def split_confusions(predictions: Predictions) -> dict[str, np.ndarray]:
    """Counts of the whole set (``all``) and of the faces held back (``validation``), int64.

    Each ``(4, 4)``: rows the true class, columns the predicted one.
    """
    predicted = predictions.probabilities.argmax(axis=1)
    held_back = (predictions.table["split"] == "validation").to_numpy()
    return {
        "all": confusion_matrix(predictions.labels, predicted),
        "validation": confusion_matrix(predictions.labels[held_back], predicted[held_back]),
    }


def draw_confusions(predictions: Predictions) -> str:
    """Fig. 6: the confusion matrix of the whole set, and beside it of the validation faces.

    Args:
        predictions: of a run, as ``predictions.read_predictions`` gives them.
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
        left, confusion = MARGIN + i * 392, matrices[split]
        parts += [
            text(left, 78, name, 15, weight=600),
            text(left + _WIDTH, 78, f"n = {confusion.sum():,}", 15, "end", 600),
            text(left, 98, words, 13, weight=600, fill=colour),
            *_matrix(left, 118, confusion, shares=False),
        ]
    parts.append(text(MARGIN, 404, "Faces, and their share of the row.", 13, fill=QUIET))
    numbers = ", ".join(f"{name} n = {matrices[key].sum():,}" for key, name, _, _ in panels)
    return document(parts, 2 * MARGIN + 392 + _WIDTH, 424, f"{CAPTIONS[6][0]}: {title}; {numbers}")


def _matrix(
    x: float,
    y: float,
    confusion: np.ndarray,
    shares: bool,
    classes: tuple[str, ...] = CLASSES,
) -> list[str]:
    """The matrix below a line with its accuracy, whose baseline is ``y``."""
    accuracy = rate(int(np.trace(confusion)), int(confusion.sum()))
    right = f"{accuracy.percent}% right (95%: {accuracy.interval})" if accuracy.n else ""
    parts = [
        text(x, y, right, 13),
        text(x + _WIDTH, y, "predicted →", 12, "end", fill=QUIET),
        text(x, y + 24, "true ↓", 12, fill=QUIET),
    ]
    tints, texts = row_shares(confusion), cell_texts(confusion, shares)
    for i, row in enumerate(confusion):
        top = y + 34 + _CELL[1] * i
        parts.append(text(x + 76, top + 25, classes[i], 13, "end", 600))
        parts.append(text(x + 76, top + 43, f"{row.sum():,}", 12, "end", fill=QUIET))
        for j in range(len(row)):
            left = x + _NAMES + _CELL[0] * j
            if i == 0:
                parts.append(text(left + 34, y + 24, classes[j], 13, "middle", 600))
            parts += _cell(left, top, texts[i][j], float(tints[i, j]))
    return parts


def _cell(x: float, y: float, texts: tuple[str, str], share: float) -> list[str]:
    middle = x + (_CELL[0] - 3) / 2
    return [
        rectangle(x, y, _CELL[0] - 3, _CELL[1] - 3, _tint(share), radius=4),
        text(middle, y + 25, texts[0], 15, "middle", 600, _DARK),
        text(middle, y + 43, texts[1], 12, "middle", fill=_DARK),
    ]


def _tint(share: float) -> str:
    """From paper (0) towards the colour of what is seen (1), never too dark for text on it."""
    ends = [np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in (PAPER, SEEN)]
    return "#{:02x}{:02x}{:02x}".format(
        *np.rint(ends[0] + 0.6 * share * (ends[1] - ends[0])).astype(int)
    )
