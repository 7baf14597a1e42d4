"""Which faces of a set to look at, and in which order: filters, sorting, pages, twins.

Everything works on one table, a row a face in the manifest's order (``faces_table``), and
gives positions in it, so that a page of faces is drawn without touching the others.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from fermask.dataset.ferm import LEFT_IN_FILE, Ferm
from fermask.dataset.screening import RULES
from fermask.evaluation.scope import FRESH
from fermask.faces.labels import (
    CLASS_OF_FERPLUS,
    CLASSES,
    FERPLUS_VOTES,
    USAGES,
    VOTE_COLUMNS,
    votes_entropy,
)
from fermask.faces.masking import STYLES
from fermask.networks.predictions import PROBABILITY_COLUMNS, UNKNOWN, Predictions

PAGE_SIZE = 48
ANSWERS: tuple[str, ...] = ("right", "wrong")

# Name for people → column and whether it falls. Faces without the value come last.
SORTS: dict[str, tuple[str, bool]] = {
    "FER2013 row": ("row", False),
    "most agreement": ("agreement", True),
    "least agreement": ("agreement", False),
    "sharpest": ("sharpness", True),
    "least sharp": ("sharpness", False),
    "most turned": ("turned", True),
    "surest answer": ("confidence", True),
    "least sure answer": ("confidence", False),
    "largest loss": ("loss", True),
    "largest margin": ("margin", True),
    "smallest margin": ("margin", False),
}

# Columns that faces can be put in order by → name for people.
SORT_COLUMNS: dict[str, str] = {
    "row": "FER2013 row",
    "label": "class",
    "usage": "usage",
    "fold": "fold",
    "group": "group of twins",
    "twins": "number of twins",
    "mask_style": "mask",
    "agreement": "agreement of the votes",
    "entropy": "entropy of the votes",
    "score": "dlib's score",
    "yaw": "yaw",
    "turned": "yaw, either way",
    "roll": "roll",
    "sharpness": "sharpness",
    "split": "training or validation",
    "predicted": "predicted class",
    "answer": "right or wrong",
    "confidence": "confidence",
    "margin": "margin over the second class",
    "loss": "loss",
    **{
        column: f"probability of {name}"
        for column, name in zip(PROBABILITY_COLUMNS, CLASSES, strict=True)
    },
}
# Names that have an order of their own.
_USUAL: dict[str, tuple[str, ...]] = {
    "label": CLASSES,
    "predicted": CLASSES,
    "usage": USAGES,
    "mask_style": STYLES,
}

Range = tuple[float, float]


@dataclass(frozen=True)
class FaceFilter:
    """Which faces to show; an empty tuple or None asks nothing.

    ``labels``, ``predicted``, ``usages``, ``mask_styles``, ``folds``, ``splits`` (of the
    predictions: ``training``, ``validation``), ``answers`` (of ``ANSWERS``): the values
    wanted. ``groups``: numbers of duplicate groups. ``agreement`` (0…1), ``entropy`` (of the
    ten votes, bits), ``sharpness``, ``turned`` (degrees of yaw, either way), ``twins`` (how
    many other faces of the set show the same photograph), ``confidence`` (0…1): lowest and
    highest value wanted, both included.
    """

    labels: tuple[str, ...] = ()
    predicted: tuple[str, ...] = ()
    usages: tuple[str, ...] = ()
    mask_styles: tuple[str, ...] = ()
    folds: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    splits: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    agreement: Range | None = None
    entropy: Range | None = None
    sharpness: Range | None = None
    turned: Range | None = None
    twins: Range | None = None
    confidence: Range | None = None


_COLUMN_OF = {
    "labels": "label",
    "predicted": "predicted",
    "usages": "usage",
    "mask_styles": "mask_style",
    "folds": "fold",
    "groups": "group",
    "splits": "split",
    "answers": "answer",
}
_RANGES = ("agreement", "entropy", "sharpness", "turned", "twins", "confidence")


def faces_table(ferm: Ferm, predictions: Predictions | None = None) -> pd.DataFrame:
    """A set's faces with what a network said of them, in the manifest's order, index 0…n-1.

    Returns:
        The manifest's columns but for ``LEFT_IN_FILE``, and ``turned`` (degrees of yaw,
        either way), ``entropy`` (of the ten votes, bits; missing without them), ``twins`` (how
        many other faces of the set show the same photograph), ``split``, ``predicted``,
        ``answer`` (``right`` or ``wrong``), ``confidence`` (probability of the predicted
        class), ``margin`` (that less the second class's), ``loss`` (−ln of the true class's
        probability) and the ``PROBABILITY_COLUMNS``; from ``split`` on missing where there is
        no prediction. What counts as true is the set's label.
    """
    table = ferm.manifest.drop(columns=list(LEFT_IN_FILE), errors="ignore")
    table = table.reset_index(drop=True)
    votes = table[list(VOTE_COLUMNS)].to_numpy(dtype=np.float32, na_value=np.nan)
    said = _said(ferm, predictions)
    probabilities = said[list(PROBABILITY_COLUMNS)].to_numpy(dtype=np.float64)
    known = np.isfinite(probabilities).all(axis=1)
    best = np.where(known[:, None], probabilities, 0).argmax(axis=1)
    # What is missing is sorted to the end, and so is missing in both.
    second, first = np.sort(probabilities, axis=1)[:, -2:].T
    labels = ferm.labels
    of_label = probabilities[np.arange(len(table)), labels]
    return table.assign(
        turned=table["yaw"].abs(),
        entropy=votes_entropy(votes),
        twins=table.groupby("group")["group"].transform("size") - 1,
        **said,
        predicted=_named(best, CLASSES, known),
        answer=_named((best != labels).astype(int), ANSWERS, known),
        confidence=first,
        margin=first - second,
        loss=-np.log(np.maximum(of_label, 1e-12)),
    )


def _said(ferm: Ferm, predictions: Predictions | None) -> pd.DataFrame:
    """``split`` and ``PROBABILITY_COLUMNS`` of a set's faces, missing where not predicted."""
    columns = ["split", *PROBABILITY_COLUMNS]
    if predictions is None or not same_rows(ferm, predictions):
        kinds = {"split": "str", **dict.fromkeys(PROBABILITY_COLUMNS, np.float32)}
        empty = pd.DataFrame(columns=columns, index=pd.RangeIndex(0)).astype(kinds)
        return empty.reindex(range(len(ferm.manifest)))
    said = predictions.table.drop_duplicates("row").set_index("row")[columns]
    return said.reindex(ferm.manifest["row"]).reset_index(drop=True)


