"""A small set of faces with landmarks, for tests that need no real picture."""

import functools
from dataclasses import replace

import numpy as np
import pandas as pd

from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.ferm import SCHEMA_VERSION, Ferm
from fermask.dataset.manifest import load, pixel_hash, render
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import PROBABILITY_COLUMNS, predictions_table
from fermask.system.paths import PUBLISHED
from tests.tiny import write_fer2013


def small_ferm(count=16, group_of_two=True):
    """The published set's first faces as rows 0…, four of a class in turn; without pictures."""
    ferm = _published()
    parts = [ferm.manifest[ferm.manifest["label"] == name].head(count // 4) for name in CLASSES]
    manifest = pd.concat(parts).sort_values("row").reset_index(drop=True)
    manifest["row"] = np.arange(len(manifest), dtype=np.int64)
    manifest["group"] = manifest["row"]
    if group_of_two:
        manifest.loc[1, "group"] = 0
    copies = manifest.groupby("group")["group"].transform("size").astype(np.int32)
    manifest = manifest.drop(columns="copies", errors="ignore")
    manifest.insert(list(manifest.columns).index("fold") + 1, "copies", copies)
    about = ferm.about | {"name": "a small set", "schema": SCHEMA_VERSION}
    return replace(ferm, manifest=manifest, about=about)


@functools.cache
def _published():
    return load(PUBLISHED)


def small_fer2013(folder, ferm):
    """Writes a FER2013 of noise for the set's rows; gives the set with its pictures."""
    rng = np.random.default_rng(0)
    count = len(ferm.manifest)
    pixels = rng.integers(0, 256, (count, 48, 48), dtype=np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    write_fer2013(folder / "fer2013.csv", pixels, [6] * count, ["Training"] * count)
    masked, bare = render(ferm.manifest, read_fer2013(folder / "fer2013.csv"))
    hashes = {"masked_sha256": pixel_hash(masked), "bare_sha256": pixel_hash(bare)}
    return Ferm(ferm.manifest, ferm.about | hashes, masked, bare)


def small_predictions(ferm, wrong=(), validation=None):
    """A predictions table: 70% for the label, or for the next class where wrong."""
    labels = ferm.labels
    said = labels.copy()
    said[list(wrong)] = (said[list(wrong)] + 1) % len(CLASSES)
    probabilities = np.full((len(labels), len(PROBABILITY_COLUMNS)), 0.1, dtype=np.float32)
    probabilities[np.arange(len(labels)), said] = 0.7
    held_back = range(len(labels)) if validation is None else validation
    split = np.where(np.isin(np.arange(len(labels)), list(held_back)), "validation", "training")
    faces = ferm.manifest[["row", "label"]].assign(split=split)
    return predictions_table(faces, probabilities)


ABOUT = {"model": "m_xception", "protocol": "clean", "seed": 0, "ferm": "a small set"}
