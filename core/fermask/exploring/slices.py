"""Blind spots: parts of a set (slices) on which a network is right less often than elsewhere.

A slice is named by one property of its faces, or by two: ``mask: surgical``,
``class: sad + yaw: 10–15°``. With hundreds of slices some look bad by chance alone, so each
has a p-value that is adjusted for how many were looked at.
"""

from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from fermask.evaluation.rates import rate
from fermask.faces.labels import FERPLUS_VOTERS, USAGES, label_from_emotions
from fermask.faces.mask_styles import MASK_NAMES
from fermask.networks.predictions import classes_of

MIN_FACES = 30
# From here down a slice is called worse than the other faces.
SIGNIFICANCE = 0.05
_AND, _IS = " + ", ": "
_YAW_EDGES = [5.0, 10.0, 15.0, 20.0]
_COLUMNS = ("slice", "n", "right", "accuracy", "low", "high", "p", "adjusted_p")


def slice_properties(table: pd.DataFrame, brightness: np.ndarray | None = None) -> pd.DataFrame:
    """The properties by which a set is sliced, of each face.

    Measures without a natural step are cut at the set's quartiles.

    Args:
        table: as ``faces_table.faces_table`` gives it.
        brightness: mean grey level of each bare face, 0…255, ``(n,)``; None without pixels.

    Returns:
        A categorical column a property, missing where a face has not got it. Properties that
        are the same for all faces are left out.
    """
    own = label_from_emotions(table["emotion"].to_numpy()).set_axis(table.index)
    agreement = table["agreement"].to_numpy(dtype=float, na_value=np.nan)
    voters = np.rint(np.nan_to_num(agreement) * FERPLUS_VOTERS).astype(np.int64)
    names = [f"{n} of {FERPLUS_VOTERS} agree" for n in range(1, FERPLUS_VOTERS + 1)]
    has_twin = table["group"].duplicated(keep=False)
    properties = {
        "class": pd.Categorical(table["label"], classes_of(table)),
        "mask": pd.Categorical(table["mask_style"], MASK_NAMES),
        "votes": pd.Categorical.from_codes(voters - 1, names),
        "FER2013's own label": _either((own == table["label"]).to_numpy(), "same", "other"),
        "yaw": _binned(table["yaw"].abs(), _YAW_EDGES, "{:.0f}", "°"),
        "sharpness": _in_quarters(table["sharpness"], "{:.2f}"),
        "detector's score": _in_quarters(table["score"], "{:.2f}"),
        "usage": pd.Categorical(table["usage"], USAGES),
        "twins in the set": _either(has_twin.to_numpy(), "some", "none"),
    }
    if brightness is not None:
        properties["brightness"] = _in_quarters(pd.Series(brightness), "{:.0f}")
    columns = {name: _used(values) for name, values in properties.items()}
    columns = {name: values for name, values in columns.items() if len(values.categories) > 1}
    return pd.DataFrame(columns, index=table.index)


def _used(values: pd.Categorical) -> pd.Categorical:
    return values.remove_unused_categories()


def _either(condition: np.ndarray, yes: str, no: str) -> pd.Categorical:
    return pd.Categorical.from_codes(np.where(condition, 0, 1), [yes, no])


def _in_quarters(values: pd.Series, form: str) -> pd.Categorical:
    known = values.dropna().astype(float)
    edges = known.quantile([0.25, 0.5, 0.75]).map(lambda edge: float(form.format(edge)))
    return _binned(values, sorted(set(edges.dropna())), form)


def _binned(values: pd.Series, edges: list[float], form: str, unit: str = "") -> pd.Categorical:
    """Values between edges, each lower edge included: under 5°, 5–10°, 10° and more."""
    texts = [form.format(edge) for edge in edges]
    if not texts:
        return pd.Categorical([pd.NA] * len(values))
    between = [f"{low}–{high}{unit}" for low, high in pairwise(texts)]
    names = [f"under {texts[0]}{unit}", *between, f"{texts[-1]}{unit} and more"]
    values = values.to_numpy(dtype=float, na_value=np.nan)
    codes = np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="right"))
    return pd.Categorical.from_codes(codes, names)


