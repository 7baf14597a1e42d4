"""Tiny files in the forms of FER2013 and FER+, for tests."""

import csv
import io

import numpy as np

import fermask.dataset.fer2013
import fermask.dataset.fer2013_rows
from fermask.faces.labels import FERPLUS_VOTES


def fer2013_csv(pixels, emotions, usages):
    """The text of Kaggle's ``fer2013.csv``."""
    rows = zip(emotions, pixels, usages, strict=True)
    lines = [
        f"{emotion},{' '.join(map(str, face.ravel()))},{usage}" for emotion, face, usage in rows
    ]
    return "\n".join(["emotion,pixels,Usage", *lines]) + "\n"


def write_fer2013(path, pixels, emotions, usages):
    """Writes Kaggle's ``fer2013.csv``: pixels uint8 (n, 48, 48), emotions 0…6, usages."""
    path.write_text(fer2013_csv(np.asarray(pixels), emotions, usages), encoding="utf-8")


def write_ferplus(path, votes, usages):
    """Writes Microsoft's ``fer2013new.csv``: votes int (n, 10) as ``FERPLUS_VOTES``, usages.

    As in the real file, faces that nobody took for a face have no image name.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Usage", "Image name", *FERPLUS_VOTES])
    for row, (counts, usage) in enumerate(zip(votes, usages, strict=True)):
        image = "" if counts[-1] == max(counts) else f"fer{row:07}.png"
        writer.writerow([usage, image, *counts])
    path.write_text(text.getvalue(), encoding="utf-8")


def stand_for_fer2013(monkeypatch, pixels, usages):
    """Makes some faces all of Kaggle's FER2013, of which PrivateTest has no published hashes."""
    usages = np.asarray(usages)
    training, private = (int((usages == usage).sum()) for usage in ("Training", "PrivateTest"))
    rows = fermask.dataset.fer2013_rows
    hashes = rows.row_hashes(np.asarray(pixels)[usages != "PrivateTest"])
    monkeypatch.setattr(rows, "published_hashes", lambda: hashes)
    monkeypatch.setattr(rows, "TRAINING_ROWS", training)
    for module in (rows, fermask.dataset.fer2013):
        monkeypatch.setattr(module, "PUBLIC_ROWS", len(hashes))
        monkeypatch.setattr(module, "PRIVATE_ROWS", private)
