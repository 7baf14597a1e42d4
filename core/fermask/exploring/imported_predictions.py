"""Somebody's own answers for the faces of a set, from a CSV or Parquet file.

A line a face: ``id`` (or ``row``), which is FER2013's row, 0-based, as in the set's manifest;
the probabilities of the four classes under their names (``neutral``, or ``p_neutral``);
perhaps ``split`` (``training``, ``validation``, or nothing where it is not known) and ``fold``
(the fold of the set that was held back for this answer). A face may be missing. What is wrong
is named with its line and column.
"""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fermask.dataset.ferm import Ferm, is_other_version
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import (
    PROBABILITY_COLUMNS,
    UNKNOWN,
    Predictions,
    checked_predictions,
)
from fermask.system.parquet import StoredTable

# A million faces with six digits a probability are about 50 MB.
MAX_BYTES = 100_000_000
# Of the whole of FER2013; a set may be built from a part of it.
_ROWS = 35_887
# Four probabilities rounded to two digits may miss 1 by this much.
SUM_TOLERANCE = 0.02
FORMAT = (
    f"Expected a line a face with id (FER2013's row, from 0) and the probabilities "
    f"{', '.join(CLASSES)}, and perhaps split and fold."
)

# What a column may be called in a file.
_NAMES: dict[str, tuple[str, ...]] = {
    "row": ("id", "row"),
    **{f"p_{name}": (name, f"p_{name}") for name in CLASSES},
    "split": ("split",),
    "fold": ("fold",),
}
_OPTIONAL = ("split", "fold")
_SPLITS = {"training": "training", "validation": "validation", UNKNOWN: UNKNOWN, "": UNKNOWN}
_PARQUET_BEGINS = b"PAR1"
_SEPARATORS = ",;\t"
_LISTED = 8


@dataclass(frozen=True)
class Imported:
    """Predictions from a file, and what of the file does not count, as sentences."""

    predictions: Predictions
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Lines:
    """The columns of a file that count, as stripped text.

    ``texts``: keys of ``_NAMES``. ``names``: what the file calls each of them. ``others``: its
    columns that do not count. ``places``: of each line, such as ``line 2``.
    """

    file: str
    texts: pd.DataFrame
    names: dict[str, str]
    others: list[str]
    places: list[str]

    def error(self, line: int, column: str, words: str) -> ValueError:
        """What is wrong in a line (index), as an error that names the place."""
        return ValueError(f"{self.file}, {self.places[line]}, column {self.names[column]}: {words}")

    def refuse(self, wrong: np.ndarray, column: str, expected: str) -> None:
        """Raises an error about the first wrong line, bool ``(n,)``, if there is one."""
        found = np.flatnonzero(wrong)
        if not len(found):
            return
        text = self.texts[column].iloc[found[0]]
        got = repr(text) if text else "nothing"
        others = f"; {len(found) - 1:,} more like it" if len(found) > 1 else ""
        raise self.error(found[0], column, f"expected {expected}, found {got}{others}.")


def import_predictions(content: bytes, name: str, ferm: Ferm) -> Imported:
    """Reads a file of predictions for a set's faces.

    CSV may be separated by commas, or by semicolons or tabs, then with decimal commas too. A
    Parquet file that this project wrote keeps what it says of model and protocol; every other
    file is called by its name, with an unknown protocol unless ``split`` and ``fold`` say what
    was held back.

    Args:
        content: of the file.
        name: of the file, with or without its folder.
        ferm: the set.

    Returns:
        Predictions of the set's faces alone, in the file's order, and what was left out.

    Raises:
        ValueError: no such file, none of its faces is in the set, or it is of another version of
            FERM; the words name line and column, and what was expected.
    """
    if len(content) > MAX_BYTES:
        raise ValueError(
            f"{name} has {len(content) / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:,.0f} are read."
        )
    if not content.strip():
        raise ValueError(f"{name} is empty. {FORMAT}")
    if not (content.startswith(_PARQUET_BEGINS) or PurePath(name).suffix == ".parquet"):
        return _checked(_read_csv(content, name), ferm)
    table, about = _read_parquet(content, name)
    if about:
        predictions = checked_predictions(table, about, name)
        _check_version(predictions, name, ferm)
        return Imported(predictions, ())
    return _checked(_lines_of_table(table, name), ferm)


