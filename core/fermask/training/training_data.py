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
from fermask.faces.labels import CLASS_OF_FERPLUS, CLASSES, FER2013_EMOTIONS

_SPLIT_OF_USAGE = {"Training": "training", "PublicTest": "validation", "PrivateTest": "test"}


@dataclass(frozen=True)
class Examples:
    """Faces for one training.

    Attributes:
        name: what the faces are, such as ``FERM v1``.
        images: uint8 ``(n, 48, 48)``.
        labels: int64 ``(n,)``, indices into ``classes``.
        classes: names, in the order of the network's outputs.
        split: str ``(n,)``: ``training``, ``validation`` (measured after each epoch) or
            ``test`` (measured once, at the end).
        rows, groups: int64 ``(n,)``, FER2013's rows and their duplicate groups (None where
            these have not been looked for).
        source_sha256: of the file that the faces come from.
        bare, points_xy: the faces without mask, as ``images``, and their landmarks, float32
            ``(n, 68, 2)``, where masks can be drawn anew.
        targets: float32 ``(n, classes)``, the voters' shares of the classes, where there are
            votes.
        images_sha256: of ``images``.
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
    images_sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "images_sha256", pixel_hash(self.images))


def ferm_examples(ferm: Ferm, protocol: str | None, seed: int) -> Examples:
    """The masked faces of a set, those that a protocol holds back as validation.

    Without a protocol none is.

    Raises:
        ValueError: the set has no images, an unknown protocol, or a seed that is no fold under
            ``clean``.
    """
    if ferm.masked is None:
        raise ValueError(
            f"{ferm.name} has no images here: training needs FER2013's pixels. Give --fer2013, "
            "or set FER2013 to the folder that holds fer2013.csv."
        )
    if protocol is None:
        held_back = np.zeros(len(ferm.manifest), dtype=bool)
    else:
        held_back = validation_faces(ferm.manifest, protocol, seed)
    return Examples(
        ferm.name,
        ferm.masked,
        ferm.labels,
        CLASSES,
        np.where(held_back, "validation", "training"),
        ferm.manifest["row"].to_numpy(),
        ferm.about["source_sha256"],
        ferm.manifest["group"].to_numpy(),
        ferm.bare,
        ferm.points_xy,
        shares_of_votes(ferm.manifest),
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


def shares_of_votes(table: pd.DataFrame) -> np.ndarray | None:
    """Each class's share of the votes for the four classes, float32 ``(n, 4)``.

    None where there are no votes.
    """
    own_name = {name: column for column, name in CLASS_OF_FERPLUS.items()}
    votes = table[[f"votes_{own_name[name]}" for name in CLASSES]]
    if votes.isna().any(axis=None):
        return None
    counts = votes.to_numpy(dtype=np.float32)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
