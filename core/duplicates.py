"""Rows of FER2013 that show the same photograph become one group.

FER2013 holds exact copies and, more often, the same photograph cropped, mirrored,
brightened or watermarked otherwise. Faces are compared by the signed square roots of the
differences between neighbouring cells of a smoothed 16×16 picture, which contrast does not
change, and each face is also tried shifted, enlarged and mirrored. Above a cosine of 0.8
hand-checked samples of pairs held no false one; between 0.70 and 0.75 about half are.

All faces are compared with all, so most pairs are ruled out by a bound that takes fewer
dimensions; what is left is compared in full. The result is the same as without.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Integer entries of vectors this long have dot products below 2**24, so float32 sums are
# exact and come out the same in whatever order and on how many threads BLAS adds them.
_LENGTH = 4000
_BLOCK_ROWS = 1024
# Dimensions of the bound; they hold three quarters of the variance of FER2013's vectors.
_BOUND_LENGTH = 64
# Far more than float32 loses in the bound (about 1e-5), far less than lets many pairs pass.
_BOUND_SLACK = 1e-3


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
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """The group of each face: the smallest row that shows the same photograph.

    PrivateTest rows join groups of the other rows but never tie two of these together, so
    Training and PublicTest rows have the same groups whether or not the file holds
    PrivateTest. A PrivateTest row that shows the same photograph as some of them is in the
    group of theirs with the smallest row, even where its own row is smaller.

    Args:
        pixels: uint8 ``(n, 48, 48)``.
        usage: ``(n,)`` of ``labels.USAGES``.
        settings: similarity and views.
        progress: called with how many rounds of comparing are done, and of how many.

    Returns:
        int64 ``(n,)``.
    """
    if len(pixels) < 2:
        return np.arange(len(pixels))
    usage = np.asarray(usage)
    rounds = len(settings.views) + 1
    found = [np.empty((0, 2), np.int64)]
    progress(0, rounds)
    for done, similar in enumerate(similar_pairs(pixels, usage, settings), start=1):
        found.append(similar)
        progress(done, rounds)
    pairs = np.concatenate(found)
    private = usage == "PrivateTest"
    inside = private[pairs[:, 0]] == private[pairs[:, 1]]
    group = _smallest_of_component(pairs[inside], len(pixels))
    across = pairs[~inside]
    across = np.where(private[across[:, :1]], across, across[:, ::-1])
    joined = np.full(len(pixels), len(pixels))
    np.minimum.at(joined, group[across[:, 0]], group[across[:, 1]])
    return np.where(joined < len(pixels), joined, np.arange(len(pixels)))[group]


def similar_pairs(
    pixels: np.ndarray, usage: np.ndarray, settings: DuplicateSettings = DuplicateSettings()
) -> Iterator[np.ndarray]:
    """Pairs of faces that show the same photograph, int64 ``(m, 2)``: mirrored, then each view.

    In each pair the first face is the one that was mirrored, enlarged or shifted. Arguments
    as for ``duplicate_groups``.
    """
    # The mean is Training's alone, so that a file with more rows gives the same pairs.
    training = np.asarray(usage) == "Training"
    differences = _differences(pixels)
    mean = differences[training if training.any() else slice(None)].mean(axis=0).round(2)
    plain = _descriptors(differences, mean)
    least = settings.min_cosine * _LENGTH**2
    basis = _main_directions(plain)
    yield _pairs_above(_descriptors(_differences(pixels[:, :, ::-1]), mean), plain, basis, least)
    for view in settings.views:
        seen = np.stack([_view(face, *view) for face in pixels])
        yield _pairs_above(_descriptors(_differences(seen), mean), plain, basis, least)


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


def _main_directions(descriptors: np.ndarray) -> np.ndarray:
    """The directions in which descriptors vary most, orthonormal columns ``(480, 64)``."""
    _, directions = np.linalg.eigh((descriptors.T @ descriptors).astype(np.float64))
    return directions[:, -_BOUND_LENGTH:]


def _shortened(descriptors: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Vectors ``(n, 65)`` whose dot products are never below those of the descriptors.

    What lies outside the basis is replaced by its length: by Cauchy-Schwarz the product of
    two lengths is the largest that the dot product of the two rests can be.
    """
    exact = descriptors.astype(np.float64)
    inside = exact @ basis
    rest = np.square(exact).sum(axis=1) - np.square(inside).sum(axis=1)
    return np.column_stack([inside, np.sqrt(np.maximum(rest, 0))]).astype(np.float32)


def _pairs_above(
    seen: np.ndarray, plain: np.ndarray, basis: np.ndarray, least: float
) -> np.ndarray:
    short_seen, short_plain = _shortened(seen, basis), _shortened(plain, basis)
    possible = least - _BOUND_SLACK * _LENGTH**2
    found = [np.empty((0, 2), np.int64)]
    for start in range(0, len(seen), _BLOCK_ROWS):
        bounds = short_seen[start : start + _BLOCK_ROWS] @ short_plain.T
        first, second = np.divmod(np.flatnonzero(bounds >= possible), len(plain))
        first += start
        products = np.einsum("ij,ij->i", seen[first], plain[second])
        similar = (products >= least) & (first != second)
        found.append(np.stack([first[similar], second[similar]], axis=1))
    return np.concatenate(found)


def _smallest_of_component(pairs: np.ndarray, count: int) -> np.ndarray:
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    smallest = np.full(component.max(initial=-1) + 1, count)
    np.minimum.at(smallest, component, np.arange(count))
    return smallest[component]
