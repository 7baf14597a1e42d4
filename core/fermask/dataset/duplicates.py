"""Rows of FER2013 that show the same photograph become one group.

FER2013 holds exact copies and, more often, the same photograph in another crop, up to twice
as large, mirrored, in other contrast, retouched or with a watermark. Three steps find them:
windows laid where a face's middle seems to be give pairs that may show the same
(``lookalikes``); small copies of both, laid over each other there, rule most out; and the
rest are aligned and compared patch by patch (``same_photograph``). Every pair that ties two
rows together has so been looked at pixel by pixel, and FER2013's largest groups, of about 30
rows, are one photograph each.
"""

import os
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fermask.dataset.lookalikes import find_lookalikes
from fermask.dataset.same_photograph import (
    Pairs,
    all_small_copies,
    first_looks,
    likenesses,
    views,
)

# Pairs looked at by one thread before it takes others.
_BLOCK_PAIRS = 512


@dataclass(frozen=True)
class DuplicateSettings:
    """Which pairs are looked at more closely, and which count as the same photograph.

    ``scales``: how much larger one picture may show what the other does; neighbours a fifth
    apart leave none out. ``min_cosine``:
    of two windows' vectors, from which a pair is looked at. ``max_apart``: how far the
    windows' likenesses to the middle of all faces may be apart. ``turns``: by how many degrees one
    picture is also turned. ``min_first_look`` and
    ``min_laid_over``: correlations of small copies, laid over each other by the windows and
    then aligned, from which a pair is looked at more closely.

    ``strictness``: the middle one of the patches' correlations must come so close to 1 as this
    times the share of the picture that both show, and a share above ``full_share`` counts as
    that: the less two pictures have in common, the more alike it must be.
    """

    scales: tuple[float, ...] = (1.0, 1.2, 1.44, 1.728, 2.0736)
    min_cosine: float = 0.62
    max_apart: float = 0.1
    turns: tuple[float, ...] = (-12.0, 12.0)
    min_first_look: float = 0.7
    min_laid_over: float = 0.78
    strictness: float = 0.25
    full_share: float = 0.8


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
        settings: what is looked at, and what counts as the same.
        progress: called with how many rounds of comparing are done, and of how many.

    Returns:
        int64 ``(n,)``.
    """
    private = np.asarray(usage) == "PrivateTest"
    pairs = similar_pairs(pixels, usage, settings, progress)
    inside = private[pairs[:, 0]] == private[pairs[:, 1]]
    group = smallest_of_component(pairs[inside], len(pixels))
    across = pairs[~inside]
    across = np.where(private[across[:, :1]], across, across[:, ::-1])
    joined = np.full(len(pixels), len(pixels))
    np.minimum.at(joined, group[across[:, 0]], group[across[:, 1]])
    return np.where(joined < len(pixels), joined, np.arange(len(pixels)))[group]


def similar_pairs(
    pixels: np.ndarray,
    usage: np.ndarray,
    settings: DuplicateSettings = DuplicateSettings(),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """Pairs of rows that show the same photograph, int64 ``(m, 2)``, the smaller row first.

    Of rows that are the same pixel by pixel only the first is compared with the others, and
    each of them is a pair with it. Arguments as for ``duplicate_groups``.
    """
    # scikit-learn's own, and so never missing beside it.
    from threadpoolctl import threadpool_limits

    usage = np.asarray(usage)
    row, first_row, twins = _distinct(pixels, usage == "PrivateTest")
    training = np.isin(np.arange(len(row)), first_row[usage == "Training"])
    found = [np.stack([row[first_row], np.arange(len(pixels))], axis=1), row[twins]]
    if len(row) > 1:
        training = training if training.any() else ~training
        # Each thread has pictures of its own; more of BLAS's would only be in the way.
        with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as threads:
            faces = pixels[row]
            seen = views(faces, settings.turns)
            wide = [all_small_copies(view, 1.0, threads) for view in seen]
            near = {scale: all_small_copies(faces, scale, threads) for scale in settings.scales}
            pairs = _candidates(seen, training, wide, near, settings, threads, progress)
            same = _same(seen, wide, near, pairs, settings, threads)
        found.append(row[np.stack([pairs.first[same], pairs.second[same]], axis=1)])
        progress(len(settings.scales) + 1, len(settings.scales) + 1)
    pairs_of_rows = np.sort(np.concatenate(found), axis=1)
    return np.unique(pairs_of_rows[pairs_of_rows[:, 0] < pairs_of_rows[:, 1]], axis=0)


def _distinct(pixels: np.ndarray, private: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first row of each distinct picture, PrivateTest's apart, sorted by pixels, so that
    any order of the rows gives the same pairs; which of these each row is; and pairs of these
    that are the same pixel by pixel, one of them PrivateTest's."""
    flat = pixels.reshape(len(pixels), np.prod(pixels.shape[1:]))
    whole = np.column_stack([flat, private.astype(np.uint8)])
    whole = whole.view(f"V{whole.shape[1]}").ravel()
    _, row, which = np.unique(whole, return_index=True, return_inverse=True)
    faces = pixels[row]
    alike = np.flatnonzero((faces[1:] == faces[:-1]).all(axis=(1, 2)))
    return row, which, np.stack([alike, alike + 1], axis=1)


