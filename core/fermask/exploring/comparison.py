"""Two models on the same faces: who is right where, and which faces both were asked about.

Both have a table of the same set, as ``browsing.faces_table`` gives it.
"""

import numpy as np
import pandas as pd

from fermask.exploring.browsing import evaluated, mistakes_csv

# Who names a face right.
OUTCOMES: tuple[str, ...] = ("only first", "only second", "both right", "both wrong")


def both_predicted(first: pd.DataFrame, second: pd.DataFrame, split: str) -> np.ndarray:
    """Positions of the faces that both predicted, each in the split, int64, rising."""
    return np.intersect1d(evaluated(first, split), evaluated(second, split))


def outcomes(first: pd.DataFrame, second: pd.DataFrame) -> np.ndarray:
    """Which of ``OUTCOMES`` each face is, text ``(n,)``; of faces that both predicted."""
    one, other = ((table["answer"] == "right").to_numpy() for table in (first, second))
    return np.select([one & ~other, other & ~one, one], OUTCOMES[:3], OUTCOMES[3])


def surest(
    first: pd.DataFrame, second: pd.DataFrame, positions: np.ndarray, outcome: str
) -> np.ndarray:
    """The positions by confidence, the surest first, equal ones in the table's order.

    Where one alone is right its confidence counts, else the mean of both.
    """
    one, other = (
        table["confidence"].to_numpy(dtype=np.float64)[positions] for table in (first, second)
    )
    counted = {OUTCOMES[0]: one, OUTCOMES[1]: other}.get(outcome, (one + other) / 2)
    return np.asarray(positions)[np.argsort(-counted, kind="stable")]


def comparison_csv(first: pd.DataFrame, second: pd.DataFrame, positions: np.ndarray) -> str:
    """Faces as ``browsing.mistakes_csv`` gives them, with the second model's answer beside.

    Its columns are ``second_predicted``, ``second_split``, ``second_confidence`` and
    ``outcome`` (of ``OUTCOMES``).
    """
    answers = second[["predicted", "split", "confidence"]].add_prefix("second_")
    answers = answers.assign(outcome=outcomes(first, second)).iloc[positions]
    beside = answers.to_csv(index=False, float_format="%.6g", lineterminator="\n").splitlines()
    lines = mistakes_csv(first, positions).splitlines()
    return "".join(f"{one},{other}\n" for one, other in zip(lines, beside, strict=True))
