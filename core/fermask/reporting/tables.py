"""Columns of figures as people read them, and the row on several folds or runs."""

import pandas as pd

from fermask.evaluation.formatting import format_interval, format_mean, format_percent
from fermask.evaluation.rates import rate


def percent_column(shares: pd.Series, digits: int = 1) -> list[str]:
    """Shares (0…1) in percent; "" where one is missing."""
    return ["" if pd.isna(each) else format_percent(each, f".{digits}f") for each in shares]


def interval_column(table: pd.DataFrame, spec: str = ".1f") -> list[str]:
    """``low`` to ``high`` (0…1) of each row, in percent."""
    pairs = zip(table["low"], table["high"], strict=True)
    return [format_interval(low, high, spec) for low, high in pairs]


def mean_column(table: pd.DataFrame) -> list[str]:
    """``mean`` ± ``sd`` (0…1) of each row, in percent."""
    pairs = zip(table["mean"], table["sd"], strict=True)
    return [format_mean(mean, sd) for mean, sd in pairs]


def folds_row(folds: pd.DataFrame) -> dict[str, object]:
    """The columns of a row on several folds or runs.

    Args:
        folds: ``correct`` and ``n`` of each.

    Returns:
        ``folds`` (how many), ``accuracy %`` (mean ± standard deviation), ``n`` of all together
        and their ``95% interval`` (Wilson).
    """
    accuracy = folds["correct"] / folds["n"]
    pooled = rate(int(folds["correct"].sum()), int(folds["n"].sum()))
    return {
        "folds": len(folds),
        "accuracy %": format_mean(accuracy.mean(), accuracy.std(ddof=1)),
        "n": pooled.n,
        "95% interval": pooled.interval,
    }
