"""Somebody's own answers for the faces of a set, from a CSV or Parquet file.

A line a face: ``id`` (or ``row``), which is FER2013's row, 0-based, as in the set's manifest, or
``place`` (or ``face``), its place in the set, where all of them are there; the probabilities of
the set's classes under their names (``neutral``, ``p_neutral``, ``prob_sadness``), or the class
alone (``prediction``); perhaps ``split`` (``training``, ``validation``, or nothing where it is not
known) and ``fold`` (the fold of the set that was held back for this answer). A face may be missing.
What is wrong is named with its line and column. Ids that look like places are never taken for rows:
``Unclear`` asks which they are.
"""

from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
import pandas as pd

from fermask.dataset.ferm import Ferm, is_other_version
from fermask.exploring.predictions_file import (
    LISTED,
    PARQUET_BEGINS,
    Lines,
    class_names,
    expected_form,
    lines_of_table,
    read_csv,
    read_parquet,
)
from fermask.networks.predictions import (
    SUM_TOLERANCE,
    UNKNOWN,
    Predictions,
    checked_predictions,
    probability_columns,
)
from fermask.system.markdown import plain_name
from fermask.system.parquet import StoredTable

# A million faces with six digits a probability are about 50 MB.
MAX_BYTES = 100_000_000
# Of the whole of FER2013; a set may be built from a part of it.
_ROWS = 35_887
_SPLITS = {
    **dict.fromkeys(("training", "train"), "training"),
    **dict.fromkeys(("validation", "val", "valid", "test"), "validation"),
    **dict.fromkeys((UNKNOWN, ""), UNKNOWN),
}
# Rounding and float16 leave a probability this far outside 0…1.
_HAIR = 1e-3


@dataclass(frozen=True)
class Imported:
    """Predictions from a file, and what of the file does not count, as sentences."""

    predictions: Predictions
    notes: tuple[str, ...]


# What the numbers of a column ``id`` may be, in words.
ROWS, PLACES, ROWS_FROM_1 = "FER2013's rows", "places in the set", "rows counted from 1"


class Unclear(ValueError):
    """Numbers of which somebody is to say what they are: one of ``kinds``."""

    def __init__(self, words: str, kinds: tuple[str, ...]) -> None:
        super().__init__(words, kinds)
        self.words, self.kinds = words, kinds

    def __str__(self) -> str:
        return self.words


def import_or_ask(content: bytes, name: str, ferm: Ferm, ids: str = "") -> Imported | Unclear:
    """``import_predictions``, with what is to be asked given back."""
    try:
        return import_predictions(content, name, ferm, ids)
    except Unclear as question:
        return question


def import_predictions(content: bytes, name: str, ferm: Ferm, ids: str = "") -> Imported:
    """Reads a file of predictions for a set's faces.

    CSV may be separated by commas, or by semicolons or tabs, then with decimal commas too. A
    Parquet file that this project wrote keeps what it says of model and protocol; every other
    file is called by its name, with an unknown protocol unless ``split`` and ``fold`` say what
    was held back.

    Args:
        content: of the file.
        name: of the file, with or without its folder.
        ferm: the set.
        ids: what the numbers of a column ``id`` are, once somebody was asked; "" to tell by them.

    Returns:
        Predictions of the set's faces alone, in the file's order, and what was left out.

    Raises:
        Unclear: they may be rows, or places.
        ValueError: no such file, none of its faces is in the set, or it is of another version of
            FERM; the words name line and column, and what was expected.
    """
    if len(content) > MAX_BYTES:
        raise ValueError(
            f"{name} has {len(content) / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:,.0f} are read."
        )
    if not content.strip():
        raise ValueError(f"{name} is empty. {expected_form(ferm.classes)}")
    if not (content.startswith(PARQUET_BEGINS) or PurePath(name).suffix == ".parquet"):
        return _checked(read_csv(content, name, ferm.classes), ferm, ids)
    table, header, about = read_parquet(content, name, ferm.classes)
    if "pictures" in about:
        raise ValueError(f"{name} holds predictions of photographs, and not of a set's faces.")
    if about and "network" not in about:
        predictions = checked_predictions(table, about, name, ferm.classes)
        _check_version(predictions, name, ferm)
        return Imported(predictions, ())
    imported = _checked(lines_of_table(table, header, name, ferm.classes), ferm, ids)
    if about.get("network", {}).get("prior") == "photographs":
        note = (
            f"{name}: predicted under the prior of photographs; FERM's tables have FERM's own "
            "(`predict --prior ferm`)."
        )
        return Imported(imported.predictions, (*imported.notes, note))
    return imported


