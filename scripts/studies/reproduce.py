"""Reproduce the paper's tables and figures: train what is missing, write RESULTS.md.

python -m scripts.studies.reproduce                                   # everything
python -m scripts.studies.reproduce --table 3 --seeds 5 --protocol clean
python -m scripts.studies.reproduce --figure 2 4
python -m scripts.studies.reproduce --explanations                    # of the paper's number
python -m scripts.studies.reproduce --table 2                         # no training: only write
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fermask.cli.terminal import ProgressBars, one_sentence_errors
from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.fer2013_files import find_fer2013
from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import is_published, load
from fermask.dataset.splits import DEVELOPMENT_FOLD, FER2013, PROTOCOLS
from fermask.faces.drawing import draw_importance
from fermask.networks import NETWORKS, build_network
from fermask.networks.predictions import read_predictions
from fermask.reporting.figures import (
    draw_confusions,
    draw_convolutions,
    draw_face_masks,
    draw_landmark_pair,
    draw_network,
    draw_pipeline,
    stored_figure,
)
from fermask.reporting.report import write_results
from fermask.studies.dropped_classes import VIEWS, expression_examples, expression_faces
from fermask.studies.explanations import missing_runs, train_explanation
from fermask.studies.landmarks_alone import geometry_hash, geometry_record
from fermask.studies.reproduction import (
    BEST,
    LANDMARKS,
    PACE,
    PAPER_TABLE_1,
    predictions_of_runs,
)
from fermask.system.files import read_json, write_text
from fermask.system.kept import keep_json
from fermask.system.paths import PUBLISHED, PUBLISHED_RECIPE, PUBLISHED_RUNS, SHIPPED
from fermask.system.tensorflow_settings import prepare_tensorflow
from fermask.training.epoch_time import measure_pace
from fermask.training.run_folder import RESULT
from fermask.training.settings import TrainingSettings
from fermask.training.training import train
from fermask.training.training_data import Examples, fer2013_examples, ferm_examples
from scripts.sets import add_set_arguments, add_votes_argument, load_set, load_votes


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments, train the missing runs, write; returns the exit status."""
    options = _parser().parse_args(arguments)
    prepare_tensorflow()
    with one_sentence_errors("The same command goes on after the last whole epoch."):
        asked = (options.table, options.figure, options.expressions, options.explanations)
        everything = not any(asked)
        if everything or 3 in options.table:
            _table_3(options)
        if everything or 1 in options.table:
            _table_1(options)
        if everything or options.expressions:
            _expressions(options)
        if everything or options.explanations:
            _explanations(options)
        for number in FIGURES if everything else options.figure:
            figures = options.out.parent / "docs" / "figures"
            write_text(figures / stored_figure(number).name, FIGURES[number]())
        _results(options)
    print(f"Wrote {options.out}", file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.studies.reproduce",
        description="Reproduce the paper's tables and figures. Without --table, --figure, "
        "--expressions and --explanations: all of them. What is already there is not computed "
        "again.",
    )
    parser.add_argument("--table", type=int, nargs="+", choices=(1, 2, 3), default=[])
    parser.add_argument("--figure", type=int, nargs="+", choices=FIGURES, default=[])
    parser.add_argument(
        "--expressions", action="store_true", help="M-Xception on all of FER+'s expressions"
    )
    parser.add_argument(
        "--explanations",
        action="store_true",
        help="how else the paper's number could come about, on the development fold",
    )
    parser.add_argument("--models", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--protocol", nargs="+", choices=PROTOCOLS, default=list(PROTOCOLS))
    parser.add_argument(
        "--seeds",
        type=int,
        default=5,
        choices=range(DEVELOPMENT_FOLD + 1),
        metavar="N",
        help=f"runs of each network and protocol of Table 3, 0 to {DEVELOPMENT_FOLD} (default 5)",
    )
    parser.add_argument("--epochs", type=int, default=TrainingSettings().epochs)
    parser.add_argument(
        "--pace", action="store_true", help="measure the networks' seconds an epoch anew"
    )
    parser.add_argument("--runs", type=Path, default=PUBLISHED_RUNS, help="folder of the runs")
    parser.add_argument(
        "--recipe",
        type=Path,
        default=PUBLISHED_RECIPE,
        help="folder of scripts.studies.train_recipe",
    )
    parser.add_argument("--out", type=Path, default=Path("RESULTS.md"))
    add_set_arguments(parser)
    add_votes_argument(parser)
    return parser


def _table_3(options: argparse.Namespace) -> None:
    """Trains seed by seed, so that an interrupted table has some of every row."""
    wanted = [
        TrainingSettings(model, protocol, seed, epochs=options.epochs)
        for seed in range(options.seeds)
        for model in options.models
        for protocol in options.protocol
    ]
    missing = _missing(wanted, options.runs)
    if not missing:
        return
    ferm = _load_published(options)
    for settings in missing:
        _train(ferm_examples(ferm, settings.protocol, settings.seed), settings, options.runs)


def _load_published(options: argparse.Namespace) -> Ferm:
    ferm = load_set(options)
    same_images = ferm.about["masked_sha256"] == load(PUBLISHED).about["masked_sha256"]
    # A reviewed set may have the same images under other labels.
    if not same_images or not is_published(ferm):
        raise ValueError(
            f"{options.ferm} holds {ferm.name}; RESULTS.md is about the published FERM alone. "
            "Train on other sets with scripts.train."
        )
    return ferm


def _explanations(options: argparse.Namespace) -> None:
    missing = missing_runs(options.runs)
    ferm = _load_published(options) if missing else None
    for name, model, seed in missing:
        with ProgressBars() as bars:

            def progress(row: dict[str, float], epochs: int, run=f"{name} {model} {seed}") -> None:
                bars(run, int(row["epoch"]), epochs, f"validation {row['val_accuracy']:.1%}")

            train_explanation(name, model, seed, ferm, options.runs, progress, options.epochs)


def _table_1(options: argparse.Namespace) -> None:
    wanted = [
        TrainingSettings(model, None, epochs=options.epochs, trained_on=FER2013)
        for model in options.models
        if model in PAPER_TABLE_1
    ]
    missing = _missing(wanted, options.runs)
    if missing:
        examples = fer2013_examples(read_fer2013(find_fer2013(options.fer2013).fer2013))
        for settings in missing:
            _train(examples, settings, options.runs)


def _expressions(options: argparse.Namespace) -> None:
    # A falling learning rate, so that the last epoch's luck does not tell the views apart.
    wanted = [
        TrainingSettings(protocol=None, epochs=options.epochs, schedule="cosine", trained_on=view)
        for view in VIEWS
    ]
    missing = _missing(wanted, options.runs)
    if missing:
        with ProgressBars() as bars:
            faces = expression_faces(load_votes(options), os.cpu_count() or 1, bars)
        for settings in missing:
            examples = expression_examples(faces, settings.trained_on, settings.seed)
            _train(examples, settings, options.runs)


def _missing(wanted: list[TrainingSettings], runs: Path) -> list[TrainingSettings]:
    return [each for each in wanted if not (runs / each.name / RESULT).is_file()]


def _train(examples: Examples, settings: TrainingSettings, runs: Path) -> None:
    name = settings.name

    def progress(row: dict[str, float], epochs: int) -> None:
        bars(name, int(row["epoch"]), epochs, f"validation {row['val_accuracy']:.1%}")

    with ProgressBars() as bars:
        train(examples, settings, runs / name, progress)


def _results(options: argparse.Namespace) -> None:
    """Everything that needs no training, and RESULTS.md."""
    ferm = load(PUBLISHED)
    geometry = _geometry(ferm, options.runs)
    _measure_pace(options)
    lost = {int(number): value for number, value in geometry["lost"].items()}
    drawing = draw_importance(np.array(geometry["mean_points"]), lost)
    write_text(options.out.parent / "docs" / "landmark_importance.svg", drawing)
    write_results(options.out, options.runs, options.recipe)


def _network_figure() -> str:
    return draw_network(build_network("m_xception"))


def _landmarks_figure() -> str:
    return draw_landmark_pair(load(PUBLISHED).points_xy.mean(axis=0, dtype=np.float64))


def _confusions_figure() -> str:
    # Split as the paper's own will have been.
    run = TrainingSettings(BEST, "paper").name
    return draw_confusions(read_predictions(predictions_of_runs(PUBLISHED_RUNS)[run]))


def _pipeline_figure() -> str:
    return draw_pipeline(load(PUBLISHED), read_json(SHIPPED.with_suffix(".json")))


def _face_mask_figure() -> str:
    import skimage.data

    return draw_face_masks(skimage.data.astronaut())


FIGURES: dict[int, Callable[[], str]] = {
    1: _pipeline_figure,
    2: _network_figure,
    3: draw_convolutions,
    4: _landmarks_figure,
    5: _face_mask_figure,
    6: _confusions_figure,
}


def _geometry(ferm: Ferm, runs: Path) -> dict[str, Any]:
    """What landmarks alone tell, from the cache unless that is of another set."""
    cache = runs / LANDMARKS
    if cache.is_file() and read_json(cache)["manifest_sha256"] == geometry_hash(ferm):
        return read_json(cache)
    print("Asking what landmarks alone can tell (a minute)", file=sys.stderr)
    record = geometry_record(ferm)
    keep_json(cache, record)
    return record


def _measure_pace(options: argparse.Namespace) -> None:
    cache = options.runs / PACE
    if cache.is_file() and not options.pace:
        return
    print("Timing the networks in turn; leave the machine alone meanwhile", file=sys.stderr)
    with ProgressBars() as bars:
        keep_json(cache, measure_pace(progress=bars))


if __name__ == "__main__":
    sys.exit(main())
