"""Networks on the same faces: what each predicts of one face, and who of two is right where.

Two that are compared have a table of the same set, as ``faces_table`` gives it.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.exploring.faces_table import ANSWERS, evaluated, mistakes_csv, same_rows
from fermask.networks.predictions import Predictions, probability_columns
from fermask.system.csv_text import table_csv

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
    """Faces as ``faces_table.mistakes_csv`` gives them, with the second model's answer beside.

    Its columns are ``second_predicted``, ``second_split``, ``second_confidence`` and
    ``outcome`` (of ``OUTCOMES``).
    """
    answers = second[["predicted", "split", "confidence"]].add_prefix("second_")
    answers = answers.assign(outcome=outcomes(first, second)).iloc[positions]
    beside = table_csv(answers).splitlines()
    lines = mistakes_csv(first, positions).splitlines()
    return "".join(f"{one},{other}\n" for one, other in zip(lines, beside, strict=True))


def answers_of(
    predictions: Mapping[str, Predictions], ferm: Ferm, position: int
) -> tuple[pd.DataFrame, int]:
    """Each network's answer to one face.

    Args:
        predictions: by name.
        ferm: the set; what counts as true is its label.
        position: of the face in it.

    Returns:
        A row for each file that holds the face, those that held it back first: ``name``,
        ``model``, ``scope`` (such as ``clean 0``), ``split`` (what the face was to
        this network, as in the file), ``predicted``, ``answer`` (``right`` or ``wrong``) and
        the probabilities; and how many files do not hold it.
    """
    row, label = ferm.manifest["row"].iloc[position], ferm.manifest["label"].iloc[position]
    answers, shares = [], probability_columns(ferm.classes)
    for name, each in predictions.items():
        found = np.flatnonzero(each.table["row"].to_numpy() == row)
        if found.size == 0 or not same_rows(ferm, each):
            continue
        face = each.table.iloc[found[0]]
        probabilities = face[shares].to_numpy(dtype=np.float64)
        predicted = ferm.classes[int(probabilities.argmax())]
        answers.append(
            {
                "name": name,
                "model": each.about["model"],
                "scope": each.scope,
                "split": face["split"],
                "predicted": predicted,
                "answer": ANSWERS[0] if predicted == label else ANSWERS[1],
                **dict(zip(shares, probabilities, strict=True)),
            }
        )
    columns = ["name", "model", "scope", "split", "predicted", "answer"]
    table = pd.DataFrame(answers, columns=[*columns, *shares])
    seen = table["split"] != "validation"
    table = table.loc[seen.sort_values(kind="stable").index].reset_index(drop=True)
    return table, len(predictions) - len(table)
