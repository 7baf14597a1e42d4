"""Which of FER2013's rows a face is, told by its pixels.

People hold FER2013 in other orders than Kaggle's, or a part of it. ``data/fer2013_rows.bin`` is the
first eight bytes of the SHA-256 of the pixels of every row of Training and PublicTest, in
Kaggle's order. A hash gives no pixel back, so it may be published. PrivateTest was not at hand:
its rows have no published hash.
"""

import hashlib
from functools import cache

import numpy as np
import pandas as pd

from fermask.faces.labels import USAGES
from fermask.system.kept import check_file
from fermask.system.paths import FER2013_ROWS

# Training and PublicTest, which the file begins with, and PrivateTest, which ends it.
TRAINING_ROWS = 28_709
PUBLIC_ROWS = 32_298
PRIVATE_ROWS = 3_589

_HASH = np.dtype(">u8")


def row_hashes(pixels: np.ndarray) -> np.ndarray:
    """The first eight bytes of the SHA-256 of each face's pixels, uint64 ``(n,)``.

    Args:
        pixels: uint8 ``(n, 48, 48)``.
    """
    faces = np.ascontiguousarray(pixels, dtype=np.uint8)
    digests = b"".join(hashlib.sha256(face).digest()[: _HASH.itemsize] for face in faces)
    return np.frombuffer(digests, _HASH).astype(np.uint64)


@cache
def published_hashes() -> np.ndarray:
    """``row_hashes`` of FER2013's Training and PublicTest in Kaggle's order."""
    return np.fromfile(check_file(FER2013_ROWS), _HASH).astype(np.uint64)


def rows_of_pixels(pixels: np.ndarray, usages: np.ndarray) -> np.ndarray:
    """FER2013's row of each face, int64 ``(n,)``; -1 where no row has its pixels.

    Some rows are the same pixel for pixel. Of those the faces take the ones of their own usage
    first, and then what is left, in the order of both; a face more than there are rows has none.

    Args:
        pixels: uint8 ``(n, 48, 48)``.
        usages: ``(n,)`` of ``labels.USAGES``.
    """
    published = published_hashes()
    ours = pd.DataFrame({"hash": row_hashes(pixels), "usage": np.asarray(usages, dtype=object)})
    theirs = pd.DataFrame({"hash": published, "usage": usage_of_row(np.arange(len(published)))})
    rows = _matched(ours, theirs, ["hash", "usage"])
    left, free = ours[rows < 0], theirs.drop(index=rows[rows >= 0])
    rows[left.index] = _matched(left, free, ["hash"])
    return rows


def usage_of_row(rows: np.ndarray) -> np.ndarray:
    """The part of FER2013 that each row belongs to in Kaggle's file, str ``(n,)``."""
    return np.array(USAGES, dtype=object)[
        np.searchsorted([TRAINING_ROWS, PUBLIC_ROWS], rows, "right")
    ]


def trained_on_pixels(pixels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Which faces have the very pixels of one of some rows of FER2013, bool ``(n,)``.

    Args:
        pixels: uint8 ``(n, 48, 48)``.
        rows: of FER2013; those of PrivateTest have no published hash and match nothing.
    """
    published, rows = published_hashes(), np.asarray(rows, dtype=np.int64)
    return np.isin(row_hashes(pixels), published[rows[rows < len(published)]])


def known_pixels(pixels: np.ndarray) -> np.ndarray:
    """Which faces have the very pixels of a row of Training or PublicTest, bool ``(n,)``."""
    return np.isin(row_hashes(pixels), published_hashes())


def _matched(ours: pd.DataFrame, theirs: pd.DataFrame, by: list[str]) -> np.ndarray:
    """The index in ``theirs`` of each of ours: of equal ones the first to the first, and so on."""
    keys = [*by, "time"]
    first = ours.assign(time=ours.groupby(by).cumcount())[keys]
    second = theirs.assign(time=theirs.groupby(by).cumcount(), place=theirs.index)
    found = first.merge(second, how="left", on=keys)["place"]
    return found.fillna(-1).to_numpy(dtype=np.int64, copy=True)
