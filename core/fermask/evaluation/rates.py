"""Shares with their intervals, and two classifiers on the same faces."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, ndtri

from fermask.evaluation.formatting import NOTHING, format_interval, format_percent

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Rate:
    """A share of ``n`` with its 95% interval, all 0…1; NaN where n is 0.

    As text it is ``83.0% (81.7 to 84.2)``, a dash where n is 0.
    """

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.percent}% ({self.interval})" if self.n else NOTHING

    @property
    def percent(self) -> str:
        """The share in percent without its sign, such as ``83.0``."""
        return format_percent(self.value)

    @property
    def interval(self) -> str:
        """Its 95% interval in percent, such as ``81.7 to 84.2``."""
        return format_interval(self.low, self.high)


def rate(successes: int, n: int) -> Rate:
    """A share with its Wilson interval."""
    if n == 0:
        return Rate(float("nan"), float("nan"), float("nan"), 0)
    # scipy.stats has it too, and takes longer to import than a page of faces to show.
    z, value = float(ndtri((1 + CONFIDENCE) / 2)), successes / n
    middle = (value + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * math.sqrt(value * (1 - value) / n + (z / (2 * n)) ** 2)
    low = 0.0 if successes == 0 else middle - reach
    high = 1.0 if successes == n else middle + reach
    return Rate(float(value), low, high, int(n))


@dataclass(frozen=True)
class Paired:
    """Two classifiers on the same ``n`` faces: how many only one of them names right.

    ``p``: McNemar's exact test (binomial, two-sided) of both being right equally often.
    """

    only_first: int
    only_second: int
    n: int
    p: float


def mcnemar(first: np.ndarray, second: np.ndarray) -> Paired:
    """McNemar's exact test of two classifiers.

    Args:
        first: bool ``(n,)``, which faces one names right.
        second: the same of the other.
    """
    first, second = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    differ = only_first + only_second
    p = min(2 * float(bdtr(min(only_first, only_second), differ, 0.5)), 1.0)
    return Paired(only_first, only_second, len(first), p)


def paired_difference(pair: Paired) -> Rate:
    """Accuracy of the first less that of the second on the same faces, -1…1, with its interval.

    The 95% interval is Bonett and Price's (2012): Wald's, with one face added to each of the
    two cells that differ. NaN where there is no face.
    """
    if pair.n == 0:
        return rate(0, 0)
    first, second = ((count + 1) / (pair.n + 2) for count in (pair.only_first, pair.only_second))
    middle = first - second
    error = float(np.sqrt((first + second - middle**2) / (pair.n + 2)))
    reach = float(ndtri((1 + CONFIDENCE) / 2)) * error
    value = (pair.only_first - pair.only_second) / pair.n
    return Rate(value, max(middle - reach, -1.0), min(middle + reach, 1.0), pair.n)
