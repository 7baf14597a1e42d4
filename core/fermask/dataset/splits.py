"""Which faces are held back: folds that keep duplicate groups whole, and the paper's random 9:1."""

import hashlib
from typing import Any

import numpy as np
import pandas as pd

from fermask.faces.labels import class_order

FOLDS = 10
# The fold that choices are made on, and so no published figure.
DEVELOPMENT_FOLD = 9
PROTOCOLS: tuple[str, ...] = ("paper", "clean")
# What a run is trained on: nine tenths of FERM under a protocol, or something else without one.
FERM, FER2013 = "ferm", "fer2013"
# All of FERM, with nothing held back: how the weights that ship are trained.
EVERYTHING = "everything"


def stored_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """A run's settings as a record holds them, with ``protocol`` and ``trained_on`` apart.

    Records of 0.1 have no ``trained_on``: it stands where the protocol does.
    """
    if "protocol" not in settings or "trained_on" in settings:
        return settings
    is_protocol = settings["protocol"] in PROTOCOLS
    return settings | {
        "protocol": settings["protocol"] if is_protocol else None,
        "trained_on": FERM if is_protocol else settings["protocol"],
    }


def fold_of_group(group: np.ndarray) -> np.ndarray:
    """The ``clean`` fold of each duplicate group, int8 ``(n,)`` in 0…9.

    A hash of the group's smallest row, so that a face keeps its fold in any rebuilt or
    larger set.
    """
    return np.array([stable_hash(f"fold {g}") % FOLDS for g in np.asarray(group)], dtype=np.int8)


def validation_faces(manifest: pd.DataFrame, protocol: str, seed: int) -> np.ndarray:
    """Which faces of a set are held back from training, bool ``(n,)``.

    ``clean``: the fold numbered ``seed``, so that no duplicate group is on both sides.
    ``paper``: a tenth of each class at random (§2.4, train : validation = 9 : 1), shuffled by
    ``seed``; twins may be on both sides.

    Raises:
        ValueError: an unknown protocol, or a seed that is no fold under ``clean``.
    """
    if protocol == "clean":
        if seed not in range(FOLDS):
            raise ValueError(f"Under clean the seed is the fold held back, 0…{FOLDS - 1}: {seed}.")
        return (manifest["fold"] == seed).to_numpy()
    if protocol != "paper":
        raise ValueError(f"Unknown protocol {protocol!r}; there are {', '.join(PROTOCOLS)}.")
    held_back = np.zeros(len(manifest), dtype=bool)
    rng = np.random.default_rng(seed)
    for name in class_order(manifest["label"]):
        ours = np.flatnonzero(manifest["label"] == name)
        held_back[rng.permutation(ours)[: round(len(ours) / 10)]] = True
    return held_back


def stable_hash(text: str) -> int:
    """A whole number 0…2⁶⁴ − 1 that a text gives on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
