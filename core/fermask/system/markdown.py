"""Tables and texts as Markdown."""

import re
from typing import TYPE_CHECKING

from fermask.system.csv_text import one_line

if TYPE_CHECKING:
    import pandas as pd

# All that is not in these can become a link, a picture, a formula or HTML where it is shown.
_NAME = re.compile(r"[^\w .,+()–/#&'%-]+")


def plain_name(text: str) -> str:
    """A name from a file without what a page might take for Markdown or HTML, at most 200 long."""
    return _NAME.sub("·", one_line(text))[:200]


def escaped(text: str) -> str:
    """A text that Markdown shows as it is."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def markdown_table(table: "pd.DataFrame") -> str:
    """A table of ready texts as Markdown; all columns but the first are right-aligned."""
    lines = [table.columns, ["---", *["--:"] * (len(table.columns) - 1)]]
    lines += [[str(value) for value in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
