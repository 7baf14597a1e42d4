"""Train M-Xception by the recipe that ships: pretraining, the ten folds, then every face.

python -m scripts.studies.train_recipe                 # all of it, hours on a CPU; resumable
python -m scripts.studies.train_recipe --folds 0 1     # the pretraining and two folds
python -m scripts.studies.train_recipe --ablations recipe labels --seeds 3
"""

import argparse
import math
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fermask.cli.terminal import ProgressBars, one_sentence_errors
from fermask.dataset.ferm import Ferm
from fermask.dataset.splits import DEVELOPMENT_FOLD, FOLDS
from fermask.evaluation.calibration import calibrated_table, calibration_record, weights_record
from fermask.evaluation.evaluation import evaluate
from fermask.faces.labels import CLASSES
from fermask.hosting.model_card import model_card
from fermask.networks.predictions import PROBABILITY_COLUMNS
from fermask.reporting.calibration_report import describe_calibration
from fermask.system.files import write_csv, write_json, write_text
from fermask.system.parquet import write_parquet
from fermask.system.paths import OUT_OF_FOLD, PUBLISHED_RECIPE, SHIPPED
from fermask.training.export import Shipping, export_run
from fermask.training.pretraining import pretraining_examples
from fermask.training.recipe import (
    ABLATIONS,
    CALIBRATION,
    EVERYTHING,
    OTHER_VIEWS,
    PRETRAINED,
    fold_results,
    measure_views,
    out_of_fold,
    pretrain,
    train_ablation,
    train_everything,
    train_fold,
)
from fermask.training.run_folder import RESULT
from scripts.sets import (
    add_set_arguments,
    add_votes_argument,
    check_places,
    load_set,
    load_votes,
)


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, train what is missing, ship; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.studies.train_recipe",
        description="Train M-Xception by the recipe that ships. Without --folds and --ablations: "
        "everything, and the weights are exported. What is already there is not trained again.",
    )
    parser.add_argument("--folds", type=int, nargs="+", choices=range(FOLDS), metavar="FOLD")
    parser.add_argument("--ablations", nargs="+", choices=ABLATIONS, default=[])
    parser.add_argument("--seeds", type=int, default=1, help="of each ablation (default 1)")
    parser.add_argument("--runs", type=Path, default=PUBLISHED_RECIPE, help="folder of the runs")
    parser.add_argument(
        "--out", type=Path, default=SHIPPED.with_suffix(""), help="weights, without suffix"
    )
    add_set_arguments(parser)
    add_votes_argument(parser)
    options = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with one_sentence_errors("The same command goes on after the last whole epoch."):
        return _train(options)


def _train(options: argparse.Namespace) -> int:
    ferm = load_set(options)
    everything = options.folds is None and not options.ablations
    check_places(ferm, options.runs, *([options.out, OUT_OF_FOLD] if everything else []))
    needed = {ABLATIONS[name].pretraining for name in options.ablations} - {""}
    if options.folds or not options.ablations:
        needed.add(PRETRAINED)
    _pretrain(options, ferm, sorted(needed))
    for name in options.ablations:
        for seed in range(options.seeds):
            _with_progress(f"{name} {seed}", train_ablation, ferm, name, seed, options.runs)
    for fold in range(FOLDS) if everything else options.folds or []:
        _with_progress(f"fold {fold}", train_fold, ferm, fold, options.runs)
    if everything:
        _with_progress("every face", train_everything, ferm, options.runs)
        _ship(options, ferm)
    return 0


def _pretrain(options: argparse.Namespace, ferm: Ferm, names: list[str]) -> None:
    missing = [name for name in names if not (options.runs / name / RESULT).is_file()]
    if not missing:
        return
    faces = load_votes(options)
    with ProgressBars() as bars:
        examples = pretraining_examples(faces, ferm, jobs=os.cpu_count() or 1, progress=bars)
    for name in missing:
        _with_progress(name, partial(pretrain, name=name), examples, options.runs)


def _with_progress(name: str, job: Callable, *arguments) -> None:
    """Runs a training job with a progress bar of its own."""

    def progress(row: dict[str, float], epochs: int) -> None:
        held_back = not math.isnan(row["val_accuracy"])
        note = f"validation {row['val_accuracy']:.1%}" if held_back else ""
        bars(name, int(row["epoch"]), epochs, note)

    with ProgressBars() as bars:
        job(*arguments, progress)


def _ship(options: argparse.Namespace, ferm: Ferm) -> None:
    """Gathers the folds' predictions, calibrates by them, and exports the weights."""
    predictions = out_of_fold(options.runs)
    write_csv(options.runs / OTHER_VIEWS, measure_views(ferm, options.runs))
    calibration = calibration_record(predictions)
    write_json(options.runs / CALIBRATION, calibration)
    about = {
        "model": "m_xception",
        "protocol": "clean",
        "seed": f"0–{FOLDS - 1}",
        "ferm": ferm.name,
        "not_sure_below": calibration["not_sure_below"],
    }
    write_parquet(OUT_OF_FOLD, calibrated_table(predictions), about)
    folds = fold_results(options.runs)
    correct, n = int(folds["correct"].sum()), int(folds["n"].sum())
    shipping = Shipping(
        options.runs / PRETRAINED,
        {"accuracy": correct / n, "correct": correct, "n": n, "measured": "clean 0–8, out of fold"},
        weights_record(calibration),
    )
    record = export_run(options.runs / EVERYTHING, ferm, options.out, shipping)
    measured = predictions[predictions["fold"] != DEVELOPMENT_FOLD]
    evaluation = evaluate(
        measured["label"].map(CLASSES.index).to_numpy(),
        measured[list(PROBABILITY_COLUMNS)].to_numpy(),
    )
    card = model_card(record, evaluation, len(ferm.manifest), describe_calibration(calibration))
    write_text(options.out.parent / "README.md", card)
    print(f"{options.out}.keras, .onnx and .json", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
