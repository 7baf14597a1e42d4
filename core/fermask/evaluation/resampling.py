"""Intervals that know of twins: duplicate groups are resampled, not faces.

Two photographs of one group are right or wrong together more often than two of different
groups, so that an interval over faces as if each were its own photograph is too narrow.
"""

import numpy as np

from fermask.evaluation.rates import CONFIDENCE, Rate, rate

_DRAWS = 4000
# As many groups' counts of as many draws are held at a time.
_CELLS = 4_000_000


def grouped_rate(right: np.ndarray, group: np.ndarray, seed: int = 0) -> Rate:
    """The share of faces named right, with a bootstrap interval over duplicate groups.

    As many groups as there are, are drawn with replacement 4,000 times (Davison and Hinkley 1997,
    §3.8: clusters are resampled whole), and the interval is what holds the middle 95% of the
    shares. Where all faces are right, or all wrong, the draws know no spread, and the interval is
    Wilson's over groups. The draws are seeded: the same faces give the same interval.

    Args:
        right: bool ``(n,)``, or how often of several times each was right, 0…1.
        group: ``(n,)``, the duplicate group of each face.
        seed: of the draws.

    Returns:
        ``n`` counts faces. NaN where there are none.

    Raises:
        ValueError: the lengths differ.
    """
    right, group = np.asarray(right, dtype=np.float64), np.asarray(group)
    if right.shape != group.shape:
        raise ValueError(f"{len(right):,} faces, but the groups of {len(group):,}.")
    if len(right) == 0 or right.min() == 1 or not right.any():
        groups = len(np.unique(group))
        over_groups = rate(groups if right.any() else 0, groups)
        return Rate(over_groups.value, over_groups.low, over_groups.high, len(right))
    _, of_face = np.unique(group, return_inverse=True)
    sizes = np.bincount(of_face).astype(np.float64)
    hits = np.bincount(of_face, weights=right)
    shares = _drawn_shares(hits, sizes, np.random.default_rng(seed))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(shares, [tail, 1 - tail])
    value = float(right.mean())
    return Rate(value, float(min(low, value)), float(max(high, value)), len(right))


def _drawn_shares(hits: np.ndarray, sizes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The share of hits in each draw, ``(_DRAWS,)``."""
    count, shares = len(sizes), []
    at_once = max(1, _CELLS // count)
    for start in range(0, _DRAWS, at_once):
        drawn = rng.integers(0, count, (min(at_once, _DRAWS - start), count))
        shares.append(hits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    return np.concatenate(shares)