def _named(numbers: np.ndarray, names: tuple[str, ...], known: np.ndarray) -> pd.Series:
    """The name that each number stands for, missing where it is not known."""
    # Arrow makes a million texts of four in a hundredth of the time that NumPy takes.
    texts = pa.array(names, pa.large_string()).take(pa.array(numbers, mask=~known))
    return texts.to_pandas()


def same_rows(ferm: Ferm, predictions: Predictions) -> bool:
    """Whether a row number means the same face to both.

    Class folders have lost FER2013's rows: a set made from them knows its own alone.
    """
    return (ferm.manifest["file"] == "").all() or predictions.about["ferm"] == ferm.name


def filter_faces(table: pd.DataFrame, wanted: FaceFilter) -> np.ndarray:
    """Positions of the faces that pass, int64, rising.

    A face without the value asked for (no votes, no prediction) does not pass.

    Args:
        table: as ``faces_table`` gives it.
        wanted: the filter.
    """
    passes = np.ones(len(table), dtype=bool)
    for name, column in _COLUMN_OF.items():
        values = getattr(wanted, name)
        if values:
            passes &= table[column].isin(values).to_numpy()
    for name in _RANGES:
        limits = getattr(wanted, name)
        if limits is not None:
            # Sliders count in steps that binary fractions only come close to.
            low, high = limits[0] - 1e-6, limits[1] + 1e-6
            passes &= table[name].between(low, high).to_numpy()
    return np.flatnonzero(passes)


def sort_faces(table: pd.DataFrame, positions: np.ndarray, sort: str) -> np.ndarray:
    """The positions in the order of one of ``SORTS``; equal faces stay in the table's order.

    Raises:
        ValueError: an unknown order.
    """
    if sort not in SORTS:
        raise ValueError(f"Unknown order {sort!r}; there are {', '.join(SORTS)}.")
    return sort_by(table, positions, *SORTS[sort])


