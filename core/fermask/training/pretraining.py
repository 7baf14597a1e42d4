"""Faces to learn from beside FERM: those of all eight expressions that FERM has no part in.

A group that holds a FERM face is left out whole, so that one pretraining serves every fold and
no photograph of a validation face is ever learned from. The screening is weaker than FERM's:
the votes themselves are the targets, and a turned head still shows its brows.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from fermask.dataset.building import screen
from fermask.dataset.face_quality import Progress
from fermask.dataset.fer2013 import Fer2013, data_hash
from fermask.dataset.ferm import Ferm, FermSettings
from fermask.dataset.manifest import render
from fermask.dataset.screening import ScreeningSettings
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.faces.labels import EXPRESSION_OF_FERPLUS, EXPRESSIONS, label_from_votes
from fermask.training.training_data import Examples, shares_of_votes


@dataclass(frozen=True)
class PretrainingSettings:
    """``min_share``: of the ten votes, how many must go to the eight expressions together (0…1).

    ``screening``: what dlib must have found, as for FERM; ``min_agreement`` is not asked.
    """

    min_share: float = 0.5
    screening: ScreeningSettings = field(
        default_factory=lambda: ScreeningSettings(
            min_agreement=0.0, min_score=-0.3, max_yaw=60.0, max_roll=45.0, min_sharpness=0.05
        )
    )


def pretraining_examples(
    faces: Fer2013,
    ferm: Ferm,
    settings: PretrainingSettings = PretrainingSettings(),
    jobs: int = 1,
    progress: Progress = lambda step, done, total: None,
) -> Examples:
    """The faces to pretrain on, and FERM's development fold to measure on.

    Args:
        faces: Training and PublicTest with votes.
        ferm: FERM with images; no face that shares a group with one of its is trained on.
        settings: which faces are good enough.
        jobs: processes that look for landmarks.
        progress: as for ``ferm.build``.

    Raises:
        ValueError: FER2013 was read without FER+, or the set has no images.
    """
    labels = label_from_votes(faces.votes)
    table = pd.concat([faces.table.reset_index(drop=True), labels], axis=1)
    own = table[[f"votes_{column}" for column in EXPRESSION_OF_FERPLUS]].to_numpy(dtype=int)
    good = (own.sum(axis=1) >= 10 * settings.min_share) & ~table["row"].isin(ferm.manifest["row"])
    table["rule"] = np.where(good, "", "weak_label")
    built = FermSettings(quotas=None, screening=settings.screening)
    _, candidate = screen(faces, table, built, None, jobs, progress)
    apart = ~candidate["group"].isin(ferm.manifest["group"])
    left = candidate[(candidate["rule"] == "") & apart].reset_index(drop=True)
    return _with_development_fold(left, *render(left, faces), ferm, data_hash(faces))


def _with_development_fold(
    left: pd.DataFrame, masked: np.ndarray, bare: np.ndarray, ferm: Ferm, source_sha256: str
) -> Examples:
    fold = (ferm.manifest["fold"] == DEVELOPMENT_FOLD).to_numpy()
    points = np.array(left["landmarks"].to_list(), dtype=np.float32).reshape(-1, 68, 2)
    targets = shares_of_votes(left, EXPRESSIONS)
    of_fold = shares_of_votes(ferm.manifest[fold], EXPRESSIONS)
    if targets is None or of_fold is None:
        raise ValueError("Pretraining needs FER+: the votes are its targets.")
    of_masked, of_bare = (images[fold] for images in ferm.images())
    return Examples(
        "FER+ without FERM's photographs",
        np.concatenate([masked, of_masked]),
        np.concatenate([targets.argmax(axis=1), ferm.labels[fold]]),
        EXPRESSIONS,
        np.repeat(["training", "validation"], [len(left), fold.sum()]),
        np.concatenate([left["row"], ferm.manifest["row"][fold]]),
        source_sha256,
        np.concatenate([left["group"], ferm.manifest["group"][fold]]),
        np.concatenate([bare, of_bare]),
        np.concatenate([points, ferm.points_xy[fold]]),
        np.concatenate([targets, of_fold]),
    )
