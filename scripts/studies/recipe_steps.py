"""Train and measure what each choice of the recipe's last stage is worth: data/recipe/steps.csv.

python -m scripts.studies.recipe_steps --worn DIR --bare DIR [--steps NAME …]

After the pretrainings of scripts.studies.train_recipe; DIRs as for scripts.studies.measure_worn.
"""

import argparse
import os
import sys
from pathlib import Path

import pandas as pd

from fermask.cli.terminal import ProgressBars, one_sentence_errors
from fermask.studies.recipe_steps import VARIANTS, measure_step, train_step
from fermask.studies.worn import read_worn
from fermask.system.files import write_csv
from fermask.system.kept import check_file, keep_one
from fermask.system.paths import PUBLISHED_RECIPE
from fermask.system.tensorflow_settings import prepare_tensorflow
from fermask.training.pretraining import pretraining_examples
from fermask.training.recipe import STEPS
from scripts.sets import (
    add_set_arguments,
    add_votes_argument,
    check_places,
    load_set,
    load_votes,
)


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, train what is missing, measure; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.studies.recipe_steps", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--worn", type=Path, required=True)
    parser.add_argument("--bare", type=Path, required=True)
    parser.add_argument("--steps", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--runs", type=Path, default=PUBLISHED_RECIPE, help="folder of the runs")
    add_set_arguments(parser)
    add_votes_argument(parser)
    options = parser.parse_args(arguments)
    prepare_tensorflow()
    with one_sentence_errors("The same command goes on after the last whole epoch."):
        return _measure(options)


def _measure(options: argparse.Namespace) -> int:
    ferm = load_set(options)
    check_places(ferm, options.runs)
    odd = read_worn(options.worn, options.bare).half(1)
    with ProgressBars() as bars:
        others = pretraining_examples(
            load_votes(options), ferm, jobs=os.cpu_count() or 1, progress=bars
        )
    for name in options.steps:
        runs = train_step(name, ferm, others, options.runs)
        row = {"name": name, "words": VARIANTS[name][0]} | measure_step(runs, ferm, odd)
        path = options.runs / STEPS
        before = pd.read_csv(check_file(path)) if path.is_file() else pd.DataFrame()
        if len(before):
            before = before[before["name"] != name]
        table = pd.concat([before, pd.DataFrame([row])], ignore_index=True)
        keep_one(path, lambda place, table=table: write_csv(place, table))
        print(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