def files_of_version(files: dict[str, Path], ferm: Ferm) -> dict[str, Path]:
    """The predictions files that are not of another version of FERM than a set.

    One that cannot be read stays; it is reported when it is opened.
    """
    return {name: path for name, path in files.items() if not _is_other_version(path, ferm)}


def _is_other_version(path: Path, ferm: Ferm) -> bool:
    try:
        return is_other_version(str(StoredTable(path).about.get("ferm", "")), ferm.name)
    except (ValueError, OSError):
        return False


def _check_version(predictions: Predictions, name: str, ferm: Ferm) -> None:
    theirs = predictions.about["ferm"]
    if is_other_version(theirs, ferm.name):
        raise ValueError(
            f"{name} holds predictions of {theirs}, whose folds are others than those of "
            f"{ferm.name}: what was held back there was trained on here. Choose {theirs} as the "
            f"set, or train and predict on {ferm.name}."
        )


def _checked(lines: Lines, ferm: Ferm, ids: str) -> Imported:
    if lines.texts.empty:
        raise ValueError(
            f"{lines.file} has a header and no line below it. {expected_form(ferm.classes)}"
        )
    table = pd.DataFrame({"row": _rows(lines, ferm, ids)})
    table[probability_columns(ferm.classes)] = _probabilities(lines)
    table["split"] = _splits(lines)
    faces = ferm.manifest.drop_duplicates("row").set_index("row")[["label", "fold"]]
    table = table.join(faces.astype({"label": object}), on="row")
    known = table["label"].notna().to_numpy()
    if not known.any():
        raise ValueError(
            f"{lines.file}: none of its {len(table):,} faces is in {ferm.name}. Expected in "
            f"{_column(lines)} FER2013's row, from 0, as in the set's manifest."
        )
    model = plain_name(PurePath(lines.file).stem)
    if not known.all():
        model += f" ({known.sum():,} of {len(known):,} lines)"
    about = {"model": model, "protocol": None, "seed": None}
    held_back = known & (table["split"] == "validation").to_numpy()
    if "fold" in lines.names:
        _check_folds(lines, table, ferm)
        if held_back.any():
            about |= {"protocol": "clean", "seed": _spoken(table["fold"][held_back])}
    predictions = Predictions(
        table[known].drop(columns="fold").astype({"label": "str"}).reset_index(drop=True),
        about | {"ferm": ferm.name},
    )
    return Imported(predictions, _notes(lines, known, ferm))


def _numbers(texts: pd.Series) -> np.ndarray:
    return pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64)


def _column(lines: Lines) -> str:
    name = lines.names["row" if "row" in lines.names else "place"]
    return f"column {name}" if name else "the column without a name"


def _rows(lines: Lines, ferm: Ferm, ids: str) -> np.ndarray:
    """The faces' rows, int64 ``(n,)``, whichever way the file names them."""
    if "row" not in lines.names:
        return _rows_at(_numbers(lines.texts["place"]), lines, ferm)
    values = _numbers(lines.texts["row"])
    count = max(_ROWS, int(ferm.manifest["row"].max()) + 1)
    # What is no number compares as false.
    fine = (values >= 0) & (values <= count) & (np.floor(values) == values)
    lines.refuse(~fine, "row", f"a row of FER2013, 0 to {count - 1}")
    rows = pd.Series(values.astype(np.int64))
    again = np.flatnonzero(rows.duplicated())
    if len(again):
        row, first = rows[again[0]], int(np.flatnonzero(rows == rows[again[0]])[0])
        words = f"{row} is in {lines.place(first)} already; expected each face once."
        raise lines.error(again[0], "row", words)
    if ids == PLACES:
        return _rows_at(values, lines, ferm)
    if ids != ROWS and lines.names["row"].lower() != "row":
        ids = ids or _ask(lines, rows.to_numpy(), ferm)
    rows = rows - 1 if ids == ROWS_FROM_1 else rows
    lines.refuse(((rows < 0) | (rows >= count)).to_numpy(), "row", f"a row, 0 to {count - 1}")
    return rows.to_numpy()


def _rows_at(values: np.ndarray, lines: Lines, ferm: Ferm) -> np.ndarray:
    """The rows of a set's faces that are named by their places in it, from 0 or from 1."""
    count = len(ferm.manifest)
    for first in (0, 1):
        if len(values) == count and (np.sort(values) == np.arange(count) + first).all():
            return ferm.manifest["row"].to_numpy()[values.astype(np.int64) - first]
    raise ValueError(
        f"{lines.file}: {_column(lines)} should hold the place of each of the {count:,} faces of "
        f"{ferm.name}, 0 to {count - 1}, once; it has {len(values):,} lines. Of a part of the set "
        "name FER2013's rows instead, in a column row."
    )


