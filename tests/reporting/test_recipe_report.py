"""What RESULTS.md says of the recipe beside the one before it, and of its choices."""

import numpy as np
import pandas as pd

from fermask.faces.labels import CLASSES
from fermask.networks.predictions import Predictions, predictions_table
from fermask.reporting.recipe_report import (
    answered_by_both,
    format_beside,
    format_steps,
    reported,
)


def answers(named, labels, folds):
    """Out-of-fold predictions of rows from 0, each named a class."""
    faces = pd.DataFrame({"row": range(len(named)), "label": labels, "fold": folds})
    shares = np.eye(4)[[CLASSES.index(each) for each in named]]
    return Predictions(predictions_table(faces.assign(split="validation"), shares), {})


def test_two_recipes_are_compared_on_the_faces_that_neither_chose_by():
    labels = ["sad"] * 4 + ["angry"] * 4
    before = answers(["sad", "angry", "sad", "sad", *["angry"] * 4], labels, [0] * 7 + [9])
    now = answers(["sad", "sad", "angry", "sad", *["sad"] * 4], labels, [1] * 7 + [2])
    # The last row is of another set.
    other = now.table.assign(row=[*range(7), 99], fold=[9, *[1] * 7])
    both = answered_by_both(before, Predictions(other, {}))
    assert both["row"].tolist() == [*range(7)]
    table = format_beside(reported(both)).set_index("class")
    assert table["n"].to_dict() == {"all": 6, "sad": 3, "angry": 3}
    # Of three sad faces one was lost and one won; the angry ones were all lost.
    assert (table.loc["sad", "0.1 %"], table.loc["sad", "now %"]) == ("66.7", "66.7")
    assert table.loc["sad", "difference, points"] == "+0.0"
    assert table.loc["angry", "difference, points"] == "-100.0"


def test_a_choice_is_a_row_in_percent():
    row = {"name": "worn", "words": "masks as worn", "runs": 2, "masked": 0.8, "fresh": 0.75}
    row |= {"bare": 0.85, "neutral": 0.9, "surely_another": 0.025}
    (line,) = format_steps(pd.DataFrame([row])).to_dict("records")
    assert list(line.values()) == ["masks as worn", 2, "80.0", "75.0", "85.0", "90.0", "2.5"]
