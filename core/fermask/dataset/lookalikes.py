"""Pairs of pictures that may show the same photograph, for a closer look at each pair.

The largest windows of all pictures (``face_windows``) are compared with those of every size, as
they are and mirrored: where one picture shows the same larger than another, its largest window
shows what a smaller one of the other does. A window resembles the middle of all faces as much
as its twin does, so only windows of like likeness are compared.
"""

from collections.abc import Iterator
from concurrent.futures import Executor

import numpy as np

from fermask.dataset.face_windows import (
    LARGEST,
    LENGTH,
    Windows,
    lay_windows,
    middle_of_faces,
    vectors,
    whitening,
)
from fermask.dataset.same_photograph import Pairs

# Windows of each size on a picture, and of the largest those compared with.
_PLACES, _LARGEST_PLACES = 3, 2
# Which place of the first picture's windows is compared with which of the second's largest; all
# other ways together found one pair in three hundred more in FER2013.
_COMPARED = ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0))
# Turned pictures are looked at where they are shown no larger than this.
_LARGEST_TURNED = 1.2
# Products of so many vectors with as many others are 4 MB, which stay in a processor's cache.
_BLOCK_ROWS = 1024


def find_lookalikes(
    seen: list[np.ndarray],
    training: np.ndarray,
    scales: tuple[float, ...],
    min_cosine: float,
    max_apart: float,
    threads: Executor,
) -> Iterator[Pairs]:
    """Pairs of pictures that may show the same, of each scale; a pair may come several times.

    Args:
        seen: ``same_photograph.views`` of the pictures, each uint8 ``(n, 48, 48)``.
        training: bool ``(n,)``, the pictures that say what faces have in common.
        scales: how much larger the second picture of a pair shows what the first does, 1 first.
        min_cosine: of the two windows' vectors.
        max_apart: how far the two windows' likenesses may be apart.
        threads: for what each picture takes; they do not change the result.
    """
    template = middle_of_faces(seen[0][training], LARGEST, threads)
    space: tuple[np.ndarray, np.ndarray] | None = None
    for scale in scales:
        found = []
        windows = lay_windows(seen[0], template, LARGEST / scale, _PLACES, threads)
        if space is None:
            largest = windows[:_LARGEST_PLACES]
            space = whitening(largest[0].seen[training])
            whole = [_Sorted(w.likeness, vectors(w.seen, *space, threads)) for w in largest]
        looks = [(0, windows[place], near) for place, near in _COMPARED]
        looks.append((1, _flipped(windows[0]), 0))
        if scale <= _LARGEST_TURNED:
            for view, pictures in enumerate(seen[2:], start=2):
                turned = lay_windows(pictures, template, LARGEST / scale, 1, threads)
                looks.append((view, turned[0], 0))
        for view, each, near in looks:
            some = _Sorted(each.likeness, vectors(each.seen, *space, threads))
            first, second = _above(some, whole[near], min_cosine, max_apart, threads)
            middle = np.stack([each.middle[first], largest[near].middle[second]], axis=1)
            shape = np.full(len(first), view), np.full(len(first), scale)
            found.append(Pairs(first, second, *shape, middle))
        yield Pairs.join(found)


def _flipped(windows: Windows) -> Windows:
    return Windows(windows.middle * [-1, 1], windows.likeness, windows.seen[:, :, ::-1])


class _Sorted:
    """Vectors in the order of their windows' likeness."""

    def __init__(self, likeness: np.ndarray, vectors: np.ndarray):
        self.order = np.argsort(likeness, kind="stable")
        self.likeness = likeness[self.order]
        self.vectors = vectors[self.order]


def _above(
    some: _Sorted, whole: _Sorted, min_cosine: float, max_apart: float, threads: Executor
) -> tuple[np.ndarray, np.ndarray]:
    """Which of two sets' vectors have a cosine from ``min_cosine``, two ``(m,)``."""
    least = np.float32(min_cosine * LENGTH**2)

    def pairs_of(start: int) -> np.ndarray:
        block = slice(start, start + _BLOCK_ROWS)
        likeness, order = some.likeness[block], some.order[block]
        ends = likeness[0] - max_apart, likeness[-1] + max_apart
        begin, end = np.searchsorted(whole.likeness, ends)
        found = [np.empty((2, 0), np.int64)]
        for other in range(begin, end, _BLOCK_ROWS):
            near = slice(other, min(other + _BLOCK_ROWS, end))
            products = some.vectors[block] @ whole.vectors[near].T
            row, column = np.divmod(np.flatnonzero(products >= least), products.shape[1])
            apart = np.abs(likeness[row] - whole.likeness[near][column])
            pair = np.stack([order[row], whole.order[near][column]])
            found.append(pair[:, (apart <= max_apart) & (pair[0] != pair[1])])
        return np.concatenate(found, axis=1)

    starts = range(0, len(some.order), _BLOCK_ROWS)
    return tuple(np.concatenate(list(threads.map(pairs_of, starts)), axis=1))
