"""What a set is, in figures and facts: class balance, quality, origin, twins, folds, limits."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fermask.dataset.ferm import LEFT_IN_FILE, Ferm
from fermask.dataset.screening import RULES
from fermask.faces.labels import CLASSES
from fermask.faces.masking import STYLES


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


# Column of ``browsing.faces_table`` → how it is shown.
MEASURES: dict[str, Measure] = {
    "sharpness": Measure("sharpness", 0.1, lowest="min_sharpness"),
    "yaw": Measure("yaw, degrees", 2, highest="max_yaw"),
    "roll": Measure("roll, degrees", 2, highest="max_roll"),
    "score": Measure("dlib's score", 0.1, lowest="min_score"),
}
ENTROPY = Measure("entropy of the ten votes, bits", 0.2)

_LICENCE = (
    "FER2013 and FER+ are for research, and their pictures are not passed on. The landmarks "
    "come from dlib's 68-point model, trained on iBUG 300-W, which excludes commercial use."
)
_MEANT_FOR = (
    "About 1 face in 100 is drawn, painted or computed, and 1 in 200 wears sunglasses that hide "
    "the eyes: no measure of the picture that was tried tells them well enough for a rule.",
    "The labels were given to the face without a mask; what the masked face shows may be less.",
    "The masks are drawn, from landmarks that dlib found on 48×48 grey pictures.",
    "Real faces show more than these four expressions. Not made for decisions about people.",
)


def histogram(table: pd.DataFrame, column: str, step: float) -> pd.DataFrame:
    """How many faces of each class lie in each bin of a measure.

    Bins begin at whole multiples of ``step`` and hold their lower end; the last one ends the
    values' range. Faces without the value are left out.

    Args:
        table: with ``label`` and the column.
        column: of numbers.
        step: width of a bin.

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
    for name in CLASSES:
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
    """The four classes among the rows read, those that passed the screening, and those drawn.

    Returns:
        ``value`` (``read``, ``passed``, ``drawn``), ``label``, ``n`` and ``share`` (of the
        four classes' faces at this step, 0…1).
    """
    funnel = ferm.funnel.set_index("step")[list(CLASSES)]
    drawn = ferm.manifest["label"].value_counts().reindex(list(CLASSES), fill_value=0)
    steps = {"read": funnel.loc["all"], "passed": funnel.loc["left"], "drawn": drawn}
    parts = [
        pd.DataFrame(
            {
                "value": step,
                "label": list(CLASSES),
                "n": counts.to_numpy(dtype=np.int64),
                "share": counts.to_numpy(dtype=float) / max(counts.sum(), 1),
            }
        )
        for step, counts in steps.items()
    ]
    return pd.concat(parts, ignore_index=True)


def dropped_shares(ferm: Ferm, rule: str) -> pd.Series:
    """Share of the faces that a rule drops among those that reach it, by class, 0…1.

    Missing for a class of which no face reaches it.

    Args:
        ferm: the set.
        rule: of ``screening.RULES``.
    """
    funnel = ferm.funnel.set_index("step")[list(CLASSES)]
    before = list(RULES)[: list(RULES).index(rule)]
    reached = funnel.loc["all"] - funnel.loc[before].sum()
    return funnel.loc[rule] / reached.where(reached > 0)


def facts(ferm: Ferm) -> dict[str, str]:
    """The set's data card: what a reader must know of it, by heading, as plain sentences."""
    manifest, about = ferm.manifest, ferm.about
    settings = about["settings"]
    counts = manifest["label"].value_counts()
    classes = ", ".join(f"{counts.get(name, 0):,} {name}" for name in CLASSES)
    styles = [style for style in STYLES if (manifest["mask_style"] == style).any()]
    made_with = about.get("found_with", {}) | about.get("drawn_with", {})
    return {
        "Faces": f"{len(manifest):,}: {classes}.",
        "Origin": f"FER2013, {' and '.join(settings['usages'])}: {about['source_rows']:,} rows.",
        "Labels": _labels(about),
        "Screening": _screening(settings["screening"]),
        "Drawing": _drawing(settings, counted=ferm.copies is not None),
        "Twins": _twins(manifest) + _fresh(ferm),
        "Folds": _folds(manifest),
        "Masks": f"Drawn in the styles {', '.join(styles)}; each face keeps its mask's seed.",
        "Licence": _LICENCE,
        "Made with": ", ".join(f"{name} {version}" for name, version in sorted(made_with.items())),
        "FER2013's SHA-256": about["source_sha256"],
    }


def known_limits(ferm: Ferm) -> list[str]:
    """What the set cannot tell, as sentences."""
    dropped = dropped_shares(ferm, "no_face").dropna()
    found = []
    if len(dropped) > 1:
        most, least = dropped.idxmax(), dropped.idxmin()
        found.append(
            f"Faces that dlib does not find are missing: {dropped[most]:.0%} of the {most} ones "
            f"that came so far, {dropped[least]:.0%} of the {least} ones."
        )
    return [*found, *_MEANT_FOR]


def manifest_csv(manifest: pd.DataFrame) -> str:
    """A manifest as CSV without its columns of lists: the landmarks and the rules passed."""
    table = manifest.drop(columns=list(LEFT_IN_FILE), errors="ignore")
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def _labels(about: dict) -> str:
    if about["labels_from"] != "FER+ votes":
        return "FER2013's own; FER+'s votes were not at hand."
    share = about["settings"]["screening"]["min_agreement"]
    return (
        "FER+: the class with strictly the most of ten people's votes, where at least "
        f"{share:.0%} chose it."
    )


def _screening(screening: dict[str, float]) -> str:
    return (
        f"dlib's score at least {screening['min_score']:g}, yaw within "
        f"±{screening['max_yaw']:g}°, roll within ±{screening['max_roll']:g}°, sharpness at least "
        f"{screening['min_sharpness']:g}; the same for every class. No classifier takes part."
    )


def _drawing(settings: dict, counted: bool) -> str:
    if settings["quotas"] is None:
        return "All faces that passed."
    quotas = ", ".join(f"{settings['quotas'].get(name, 0):,} {name}" for name in CLASSES)
    # As sets are drawn since ``copies`` are counted.
    how = ", each photograph once before any comes twice" if counted else ""
    return f"At random from those that passed{how}, seed {settings['seed']}: {quotas}."


def _twins(manifest: pd.DataFrame) -> str:
    _, sizes = np.unique(manifest["group"].to_numpy(), return_counts=True)
    several = sizes[sizes > 1]
    if several.size == 0:
        return "No two faces show the same photograph."
    return (
        f"{several.sum():,} faces share their photograph with another face; such a group "
        f"({len(several):,} here) stands in one fold. Twins whose labels disagree were left out."
    )


def _fresh(ferm: Ferm) -> str:
    if ferm.copies is None:
        return ""
    once = int((ferm.copies == 1).sum())
    return f" The photograph of {once:,} faces stands once in the file that the set was built from."


def _folds(manifest: pd.DataFrame) -> str:
    sizes = manifest["fold"].value_counts()
    return f"{len(sizes)} with {sizes.min():,} to {sizes.max():,} faces."
