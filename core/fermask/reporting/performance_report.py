"""RESULTS.md's section on speed, from what ``python -m scripts.bench`` measured last."""

from pathlib import Path
from typing import Any

import pandas as pd

from fermask.system.files import read_json
from fermask.system.kept import check_file
from fermask.system.markdown import markdown_table
from fermask.system.paths import FUZZ, PERFORMANCE

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
        for name, part in read_json(check_file(path)).items()
    ]
    return (
        f"{_TITLE}Written by `make bench`. The jobs of a part take turns; a figure is the median "
        "of the rounds (fastest to slowest), a ratio is taken within each round, and under 1 is "
        "faster. Seconds are of the machine named, and say little of another.\n\n"
    ) + "\n".join(parts)


def fuzz_section(path: Path = FUZZ) -> str:
    """What ``make fuzz`` counted last; "" where it was not run."""
    if not path.is_file():
        return ""
    record = read_json(check_file(path))
    rows = pd.DataFrame(record["rows"])
    order = ("kind", "tried", "answered", "sentence", "failed", "MB", "slowest")
    table = rows[list(order)].rename(
        columns={"sentence": "answered with a sentence", "slowest": "slowest, s"}
    )
    return (
        "## Hostile files\n\nWritten by `make fuzz`: pictures, archives, films, tables and marks "
        "made to harm, and mutants of them, each read as the apps read it, with other work beside. "
        "What took more than 10 s got a sentence too; its MB are the limit.\n\n"
    ) + f"{markdown_table(table)}{_attack(record)}"


def _attack(record: dict[str, Any]) -> str:
    load = record.get("load")
    if load is None:
        return ""
    alone, attacked = (
        f"{load['answers'][name]:,} answers ({load['refused'][name]} refused), in "
        f"{load['seconds'][name][0]} s (median) and {load['seconds'][name][1]} s (95th percentile)"
        for name in ("alone", "attacked")
    )
    ratio = load["seconds"]["attacked"][1] / load["seconds"]["alone"][1]
    return (
        f"\nA minute of {load['users']} users of the demo at once, who ask again as soon as they "
        f"are answered, gave {alone}; another, in which {load['bombs']} pictures that stand for "
        f"much more than they are were thrown ({load['told']} got a sentence, the others an "
        f"answer) and {load['slow_clients']} clients never ended what they asked, gave {attacked}, "
        f"{ratio:.2f} times as long. On {record['machine']}, with other work beside (load "
        f"{record['busy']}).\n"
    )


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
