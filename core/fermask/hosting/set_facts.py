"""What a set is, as sentences: origin, labels, screening, twins, folds, masks, licence, limits.

The explorer's data card shows them, and so does the README of a set's repository on the Hub.
"""

import numpy as np
import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.dataset.screening import RULES
from fermask.faces.labels import CLASSES
from fermask.faces.mask_styles import MASK_STYLES, OWN_MASK

_LICENCE = (
    "FER2013 and FER+ are for research, and their pictures are not passed on. The landmarks "
    "come from dlib's 68-point model, trained on iBUG 300-W, which excludes commercial use."
)
_OWN_LIMITS = (
    "What is reached on it says nothing of FERM, nor of any other photographs.",
    "Photographs of one person are kept in one fold only where a column person tells who it is: "
    "else a network may have learned from other pictures of the people that it is tested on.",
    "The labels were given to whole photographs; what a masked face shows may be less.",
    "Not made for decisions about people.",
)
_MEANT_FOR = (
    "About 1 face in 100 is drawn, painted or computed, and 1 in 200 wears sunglasses that hide "
    "the eyes: no measure of the picture that was tried tells them well enough for a rule.",
    "The labels were given to the face without a mask; what the masked face shows may be less.",
    "The masks are drawn, from landmarks that dlib found on 48×48 grey pictures.",
    "Real faces show more than these four expressions. Not made for decisions about people.",
)


def dropped_shares(ferm: Ferm, rule: str) -> pd.Series:
    """Share of the faces that a rule drops among those that reach it, by class, 0…1.

    Missing for a class of which no face reaches it.

    Args:
        ferm: the set.
        rule: of ``screening.RULES``.
    """
    funnel = ferm.funnel.set_index("step")[list(CLASSES)]
    # A set may be older than a rule.
    before = [name for name in list(RULES)[: list(RULES).index(rule)] if name in funnel.index]
    reached = funnel.loc["all"] - funnel.loc[before].sum()
    return funnel.loc[rule] / reached.where(reached > 0)


def set_words(ferm: Ferm) -> str:
    """What a set of one's own photographs is, in two sentences."""
    return (
        f"{ferm.name}: faces of somebody's own photographs in {len(ferm.classes)} classes, "
        f"{', '.join(ferm.classes[:-1])} and {ferm.classes[-1]}, found, framed and screened as "
        "FERM's are. It is not FERM, and no figure of this project is about it."
    )


def _own_facts(ferm: Ferm) -> dict[str, str]:
    manifest, about = ferm.manifest, ferm.about
    counts = manifest["label"].value_counts()
    worn = int((manifest["mask_style"] == OWN_MASK).sum())
    screening = about["settings"]["screening"]
    return {
        "Faces": f"{len(manifest):,}: "
        + ", ".join(f"{counts.get(name, 0):,} {name}" for name in ferm.classes)
        + ".",
        "Origin": f"{about['photographs']:,} photographs, of each the largest face; "
        f"{about['unreadable']:,} files could not be read.",
        "Labels": f"From {about['labels_from']}.",
        "Screening": f"A face that the photographs' detector finds; {_thresholds(screening)}",
        "Twins": _twins(manifest) + _fresh(ferm),
        "Folds": _folds(manifest),
        "Masks": f"{worn:,} faces as they are, {len(manifest) - worn:,} with a drawn mask.",
        "Licence": "That of the photographs. The landmarks come from dlib's 68-point model, "
        "trained on iBUG 300-W, which excludes commercial use.",
    }


def facts(ferm: Ferm) -> dict[str, str]:
    """The set's data card: what a reader must know of it, by heading, as plain sentences."""
    if ferm.is_own:
        return _own_facts(ferm)
    manifest, about = ferm.manifest, ferm.about
    settings = about["settings"]
    counts = manifest["label"].value_counts()
    classes = ", ".join(f"{counts.get(name, 0):,} {name}" for name in CLASSES)
    styles = [style for style in MASK_STYLES if (manifest["mask_style"] == style).any()]
    made_with = about.get("found_with", {}) | about.get("drawn_with", {})
    return {
        "Faces": f"{len(manifest):,}: {classes}.",
        "Origin": f"FER2013, {' and '.join(settings['usages'])}: {about['source_rows']:,} rows.",
        "Labels": _labels(about),
        "Screening": _screening(settings["screening"]),
        "Drawing": _drawing(settings, counted=ferm.copies is not None),
        "Twins": _twins(manifest) + _fresh(ferm),
        **_changes(ferm),
        "Folds": _folds(manifest),
        "Masks": f"Drawn in the styles {', '.join(styles)}; each face keeps its mask's seed.",
        "Licence": _LICENCE,
        "Made with": ", ".join(f"{name} {version}" for name, version in sorted(made_with.items())),
        "FER2013's SHA-256": about["source_sha256"],
    }


def known_limits(ferm: Ferm) -> list[str]:
    """What the set cannot tell, as sentences."""
    if ferm.is_own:
        return list(_OWN_LIMITS)
    dropped = dropped_shares(ferm, "no_face").dropna()
    found = []
    if len(dropped) > 1:
        most, least = dropped.idxmax(), dropped.idxmin()
        found.append(
            f"Faces that dlib does not find are missing: {dropped[most]:.0%} of the {most} ones "
            f"that came so far, {dropped[least]:.0%} of the {least} ones."
        )
    return [*found, *_MEANT_FOR]


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
        f"dlib's score at least {screening['min_score']:g}, {_thresholds(screening)} No classifier "
        "takes part."
    )


def _thresholds(screening: dict[str, float]) -> str:
    return (
        f"yaw within ±{screening['max_yaw']:g}°, roll within ±{screening['max_roll']:g}°, "
        f"sharpness at least {screening['min_sharpness']:g}; the same for every class."
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


def _changes(ferm: Ferm) -> dict[str, str]:
    """What another version of FERM had otherwise; {} for sets that are none."""
    if ferm.name != "FERM v2":
        return {}
    distinct = ferm.manifest["group"].nunique()
    return {
        "Since FERM v1": "The same counts, thresholds, seed and masks; photographs are grouped by "
        "a search that also knows other crops, scales, contrasts and mirror images, folds go by "
        "these groups, and copies give way to other photographs where there are some: "
        f"{distinct:,} distinct ones here, 3,035 in v1."
    }


def _folds(manifest: pd.DataFrame) -> str:
    sizes = manifest["fold"].value_counts()
    return f"{len(sizes)} with {sizes.min():,} to {sizes.max():,} faces."
