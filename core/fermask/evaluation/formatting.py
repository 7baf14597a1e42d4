"""Shares as people read them: in percent, with intervals; and what a test says."""

import math

# Where there is nothing to take a share of.
NOTHING = "–"


def format_percent(share: float, spec: str = ".1f") -> str:
    """A share as a number of percent without its sign, such as ``83.0``; a dash for NaN.

    Args:
        share: 0…1, or a difference of two, -1…1.
        spec: how the number is written, such as ``+.1f``.
    """
    return NOTHING if math.isnan(share) else format(100 * share, spec)


def format_interval(low: float, high: float, spec: str = ".1f") -> str:
    """Two shares as ``81.7 to 84.2``, in percent.

    Args:
        low: 0…1, or of a difference, -1…1.
        high: the same.
        spec: how each number is written.
    """
    return f"{format_percent(low, spec)} to {format_percent(high, spec)}"


def format_mean(mean: float, sd: float) -> str:
    """Mean and standard deviation (0…1) as ``83.0 ± 2.3``, in percent; NaN is no deviation."""
    return (
        format_percent(mean) if math.isnan(sd) else f"{format_percent(mean)} ± {format_percent(sd)}"
    )


def format_p(p: float) -> str:
    """What a test says, as ``p = 0.012``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