def accuracy_by_slice(
    properties: pd.DataFrame, right: np.ndarray, pairs: bool, min_faces: int = MIN_FACES
) -> pd.DataFrame:
    """How often a network is right on each slice, the worst first.

    Args:
        properties: as ``slice_properties`` gives it, of the faces evaluated.
        right: whether each was named rightly, bool ``(n,)``.
        pairs: whether slices of two properties are looked at too. One of them is given back
            only where even the upper end of its interval is below the accuracy on each of
            its properties alone.
        min_faces: smaller slices are left out.

    Returns:
        ``slice`` (its name), ``n``, ``right``, ``accuracy`` (0…1) with its Wilson interval
        ``low`` and ``high``, ``p`` (how likely as many faces drawn at random from all would
        be right as rarely; hypergeometric) and ``adjusted_p`` (after Benjamini and Hochberg,
        over all slices looked at).
    """
    right = np.asarray(right, dtype=bool)
    columns = {name: properties[name].cat for name in properties}
    looked_at = [(name,) for name in columns] + (list(combinations(columns, 2)) if pairs else [])
    found = [_counts(right, names, columns, min_faces) for names in looked_at]
    if sum(map(len, found)) == 0:
        return pd.DataFrame(columns=list(_COLUMNS))
    counted = pd.concat(found, ignore_index=True)
    p = stats.hypergeom.cdf(counted["right"], len(right), right.sum(), counted["n"])
    counted["p"], counted["adjusted_p"] = p, stats.false_discovery_control(p)
    counted["accuracy"] = counted["right"] / counted["n"]
    counted = counted[_below_parts(counted, "accuracy")]
    rates = [rate(hits, n) for hits, n in zip(counted["right"], counted["n"], strict=True)]
    counted = counted.assign(low=[each.low for each in rates], high=[each.high for each in rates])
    counted = counted[_below_parts(counted, "high")]
    counted = counted.sort_values(
        ["accuracy", "n"], ascending=[True, False], kind="stable", ignore_index=True
    )
    return counted[list(_COLUMNS)]


def _counts(
    right: np.ndarray, names: tuple[str, ...], columns: dict[str, Any], min_faces: int
) -> pd.DataFrame:
    """``slice``, its ``parts``, ``n`` and ``right`` for all values of one property, or of two."""
    code, known = np.zeros(len(right), dtype=np.int64), np.ones(len(right), dtype=bool)
    parts: list[tuple[str, ...]] = [()]
    for name in names:
        categories, codes = columns[name].categories, columns[name].codes.to_numpy()
        code = code * len(categories) + codes
        known &= codes >= 0
        parts = [(*each, f"{name}{_IS}{value}") for each in parts for value in categories]
    n = np.bincount(code[known], minlength=len(parts))
    hits = np.bincount(code[known & right], minlength=len(parts))
    slices = [_AND.join(each) for each in parts]
    counted = pd.DataFrame({"slice": slices, "parts": parts, "n": n, "right": hits})
    return counted[counted["n"] >= max(min_faces, 1)]


def _below_parts(counted: pd.DataFrame, column: str) -> np.ndarray:
    """Whether a column is below the accuracy on each part; always for slices of one part."""
    accuracy = dict(zip(counted["slice"], counted["accuracy"], strict=True))
    return np.array(
        [
            len(parts) == 1 or all(value < accuracy[part] for part in parts)
            for parts, value in zip(counted["parts"], counted[column], strict=True)
        ],
        dtype=bool,
    )


def faces_in_slice(properties: pd.DataFrame, name: str) -> np.ndarray:
    """Positions of the faces of a slice, int64, rising.

    Args:
        properties: as ``slice_properties`` gives it.
        name: as ``accuracy_by_slice`` writes it.

    Raises:
        ValueError: there is no such property, or no such value of it.
    """
    inside = np.ones(len(properties), dtype=bool)
    for part in name.split(_AND):
        column, _, value = part.partition(_IS)
        if column not in properties or value not in properties[column].cat.categories:
            raise ValueError(f"The set has no slice {name!r}: {part!r} is none of its properties.")
        inside &= (properties[column] == value).to_numpy()
    return np.flatnonzero(inside)
