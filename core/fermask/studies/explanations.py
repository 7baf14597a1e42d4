"""How else the paper's number could come about, and how a network is best taken from a training.

Each explanation changes one thing of the paper's recipe. All are trained from the same seeds of the
weights and measured on FERM's development fold, which stands in no table, so each is paired with
the recipe.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.evaluation.rates import CONFIDENCE
from fermask.faces.labels import CLASSES
from fermask.faces.masking import draw_look, put_mask
from fermask.networks import NETWORKS
from fermask.networks.predictions import PROBABILITY_COLUMNS
from fermask.system.files import read_json
from fermask.system.kept import check_file
from fermask.system.parquet import read_parquet
from fermask.training.augmentation import Augmentation
from fermask.training.run_folder import PREDICTIONS, RESULT
from fermask.training.settings import TrainingSettings
from fermask.training.training import train
from fermask.training.training_data import Examples, ferm_examples

# In the folder of the runs, those of this study.
FOLDER = "explanations"
SEEDS = 5
RECIPE, ONE_COLOUR, AVERAGED = "recipe", "one-colour", "averaged"
_PAPERS = Augmentation()
# By name: in words, and what it changes of the settings.
EXPLANATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    RECIPE: ("the paper's recipe", {}),
    ONE_COLOUR: ("all masks of one colour and shade", {}),
    "weaker": (
        "moves half as far",
        {
            "augmentation": replace(
                _PAPERS,
                rotation=_PAPERS.rotation / 2,
                shift=_PAPERS.shift / 2,
                zoom=_PAPERS.zoom / 2,
            )
        },
    ),
    "falling": ("a rate that falls to nothing", {"schedule": "cosine"}),
    AVERAGED: ("averaged weights (EMA, 0.999)", {"averaging": 0.999}),
}
# Of ten voters so many agree on a face that is counted apart, as a share.
_AGREED = 0.8


def missing_runs(folder: Path) -> list[tuple[str, str, int]]:
    """Explanation, network and seed of the weights of each run that is not done.

    Wanted are M-Xception's, and, for the ends of a training, one averaged of each other network.
    """
    runs = [(name, "m_xception", seed) for seed in range(SEEDS) for name in EXPLANATIONS]
    others = [model for model in NETWORKS if model != "m_xception"]
    runs += [(AVERAGED, model, 0) for model in others]
    return [each for each in runs if not (_run(folder, *each) / RESULT).is_file()]


def train_explanation(
    name: str,
    model: str,
    seed: int,
    ferm: Ferm,
    folder: Path,
    progress: Callable[[dict[str, float], int], None] = lambda row, epochs: None,
    epochs: int = TrainingSettings().epochs,
) -> dict[str, Any]:
    """One run; what is done is not trained again.

    Args:
        name: of ``EXPLANATIONS``.
        model: of ``NETWORKS``.
        seed: of the weights, the order and the moves.
        ferm: FERM with images.
        folder: of the runs.
        progress, epochs: as for ``train``.

    Returns:
        As ``train``.
    """
    papers = TrainingSettings(model, seed=DEVELOPMENT_FOLD, weights_seed=seed, epochs=epochs)
    settings = replace(papers, **EXPLANATIONS[name][1])
    examples = ferm_examples(ferm, settings.protocol, settings.seed)
    if name == ONE_COLOUR:
        examples = _in_one_colour(examples, ferm.manifest["mask_seed"].to_numpy())
    return train(examples, settings, _run(folder, name, model, seed), progress)


def _in_one_colour(examples: Examples, mask_seeds: np.ndarray) -> Examples:
    """Each face in its own mask, of the colour and shade of the first one's."""
    if examples.bare is None or examples.points_xy is None:
        raise ValueError(f"{examples.name} has no bare faces and landmarks to draw masks on.")
    looks = [draw_look(int(seed)) for seed in mask_seeds]
    first = looks[0]
    alike = [replace(each, colour_rgb=first.colour_rgb, shade=first.shade) for each in looks]
    faces = zip(examples.bare, examples.points_xy, alike, strict=True)
    return replace(examples, images=np.stack([put_mask(*face).image for face in faces]))


