"""What was measured on a face beside what the screening asks, as people read it."""

import pandas as pd

from fermask.dataset.screening import RULES
from fermask.exploring.one_face import votes_of


def format_quality(face: pd.Series, screening: dict[str, float]) -> pd.DataFrame:
    """What was measured on a face beside what its rules ask.

    Args:
        face: a row of ``faces_table``, with ``passed`` (as ``Ferm.passed_at`` gives it).
        screening: the set's thresholds, as ``about["settings"]["screening"]`` holds them.

    Returns:
        A row for each rule asked: ``checked`` (what was asked of the face), ``found`` (that it is
        so, with what was measured), ``asked`` (the threshold, "" for a rule without a number) and
        ``meaning`` (why the rule drops a face).
    """
    votes = votes_of(face)
    majority = "" if votes is None else max(votes, key=lambda each: each.votes).name
    rules = {
        "no_label": ("labelled by its votes", f"most say {majority}" if majority else "", ""),
        "other_expression": ("one of the four classes", face["label"], ""),
        "weak_label": (
            "voters agree",
            f"{face['agreement']:.0%}",
            f"at least {screening['min_agreement']:.0%}",
        ),
        "no_face": (
            "face found",
            f"score {face['score']:.2f}",
            f"at least {screening['min_score']:.2f}",
        ),
        "not_frontal": (
            "looks ahead",
            f"yaw {face['yaw']:.0f}°, roll {face['roll']:.0f}°",
            f"within ±{screening['max_yaw']:.0f}° and ±{screening['max_roll']:.0f}°",
        ),
        "blurred": (
            "sharp",
            f"sharpness {face['sharpness']:.2f}",
            f"at least {screening['min_sharpness']:.2f}",
        ),
        "conflicting_twin": ("labelled as its near duplicates are", "", ""),
        "twin_of_training": ("photograph in no part trained on", "", ""),
        "bad_mask": ("mask covers mouth and nose tip, and no eye or brow", "", ""),
    }
    rows = []
    for rule in (each for each in RULES if each in set(face["passed"])):
        # A rule is named for what it drops.
        checked, measured, asked = rules.get(rule, (f"not {rule.replace('_', ' ')}", "", ""))
        found = f"yes, {measured}" if measured else "yes"
        rows.append((checked, found, asked, RULES[rule].meaning))
    return pd.DataFrame(rows, columns=["checked", "found", "asked", "meaning"])
