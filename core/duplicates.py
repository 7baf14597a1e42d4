"""Rows of FER2013 that show the same photograph become one group.

FER2013 holds exact copies and, more often, the same photograph cropped, mirrored,
brightened or watermarked otherwise. Faces are compared by the signed square roots of the
differences between neighbouring cells of a smoothed 16×16 picture, which contrast does not
change, and each face is also tried shifted, enlarged and mirrored. Above a cosine of 0.8
hand-checked samples of pairs held no false one; between 0.70 and 0.75 about half are.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Integer entries of vectors this long have dot products below 2**24, so float32 sums are
# exact and come out the same in whatever order and on how many threads BLAS adds them.
_LENGTH = 4000
_BLOCK_ROWS = 2048


@dataclass(frozen=True)
class DuplicateSettings:
    """``min_cosine``: similarity from which two faces count as the same photograph.

    ``views``: what is tried on one of the two faces: enlargement about the centre, then a
    shift in pixels right and down. A shift needs one direction only where nothing is
    enlarged, since the other face of the pair is tried too.
    """

    min_cosine: float = 0.8
    views: tuple[tuple[float, float, float], ...] = (
        (1.0, 0.0, 0.0),
        (1.0, 2.5, 0.0),
        (1.0, 0.0, 2.5),
        (1.1, 0.0, 0.0),
        (1.1, 2.5, 0.0),
        (1.1, -2.5, 0.0),
        (1.1, 0.0, 2.5),
        (1.1, 0.0, -2.5),
        (1.2, 0.0, 0.0),
    )


def duplicate_groups(
    pixels: np.ndarray,
    usage: np.ndarray,
    settings: DuplicateSettings = DuplicateSettings(),
) -> np.ndarray:
    """The group of each face: the smallest row that shows the same photograph.

    PrivateTest rows join groups but never tie two groups of the other rows together, so
    Training and PublicTest rows have the same groups whether or not the file holds
    PrivateTest.

    Args:
        pixels: uint8 ``(n, 48, 48)``.
        usage: ``(n,)`` of ``labels.USAGES``.
        settings: similarity and views.

    Returns:
        int64 ``(n,)``.
    """
    usage = np.asarray(usage)
    pairs = np.concatenate([np.empty((0, 2), np.int64), *similar_pairs(pixels, usage, settings)])
    private = usage == "PrivateTest"
    inside = private[pairs[:, 0]] == private[pairs[:, 1]]
    group = _smallest_of_component(pairs[inside], len(pixels))
    across = pairs[~inside]
    across = np.where(private[across[:, :1]], across, across[:, ::-1])
    joined = np.arange(len(pixels))
    np.minimum.at(joined, group[across[:, 0]], group[across[:, 1]])
    return joined[group]


def similar_pairs(
    pixels: np.ndarray, usage: np.ndarray, settings: DuplicateSettings = DuplicateSettings()
) -> Iterator[np.ndarray]:
    """For each view, the int64 ``(m, 2)`` pairs of faces that show the same photograph."""
    # The mean is Training's alone, so that a file with more rows gives the same pairs.
    training = np.asarray(usage) == "Training"
    differences = _differences(pixels)
    mean = differences[training if training.any() else slice(None)].mean(axis=0).round(2)
    plain = _descriptors(differences, mean)
    least = settings.min_cosine * _LENGTH**2
    yield _pairs_above(_descriptors(_differences(pixels[:, :, ::-1]), mean), plain, least)
    for view in settings.views:
        seen = np.stack([_view(face, *view) for face in pixels])
        yield _pairs_above(_descriptors(_differences(seen), mean), plain, least)


def _view(face: np.ndarray, scale: float, right: float, down: float) -> np.ndarray:
    if (scale, right, down) == (1.0, 0.0, 0.0):
        return face
    middle = (face.shape[0] - 1) / 2 * (1 - scale)
    matrix = np.array([[scale, 0, middle + right], [0, scale, middle + down]])
    return cv2.warpAffine(
        face, matrix, face.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _differences(pixels: np.ndarray) -> np.ndarray:
    small = np.stack(
        [
            cv2.resize(cv2.GaussianBlur(face, (7, 7), 1.2), (16, 16), interpolation=cv2.INTER_AREA)
            for face in pixels
        ]
    ).astype(np.float32)
    right = (small[:, :, 1:] - small[:, :, :-1]).reshape(len(small), -1)
    down = (small[:, 1:] - small[:, :-1]).reshape(len(small), -1)
    steps = np.concatenate([right, down], axis=1)
    return np.sign(steps) * np.sqrt(np.abs(steps))


def _descriptors(differences: np.ndarray, mean: np.ndarray) -> np.ndarray:
    centred = (differences - mean).astype(np.float64)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.rint(_LENGTH * centred / np.maximum(length, 1e-6)).astype(np.float32)


def _pairs_above(seen: np.ndarray, plain: np.ndarray, least: float) -> np.ndarray:
    found = []
    for start in range(0, len(seen), _BLOCK_ROWS):
        products = seen[start : start + _BLOCK_ROWS] @ plain.T
        first, second = np.divmod(np.flatnonzero(products >= least), products.shape[1])
        pairs = np.stack([first + start, second], axis=1)
        found.append(pairs[pairs[:, 0] != pairs[:, 1]])
    return np.concatenate(found)


def _smallest_of_component(pairs: np.ndarray, count: int) -> np.ndarray:
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    smallest = np.full(component.max(initial=-1) + 1, count)
    np.minimum.at(smallest, component, np.arange(count))
    return smallest[component]
