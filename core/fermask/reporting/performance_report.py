"""RESULTS.md's section on speed, from what ``python -m scripts.bench`` measured last."""

from pathlib import Path
from typing import Any

import pandas as pd

from fermask.system.files import read_json
from fermask.system.markdown import markdown_table
from fermask.system.paths import PERFORMANCE

_TITLE = "## Performance\n\n"


def performance_section(path: Path = PERFORMANCE) -> str:
    """The section, or a sentence that says how to measure.

    Args:
        path: JSON; of each part ``machine`` and ``rows``, see ``performance_table``.
    """
    if not path.is_file():
        return f"{_TITLE}Not measured yet: `make bench`.\n"
    parts = [
        f"### {name}\n\n{part['machine']}.\n\n{performance_table(part['rows'])}"
        for name, part in read_json(path).items()
    ]
    return (
        f"{_TITLE}Written by `make bench`. The jobs of a part take turns; a figure is the median "
        "of the rounds (fastest to slowest), a ratio is taken within each round, and under 1 is "
        "faster. Seconds are of the machine named, and say little of another.\n\n"
    ) + "\n".join(parts)


def performance_table(rows: list[dict[str, Any]]) -> str:
    """Measured jobs as Markdown; a column that says nothing in any row is left out.

    Args:
        rows: each ``job``, ``faces``, ``ms`` (median, lowest, highest), ``MB`` (or None),
            ``ratio`` (as ``ms``, or None) and ``to``, the job that it is the ratio to.
    """
    table = pd.DataFrame(
        {
            "job": row["job"],
            "faces": f"{row['faces']:,}",
            "ms": _spread(row["ms"]),
            "MB": "" if row["MB"] is None else f"{row['MB']:,.0f}",
            "ratio": _spread(row["ratio"]),
            "to": row["to"],
        }
        for row in rows
    )
    return markdown_table(table[[name for name in table if (table[name] != "").any()]])


def _spread(values: list[float] | None) -> str:
    if values is None:
        return ""
    median, low, high = map(_three_digits, values)
    return median if low == high else f"{median} ({low} to {high})"


def _three_digits(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"