def _ask(lines: Lines, rows: np.ndarray, ferm: Ferm) -> str:
    """``ROWS``, or a question where numbers that should be rows may count something else.

    Some of such numbers happen to be rows of the set, of other faces: joined, they would only look
    like a bad network.

    Raises:
        Unclear: the question.
    """
    own, count = ferm.manifest["row"].to_numpy(), len(rows)
    fitting = np.isin(rows, own).mean()
    if fitting == 1 or count == 1:
        return ROWS
    for first in (0, 1):
        if (np.sort(rows) == np.arange(count) + first).all():
            raise Unclear(
                f"{lines.file}: the {count:,} numbers of {_column(lines)} go from {first} to "
                f"{count - 1 + first}, as places in a list do; only {fitting:.0%} of them are rows "
                f"of FER2013 in {ferm.name}. Which are they? Call the column place if "
                "they are places in the set, in the manifest's order, and row if they are "
                "FER2013's rows.",
                (PLACES, ROWS),
            )
    if fitting < 0.5 and np.isin(rows - 1, own).mean() > 0.9:
        raise Unclear(
            f"{lines.file}: the numbers of {_column(lines)} are rows of {ferm.name} once 1 is "
            "taken from each. Are they FER2013's rows counted from 1? Then take 1 from "
            "each; else call the column row.",
            (ROWS_FROM_1, ROWS),
        )
    return ROWS


def _of_classes(lines: Lines) -> np.ndarray:
    """All of the probability for the class that a file names alone."""
    predicted = lines.texts["prediction"].str.lower().map(class_names(lines.classes))
    lines.refuse(predicted.isna().to_numpy(), "prediction", f"one of {', '.join(lines.classes)}")
    return (predicted.to_numpy(dtype=object)[:, None] == np.array(lines.classes)).astype(np.float32)


def _probabilities(lines: Lines) -> np.ndarray:
    shares = probability_columns(lines.classes)
    if shares[0] not in lines.names:
        return _of_classes(lines)
    values = np.column_stack([_numbers(lines.texts[name]) for name in shares])
    fine = (values >= -_HAIR) & (values <= 1 + _HAIR)
    values = np.clip(values, 0, 1)
    for i, name in enumerate(shares):
        lines.refuse(~fine[:, i], name, "a probability, 0 to 1")
    sums = values.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > SUM_TOLERANCE + 1e-9)
    if len(wrong):
        names = ", ".join(lines.names[name] for name in shares)
        raise ValueError(
            f"{lines.file}, {lines.place(wrong[0])}, columns {names}: expected a sum of 1 (within "
            f"{SUM_TOLERANCE}), found {sums[wrong[0]]:.3g}. Of a model with more classes take "
            "these alone and divide them by their sum."
        )
    return values.astype(np.float32)


def _splits(lines: Lines) -> pd.Series:
    if "split" not in lines.names:
        return pd.Series([UNKNOWN] * len(lines.texts), dtype="str")
    splits = lines.texts["split"].str.lower().map(_SPLITS)
    lines.refuse(splits.isna().to_numpy(), "split", "training, validation, test or nothing")
    return splits


def _check_folds(lines: Lines, table: pd.DataFrame, ferm: Ferm) -> None:
    """Folds of another division than the set's would say that held back was what was not."""
    wrong = table["fold"].notna() & (table["fold"] != _numbers(lines.texts["fold"]))
    if wrong.any():
        i = int(np.argmax(wrong))
        expected = f"{table['fold'][i]:.0f}, the fold of row {table['row'][i]} in {ferm.name}"
        found = lines.texts["fold"][i] or "nothing"
        raise lines.error(
            i, "fold", f"expected {expected}, found {found}. Leave out folds of another kind."
        )


def _spoken(folds: pd.Series) -> str:
    """Folds as a figure names them, such as ``0–9``."""
    numbers = sorted({int(fold) for fold in folds})
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]}–{numbers[-1]}"
    return ", ".join(map(str, numbers))


def _notes(lines: Lines, known: np.ndarray, ferm: Ferm) -> tuple[str, ...]:
    notes = []
    if probability_columns(lines.classes)[0] not in lines.names:
        notes.append(
            f"{lines.file}: classes without probabilities; each counts as sure, and calibration "
            "and confidence say nothing."
        )
    if lines.others:
        listed = ", ".join(each or "(no name)" for each in lines.others[:LISTED])
        more = f" and {len(lines.others) - LISTED} more" if len(lines.others) > LISTED else ""
        notes.append(f"{lines.file}: columns that do not count: {listed}{more}.")
    if not known.all():
        first = int(np.argmin(known))
        notes.append(
            f"{lines.file}: {(~known).sum():,} of {len(known):,} lines are of faces that are not "
            f"in {ferm.name} and do not count; the first is {lines.place(first)}, row "
            f"{lines.texts['row'][first]}."
        )
    return tuple(notes)
