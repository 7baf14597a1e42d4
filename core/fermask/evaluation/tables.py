"""Figures as people read them: in percent, with intervals, as Markdown."""

import pandas as pd

from fermask.evaluation.rates import rate


def markdown_table(table: pd.DataFrame) -> str:
    """A table of ready texts as Markdown; all columns but the first are right-aligned."""
    lines = [table.columns, ["---", *["--:"] * (len(table.columns) - 1)]]
    lines += [[str(value) for value in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def percent(values: pd.Series, digits: int = 1) -> list[str]:
    """Shares (0…1) in percent; "" where one is missing."""
    return ["" if pd.isna(value) else f"{100 * value:.{digits}f}" for value in values]


def intervals(table: pd.DataFrame, form: str = "{:.1f}") -> list[str]:
    """``low`` to ``high`` (0…1) of each row, in percent."""
    pairs = zip(table["low"], table["high"], strict=True)
    return [f"{form.format(100 * low)} to {form.format(100 * high)}" for low, high in pairs]


def with_sd(mean: float, sd: float) -> str:
    """A mean (0…1) in percent, with the standard deviation where there is one."""
    return f"{100 * mean:.1f}" if pd.isna(sd) else f"{100 * mean:.1f} ± {100 * sd:.1f}"


def over_folds(folds: pd.DataFrame) -> dict[str, object]:
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
        "accuracy %": with_sd(accuracy.mean(), accuracy.std(ddof=1)),
        "n": pooled.n,
        "95% interval": f"{100 * pooled.low:.1f} to {100 * pooled.high:.1f}",
    }