def explanations_table(folder: Path, ferm: Ferm) -> pd.DataFrame:
    """M-Xception under each explanation beside the recipe, from the runs that are there.

    Two explanations change only what is counted of the recipe's own runs: its best epoch, and
    faces that 8 of 10 voters agree on.

    Returns:
        ``words``, ``runs``, ``n`` (faces of one run), the mean ``accuracy`` over the runs (0…1),
        and its mean ``difference`` to the recipe of the same seed with its 95% interval ``low``,
        ``high`` (Student's; missing for one pair).
    """
    agreement = ferm.manifest.set_index("row")["agreement"]
    measured = {
        name: pd.DataFrame(
            [_measure(run, agreement) for run in _finished(folder, name).values()],
            index=[*_finished(folder, name)],
        )
        for name in EXPLANATIONS
    }
    recipe = measured.pop(RECIPE)
    if recipe.empty:
        return recipe
    counted = [
        (EXPLANATIONS[RECIPE][0], recipe["accuracy"], recipe["n"]),
        ("its best epoch", recipe["best"], recipe["n"]),
        ("faces that 8 of 10 voters agree on, alone", recipe["agreed"], recipe["n_agreed"]),
    ] + [
        (EXPLANATIONS[name][0], runs["accuracy"], runs["n"])
        for name, runs in measured.items()
        if len(runs)
    ]
    rows = [
        {"words": words, "runs": len(each), "n": int(n.iloc[0]), "accuracy": each.mean()}
        | (_paired(each, recipe["accuracy"]) if i else {})
        for i, (words, each, n) in enumerate(counted)
    ]
    empty = dict.fromkeys(("difference", "low", "high"), math.nan)
    return pd.DataFrame([empty | row for row in rows])


def _paired(accuracy: pd.Series, recipe: pd.Series) -> dict[str, float]:
    """The mean difference over the seeds that both have, with its interval."""
    from scipy.stats import ttest_1samp

    difference = (accuracy - recipe).dropna()
    if len(difference) < 2:
        return {"difference": difference.mean()}
    interval = ttest_1samp(difference, 0).confidence_interval(CONFIDENCE)
    return {"difference": difference.mean(), "low": interval.low, "high": interval.high}


def endings_table(folder: Path) -> pd.DataFrame:
    """How each network does at the end of the recipe, by what is taken from it.

    Returns:
        A row for each network with averaged runs: ``model``, how many ``runs``, and the accuracies
        of the ``last`` epoch as it was, with its statistics ``estimated`` anew, and of the weights
        ``averaged`` (their statistics estimated anew too); 0…1, means over runs.
    """
    rows = []
    for model in NETWORKS:
        runs = _finished(folder, AVERAGED, model).values()
        results = pd.DataFrame([read_json(check_file(run / RESULT)) for run in runs])
        if len(results):
            rows.append(
                {
                    "model": model,
                    "runs": len(results),
                    "last": results["last_accuracy"].mean(),
                    "estimated": results["estimated_accuracy"].mean(),
                    "averaged": results["accuracy"].mean(),
                }
            )
    return pd.DataFrame(rows)


def _run(folder: Path, name: str, model: str, seed: int) -> Path:
    return Path(folder) / FOLDER / f"{name}-{model}-{seed}"


def _finished(folder: Path, name: str, model: str = "m_xception") -> dict[int, Path]:
    """The runs that are done, by their seeds."""
    runs = {seed: _run(folder, name, model, seed) for seed in range(SEEDS)}
    return {seed: run for seed, run in runs.items() if (run / RESULT).is_file()}


def _measure(run: Path, agreement: pd.Series) -> dict[str, float]:
    result = read_json(check_file(run / RESULT))
    table, _ = read_parquet(run / PREDICTIONS)
    held_back = table[table["split"] == "validation"]
    named = np.array(CLASSES)[held_back[list(PROBABILITY_COLUMNS)].to_numpy().argmax(axis=1)]
    agreed = (held_back["row"].map(agreement) >= _AGREED).to_numpy()
    right = named == held_back["label"].to_numpy()
    return {
        "accuracy": result["accuracy"],
        "best": result["best_accuracy"],
        "agreed": float(right[agreed].mean()),
        "n": len(right),
        "n_agreed": int(agreed.sum()),
    }