def sort_by(
    table: pd.DataFrame, positions: np.ndarray, column: str, falling: bool = False
) -> np.ndarray:
    """The positions in the order of a column's values.

    Faces without the value come last, equal faces stay in the table's order; classes, usages
    and mask styles are in their usual order.

    Args:
        table: as ``faces_table`` gives it.
        positions: of the faces, int64.
        column: of ``SORT_COLUMNS``.
        falling: whether the largest value comes first.

    Raises:
        ValueError: no such column.
    """
    if column not in SORT_COLUMNS or column not in table:
        raise ValueError(f"Unknown column {column!r}; there are {', '.join(sortable(table))}.")
    values = table[column].iloc[positions].reset_index(drop=True)
    if column in _USUAL:
        places = pc.index_in(pa.array(values), pa.array(_USUAL[column], pa.large_string()))
        values = places.to_pandas()
    order = values.sort_values(ascending=not falling, kind="stable", na_position="last").index
    return np.asarray(positions)[order.to_numpy()]


def sortable(table: pd.DataFrame) -> list[str]:
    """Those of ``SORT_COLUMNS`` for which some face of a table has a value."""
    present = [name for name in SORT_COLUMNS if name in table]
    # Mostly the first face has one: a look at all of a million takes its time.
    return [
        name for name in present if table[name].head(1).notna().any() or table[name].notna().any()
    ]


def page_count(total: int, size: int = PAGE_SIZE) -> int:
    """Number of pages for so many faces, at least 1."""
    return max(1, math.ceil(total / size))


def page_of(positions: np.ndarray, page: int, size: int = PAGE_SIZE) -> np.ndarray:
    """The positions on a page (1-based); a page beyond the last is taken for the last."""
    page = min(max(page, 1), page_count(len(positions), size))
    return positions[(page - 1) * size : page * size]


def position_of_row(table: pd.DataFrame, row: int) -> int:
    """Where in the table FER2013's row is.

    Raises:
        ValueError: the set has no such face.
    """
    found = np.flatnonzero(table["row"].to_numpy() == row)
    if found.size == 0:
        raise ValueError(f"FER2013's row {row} is not among the {len(table):,} faces of this set.")
    return int(found[0])


def twins(table: pd.DataFrame, position: int) -> np.ndarray:
    """Positions of the other faces that show the same photograph, int64."""
    group = table["group"].to_numpy()
    same = np.flatnonzero(group == group[position])
    return same[same != position]


def neighbours(rows: np.ndarray, row: int) -> tuple[int | None, int | None]:
    """The rows before and after one in a list; None at its ends, or where it is not in it."""
    rows = np.asarray(rows)
    found = np.flatnonzero(rows == row)
    if found.size == 0:
        return None, None
    place = int(found[0])
    before = int(rows[place - 1]) if place > 0 else None
    after = int(rows[place + 1]) if place + 1 < len(rows) else None
    return before, after


def limits_of(values: pd.Series, step: float) -> Range | None:
    """Lowest and highest value, rounded outwards to ``step``; None without two different ones."""
    known = values.dropna()
    if known.empty:
        return None
    low, high = float(known.min()), float(known.max())
    # The inverse of a step such as 0.1 is exact where the step itself is not.
    inverse = round(1 / step)
    low = math.floor(round(low * inverse, 6)) / inverse
    high = math.ceil(round(high * inverse, 6)) / inverse
    return (low, high) if low < high else None


def votes_of(face: pd.Series) -> pd.DataFrame | None:
    """FER+'s ten votes of a face, or None where the set has none.

    Args:
        face: a row of ``faces_table``.

    Returns:
        ``name`` (FER+'s own), ``label`` (the FERM class, or "") and ``votes``.
    """
    counts = face[list(VOTE_COLUMNS)]
    if counts.isna().any():
        return None
    return pd.DataFrame(
        {
            "name": FERPLUS_VOTES,
            "label": [CLASS_OF_FERPLUS.get(name, "") for name in FERPLUS_VOTES],
            "votes": counts.astype(int).to_numpy(),
        }
    )


