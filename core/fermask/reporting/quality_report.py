"""What was measured on a face beside what the screening asks, as people read it."""

import pandas as pd

from fermask.dataset.screening import RULES
from fermask.exploring.one_face import votes_of
from fermask.faces.labels import CLASSES


def format_quality(face: pd.Series, screening: dict[str, float]) -> pd.DataFrame:
    """What was measured on a face beside what its rules ask.

    Args:
        face: a row of ``faces_table``, with ``passed`` (as ``Ferm.passed_at`` gives it).
        screening: the set's thresholds, as ``about["settings"]["screening"]`` holds them.

    Returns:
        A row for each rule asked: ``rule``, ``measured`` and ``asked`` (text, "" for a rule
        without a number), ``meaning`` (why the rule drops a face).
    """
    votes = votes_of(face)
    majority = "" if votes is None else votes["name"].iloc[int(votes["votes"].argmax())]
    numbers = {
        "no_label": (f"most votes: {majority}" if majority else "", ""),
        "other_expression": (face["label"], f"one of {', '.join(CLASSES)}"),
        "weak_label": (
            f"{face['agreement']:.0%} agree",
            f"at least {screening['min_agreement']:.0%}",
        ),
        "no_face": (
            f"dlib's score {face['score']:.2f}",
            f"at least {screening['min_score']:.2f}",
        ),
        "not_frontal": (
            f"yaw {face['yaw']:.0f}°, roll {face['roll']:.0f}°",
            f"within ±{screening['max_yaw']:.0f}° and ±{screening['max_roll']:.0f}°",
        ),
        "blurred": (
            f"sharpness {face['sharpness']:.2f}",
            f"at least {screening['min_sharpness']:.2f}",
        ),
    }
    asked = [rule for rule in RULES if rule in set(face["passed"])]
    rows = [(rule, *numbers.get(rule, ("", "")), RULES[rule].meaning) for rule in asked]
    return pd.DataFrame(rows, columns=["rule", "measured", "asked", "meaning"])
