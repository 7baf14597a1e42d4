"""What each choice of the recipe's last stage is worth, on what choices may be made by.

That is FERM's development fold, and the odd half of the photographs of ``fermask.studies.worn``.
Each step differs from the recipe in one thing and is trained from the first half of each of its
pretrainings, which is enough to compare by; or, being the recipe, from more of them.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.evaluation.scope import fresh_faces
from fermask.faces.labels import CLASSES
from fermask.networks.inference import network_input
from fermask.studies.worn import (
    Answers,
    Thresholds,
    WornPhotographs,
    sure_alike,
    worn_rates,
)
from fermask.training.batches import answers
from fermask.training.recipe import (
    AGAIN,
    BEGUN,
    FINETUNING,
    LONGER,
    PRETRAINED,
    mixture,
    pretrain_longer,
    pretrained,
)
from fermask.training.run_folder import MODEL, load_model
from fermask.training.settings import TrainingSettings
from fermask.training.training import train
from fermask.training.training_data import Examples, among_first

_COVERS = FINETUNING.augmentation.covers
# By name: in words, and the settings. The file STEPS of the recipe's runs has a row of
# ``measure_step`` for each, and keeps those of steps that were tried and taken out again.
VARIANTS: dict[str, tuple[str, TrainingSettings]] = {
    "recipe": ("the recipe", FINETUNING),
    "fewer": (
        "half as many random covers",
        replace(FINETUNING, augmentation=replace(FINETUNING.augmentation, covers=_COVERS / 2)),
    ),
    "averaged": ("averaged weights (EMA, 0.999)", replace(FINETUNING, averaging=0.999)),
    "slower": (
        "half the learning rate",
        replace(FINETUNING, learning_rate=FINETUNING.learning_rate / 2),
    ),
    "long": ("30 epochs in place of 16", replace(FINETUNING, epochs=30)),
    "narrow": ("FERM's faces alone, none beside", replace(FINETUNING, beside=0)),
    "whole": ("the recipe from the whole pretraining (50 + 50 epochs)", FINETUNING),
    "longer": ("the recipe from a longer pretraining (50 + 50 + 70 epochs)", FINETUNING),
}
# Which part of the pretrainings a step starts from, if not the first half.
_STARTS = {"whole": PRETRAINED, "longer": LONGER}


def train_step(name: str, ferm: Ferm, others: Examples, folder: Path) -> list[Path]:
    """Trains a step from each pretraining that is begun; what is done is not trained again.

    Args:
        name: of ``VARIANTS``.
        ferm: FERM with images.
        others: as ``pretraining.pretraining_examples`` gives them.
        folder: of the recipe's runs; the second pretraining is in its ``AGAIN``.

    Returns:
        The runs' folders.
    """
    settings = replace(VARIANTS[name][1], seed=DEVELOPMENT_FOLD)
    examples, runs = mixture(ferm, others, settings), []
    start = _STARTS.get(name, BEGUN)
    for seed, pretraining in enumerate((folder, folder / AGAIN)):
        if pretraining.is_dir():
            if start == LONGER:
                pretrain_longer(others, pretraining, seed=seed)
            runs.append(pretraining / f"step-{name}")
            train(examples, settings, runs[-1], initial=pretrained(pretraining, start))
    return runs


def measure_step(runs: list[Path], ferm: Ferm, odd: WornPhotographs) -> dict[str, Any]:
    """How the runs of a step do, together.

    Args:
        runs: folders, as ``train_step`` gives them.
        ferm: FERM with images.
        odd: the photographs for choices.

    Returns:
        ``runs``, how many; ``masked``, ``bare``, ``fresh`` (masked): accuracy on the development
        fold, 0…1, pooled, and ``n`` and ``n_fresh``; ``neutral`` and ``surely_another`` of the
        ``n_calm`` calm worn faces, 0…1, the means over the runs.
    """
    of_fold = (ferm.manifest["fold"] == DEVELOPMENT_FOLD).to_numpy()
    masked, bare = (images[of_fold] for images in ferm.images())
    labels, fresh = ferm.labels[of_fold], fresh_faces(ferm)[of_fold]
    rows = []
    for run in runs:
        network = load_model(run / MODEL)
        covered, uncovered = (
            among_first(answers(network, faces), len(CLASSES)) for faces in (masked, bare)
        )
        sure = sure_alike(covered[fresh])
        worn, without = (answers_of_run(network, faces) for faces in (odd.worn, odd.bare))
        rates = worn_rates(odd, worn, without, Thresholds(sure))
        right = covered.argmax(axis=1) == labels
        rows.append(
            {
                "masked": right.mean(),
                "bare": (uncovered.argmax(axis=1) == labels).mean(),
                "fresh": right[fresh].mean(),
                "neutral": rates["worn neutral named neutral"].value,
                "surely_another": rates["worn neutral surely named another"].value,
            }
        )
    counts = {"n": len(labels), "n_fresh": int(fresh.sum()), "n_calm": int(odd.calm.sum())}
    return {"runs": len(runs)} | pd.DataFrame(rows).mean().to_dict() | counts


def answers_of_run(network: Any, faces: np.ndarray) -> Answers:
    """What a run's network of all eight expressions says of faces, uint8 ``(n, 48, 48)``."""
    eight, mask = (np.asarray(each) for each in network.predict_on_batch(network_input(faces)))
    return Answers(among_first(eight, len(CLASSES)), eight[:, len(CLASSES) :], mask[:, 0])
