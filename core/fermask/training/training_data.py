"""What a network is trained on: labelled faces, and which of them are held back.

``ferm_examples`` is what Table 3 is about, ``fer2013_examples`` what Table 1 is.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from fermask.dataset.fer2013 import Fer2013, data_hash
from fermask.dataset.ferm import Ferm
from fermask.dataset.manifest import pixel_hash
from fermask.dataset.splits import validation_faces
from fermask.faces.labels import (
    CLASSES,
    EXPRESSION_OF_FERPLUS,
    EXPRESSIONS,
    FER2013_EMOTIONS,
)

_SPLIT_OF_USAGE = {"Training": "training", "PublicTest": "validation", "PrivateTest": "test"}


@dataclass(frozen=True)
class Examples:
    """Faces for one training.

    Attributes:
        name: what the faces are, such as ``FERM v1``.
        images: uint8 ``(n, 48, 48)``.
        labels: int64 ``(n,)``, indices into ``classes``.
        classes: names, in the order of the network's outputs.
        split: str ``(n,)``: ``training``, ``beside`` (of which each epoch draws some more),
            ``validation`` (measured after each epoch) or ``test`` (measured once, at the end).
        rows, groups: int64 ``(n,)``, FER2013's rows and their duplicate groups (None where
            these have not been looked for).
        source_sha256: of the file that the faces come from.
        bare, points_xy: the faces without mask, as ``images``, and their landmarks, float32
            ``(n, 68, 2)``, where there are any.
        targets: float32 ``(n, classes)``, the voters' shares of the classes, where there are
            votes.
        is_own: whether they are of somebody's own photographs, and the rows not FER2013's.
        wardrobe: uint8 ``(n, k, 48, 48)``, other masked versions of the bare faces, where masks
            are drawn anew.
        images_sha256: of ``images`` but those that stand beside.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    split: np.ndarray
    rows: np.ndarray
    source_sha256: str
    groups: np.ndarray | None = None
    bare: np.ndarray | None = None
    points_xy: np.ndarray | None = None
    targets: np.ndarray | None = None
    wardrobe: np.ndarray | None = None
    is_own: bool = False
    images_sha256: str = field(init=False)

    def __post_init__(self) -> None:
        own = self.images[self.split != "beside"]
        object.__setattr__(self, "images_sha256", pixel_hash(own))

    @property
    def tells_mask(self) -> bool:
        """Whether the network is to tell a mask too: where it learns all eight expressions."""
        return self.classes == EXPRESSIONS

    @property
    def measured(self) -> int:
        """How many of the classes, from the first, a face held back may be of: FERM's four of
        all eight expressions, else all."""
        return len(CLASSES) if self.tells_mask else len(self.classes)

    def among_measured(self, probabilities: np.ndarray) -> np.ndarray:
        """Probabilities of the measured classes, given that it is one of them."""
        return among_first(probabilities, self.measured)


def ferm_examples(ferm: Ferm, protocol: str | None, seed: int) -> Examples:
    """The masked faces of a set, those that a protocol holds back as validation.

    Without a protocol none is.

    Raises:
        ValueError: the set has no images, an unknown protocol, or a seed that is no fold under
            ``clean``.
    """
    masked, bare = ferm.images()
    if protocol is None:
        held_back = np.zeros(len(ferm.manifest), dtype=bool)
    else:
        held_back = validation_faces(ferm.manifest, protocol, seed)
    if protocol == "clean" and not held_back.any():
        folds = ", ".join(map(str, sorted(set(ferm.manifest["fold"]))))
        raise ValueError(
            f"Fold {seed} of {ferm.name} holds no face; hold another one back with --seed: {folds}."
        )
    return Examples(
        ferm.name,
        masked,
        ferm.labels,
        ferm.classes,
        np.where(held_back, "validation", "training"),
        ferm.manifest["row"].to_numpy(),
        ferm.about["source_sha256"],
        ferm.manifest["group"].to_numpy(),
        bare,
        ferm.points_xy,
        shares_of_votes(ferm.manifest),
        is_own=ferm.is_own,
    )


def mixture_examples(own: Examples, targets: np.ndarray, others: Examples) -> Examples:
    """FERM's examples with targets of all eight expressions, and others' training faces beside.

    Args:
        own: as ``ferm_examples`` gives them.
        targets: their voters' shares of the eight, as ``shares_of_votes`` gives them.
        others: as ``pretraining.pretraining_examples`` gives them.
    """
    beside = others.split == "training"

    def joined(ours: np.ndarray | None, theirs: np.ndarray | None) -> np.ndarray | None:
        if ours is None or theirs is None:
            return None
        return np.concatenate([ours, theirs[beside]])

    return Examples(
        own.name,
        np.concatenate([own.images, others.images[beside]]),
        np.concatenate([own.labels, others.labels[beside]]),
        EXPRESSIONS,
        np.concatenate([own.split, np.full(beside.sum(), "beside")]),
        np.concatenate([own.rows, others.rows[beside]]),
        own.source_sha256,
        joined(own.groups, others.groups),
        joined(own.bare, others.bare),
        joined(own.points_xy, others.points_xy),
        joined(targets, others.targets),
        joined(own.wardrobe, others.wardrobe),
    )


def fer2013_examples(faces: Fer2013) -> Examples:
    """FER2013 without masks in its own seven classes: Training against PublicTest (Table 1).

    PrivateTest, where the file has it, is the test. The labels are FER2013's own.
    """
    return Examples(
        "FER2013",
        faces.pixels,
        faces.table["emotion"].to_numpy(dtype=np.int64),
        FER2013_EMOTIONS,
        faces.table["usage"].map(_SPLIT_OF_USAGE).to_numpy(dtype=str),
        faces.table["row"].to_numpy(),
        data_hash(faces),
    )


def among_first(probabilities: np.ndarray, count: int) -> np.ndarray:
    """Probabilities of the first classes, given that it is one of them, ``(n, count)``."""
    first = probabilities[:, :count]
    return first / np.maximum(first.sum(axis=1, keepdims=True), 1e-12)


def shares_of_votes(
    table: pd.DataFrame, expressions: tuple[str, ...] = CLASSES
) -> np.ndarray | None:
    """Each expression's share of the votes for these expressions, float32 ``(n, k)``.

    None where there are no votes.
    """
    own_name = {name: column for column, name in EXPRESSION_OF_FERPLUS.items()}
    votes = table[[f"votes_{own_name[name]}" for name in expressions]]
    if votes.isna().any(axis=None):
        return None
    counts = votes.to_numpy(dtype=np.float32)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
