"""How long the project's parts take, measured on this machine in one run.

python -m scripts.bench
python -m scripts.bench --only explorer --json

The jobs of a part take turns, so that what else the machine does slows all of them alike. Each
figure is the median of the rounds, with the fastest and the slowest; beside it stands the time
of processors, which a busy machine hardly changes. A ratio is taken within each round, and says
more than the seconds of one machine do.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from core.circumstances import circumstances
from core.measuring import Progress
from core.tables import markdown_table
from scripts.bench_demo import bench_demo
from scripts.bench_explorer import bench_explorer
from scripts.terminal import ProgressBars, one_sentence_errors
from scripts.timing import Timing

# Name → what measures it; another part is another line.
PARTS: dict[str, Callable[[int, Progress], list[Timing]]] = {
    "explorer": bench_explorer,
    "demo": bench_demo,
}
ROUNDS = 7


def shown_timings(timings: list[Timing]) -> pd.DataFrame:
    """Timings as people read them, in milliseconds."""
    rows = []
    for each in timings:
        ms = 1000 * np.array([spent.clock for spent in each.spent])
        processor = [1000 * spent.processor for spent in each.spent if spent.processor is not None]
        others = 1000 * np.array([spent.clock for spent in each.compared])
        rows.append(
            {
                "job": each.job,
                "faces": f"{each.faces:,}",
                "ms": _spread(ms, ",.1f"),
                "processor ms": f"{np.median(processor):,.1f}" if processor else "",
                "aim, ms": "" if each.aim is None else f"{1000 * each.aim:,.0f}",
                "reached": "" if each.aim is None else _yes(np.median(ms) < 1000 * each.aim),
                "ratio to the smaller set": _spread(ms / others, ".2f") if len(others) else "",
            }
        )
    return pd.DataFrame(rows)


def machine_words() -> str:
    """This machine, how busy it is, and the code that is measured."""
    about = circumstances()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    commit = about["commit"][:12] or "no git checkout"
    return f"{about['machine']}{load}; Python {sys.version.split()[0]}, code {commit}"


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, measure, print; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.bench", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", choices=PARTS, help="one part (else all)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"that count (else {ROUNDS})")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds takes a whole number from 1")
    parts = [options.only] if options.only else list(PARTS)
    found: dict[str, Any] = {"machine": machine_words(), "rounds": options.rounds}
    with one_sentence_errors(), ProgressBars() as progress:
        timings = {name: PARTS[name](options.rounds, progress) for name in parts}
    if options.json:
        print(json.dumps(found | {n: [asdict(t) for t in ts] for n, ts in timings.items()}))
        return 0
    print(f"{found['machine']}. Median of {options.rounds} rounds (fastest to slowest).")
    for name, of_part in timings.items():
        print(f"\n## {name}\n\n{markdown_table(shown_timings(of_part))}", end="")
    return 0


def _spread(values: np.ndarray, form: str) -> str:
    """Median, and lowest to highest."""
    return f"{np.median(values):{form}} ({values.min():{form}} to {values.max():{form}})"


def _yes(reached: bool) -> str:
    return "yes" if reached else "no"


if __name__ == "__main__":
    sys.exit(main())
