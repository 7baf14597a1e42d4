"""M-Xception beyond the paper's recipe: the same network, first taught by what FERM leaves.

It is pretrained once on faces of the four classes that share no photograph with FERM
(``pretraining``), then trained on FERM. Both times the voters' shares are the targets, the
masks are drawn anew in every epoch, and the learning rate falls to nothing. What is kept was
settled on the development fold alone; ``ABLATIONS`` is what each part is worth there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.dataset.splits import DEVELOPMENT_FOLD, EVERYTHING, FOLDS
from fermask.system.files import read_json
from fermask.system.parquet import read_parquet
from fermask.training.augmentation import Augmentation
from fermask.training.batches import answers
from fermask.training.run_folder import MODEL, PREDICTIONS, RESULT
from fermask.training.settings import TrainingSettings
from fermask.training.training import train
from fermask.training.training_data import Examples, ferm_examples

# Beside the runs: as ``fermask.evaluation.calibration`` gathers it from these.
CALIBRATION = "calibration.json"
# Beside the runs: ``measure_views``.
OTHER_VIEWS = "views.csv"

# What changes a face beside the paper's moves, in three strengths. While pretraining, where each
# face is seen about a hundred times, less is learned from strong changes; on FERM they keep the
# network from being misled by bad pictures (FERM-C, by which the choice was made).
_MILD = Augmentation(light=0.2, blur=0.5, noise=4.0, redraw=0.7, jitter=0.4, bare=0.2)
_MEDIUM = Augmentation(light=0.25, blur=0.7, noise=6.0, redraw=0.8, jitter=0.5, bare=0.2)
_STRONG = Augmentation(light=0.3, blur=1.0, noise=8.0, redraw=0.8, jitter=0.5, bare=0.2)

# By the name of the run's folder; all but the first are for ablations alone.
PRETRAINED, SHORTLY, AGAIN = "pretraining", "pretraining-40", "pretraining-again"
PRETRAININGS: dict[str, TrainingSettings] = {
    PRETRAINED: TrainingSettings(
        protocol=None,
        trained_on="pretraining",
        epochs=150,
        largest_class=2500,
        learning_rate=0.002,
        soft_targets=True,
        schedule="cosine",
        warmup_epochs=1,
        weight_decay=0.01,
        augmentation=_MILD,
    )
}
PRETRAININGS[SHORTLY] = replace(PRETRAININGS[PRETRAINED], epochs=40, augmentation=_MEDIUM)
PRETRAININGS[AGAIN] = replace(PRETRAININGS[PRETRAINED], seed=1)
FINETUNING = TrainingSettings(
    epochs=30,
    learning_rate=0.0003,
    soft_targets=True,
    schedule="cosine",
    warmup_epochs=1,
    weight_decay=0.01,
    augmentation=_STRONG,
)
_FROM_SCRATCH = replace(FINETUNING, epochs=60, learning_rate=0.002, augmentation=_MEDIUM)


@dataclass(frozen=True)
class Ablation:
    """One variant on the development fold: what it leaves out or adds, and how it is trained.

    ``pretraining``: of ``PRETRAININGS``, or "" to start from random weights. ``teacher``: the
    variant whose first seed teaches (``TrainingSettings.distillation``), or "".
    """

    words: str
    settings: TrainingSettings
    pretraining: str = PRETRAINED
    teacher: str = ""


ABLATIONS: dict[str, Ablation] = {
    "paper": Ablation("the paper's recipe, 100 epochs", TrainingSettings(), pretraining=""),
    "scratch": Ablation("no pretraining, 60 epochs, medium changes", _FROM_SCRATCH, pretraining=""),
    "short": Ablation(
        "pretraining of 40 epochs, with medium changes", FINETUNING, pretraining=SHORTLY
    ),
    "recipe": Ablation("the recipe", FINETUNING),
    "labels": Ablation(
        "labels in place of vote shares on FERM", replace(FINETUNING, soft_targets=False)
    ),
    "own-masks": Ablation(
        "masks not redrawn on FERM",
        replace(FINETUNING, augmentation=replace(_STRONG, redraw=0.0)),
    ),
    "medium": Ablation(
        "medium changes of light, blur and noise on FERM",
        replace(FINETUNING, augmentation=_MEDIUM),
    ),
    "mild": Ablation(
        "mild changes of light, blur and noise on FERM", replace(FINETUNING, augmentation=_MILD)
    ),
    "distilled": Ablation(
        "medium changes, half of the targets from that network",
        replace(FINETUNING, augmentation=_MEDIUM, distillation=0.5),
        teacher="medium",
    ),
    "again": Ablation(
        "the recipe on a second pretraining (another seed)", FINETUNING, pretraining=AGAIN
    ),
    "again-mixup": Ablation(
        "second pretraining, MixUp on FERM (0.2)", replace(FINETUNING, mixup=0.2), pretraining=AGAIN
    ),
    "again-smoothed": Ablation(
        "second pretraining, label smoothing on FERM (0.1)",
        replace(FINETUNING, label_smoothing=0.1),
        pretraining=AGAIN,
    ),
    "again-averaged": Ablation(
        "second pretraining, averaged weights on FERM (EMA, 0.999)",
        replace(FINETUNING, averaging=0.999),
        pretraining=AGAIN,
    ),
    "again-cutout": Ablation(
        "second pretraining, cutout on FERM (half of the faces)",
        replace(FINETUNING, augmentation=replace(_STRONG, cutout=0.5)),
        pretraining=AGAIN,
    ),
    "again-masked": Ablation(
        "second pretraining, no bare faces on FERM",
        replace(FINETUNING, augmentation=replace(_STRONG, bare=0.0)),
        pretraining=AGAIN,
    ),
}

Told = Callable[[dict[str, float], int], None]


def pretrain(
    examples: Examples,
    folder: Path,
    progress: Told = lambda row, epochs: None,
    name: str = PRETRAINED,
) -> Path:
    """One of ``PRETRAININGS``; the first is the one that all folds share.

    Args:
        examples: as ``pretraining.pretraining_examples`` gives them.
        folder: of the recipe's runs.
        progress: as for ``train``.
        name: of the pretraining.

    Returns:
        Its ``model.keras``.
    """
    train(examples, PRETRAININGS[name], folder / name, progress)
    return folder / name / MODEL


def train_fold(
    ferm: Ferm, fold: int, folder: Path, progress: Told = lambda row, epochs: None
) -> dict[str, Any]:
    """The recipe on nine of the ten ``clean`` folds; initial order and moves go by the fold.

    Args:
        ferm: FERM with images.
        fold: the one held back.
        folder: of the recipe's runs; the pretraining is there.
        progress: as for ``train``.

    Returns:
        As ``train``.
    """
    settings = replace(FINETUNING, seed=fold)
    examples = ferm_examples(ferm, settings.protocol, fold)
    return train(examples, settings, folder / f"fold-{fold}", progress, _pretrained(folder))


def train_everything(
    ferm: Ferm, folder: Path, progress: Told = lambda row, epochs: None
) -> dict[str, Any]:
    """The recipe on all of FERM: the weights that ship, which no face of FERM can measure."""
    settings = replace(FINETUNING, protocol=None, trained_on=EVERYTHING)
    examples = ferm_examples(ferm, None, 0)
    return train(examples, settings, folder / EVERYTHING, progress, _pretrained(folder))


def train_ablation(
    ferm: Ferm, name: str, seed: int, folder: Path, progress: Told = lambda row, epochs: None
) -> dict[str, Any]:
    """One of ``ABLATIONS`` on the development fold.

    Args:
        ferm: FERM with images.
        name: of the variant.
        seed: of initial weights (where not pretrained), order and moves.
        folder: of the recipe's runs.
        progress: as for ``train``.
    """
    ablation = ABLATIONS[name]
    settings = replace(ablation.settings, protocol=None, trained_on="development", seed=seed)
    examples = ferm_examples(ferm, "clean", DEVELOPMENT_FOLD)
    initial = _pretrained(folder, ablation.pretraining) if ablation.pretraining else None
    teacher = folder / f"ablation-{ablation.teacher}-0" / MODEL if ablation.teacher else None
    if teacher is not None and not teacher.is_file():
        raise FileNotFoundError(f"{teacher} does not exist: train {ablation.teacher} first.")
    return train(examples, settings, folder / f"ablation-{name}-{seed}", progress, initial, teacher)


def _pretrained(folder: Path, name: str = PRETRAINED) -> Path:
    path = folder / name / MODEL
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist: the pretraining comes first (its weights are not published)."
        )
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
        parts.append(table[table["split"] == "validation"].assign(fold=fold))
    return pd.concat(parts).sort_values("row", ignore_index=True)


def fold_results(folder: Path) -> pd.DataFrame:
    """``result.json`` of the folds trained so far, without the development fold.

    Returns:
        ``fold``, ``accuracy``, ``correct``, ``n``, ``best_accuracy``, ``parameters``, …
    """
    paths = {fold: folder / f"fold-{fold}" / RESULT for fold in range(FOLDS)}
    del paths[DEVELOPMENT_FOLD]
    rows = [{"fold": fold} | read_json(path) for fold, path in paths.items() if path.is_file()]
    return pd.DataFrame(rows)


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
    import keras

    rows = []
    for fold in fold_results(folder).get("fold", []):
        network = keras.saving.load_model(folder / f"fold-{fold}" / MODEL)
        held_back = (ferm.manifest["fold"] == fold).to_numpy()
        masked, bare = (images[held_back] for images in ferm.images())
        seen = answers(network, masked)
        views = {
            "masked": seen,
            "flip averaged": (seen + answers(network, masked[:, :, ::-1])) / 2,
            "bare": answers(network, bare),
        }
        for view, probabilities in views.items():
            correct = int((probabilities.argmax(axis=1) == ferm.labels[held_back]).sum())
            rows.append({"fold": fold, "view": view, "correct": correct, "n": len(masked)})
    return pd.DataFrame(rows)


def ablation_results(folder: Path) -> pd.DataFrame:
    """What the variants trained so far reach on the development fold.

    Returns:
        ``name``, ``words``, ``pretrained`` and ``epochs`` (epochs before FERM and on it),
        ``seeds`` (how many), ``mean`` and ``sd`` of the last epoch's accuracy (0…1; ``sd``
        missing for one), ``n``, in the order of ``ABLATIONS``.
    """
    rows = []
    for name, ablation in ABLATIONS.items():
        paths = sorted(folder.glob(f"ablation-{name}-[0-9]*/{RESULT}"))
        results = pd.DataFrame([read_json(path) for path in paths])
        if results.empty:
            continue
        rows.append(
            {
                "name": name,
                "words": ablation.words,
                "pretrained": PRETRAININGS[ablation.pretraining].epochs
                if ablation.pretraining
                else 0,
                "epochs": ablation.settings.epochs,
                "seeds": len(results),
                "mean": results["accuracy"].mean(),
                "sd": results["accuracy"].std(ddof=1),
                "n": int(results["n"].iloc[0]),
            }
        )
    return pd.DataFrame(rows)
