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
import sys
from collections.abc import Callable

from core.measuring import Progress
from core.performance import (
    Timing,
    part_record,
    part_words,
    record_parts,
    shown_timings,
)
from core.tables import markdown_table
from scripts.bench_demo import bench_demo
from scripts.bench_explorer import bench_explorer
from scripts.terminal import ProgressBars, one_sentence_errors

# Name → what measures it; another part is another line.
PARTS: dict[str, Callable[[int, Progress], list[Timing]]] = {
    "explorer": bench_explorer,
    "demo": bench_demo,
}
ROUNDS = 7


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, measure, print; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.bench", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", choices=PARTS, help="one part (else all)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"that count (else {ROUNDS})")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("--record", action="store_true", help="keep it for RESULTS.md")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds takes a whole number from 1")
    records = {}
    with one_sentence_errors():
        for name in [options.only] if options.only else PARTS:
            with ProgressBars() as progress:
                timings = PARTS[name](options.rounds, progress)
            records[name] = part_record(timings, options.rounds)
            if options.record:
                record_parts({name: records[name]})
            if not options.json:
                table = markdown_table(shown_timings(timings))
                print(f"## {name}\n\n{part_words(records[name])}\n\n{table}", flush=True)
    if options.json:
        print(json.dumps(records))
    return 0


if __name__ == "__main__":
    sys.exit(main())
