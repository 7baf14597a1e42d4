"""Reproduce the paper's tables: train what is missing, write RESULTS.md.

python -m scripts.reproduce --seeds 5 --protocol clean
python -m scripts.reproduce --seeds 0    # only write RESULTS.md from what is there
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from core.drawing import draw_importance
from core.ferm import DEVELOPMENT_FOLD, PROTOCOLS, PUBLISHED, Ferm, load
from core.files import read_json, whole_file, write_json
from core.geometry import geometry_hash, geometry_record
from core.models import NETWORKS
from core.report import results_markdown
from core.reproduction import LANDMARKS, PUBLISHED_RUNS, finished_runs, run_name
from core.training import RESULT, TrainingSettings, train
from scripts.sets import add_set_arguments, load_set
from scripts.terminal import ProgressBars, one_sentence_errors


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, train the missing runs, write; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.reproduce", description="Reproduce the paper's Tables 2 and 3."
    )
    parser.add_argument("--models", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--protocol", nargs="+", choices=PROTOCOLS, default=list(PROTOCOLS))
    parser.add_argument(
        "--seeds",
        type=int,
        default=5,
        choices=range(DEVELOPMENT_FOLD + 1),
        metavar="N",
        help=f"runs of each, 0 to {DEVELOPMENT_FOLD} (default 5)",
    )
    parser.add_argument("--epochs", type=int, default=TrainingSettings().epochs)
    parser.add_argument("--runs", type=Path, default=PUBLISHED_RUNS, help="folder of the runs")
    parser.add_argument("--out", type=Path, default=Path("RESULTS.md"))
    add_set_arguments(parser)
    options = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with one_sentence_errors("The same command goes on after the last whole epoch."):
        _train_missing(options)
        ferm = load(PUBLISHED)
        geometry = _geometry(ferm, options.runs)
        _write_text(options.out, results_markdown(ferm, finished_runs(options.runs), geometry))
        lost = {int(number): value for number, value in geometry["lost"].items()}
        drawing = draw_importance(np.array(geometry["mean_points"]), lost)
        _write_text(options.out.parent / "docs" / "landmark_importance.svg", drawing)
    print(f"Wrote {options.out}", file=sys.stderr)
    return 0


def _write_text(path: Path, text: str) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _geometry(ferm: Ferm, runs: Path) -> dict[str, Any]:
    """What landmarks alone tell, from the cache unless that is of another set."""
    cache = runs / LANDMARKS
    if cache.is_file() and (kept := read_json(cache))["manifest_sha256"] == geometry_hash(ferm):
        return kept
    print("Fitting landmarks alone (about a minute)", file=sys.stderr)
    record = geometry_record(ferm)
    write_json(cache, record)
    return record


def _train_missing(options: argparse.Namespace) -> None:
    """Trains seed by seed, so that an interrupted table has some of every row."""
    wanted = [
        TrainingSettings(model, protocol, seed, epochs=options.epochs)
        for seed in range(options.seeds)
        for model in options.models
        for protocol in options.protocol
    ]
    missing = [each for each in wanted if not (options.runs / run_name(each) / RESULT).is_file()]
    if not missing:
        return
    ferm: Ferm = load_set(options)
    if ferm.about["masked_sha256"] != load(PUBLISHED).about["masked_sha256"]:
        raise ValueError(
            f"{options.ferm} holds {ferm.name}; RESULTS.md is about the published FERM v1 alone. "
            "Train on other sets with scripts.train."
        )
    for settings in missing:
        name = run_name(settings)
        with ProgressBars() as bars:
            train(
                ferm,
                settings,
                options.runs / name,
                lambda row, epochs, bars=bars, name=name: bars(
                    name, int(row["epoch"]), epochs, f"validation {row['val_accuracy']:.1%}"
                ),
            )


if __name__ == "__main__":
    sys.exit(main())
