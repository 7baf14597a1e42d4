"""What every network at hand said of one face."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from fermask.dataset.ferm import Ferm
from fermask.exploring.browsing import ANSWERS, same_rows
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import PROBABILITY_COLUMNS, Predictions


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
        ``model``, ``protocol``, ``seed`` (text, "" without one), ``split`` (what the face was to
        this network, as in the file), ``predicted``, ``answer`` (``right`` or ``wrong``) and
        ``PROBABILITY_COLUMNS``; and how many files do not hold it.
    """
    row, label = ferm.manifest["row"].iloc[position], ferm.manifest["label"].iloc[position]
    answers = []
    for name, each in predictions.items():
        found = np.flatnonzero(each.table["row"].to_numpy() == row)
        if found.size == 0 or not same_rows(ferm, each):
            continue
        said = each.table.iloc[found[0]]
        probabilities = said[list(PROBABILITY_COLUMNS)].to_numpy(dtype=np.float64)
        predicted = CLASSES[int(probabilities.argmax())]
        answers.append(
            {
                "name": name,
                "model": each.about["model"],
                "protocol": each.about["protocol"],
                "seed": "" if each.about["seed"] is None else str(each.about["seed"]),
                "split": said["split"],
                "predicted": predicted,
                "answer": ANSWERS[0] if predicted == label else ANSWERS[1],
                **dict(zip(PROBABILITY_COLUMNS, probabilities, strict=True)),
            }
        )
    columns = ["name", "model", "protocol", "seed", "split", "predicted", "answer"]
    table = pd.DataFrame(answers, columns=[*columns, *PROBABILITY_COLUMNS])
    seen = table["split"] != "validation"
    table = table.loc[seen.sort_values(kind="stable").index].reset_index(drop=True)
    return table, len(predictions) - len(table)