def quality_of(face: pd.Series, screening: dict[str, float]) -> pd.DataFrame:
    """What was measured on a face beside what its rules ask.

    Args:
        face: a row of ``faces_table``, with ``passed`` (as ``Ferm.passed_at`` gives it).
        screening: the set's thresholds, as ``about["settings"]["screening"]`` holds them.

    Returns:
        A row for each rule asked: ``rule``, ``measured`` and ``asked`` (text, "" for a rule
        without a number), ``meaning`` (why the rule drops a face).
    """
    votes = votes_of(face)
    majority = "" if votes is None else votes["name"].iloc[int(votes["votes"].argmax())]
    numbers = {
        "no_label": (f"most votes: {majority}" if majority else "", ""),
        "other_expression": (face["label"], f"one of {', '.join(CLASSES)}"),
        "weak_label": (
            f"{face['agreement']:.0%} agree",
            f"at least {screening['min_agreement']:.0%}",
        ),
        "no_face": (
            f"dlib's score {face['score']:.2f}",
            f"at least {screening['min_score']:.2f}",
        ),
        "not_frontal": (
            f"yaw {face['yaw']:.0f}°, roll {face['roll']:.0f}°",
            f"within ±{screening['max_yaw']:.0f}° and ±{screening['max_roll']:.0f}°",
        ),
        "blurred": (
            f"sharpness {face['sharpness']:.2f}",
            f"at least {screening['min_sharpness']:.2f}",
        ),
    }
    asked = [rule for rule in RULES if rule in set(face["passed"])]
    rows = [(rule, *numbers.get(rule, ("", "")), RULES[rule]) for rule in asked]
    return pd.DataFrame(rows, columns=["rule", "measured", "asked", "meaning"])


def counts_by(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """How many faces of each class have each value of a column.

    Returns:
        ``value``, ``label``, ``n`` and ``share`` (of the value's faces, 0…1); values in their
        usual order, classes in theirs.
    """
    usual = _USUAL.get(column)
    present = list(pd.unique(table[column].dropna()))
    order = [value for value in usual or sorted(present) if value in present]
    counts = pd.crosstab(table[column], table["label"]).reindex(
        index=order, columns=list(CLASSES), fill_value=0
    )
    n = counts.to_numpy().ravel()
    totals = np.repeat(counts.sum(axis=1).to_numpy(), len(CLASSES))
    return pd.DataFrame(
        {
            "value": np.repeat(np.array(order, dtype=object), len(CLASSES)),
            "label": list(CLASSES) * len(order),
            "n": n,
            "share": n / np.maximum(totals, 1),
        }
    )


def evaluated(table: pd.DataFrame, split: str) -> np.ndarray:
    """Positions of the faces with a prediction in a split of ``scope.SPLITS``, int64.

    Where no face's split is known, ``validation`` is all of them: there is no training part
    to leave out. ``fresh`` are those of ``validation`` whose photograph stands once in the file.
    """
    known = table["predicted"].notna()
    if split == FRESH:
        held_back = evaluated(table, "validation")
        return held_back[table["copies"].to_numpy()[held_back] == 1]
    if split == "all" or splits_unknown(table):
        return np.flatnonzero(known)
    return np.flatnonzero(known & (table["split"] == split))


def splits_unknown(table: pd.DataFrame) -> bool:
    """Whether of no predicted face it is known if the network was trained on it."""
    splits = table["split"].dropna()
    return len(splits) > 0 and bool((splits == UNKNOWN).all())


def training_record(table: pd.DataFrame) -> dict[str, Any]:
    """The rows and duplicate groups a network saw, for ``evaluation.leak_warning``.

    Args:
        table: as ``faces_table`` gives it, with predictions whose split is known.
    """
    seen = table[table["split"] == "training"]
    return {"rows": seen["row"].tolist(), "groups": seen["group"].tolist()}


def mistakes_csv(table: pd.DataFrame, positions: np.ndarray) -> str:
    """Faces as CSV: row, usage, fold, group, label, answer, probabilities and votes."""
    columns = ["row", "usage", "fold", "group", "label", "predicted", "split", "confidence"]
    columns += ["loss", *PROBABILITY_COLUMNS, "agreement", *VOTE_COLUMNS]
    chosen = table[columns].iloc[positions]
    return chosen.to_csv(index=False, float_format="%.6g", lineterminator="\n")
