"""A table of somebody's predictions as text: its columns under their usual names, line by line.

CSV may be separated by commas, or by semicolons or tabs, then with decimal commas too; or Parquet.
"""

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from fermask.faces.labels import CLASS_OF_FERPLUS
from fermask.networks.predictions import probability_columns
from fermask.system.parquet import read_columns
from fermask.system.untrusted import MOST_ROWS

# What a column may be called in a file, beside the classes.
_NAMES: dict[str, tuple[str, ...]] = {
    "row": ("id", "row"),
    "place": ("place", "face"),
    "prediction": (
        "prediction",
        "predicted",
        "pred",
        "y_pred",
        "predicted_label",
        "prediction_label",
    ),
    "split": ("split",),
    "fold": ("fold",),
}
_CLASS_FORMS = ("{}", "p_{}", "prob_{}", "probability_{}", "{}_prob", "{}_probability")
# pandas writes a table's index so, where it has no name.
_INDEX = ("", "__index_level_0__", "unnamed: 0")
PARQUET_BEGINS = b"PAR1"
_SEPARATORS = ",;\t"
LISTED = 8
# Of a CSV's first line, characters; and lines that are kept as Python's own texts.
_LONGEST_HEADER = 1 << 16
_AT_ONCE = 1 << 16


def expected_form(classes: tuple[str, ...]) -> str:
    """What a file of predictions for faces of these classes holds, as a sentence."""
    return (
        "Expected a line a face with id (FER2013's row, from 0) or place (in the set), and the "
        f"probabilities {', '.join(classes)} or a prediction, and perhaps split and fold."
    )


def class_names(classes: tuple[str, ...]) -> dict[str, str]:
    """What a file may call each class → its name: its own and FER+'s, in lower case."""
    theirs = {own: name for own, name in CLASS_OF_FERPLUS.items() if name in classes}
    return theirs | {name.lower(): name for name in classes}


