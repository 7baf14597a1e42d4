"""How long the project's parts take, measured on this machine in one run.

python -m scripts.bench
python -m scripts.bench --only explorer --json
python -m scripts.bench --record    # and write RESULTS.md's part and its figures
python -m scripts.bench --guard     # has anything become much slower than recorded?

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

from fermask.cli.terminal import ProgressBars, one_sentence_errors
from fermask.dataset.face_quality import Progress
from fermask.dataset.manifest import load
from fermask.reporting.figures import draw_growth, draw_ratios
from fermask.reporting.report import results_markdown
from fermask.studies.performance import (
    GROWTH_FIGURE,
    RATIOS_FIGURE,
    Timing,
    part_record,
    part_words,
    record_parts,
    recorded_parts,
    shown_timings,
    timings_of,
)
from fermask.system.files import write_text
from fermask.system.markdown import markdown_table
from fermask.system.paths import PUBLISHED, PUBLISHED_RECIPE, PUBLISHED_RUNS
from scripts.bench.building import bench_building
from scripts.bench.demo import bench_demo
from scripts.bench.explorer import bench_explorer
from scripts.bench.guard import bench_guard, worse
from scripts.bench.masking import bench_masking
from scripts.bench.prediction import bench_prediction
from scripts.bench.scaling import bench_scaling
from scripts.bench.training import bench_training
from scripts.running import ROOT

GUARD, SCALING = "guard", "scaling"
# Name → what measures it; another part is another line.
PARTS: dict[str, Callable[[int, Progress], list[Timing]]] = {
    "prediction": bench_prediction,
    "masking": bench_masking,
    "building": bench_building,
    "training": bench_training,
    SCALING: bench_scaling,
    "explorer": bench_explorer,
    "demo": bench_demo,
    GUARD: bench_guard,
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
    parser.add_argument(
        "--record", action="store_true", help="keep it, and write RESULTS.md and its figures"
    )
    parser.add_argument(
        "--guard",
        action="store_true",
        help=f"the part {GUARD} alone; 1 where a ratio is a third worse than recorded",
    )
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds takes a whole number from 1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with one_sentence_errors():
        return _guard(options.rounds) if options.guard else _bench(options)


def _bench(options: argparse.Namespace) -> int:
    records = {}
    for name in [options.only] if options.only else PARTS:
        with ProgressBars() as progress:
            timings = PARTS[name](options.rounds, progress)
        records[name] = part_record(timings)
        if options.record:
            # Part by part: an error in a later one costs no earlier work.
            record_parts({name: records[name]})
        if not options.json:
            print(f"## {name}\n\n{part_words(records[name])}\n")
            print(markdown_table(shown_timings(timings)), flush=True)
    if options.record:
        _write_results()
    if options.json:
        print(json.dumps(records))
    return 0


def _guard(rounds: int) -> int:
    with ProgressBars() as progress:
        timings = bench_guard(rounds, progress)
    print(markdown_table(shown_timings(timings)))
    recorded = recorded_parts().get(GUARD)
    if recorded is None:
        raise ValueError(f"Nothing is recorded: `python -m scripts.bench --only {GUARD} --record`.")
    sentences = worse(timings, timings_of(recorded))
    for sentence in sentences:
        print(f"Slower than recorded: {sentence}", file=sys.stderr)
    return int(bool(sentences))


def _write_results() -> None:
    parts = {name: timings_of(part) for name, part in recorded_parts().items()}
    write_text(ROOT / RATIOS_FIGURE, draw_ratios(parts))
    write_text(ROOT / GROWTH_FIGURE, draw_growth(parts.get(SCALING, [])))
    results = results_markdown(load(PUBLISHED), PUBLISHED_RUNS, PUBLISHED_RECIPE)
    write_text(ROOT / "RESULTS.md", results)


if __name__ == "__main__":
    sys.exit(main())
