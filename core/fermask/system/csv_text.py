"""Tables that leave as CSV: texts in them come from files and names, and may be meant to harm."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# What a spreadsheet takes for a formula, also where its list separator is another one.
_FORMULA = re.compile(r"(^|[;,|])(?=\s*[=+\-@]|[\t\r])")
_MENDED = re.compile(r"(^|[;,|])'(?=\s*[=+\-@]|[\t\r])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str) -> str:
    """A text with a space for each run of line ends and other control characters."""
    return _CONTROL.sub(" ", text).strip()


def cell(text: str) -> str:
    """A text as a cell; what a spreadsheet would take for a formula begins with an apostrophe."""
    return _FORMULA.sub(r"\1'", text)


def text_of_cell(text: str) -> str:
    """What ``cell`` was made of."""
    return _MENDED.sub(r"\1", text)


def table_csv(table: "pd.DataFrame") -> str:
    """A table without its index as CSV, numbers with six digits, every text as a ``cell``."""
    from pandas.api.types import is_object_dtype, is_string_dtype

    table = table.rename(columns=lambda name: cell(str(name)))
    for name in table.columns:
        if is_object_dtype(table[name]) or is_string_dtype(table[name]):
            table[name] = table[name].map(
                lambda each: cell(each) if isinstance(each, str) else each
            )
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
