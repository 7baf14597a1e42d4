"""Tables as Markdown."""

import pandas as pd


def markdown_table(table: pd.DataFrame) -> str:
    """A table of ready texts as Markdown; all columns but the first are right-aligned."""
    lines = [table.columns, ["---", *["--:"] * (len(table.columns) - 1)]]
    lines += [[str(value) for value in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
