"""How a set's faces are distributed: over measures by class, and over the classes at each step."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.faces.labels import CLASSES


@dataclass(frozen=True)
class Measure:
    """A number that every face has, as its histogram shows it.

    ``title``: with its unit. ``step``: width of a bar. ``lowest``, ``highest``: the screening's
    thresholds that bound it, or None; ``highest`` bounds both ways.
    """

    title: str
    step: float
    lowest: str | None = None
    highest: str | None = None


# Column of ``faces_table.faces_table`` → how it is shown.
MEASURES: dict[str, Measure] = {
    "sharpness": Measure("sharpness", 0.1, lowest="min_sharpness"),
    "yaw": Measure("yaw, degrees", 2, highest="max_yaw"),
    "roll": Measure("roll, degrees", 2, highest="max_roll"),
    "score": Measure("detector's score", 0.1, lowest="min_score"),
}
ENTROPY = Measure("entropy of the ten votes, bits", 0.2)


def histogram(
    table: pd.DataFrame, column: str, step: float, classes: tuple[str, ...] = CLASSES
) -> pd.DataFrame:
    """How many faces of each class lie in each bin of a measure.

    Bins begin at whole multiples of ``step`` and hold their lower end; the last one ends the
    values' range. Faces without the value are left out.

    Args:
        table: with ``label`` and the column.
        column: of numbers.
        step: width of a bin.
        classes: of the set.

    Returns:
        ``low``, ``high`` (the bin's ends), ``label`` and ``n``, a row for each bin and class;
        none where no face has the value.
    """
    known = table[np.isfinite(table[column].to_numpy(dtype=np.float64, na_value=np.nan))]
    # Rounded first, since a step such as 0.1 has no exact double.
    bins = np.floor(np.round(known[column].to_numpy(dtype=np.float64) / step, 6)).astype(np.int64)
    if bins.size == 0:
        return pd.DataFrame({"low": [], "high": [], "label": [], "n": []})
    first, count = bins.min(), bins.max() - bins.min() + 1
    parts = []
    for name in classes:
        ours = bins[(known["label"] == name).to_numpy()]
        low = (first + np.arange(count)) * step
        n = np.bincount(ours - first, minlength=count)
        parts.append(pd.DataFrame({"low": low, "high": low + step, "label": name, "n": n}))
    return pd.concat(parts, ignore_index=True)


def thresholds(measure: Measure, screening: dict[str, float]) -> list[float]:
    """Where the screening cuts a measure off, rising.

    Args:
        measure: of ``MEASURES``.
        screening: the set's thresholds, as ``about["settings"]["screening"]`` holds them.
    """
    cuts = []
    if measure.lowest is not None:
        cuts.append(screening[measure.lowest])
    if measure.highest is not None:
        cuts += [-screening[measure.highest], screening[measure.highest]]
    return sorted(float(cut) for cut in cuts)


def balance_through_screening(ferm: Ferm) -> pd.DataFrame:
    """The classes among the rows read, those that passed the screening, and those drawn.

    Returns:
        ``value`` (``read``, ``passed``, ``drawn``), ``label``, ``n`` and ``share`` (of the
        classes' faces at this step, 0…1).
    """
    funnel = ferm.funnel.set_index("step")[list(ferm.classes)]
    drawn = ferm.manifest["label"].value_counts().reindex(list(ferm.classes), fill_value=0)
    steps = {"read": funnel.loc["all"], "passed": funnel.loc["left"], "drawn": drawn}
    parts = [
        pd.DataFrame(
            {
                "value": step,
                "label": list(ferm.classes),
                "n": counts.to_numpy(dtype=np.int64),
                "share": counts.to_numpy(dtype=float) / max(counts.sum(), 1),
            }
        )
        for step, counts in steps.items()
    ]
    return pd.concat(parts, ignore_index=True)
