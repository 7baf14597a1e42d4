"""M-Xception beyond the paper's recipe: the same network, taught all eight expressions of FER+.

It is pretrained once on FER+'s faces that share no photograph with FERM (``pretraining``), then
trained on FERM with others of those beside. Both times the voters' shares are the targets, the
faces are under drawn masks, covers of any kind or none, dealt anew in every epoch of several drawn
for each face, and the learning rate falls to nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.dataset.splits import DEVELOPMENT_FOLD, EVERYTHING, FOLDS
from fermask.faces.labels import CLASSES, EXPRESSIONS
from fermask.networks.predictions import PROBABILITY_COLUMNS, predictions_table
from fermask.system.files import read_json
from fermask.system.kept import check_file
from fermask.system.parquet import read_parquet
from fermask.training.augmentation import Augmentation
from fermask.training.batches import answers
from fermask.training.run_folder import MODEL, PREDICTIONS, RESULT, load_model
from fermask.training.settings import TrainingSettings
from fermask.training.training import train
from fermask.training.training_data import (
    Examples,
    among_first,
    ferm_examples,
    mixture_examples,
    shares_of_votes,
)
from fermask.training.wardrobe import dressed

# Beside the runs: as ``fermask.evaluation.calibration`` gathers it from these.
CALIBRATION = "calibration.json"
# Beside the runs: ``measure_views``.
OTHER_VIEWS = "views.csv"

# Beside the runs: what each part of FERM v1's recipe was worth on the development fold, as
# ``name``, ``words``, ``pretrained`` and ``epochs`` (before FERM and on it), ``seeds``, ``mean``
# and ``sd`` of the last epoch's accuracy (0…1), ``n``.
ABLATIONS = "ablations.csv"

# In the folder of each fold's run: its weights as exported, .onnx and .json.
FOLD_WEIGHTS = "network"
# Beside the runs: ``fermask.studies.recipe_steps``.
STEPS = "steps.csv"

# What changes a face beside the paper's moves. Ending on FERM alone would narrow the network: of
# masks that people wear it then calls calm faces something else.
_PLAIN = Augmentation(
    light=0.25, blur=0.7, noise=5.0, redraw=1.0, jitter=0.4, bare=0.2, covers=0.7, caps=0.08
)

# Folders of a pretraining's runs: its first half, and the whole; ``AGAIN``, beside the folds, is
# that of a second recipe whose pretraining has another seed: it tells how much that matters.
BEGUN, PRETRAINED, AGAIN = "begun", "pretraining", "again"
# A third part, which no fold starts from yet: what still more of it is worth.
LONGER = "longer"
# Half of a pretraining: the second one begins with the weights of the first and at the full rate
# (a warm restart, Loshchilov and Hutter 2017).
PRETRAINING = TrainingSettings(
    protocol=None,
    trained_on="pretraining",
    epochs=50,
    largest_class=5500,
    batch_size=128,
    learning_rate=0.003,
    soft_targets=True,
    schedule="cosine",
    warmup_epochs=1,
    weight_decay=0.01,
    augmentation=_PLAIN,
)
LENGTHENING = replace(PRETRAINING, epochs=70)
FINETUNING = TrainingSettings(
    epochs=16,
    beside=2544,
    learning_rate=0.001,
    soft_targets=True,
    schedule="cosine",
    warmup_epochs=1,
    weight_decay=0.01,
    augmentation=_PLAIN,
)

EpochProgress = Callable[[dict[str, float], int], None]


def pretrain(
    examples: Examples,
    folder: Path,
    progress: EpochProgress = lambda row, epochs: None,
    seed: int = 0,
) -> Path:
    """The pretraining that all folds of a folder share.

    Args:
        examples: as ``pretraining.pretraining_examples`` gives them.
        folder: of the recipe's runs.
        progress: as for ``train``, of either half.
        seed: of the initial weights, the order and the moves.

    Returns:
        Its ``model.keras``.
    """
    first = replace(PRETRAINING, seed=seed)
    train(examples, first, folder / BEGUN, progress)
    # Of the same seed it would see the same faces in the same order, moved alike.
    second = replace(PRETRAINING, seed=seed + 10)
    train(examples, second, folder / PRETRAINED, progress, folder / BEGUN / MODEL)
    return folder / PRETRAINED / MODEL


def pretrain_longer(
    examples: Examples,
    folder: Path,
    progress: EpochProgress = lambda row, epochs: None,
    seed: int = 0,
) -> Path:
    """Seventy epochs more than ``pretrain``, restarted at the full rate once again; as there."""
    third = replace(LENGTHENING, seed=seed + 20)
    train(examples, third, folder / LONGER, progress, pretrained(folder))
    return folder / LONGER / MODEL


def train_fold(
    ferm: Ferm,
    others: Examples,
    fold: int,
    folder: Path,
    progress: EpochProgress = lambda row, epochs: None,
) -> dict[str, Any]:
    """The recipe on nine of the ten ``clean`` folds; initial order and moves go by the fold.

    Args:
        ferm: FERM with images.
        others: as for ``pretrain``.
        fold: the one held back.
        folder: of the recipe's runs; the pretraining is there.
        progress: as for ``train``.

    Returns:
        As ``train``.
    """
    settings = replace(FINETUNING, seed=fold)
    examples = mixture(ferm, others, settings)
    return train(examples, settings, folder / f"fold-{fold}", progress, pretrained(folder))


def train_everything(
    ferm: Ferm, others: Examples, folder: Path, progress: EpochProgress = lambda row, epochs: None
) -> dict[str, Any]:
    """The recipe on all of FERM: the weights that ship, which no face of FERM can measure."""
    settings = replace(FINETUNING, protocol=None, trained_on=EVERYTHING)
    examples = mixture(ferm, others, settings)
    return train(examples, settings, folder / EVERYTHING, progress, pretrained(folder))


def mixture(ferm: Ferm, others: Examples, settings: TrainingSettings) -> Examples:
    """FERM's faces with the others beside, all dressed: what the last stage trains on."""
    targets = shares_of_votes(ferm.manifest, EXPRESSIONS)
    if targets is None:
        raise ValueError(f"{ferm.name} has no votes, which are the targets.")
    own, others = (
        dressed(each, settings.augmentation)
        for each in (ferm_examples(ferm, settings.protocol, settings.seed), others)
    )
    return mixture_examples(own, targets, others)


