"""Rows of FER2013 that show the same photograph become one group.

FER2013 holds exact copies and, more often, the same photograph cropped, mirrored,
brightened or watermarked otherwise. Faces are compared by the signed square roots of the
differences between neighbouring cells of a smoothed 16×16 picture, which contrast does not
change, and each face is also tried shifted, enlarged and mirrored. Above a cosine of 0.8
hand-checked samples of pairs held no false one; between 0.70 and 0.75 about half are.

All faces are compared with all, so most pairs are ruled out by a bound that takes fewer
dimensions; what is left is compared in full. The result is the same as without.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Integer entries of vectors this long have dot products below 2**24, so float32 sums are
# exact and come out the same in whatever order and on how many threads BLAS adds them.
_LENGTH = 4000
# The bounds of so many faces with as many others are 4 MB, which stay in a processor's cache.
_BLOCK_ROWS = 1024
# Pixels that the blur reaches on each side.
_BLUR = 3
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
    starts = range(0, len(pixels), _BLOCK_ROWS)
    blocks = [pixels[start : start + _BLOCK_ROWS] for start in starts]
    # Threads for what each face takes; the products are BLAS's, which has threads of its own.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        differences = np.concatenate(list(threads.map(_differences, blocks)))
        # The mean is Training's alone, so that a file with more rows gives the same pairs.
        training = np.asarray(usage) == "Training"
        mean = differences[training if training.any() else slice(None)].mean(axis=0).round(2)
        plain = _descriptors(differences, mean)
        basis = _main_directions(plain)
        others, least = (plain, _shortened(plain, basis)), settings.min_cosine * _LENGTH**2
        looks: list[Callable[[np.ndarray], np.ndarray]] = [_mirrored]
        looks += [partial(_viewed, view=view) for view in settings.views]
        for look in looks:
            seen = threads.map(partial(_seen, look=look, mean=mean), blocks)
            pairs = zip(starts, seen, strict=True)
            yield np.concatenate([_pairs_above(*each, *others, basis, least) for each in pairs])


def _seen(faces: np.ndarray, look: Callable, mean: np.ndarray) -> np.ndarray:
    return _descriptors(_differences(look(faces)), mean)


def _mirrored(faces: np.ndarray) -> np.ndarray:
    return faces[:, :, ::-1]


def _viewed(faces: np.ndarray, view: tuple[float, float, float]) -> np.ndarray:
    scale, right, down = view
    if view == (1.0, 0.0, 0.0):
        return faces
    middle = (faces.shape[1] - 1) / 2 * (1 - scale)
    matrix = np.array([[scale, 0, middle + right], [0, scale, middle + down]])
    seen = np.empty_like(faces)
    for face, out in zip(faces, seen, strict=True):
        size = face.shape[::-1]
        cv2.warpAffine(face, matrix, size, out, cv2.INTER_LINEAR, cv2.BORDER_REPLICATE)
    return seen


def _differences(pixels: np.ndarray) -> np.ndarray:
    """Signed square roots of the steps between neighbouring cells, float32 ``(n, 480)``."""
    # One picture, face below face: each as far apart as the blur reaches, and then no more.
    count, side = len(pixels), pixels.shape[1]
    wide = np.pad(pixels, ((0, 0), (_BLUR, _BLUR), (_BLUR, _BLUR)), mode="reflect")
    blurred = cv2.GaussianBlur(wide.reshape(-1, wide.shape[2]), (2 * _BLUR + 1,) * 2, 1.2)
    blurred = blurred.reshape(wide.shape)[:, _BLUR : _BLUR + side, _BLUR : _BLUR + side]
    tall = blurred.reshape(count * side, side)
    small = cv2.resize(tall, (16, 16 * count), interpolation=cv2.INTER_AREA)
    small = small.reshape(count, 16, 16).astype(np.float32)
    right = (small[:, :, 1:] - small[:, :, :-1]).reshape(count, -1)
    down = (small[:, 1:] - small[:, :-1]).reshape(count, -1)
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
    first_row: int,
    seen: np.ndarray,
    plain: np.ndarray,
    short_plain: np.ndarray,
    basis: np.ndarray,
    least: float,
) -> np.ndarray:
    """Pairs of a block of faces, the first of which is ``first_row``, with all others."""
    short_seen = _shortened(seen, basis)
    possible = np.float32(least - _BOUND_SLACK * _LENGTH**2)
    found = []
    for start in range(0, len(plain), _BLOCK_ROWS):
        bounds = short_seen @ short_plain[start : start + _BLOCK_ROWS].T
        row, other = np.divmod(np.flatnonzero(bounds >= possible), bounds.shape[1])
        other += start
        products = np.einsum("ij,ij->i", seen[row], plain[other])
        similar = (products >= least) & (row + first_row != other)
        found.append(np.stack([row[similar] + first_row, other[similar]], axis=1))
    pairs = np.concatenate(found)
    return pairs[np.lexsort(pairs.T[::-1])]


def _smallest_of_component(pairs: np.ndarray, count: int) -> np.ndarray:
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    smallest = np.full(component.max(initial=-1) + 1, count)
    np.minimum.at(smallest, component, np.arange(count))
    return smallest[component]