def files_of_version(files: dict[str, Path], ferm: Ferm) -> dict[str, Path]:
    """The predictions files that are not of another version of FERM than a set.

    One that cannot be read stays, to be told when it is opened.
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


def _read_parquet(content: bytes, name: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    try:
        arrow = pq.read_table(pa.BufferReader(content))
        about = json.loads((arrow.schema.metadata or {}).get(b"ferm", b"{}"))
        return arrow.to_pandas(), about
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ValueError(
            f"{name} cannot be read as Parquet; it may be cut short. Write or copy it again."
        ) from error


def _lines_of_table(table: pd.DataFrame, name: str) -> _Lines:
    names, others = _columns([str(column) for column in table.columns], name)
    texts = {}
    for column, its_name in names.items():
        values = table[its_name]
        texts[column] = values.astype(str).where(values.notna(), "").str.strip()
    places = [f"row {number} of the table" for number in range(1, len(table) + 1)]
    return _Lines(name, pd.DataFrame(texts, dtype="str"), names, others, places)


def _read_csv(content: bytes, name: str) -> _Lines:
    text = _decoded(content, name)
    # By what the header holds most of: other lines may have decimal commas.
    separator = max(_SEPARATORS, key=text.lstrip().partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, places = [], []
    header: list[str] = []
    try:
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            if not header:
                header = [value.strip() for value in values]
                names, others = _columns(header, name)
                wanted = [header.index(each) for each in names.values()]
                continue
            if len(values) != len(header):
                raise ValueError(
                    f"{name}, line {reader.line_num}: expected {len(header)} values, as in the "
                    f"header, found {len(values)}. The file may be cut short."
                )
            rows.append([values[i].strip() for i in wanted])
            places.append(f"line {reader.line_num}")
    except csv.Error as error:
        raise ValueError(f"{name}, line {reader.line_num}: this is no CSV ({error}).") from error
    texts = pd.DataFrame(rows, columns=list(names), dtype="str")
    if separator != ",":
        texts = texts.apply(lambda column: column.str.replace(",", "."))
    return _Lines(name, texts, names, others, places)


def _decoded(content: bytes, name: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ValueError(
            f"{name} is not text in UTF-8. Expected CSV (a spreadsheet program calls it CSV "
            "UTF-8) or Parquet."
        )
    return text


def _columns(header: list[str], name: str) -> tuple[dict[str, str], list[str]]:
    """What the file calls the columns that count, by the keys of ``_NAMES``; and the others."""
    found = {
        column: [each for each in header if each.lower() in possible]
        for column, possible in _NAMES.items()
    }
    for several in found.values():
        if len(several) > 1:
            raise ValueError(
                f"{name} has the columns {' and '.join(several)}; keep the one that counts."
            )
    missing = [
        _NAMES[column][0]
        for column, several in found.items()
        if not several and column not in _OPTIONAL
    ]
    if missing:
        listed = ", ".join(map(repr, header[:_LISTED])) + (", …" if len(header) > _LISTED else "")
        raise ValueError(
            f"{name} has no column {', '.join(missing)}; its header is {listed}. {FORMAT}"
        )
    names = {column: several[0] for column, several in found.items() if several}
    return names, [each for each in header if each not in names.values()]


def _checked(lines: _Lines, ferm: Ferm) -> Imported:
    if lines.texts.empty:
        raise ValueError(f"{lines.file} has a header and no line below it. {FORMAT}")
    table = pd.DataFrame({"row": _rows(lines, ferm)})
    table[list(PROBABILITY_COLUMNS)] = _probabilities(lines)
    table["split"] = _splits(lines)
    faces = ferm.manifest.drop_duplicates("row").set_index("row")[["label", "fold"]]
    table = table.join(faces.astype({"label": object}), on="row")
    known = table["label"].notna().to_numpy()
    if not known.any():
        raise ValueError(
            f"{lines.file}: none of its {len(table):,} faces is in {ferm.name}. Expected in column "
            f"{lines.names['row']} FER2013's row, from 0, as in the set's manifest."
        )
    about = {"model": PurePath(lines.file).stem, "protocol": None, "seed": None}
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


def _rows(lines: _Lines, ferm: Ferm) -> np.ndarray:
    values = _numbers(lines.texts["row"])
    count = max(_ROWS, int(ferm.manifest["row"].max()) + 1)
    # What is no number compares as false.
    fine = (values >= 0) & (values < count) & (np.floor(values) == values)
    lines.refuse(~fine, "row", f"a row of FER2013, 0 to {count - 1}")
    rows = pd.Series(values.astype(np.int64))
    again = np.flatnonzero(rows.duplicated())
    if len(again):
        row, first = rows[again[0]], int(np.flatnonzero(rows == rows[again[0]])[0])
        words = f"{row} is in {lines.places[first]} already; expected each face once."
        raise lines.error(again[0], "row", words)
    return rows.to_numpy()


def _probabilities(lines: _Lines) -> np.ndarray:
    values = np.column_stack([_numbers(lines.texts[name]) for name in PROBABILITY_COLUMNS])
    fine = (values >= 0) & (values <= 1)
    for i, name in enumerate(PROBABILITY_COLUMNS):
        lines.refuse(~fine[:, i], name, "a probability, 0 to 1")
    sums = values.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > SUM_TOLERANCE + 1e-9)
    if len(wrong):
        names = ", ".join(lines.names[name] for name in PROBABILITY_COLUMNS)
        raise ValueError(
            f"{lines.file}, {lines.places[wrong[0]]}, columns {names}: expected a sum of 1 (within "
            f"{SUM_TOLERANCE}), found {sums[wrong[0]]:.3g}. Of a model with more classes take "
            "these four and divide them by their sum."
        )
    return values.astype(np.float32)


def _splits(lines: _Lines) -> pd.Series:
    if "split" not in lines.names:
        return pd.Series([UNKNOWN] * len(lines.texts), dtype="str")
    splits = lines.texts["split"].str.lower().map(_SPLITS)
    lines.refuse(splits.isna().to_numpy(), "split", "training, validation or nothing")
    return splits


def _check_folds(lines: _Lines, table: pd.DataFrame, ferm: Ferm) -> None:
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


def _notes(lines: _Lines, known: np.ndarray, ferm: Ferm) -> tuple[str, ...]:
    notes = []
    if lines.others:
        listed = ", ".join(each or "(no name)" for each in lines.others[:_LISTED])
        more = f" and {len(lines.others) - _LISTED} more" if len(lines.others) > _LISTED else ""
        notes.append(f"{lines.file}: columns that do not count: {listed}{more}.")
    if not known.all():
        first = int(np.argmin(known))
        notes.append(
            f"{lines.file}: {(~known).sum():,} of {len(known):,} lines are of faces that are not "
            f"in {ferm.name} and do not count; the first is {lines.places[first]}, row "
            f"{lines.texts['row'][first]}."
        )
    return tuple(notes)
