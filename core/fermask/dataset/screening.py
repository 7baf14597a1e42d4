"""Which faces of FER2013 enter FERM: named rules, read off the bare face and its votes (§2.2).

The paper drops faces without a label, wrongly labelled, not faces, not frontal or blurred,
by hand. Here each reason is a rule with one threshold, the same for every class, and no
classifier's prediction takes part. A face is counted at the first rule that drops it. A rule is
added by one ``Rule`` among the others.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd

from fermask.faces.labels import CLASSES, label_from_emotions


@dataclass(frozen=True)
class ScreeningSettings:
    """Thresholds of the rules.

    ``min_agreement``: share of the ten FER+ voters, 0…1. ``min_score``: dlib's HOG score
    (0 is dlib's own threshold). ``max_yaw``, ``max_roll``: degrees. ``min_sharpness``: as
    ``sharpness`` gives it.
    """

    min_agreement: float = 0.6
    min_score: float = 0.0
    max_yaw: float = 25.0
    max_roll: float = 20.0
    min_sharpness: float = 0.15


# What is known when a rule is asked: the votes; the bare face that dlib was shown; which rows show
# the same photograph; the drawn mask. Votes come first, so that dlib sees candidates only.
STAGES: tuple[str, ...] = ("label", "face", "twins", "mask")

# What a rule may need to have been asked at all.
VOTES, BOTH_SIDES = "votes", "PrivateTest beside Training or PublicTest"


@dataclass(frozen=True)
class Rule:
    """One reason to leave a face out.

    ``name``: in manifests and funnels. ``stage``: of ``STAGES``. ``meaning``: its words for
    people. ``drops``: the faces' table, with the columns that ``first_rule`` names, and the
    thresholds → whether it drops each face, bool ``(n,)``. ``needs``: ``VOTES``, ``BOTH_SIDES``,
    or "" where it is asked of every file.
    """

    name: str
    stage: str
    meaning: str
    drops: Callable[[pd.DataFrame, ScreeningSettings], pd.Series]
    needs: str = ""


def _without_label(faces: pd.DataFrame, _: ScreeningSettings) -> pd.Series:
    return faces["majority"].isna() | faces["majority"].isin(["unknown", "NF"])


def _turned(faces: pd.DataFrame, limits: ScreeningSettings) -> pd.Series:
    return (faces["yaw"].abs() > limits.max_yaw) | (faces["roll"].abs() > limits.max_roll)


_RULES = (
    Rule(
        "no_label",
        "label",
        "no FER+ class has strictly the most votes, or most votes say unknown or no face",
        _without_label,
    ),
    Rule(
        "other_expression",
        "label",
        "labelled, but with none of the four classes",
        lambda faces, _: ~faces["label"].isin(CLASSES),
    ),
    Rule(
        "weak_label",
        "label",
        "fewer of the ten voters than the threshold agree",
        lambda faces, limits: faces["agreement"] < limits.min_agreement,
        VOTES,
    ),
    Rule(
        "no_face",
        "face",
        "no face is found, or its score is below the threshold",
        lambda faces, limits: ~(faces["score"] >= limits.min_score),
    ),
    Rule("not_frontal", "face", "the head is turned or tilted beyond the thresholds", _turned),
    Rule(
        "blurred",
        "face",
        "less sharp than the threshold",
        lambda faces, limits: faces["sharpness"] < limits.min_sharpness,
    ),
    Rule(
        "conflicting_twin",
        "twins",
        "most rows that show the same photograph have another label, or as many do",
        lambda faces, _: faces["conflicting"],
    ),
    Rule(
        "twin_of_training",
        "twins",
        "a PrivateTest face whose photograph is also in Training or PublicTest",
        lambda faces, _: faces["twin"],
        BOTH_SIDES,
    ),
    Rule(
        "bad_mask",
        "mask",
        "the drawn mask leaves mouth or nose tip bare, or covers an eye or a brow",
        lambda faces, _: faces["mask_fails"],
    ),
)

# By name, in the order they are applied.
RULES: dict[str, Rule] = {rule.name: rule for rule in _RULES}
# The step of a funnel, after the rules, that only a reviewed set has.
REVIEW = "review"


def sharpness(face: np.ndarray) -> float:
    """Variance of the Laplacian over the variance of the picture; 0 for a flat one.

    Dividing keeps the measure from calling a faint picture blurred (Pech-Pacheco et al.
    2000 use the numerator alone). FER2013's median is about 0.7.

    Args:
        face: uint8 ``(h, w)``.
    """
    spread = float(face.var())
    return float(cv2.Laplacian(face, cv2.CV_32F).var()) / spread if spread > 0 else 0.0


def first_rule(table: pd.DataFrame, stage: str, settings: ScreeningSettings) -> pd.Series:
    """The first rule of a stage that drops each face, "" where none does.

    Args:
        table: for ``label``: ``majority`` (FER+'s or FER2013's own name, or missing), ``label``
            (FERM class or missing) and ``agreement`` (0…1; missing without votes); for ``face``
            also ``score`` (missing where dlib found nothing), ``yaw``, ``roll`` (degrees) and
            ``sharpness``; for ``twins`` also ``conflicting`` and ``twin``; for ``mask`` also
            ``mask_fails``.
        stage: of ``STAGES``.
        settings: thresholds.
    """
    first = pd.Series("", index=table.index, dtype="str")
    for rule in RULES.values():
        if rule.stage == stage:
            first[(first == "") & rule.drops(table, settings).to_numpy(dtype=bool)] = rule.name
    return first


def conflicting_twins(majority: pd.Series, group: np.ndarray, usage: np.ndarray) -> np.ndarray:
    """Faces that most labelled rows of their photograph do not agree with, bool ``(n,)``.

    Where two labels are as frequent, neither holds. PrivateTest rows are left out of the question
    for the others, so that a file with them screens Training and PublicTest alike. Rows without a
    majority contradict nobody, but ``unknown`` and ``NF`` do: what most voters could not read in
    one row is no clear expression in another.

    Args:
        majority: name of each row's label, of all expressions and as FER+ has it also
            ``unknown`` and ``NF``, or missing.
        group: ``(n,)``, as ``duplicates.duplicate_groups`` gives it.
        usage: ``(n,)`` of ``labels.USAGES``.
    """
    public = np.asarray(usage) != "PrivateTest"
    among_public = _outvoted(majority.where(public), group)
    return np.where(public, among_public, _outvoted(majority, group))


def _outvoted(label: pd.Series, group: np.ndarray) -> np.ndarray:
    """Rows whose label is not that of more rows of their group than any other, bool ``(n,)``."""
    rows = pd.DataFrame({"group": group, "label": label})
    count = rows.groupby(["group", "label"]).size()
    most = count[count == count.groupby("group").transform("max")].reset_index("label")["label"]
    winner = most[~most.index.duplicated(keep=False)]
    return (label.notna() & (rows["group"].map(winner) != label)).to_numpy()


def twins_of_training(group: np.ndarray, usage: np.ndarray) -> np.ndarray:
    """PrivateTest faces that share a group with Training or PublicTest, bool ``(n,)``."""
    private = np.asarray(usage) == "PrivateTest"
    return private & np.isin(group, group[~private])


def copies_in_file(group: np.ndarray, usage: np.ndarray) -> np.ndarray:
    """How many rows of the file show each face's photograph, itself counted, int32 ``(n,)``.

    PrivateTest rows are counted for PrivateTest faces alone, so that a file with them says the
    same of Training and PublicTest as one without.

    Args:
        group, usage: as for ``conflicting_twins``.
    """
    public = np.asarray(usage) != "PrivateTest"
    rows = pd.DataFrame({"public": public, "group": group}).groupby("group")["public"]
    return np.where(public, rows.transform("sum"), rows.transform("size")).astype(np.int32)


def funnel(
    first_rule: pd.Series,
    label: pd.Series,
    emotion: np.ndarray,
    classes: tuple[str, ...] = CLASSES,
) -> pd.DataFrame:
    """How many faces of each class each rule dropped, and how many are left.

    A face without a label of the set is counted under FER2013's own class, or under ``other``.

    Args:
        first_rule: name of the rule that dropped the face, "" for the faces left.
        label: of the set's classes, or missing.
        emotion: FER2013's label, 0…6, or ``NO_EMOTION``.
        classes: the set's.

    Returns:
        Columns ``step`` (``all``, the rules in order, ``left``), the classes, ``other``.
    """
    own = label_from_emotions(emotion).set_axis(label.index)
    counted = label.where(label.isin(classes), own).fillna("other")
    columns = [*classes, "other"]
    per_rule = pd.crosstab(first_rule, counted).reindex(
        index=[*RULES, ""], columns=columns, fill_value=0
    )
    per_rule.loc["all"] = per_rule.sum()
    steps = per_rule.loc[["all", *RULES, ""]].rename(index={"": "left"})
    return steps.rename_axis("step").rename_axis(None, axis=1).reset_index()


def with_review(counts: pd.DataFrame, left_out: pd.Series) -> pd.DataFrame:
    """The funnel with what a reviewer left out, as the step before ``left``.

    Args:
        counts: as ``funnel`` gives it.
        left_out: FERM class of each of these faces before the review.
    """
    dropped = left_out.value_counts().reindex(counts.columns[1:], fill_value=0)
    steps = counts.set_index("step")
    left = steps.loc[["left"]] - dropped
    review = dropped.to_frame(REVIEW).T
    return pd.concat([steps.drop(index="left"), review, left]).rename_axis("step").reset_index()