def _candidates(
    seen: list[np.ndarray],
    training: np.ndarray,
    wide: list[np.ndarray],
    near: dict[float, np.ndarray],
    settings: DuplicateSettings,
    threads: Executor,
    progress: Callable[[int, int], None],
) -> Pairs:
    """Pairs whose small copies look alike; each the way that they look most alike."""
    kept = []
    progress(0, len(settings.scales) + 1)
    looks = find_lookalikes(
        seen,
        training,
        settings.scales,
        settings.min_cosine,
        settings.max_apart,
        threads,
    )
    for done, (scale, pairs) in enumerate(zip(settings.scales, looks, strict=True), start=1):
        correlation = first_looks(wide, near[scale], pairs, threads)
        alike = correlation >= settings.min_first_look
        kept.append((pairs.at(alike), correlation[alike]))
        progress(done, len(settings.scales) + 1)
    pairs = Pairs.join([pairs for pairs, _ in kept])
    return pairs.at(_best(pairs, np.concatenate([correlation for _, correlation in kept])))


def _best(pairs: Pairs, correlation: np.ndarray) -> np.ndarray:
    """Where each pair has its highest correlation in each view."""
    low = np.minimum(pairs.first, pairs.second)
    high = np.maximum(pairs.first, pairs.second)
    order = np.lexsort((pairs.first, -correlation, pairs.view, high, low))
    keys = np.stack([low, high, pairs.view], axis=1)[order]
    return order[np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)][: len(order)]]


def _same(
    seen: list[np.ndarray],
    wide: list[np.ndarray],
    near: dict[float, np.ndarray],
    pairs: Pairs,
    settings: DuplicateSettings,
    threads: Executor,
) -> np.ndarray:
    """Whether each pair shows the same photograph."""
    blocks = [
        pairs.at(slice(start, start + _BLOCK_PAIRS))
        for start in range(0, len(pairs.first), _BLOCK_PAIRS)
    ]
    look = partial(likenesses, seen, wide, near, min_laid_over=settings.min_laid_over)
    found = np.concatenate([np.empty((0, 2)), *threads.map(look, blocks)])
    least = 1 - settings.strictness * np.minimum(found[:, 1], settings.full_share)
    return found[:, 0] >= least


def smallest_of_component(pairs: np.ndarray, count: int) -> np.ndarray:
    """The smallest of all that pairs, int ``(m, 2)``, tie each of ``count`` to, int64 ``(n,)``."""
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    smallest = np.full(component.max(initial=-1) + 1, count)
    np.minimum.at(smallest, component, np.arange(count))
    return smallest[component]