def pretrained(folder: Path, part: str = PRETRAINED) -> Path:
    """``model.keras`` of the pretraining in a folder, whole, only ``BEGUN`` or ``LONGER``.

    Raises:
        FileNotFoundError: it is not there.
    """
    path = folder / part / MODEL
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: the pretraining comes first .")
    return path


def out_of_fold(folder: Path) -> pd.DataFrame | None:
    """What the recipe says of each face of FERM, by the run that held the face back.

    Returns:
        A predictions table (``row``, ``label``, ``split``, ``group``, probabilities) with
        ``fold``, sorted by row; None before all ten folds are trained.
    """
    parts = []
    for fold in range(FOLDS):
        path = folder / f"fold-{fold}" / PREDICTIONS
        if not path.is_file():
            return None
        table, _ = read_parquet(path)
        held_back = table[table["split"] == "validation"]
        shares = held_back[list(PROBABILITY_COLUMNS)].to_numpy()
        faces = held_back[["row", "label", "split", "group"]].assign(fold=fold)
        parts.append(predictions_table(faces, among_first(shares, len(CLASSES))))
    return pd.concat(parts).sort_values("row", ignore_index=True)


def fold_results(folder: Path) -> pd.DataFrame:
    """``result.json`` of the folds trained so far, without the development fold.

    Returns:
        ``fold``, ``accuracy``, ``correct``, ``n``, ``best_accuracy``, ``parameters``, …
    """
    paths = {fold: folder / f"fold-{fold}" / RESULT for fold in range(FOLDS)}
    del paths[DEVELOPMENT_FOLD]
    there = {fold: check_file(path) for fold, path in paths.items() if path.is_file()}
    return pd.DataFrame([{"fold": fold} | read_json(path) for fold, path in there.items()])


def measure_views(ferm: Ferm, folder: Path) -> pd.DataFrame:
    """How the folds' networks do on other views of the faces they held back.

    Args:
        ferm: FERM with images.
        folder: of the recipe's runs, weights included.

    Returns:
        For each fold but the development fold: ``fold``, ``view`` (``masked``; ``flip averaged``:
        the mean of a masked face's and its mirror image's probabilities; ``bare``: the face
        without its mask), ``correct`` and ``n``.
    """
    rows = []
    for fold in fold_results(folder).get("fold", []):
        network = load_model(folder / f"fold-{fold}" / MODEL)
        held_back = (ferm.manifest["fold"] == fold).to_numpy()
        masked, bare = (images[held_back] for images in ferm.images())
        seen, mirrored, uncovered = (
            among_first(answers(network, faces), len(CLASSES))
            for faces in (masked, masked[:, :, ::-1], bare)
        )
        views = {"masked": seen, "flip averaged": (seen + mirrored) / 2, "bare": uncovered}
        for view, probabilities in views.items():
            correct = int((probabilities.argmax(axis=1) == ferm.labels[held_back]).sum())
            rows.append({"fold": fold, "view": view, "correct": correct, "n": len(masked)})
    return pd.DataFrame(rows)