def _column_names(classes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """What each column may be called."""
    called = class_names(classes)
    return _NAMES | {
        f"p_{name}": tuple(
            form.format(each)
            for each, its_name in called.items()
            if its_name == name
            for form in _CLASS_FORMS
        )
        for name in classes
    }


@dataclass(frozen=True)
class Lines:
    """The columns of a file that count, as stripped text.

    ``texts``: keys of ``_column_names``, for the set's ``classes``. ``names``: what the file calls
    each of them. ``others``: its columns that do not count. ``numbers``: of each line, int64
    ``(n,)``, which ``unit`` says, such as ``line {}``.
    """

    file: str
    classes: tuple[str, ...]
    texts: pd.DataFrame
    names: dict[str, str]
    others: list[str]
    unit: str
    numbers: np.ndarray

    def place(self, line: int) -> str:
        """Where a line (index) stands in the file."""
        return self.unit.format(self.numbers[line])

    def error(self, line: int, column: str, words: str) -> ValueError:
        """What is wrong in a line (index), as an error that names the place."""
        return ValueError(f"{self.file}, {self.place(line)}, column {self.names[column]}: {words}")

    def refuse(self, wrong: np.ndarray, column: str, expected: str) -> None:
        """Raises an error about the first wrong line, bool ``(n,)``, if there is one."""
        found = np.flatnonzero(wrong)
        if not len(found):
            return
        text = self.texts[column].iloc[found[0]]
        got = repr(text) if text else "nothing"
        others = f"; {len(found) - 1:,} more like it" if len(found) > 1 else ""
        raise self.error(found[0], column, f"expected {expected}, found {got}{others}.")


def read_parquet(
    content: bytes, name: str, classes: tuple[str, ...]
) -> tuple[pd.DataFrame, list[str], dict[str, Any]]:
    """The columns that count of a Parquet file, all their names, and what it says of itself.

    Raises:
        ValueError: it is none, or lacks a column; the words name the place.
    """
    possible = _column_names(classes).values()
    wanted = {"label", *_INDEX, *(each for names in possible for each in names)}
    try:
        arrow, header = read_columns(content, name, wanted)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(
            f"{name} cannot be read as Parquet; it may be cut short. Write or copy it again."
        ) from error
    try:
        about = json.loads((arrow.schema.metadata or {}).get(b"ferm", b"{}"))
    except ValueError:
        about = None
    if not isinstance(about, dict):
        raise ValueError(f"{name}: what it says of itself cannot be read. Write it again.")
    # An index is a column like the others.
    return arrow.to_pandas(ignore_metadata=True), header, about


def lines_of_table(
    table: pd.DataFrame, header: list[str], name: str, classes: tuple[str, ...]
) -> Lines:
    """A table of ``read_parquet`` as text.

    Raises:
        ValueError: it is none, or lacks a column; the words name the place.
    """
    names, others = _columns(header, name, classes)
    texts = {}
    for column, its_name in names.items():
        values = table[its_name]
        texts[column] = values.astype("str").where(values.notna(), "").str.strip()
    numbers = np.arange(1, len(table) + 1)
    table = pd.DataFrame(texts, dtype="str")
    return Lines(name, classes, table, names, others, "row {} of the table", numbers)


def read_csv(content: bytes, name: str, classes: tuple[str, ...]) -> Lines:
    """A CSV as text.

    Raises:
        ValueError: it is none, or lacks a column; the words name the place.
    """
    # Excel's own line, which says how it separates.
    text = re.sub(r"^\s*\"?sep=.\"?\r?\n", "\n", _decoded(content, name), flags=re.IGNORECASE)
    first = text.lstrip()[: _LONGEST_HEADER + 1].partition("\n")[0]
    if len(first) > _LONGEST_HEADER:
        raise ValueError(f"{name}: its first line has no end. {expected_form(classes)}")
    # By what the header holds most of: other lines may have decimal commas.
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    blocks: list[pd.DataFrame] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    header: list[str] = []
    try:
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            if not header:
                header = [value.strip() for value in values]
                names, others = _columns(header, name, classes)
                wanted = [header.index(each) for each in names.values()]
                continue
            if len(values) != len(header):
                raise ValueError(
                    f"{name}, line {reader.line_num}: expected {len(header)} values, as in the "
                    f"header, found {len(values)}. The file may be cut short."
                )
            if len(numbers) == MOST_ROWS:
                raise ValueError(
                    f"{name} has more than {MOST_ROWS:,} lines, the most that is read."
                )
            rows.append([values[i].strip() for i in wanted])
            numbers.append(reader.line_num)
            if len(rows) == _AT_ONCE:
                blocks.append(pd.DataFrame(rows, columns=list(names), dtype="str"))
                rows = []
    except csv.Error as error:
        raise ValueError(f"{name}, line {reader.line_num}: this is no CSV ({error}).") from error
    blocks.append(pd.DataFrame(rows, columns=list(names), dtype="str"))
    texts = pd.concat(blocks, ignore_index=True)
    if separator != ",":
        texts = texts.apply(lambda column: column.str.replace(",", "."))
    return Lines(name, classes, texts, names, others, "line {}", np.array(numbers, dtype=np.int64))


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


def _columns(
    header: list[str], name: str, classes: tuple[str, ...]
) -> tuple[dict[str, str], list[str]]:
    """What the file calls the columns that count, as ``_column_names`` has them; and the others."""
    possible_names, shares = _column_names(classes), probability_columns(classes)
    found = {
        column: [each for each in header if each.lower() in possible]
        for column, possible in possible_names.items()
    }
    if not found["row"] and not found["place"]:
        found["row"] = [each for each in header[:1] + header[-1:] if each.lower() in _INDEX][:1]
    for several in found.values():
        if len(several) > 1:
            raise ValueError(
                f"{name} has the columns {' and '.join(several)}; keep the one that counts."
            )
    missing = [] if found["row"] or found["place"] else ["id"]
    if not found["prediction"] or any(found[column] for column in shares):
        missing += [each.removeprefix("p_") for each in shares if not found[each]]
    if missing:
        listed = ", ".join(repr(each[:30]) for each in header[:LISTED]) + (
            ", …" if len(header) > LISTED else ""
        )
        raise ValueError(
            f"{name} has no column {', '.join(missing)}; its header is {listed}. "
            f"{expected_form(classes)}"
        )
    names = {column: several[0] for column, several in found.items() if several}
    return names, [each for each in header if each not in names.values()]
