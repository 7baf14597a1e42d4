"""A set's faces as one table, with what a network predicted, and what the table tells as a whole.

A row a face, in the manifest's order; the other modules give positions in it, so that a page of
faces is drawn without touching the others.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from fermask.dataset.ferm import LEFT_IN_FILE, Ferm
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.evaluation.scope import FRESH, splits_of
from fermask.faces.labels import USAGES, VOTE_COLUMNS, votes_entropy
from fermask.faces.mask_styles import MASK_NAMES
from fermask.networks.predictions import (
    UNKNOWN,
    Predictions,
    classes_of,
    probabilities_of,
    probability_columns,
)
from fermask.system.csv_text import table_csv

HEADLINE = "folds 0–8"
ANSWERS: tuple[str, ...] = ("right", "wrong")
# Column whose names have an order of their own → that order.
USUAL_ORDERS: dict[str, tuple[str, ...]] = {
    "usage": USAGES,
    "mask_style": MASK_NAMES,
}


def usual_order(table: pd.DataFrame, column: str) -> tuple[str, ...] | None:
    """The order of a column's names, where they have one of their own."""
    return classes_of(table) if column in ("label", "predicted") else USUAL_ORDERS.get(column)


def faces_table(ferm: Ferm, predictions: Predictions | None = None) -> pd.DataFrame:
    """A set's faces with what a network predicted, in the manifest's order, index 0…n-1.

    Returns:
        The manifest's columns but for ``LEFT_IN_FILE``, and ``turned`` (degrees of yaw,
        either way), ``entropy`` (of the ten votes, bits; missing without them), ``twins`` (how
        many other faces of the set show the same photograph), ``split``, ``predicted``,
        ``answer`` (``right`` or ``wrong``), ``confidence`` (probability of the predicted
        class), ``margin`` (that less the second class's), ``loss`` (−ln of the true class's
        probability) and the probabilities of the set's classes; from ``split`` on missing where
        there is no prediction. What counts as true is the set's label.
    """
    table = ferm.manifest.drop(columns=list(LEFT_IN_FILE), errors="ignore")
    table = table.reset_index(drop=True)
    votes = table[list(VOTE_COLUMNS)].to_numpy(dtype=np.float32, na_value=np.nan)
    predicted = _predicted(ferm, predictions)
    probabilities = probabilities_of(predicted)
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
        **predicted,
        predicted=_named(best, ferm.classes, known),
        answer=_named((best != labels).astype(int), ANSWERS, known),
        confidence=first,
        margin=first - second,
        loss=-np.log(np.maximum(of_label, 1e-12)),
    )


def _predicted(ferm: Ferm, predictions: Predictions | None) -> pd.DataFrame:
    """``split`` and the probabilities of a set's faces, missing where not predicted."""
    columns = ["split", *probability_columns(ferm.classes)]
    if predictions is None or not same_rows(ferm, predictions):
        kinds = {"split": "str", **dict.fromkeys(columns[1:], np.float32)}
        empty = pd.DataFrame(columns=columns, index=pd.RangeIndex(0)).astype(kinds)
        return empty.reindex(range(len(ferm.manifest)))
    predicted = predictions.table.drop_duplicates("row").set_index("row")[columns]
    return predicted.reindex(ferm.manifest["row"]).reset_index(drop=True)


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


def counts_by(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """How many faces of each class have each value of a column.

    Returns:
        ``value``, ``label``, ``n`` and ``share`` (of the value's faces, 0…1); values in their
        usual order, classes in theirs.
    """
    usual, classes = usual_order(table, column), classes_of(table)
    present = list(pd.unique(table[column].dropna()))
    order = [value for value in usual or sorted(present) if value in present]
    counts = pd.crosstab(table[column], table["label"]).reindex(
        index=order, columns=list(classes), fill_value=0
    )
    n = counts.to_numpy().ravel()
    totals = np.repeat(counts.sum(axis=1).to_numpy(), len(classes))
    return pd.DataFrame(
        {
            "value": np.repeat(np.array(order, dtype=object), len(classes)),
            "label": list(classes) * len(order),
            "n": n,
            "share": n / np.maximum(totals, 1),
        }
    )


def is_out_of_fold(table: pd.DataFrame) -> bool:
    """Whether each prediction is by a network that held the face's fold back, in turn."""
    known = table["predicted"].notna()
    folds = set(table["fold"][known])
    return (
        bool((table["split"][known] == "validation").all())
        and len(folds) > 1
        and DEVELOPMENT_FOLD in folds
    )


def splits_shown(table: pd.DataFrame) -> tuple[str, ...]:
    """The splits that predictions can be looked at in, the one that is reported first.

    Out of fold, settings were chosen on the development fold: what is reported leaves it out.
    """
    if not is_out_of_fold(table):
        return splits_of(table)
    return tuple(HEADLINE if split == "validation" else split for split in splits_of(table))


def evaluated(table: pd.DataFrame, split: str) -> np.ndarray:
    """Positions of the faces with a prediction in a split of ``splits_shown``, int64.

    Where no face's split is known, ``validation`` is all of them: there is no training part
    to leave out. ``HEADLINE`` are those of ``validation`` outside the development fold; ``fresh``
    are those of the split reported whose photograph stands once in the file.
    """
    known = table["predicted"].notna()
    if split == FRESH:
        held_back = evaluated(table, splits_shown(table)[0])
        return held_back[table["copies"].to_numpy()[held_back] == 1]
    if split == "all" or splits_unknown(table):
        return np.flatnonzero(known)
    if split == HEADLINE:
        known &= table["fold"] != DEVELOPMENT_FOLD
        split = "validation"
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
    columns += ["loss", *probability_columns(classes_of(table)), "agreement", *VOTE_COLUMNS]
    chosen = table[columns].iloc[positions]
    return table_csv(chosen)


def manifest_csv(manifest: pd.DataFrame) -> str:
    """A manifest as CSV without its columns of lists: the landmarks and the rules passed."""
    table = manifest.drop(columns=list(LEFT_IN_FILE), errors="ignore")
    return table_csv(table)
