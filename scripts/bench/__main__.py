"""How long the project's parts take, measured on this machine in one run.

python -m scripts.bench
python -m scripts.bench --only explorer
python -m scripts.bench --only visits --beside DIR    # beside another checkout of this project
python -m scripts.bench --record    # and write RESULTS.md's section
"""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from fermask.cli.terminal import ProgressBars, one_sentence_errors
from fermask.system.circumstances import circumstances
from fermask.system.files import read_json
from fermask.system.kept import keep_json
from fermask.system.paths import PERFORMANCE, ROOT
from fermask.system.tensorflow_settings import prepare_tensorflow

# Modules beside this one, each with a `measure`, imported once they are asked for: a process that
# measures its memory imports this module first.
PARTS = ("building", "demo", "explorer", "masking", "prediction", "scaling", "training", "visits")
ROUNDS = 7


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, measure, print; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.bench", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", choices=PARTS, help="one part (else all)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"that count (else {ROUNDS})")
    parser.add_argument("--record", action="store_true", help="write it into RESULTS.md")
    parser.add_argument(
        "--beside", type=Path, metavar="DIR", help="another checkout, for --only visits to compare"
    )
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds takes a whole number from 1")
    if options.beside and options.only != "visits":
        parser.error("--beside goes with --only visits")
    more = {"beside": options.beside} if options.beside else {}
    prepare_tensorflow()
    with one_sentence_errors():
        for name in [options.only] if options.only else PARTS:
            part = _measure(name, options.rounds, **more)
            if options.record:
                # Part by part: an error in a later one costs no earlier work.
                _record(name, part)
    return 0


def _measure(name: str, rounds: int, **more: Path) -> dict[str, Any]:
    """Prints a part's table; gives what ``performance_section`` reads of it."""
    from fermask.reporting.performance_report import performance_table

    with ProgressBars() as progress:
        rows = import_module(f"scripts.bench.{name}").measure(rounds, progress, **more)
    part = {"machine": _machine(), "rows": rows}
    print(f"## {name}\n\n{part['machine']}.\n\n{performance_table(rows)}", flush=True)
    return part


def _record(name: str, part: dict[str, Any]) -> None:
    from fermask.reporting.report import write_results

    recorded = read_json(PERFORMANCE) if PERFORMANCE.is_file() else {}
    keep_json(PERFORMANCE, recorded | {name: part})
    write_results(ROOT / "RESULTS.md")


def _machine() -> str:
    """This machine, how busy it is, and the code that is measured."""
    about = circumstances()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    commit = about["commit"][:12] or "no git checkout"
    return f"{about['machine']}{load}; Python {sys.version.split()[0]}, code {commit}"


if __name__ == "__main__":
    sys.exit(main())
