"""Train M-Xception by the recipe that ships: pretraining, the ten folds, then every face.

python -m scripts.studies.train_recipe                 # all of it, hours on a CPU; resumable
python -m scripts.studies.train_recipe --folds 0 1     # the first pretraining and two folds

All of it ends with a second pretraining and its ten folds, which tell how much a pretraining's
luck matters; they lie in the folder ``again`` of the runs.
"""

import argparse
import math
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from fermask.cli.terminal import ProgressBars, one_sentence_errors
from fermask.dataset.ferm import Ferm
from fermask.dataset.splits import DEVELOPMENT_FOLD, FOLDS
from fermask.evaluation.calibration import calibrated_table, calibration_record, weights_record
from fermask.evaluation.evaluation import evaluate
from fermask.evaluation.headlines import HELD_BACK, headlines
from fermask.evaluation.scope import FRESH, fresh_faces
from fermask.faces.labels import CLASSES
from fermask.hosting.model_card import model_card
from fermask.networks.predictions import PROBABILITY_COLUMNS, read_predictions
from fermask.reporting.calibration_report import describe_calibration
from fermask.system.files import write_csv, write_text
from fermask.system.kept import keep_json, keep_one
from fermask.system.parquet import write_parquet
from fermask.system.paths import OUT_OF_FOLD, OUT_OF_FOLD_AGAIN, PUBLISHED_RECIPE, SHIPPED
from fermask.system.tensorflow_settings import prepare_tensorflow
from fermask.training.export import Shipping, export_run, write_onnx
from fermask.training.pretraining import pretraining_examples
from fermask.training.recipe import (
    AGAIN,
    CALIBRATION,
    EVERYTHING,
    FINETUNING,
    FOLD_WEIGHTS,
    OTHER_VIEWS,
    PRETRAINED,
    EpochProgress,
    measure_views,
    out_of_fold,
    pretrain,
    train_everything,
    train_fold,
)
from fermask.training.run_folder import MODEL, load_model
from fermask.training.training_data import Examples
from fermask.training.wardrobe import dressed
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
        description="Train M-Xception by the recipe that ships. Without --folds: "
        "everything, and the weights are exported. What is already there is not trained again.",
    )
    parser.add_argument("--folds", type=int, nargs="+", choices=range(FOLDS), metavar="FOLD")
    parser.add_argument("--runs", type=Path, default=PUBLISHED_RECIPE, help="folder of the runs")
    parser.add_argument(
        "--out", type=Path, default=SHIPPED.with_suffix(""), help="weights, without suffix"
    )
    add_set_arguments(parser)
    add_votes_argument(parser)
    options = parser.parse_args(arguments)
    prepare_tensorflow()
    with one_sentence_errors("The same command goes on after the last whole epoch."):
        return _train(options)


def _train(options: argparse.Namespace) -> int:
    ferm = load_set(options)
    everything = options.folds is None
    check_places(ferm, options.runs, *([options.out, OUT_OF_FOLD] if everything else []))
    with ProgressBars() as bars:
        others = pretraining_examples(
            load_votes(options), ferm, jobs=os.cpu_count() or 1, progress=bars
        )
    # Once for all runs.
    others = dressed(others, FINETUNING.augmentation)
    folds = range(FOLDS) if everything else options.folds
    _train_folds(ferm, others, folds, options.runs)
    if everything:
        _with_progress("every face", train_everything, ferm, others, options.runs)
        _train_folds(ferm, others, folds, options.runs / AGAIN, seed=1)
        _ship(options, ferm)
    return 0


def _train_folds(
    ferm: Ferm, others: Examples, folds: Iterable[int], folder: Path, seed: int = 0
) -> None:
    """A pretraining, and those folds that start from it."""

    def pretraining(progress: EpochProgress) -> None:
        pretrain(others, folder, progress, seed)

    _with_progress(f"{folder.name}, {PRETRAINED}", pretraining)
    for fold in folds:
        _with_progress(f"{folder.name}, fold {fold}", train_fold, ferm, others, fold, folder)


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
    predictions, again = out_of_fold(options.runs), out_of_fold(options.runs / AGAIN)
    views = measure_views(ferm, options.runs)
    keep_one(options.runs / OTHER_VIEWS, lambda path: write_csv(path, views))
    # What a new photograph meets.
    calibration = calibration_record(predictions[fresh_faces(ferm)], split=FRESH)
    keep_json(options.runs / CALIBRATION, calibration)
    about = {
        "model": "m_xception",
        "protocol": "clean",
        "seed": f"0–{FOLDS - 1}",
        "ferm": ferm.name,
        "not_sure_below": calibration["not_sure_below"],
    }
    tables = {OUT_OF_FOLD: predictions} | ({} if again is None else {OUT_OF_FOLD_AGAIN: again})
    for path, table in tables.items():
        write_parquet(path, calibrated_table(table), about)
    stated = headlines(ferm, [read_predictions(path) for path in tables])
    result = {
        "accuracy": stated[HELD_BACK].value,
        "n": stated[HELD_BACK].n,
        "measured": "clean 0–8, out of fold",
        "headlines": {name: asdict(share) for name, share in stated.items()},
    }
    shipping = Shipping(options.runs / PRETRAINED, result, weights_record(calibration))
    record = export_run(options.runs / EVERYTHING, ferm, options.out, shipping)
    _export_folds(options.runs, ferm)
    if again is not None:
        _export_folds(options.runs / AGAIN, ferm)
    measured = predictions[predictions["fold"] != DEVELOPMENT_FOLD]
    evaluation = evaluate(
        measured["label"].map(CLASSES.index).to_numpy(),
        measured[list(PROBABILITY_COLUMNS)].to_numpy(),
    )
    card = model_card(
        record,
        evaluation,
        stated,
        len(ferm.manifest),
        describe_calibration(calibration),
        {},
    )
    write_text(options.out.parent / "README.md", card)
    print(f"{options.out}.keras, .onnx and .json", file=sys.stderr)


def _export_folds(folder: Path, ferm: Ferm) -> None:
    """The weights that the figures are of, beside their runs, so that these can be asked again."""
    start = folder / PRETRAINED
    keep_one(start / f"{FOLD_WEIGHTS}.onnx", partial(write_onnx, load_model(start / MODEL)))
    for fold in range(FOLDS):
        run = folder / f"fold-{fold}"
        export_run(run, ferm, run / FOLD_WEIGHTS, Shipping(start))


if __name__ == "__main__":
    sys.exit(main())
