"""What the votes say of the labels: another panel, and accuracy where voters agreed."""

import numpy as np
import pandas as pd
import pytest

from fermask.studies.agreement import accuracy_by_agreement, another_panel


def votes(*first):
    """Rows of ten votes: so many for the first expression, the others for the second."""
    return np.array([[count, 10 - count, *[0] * 8] for count in first])


def test_a_panel_of_one_mind_would_choose_the_same_again():
    assert another_panel(votes(10, 10), prior=0) == 1
    assert 0.95 < another_panel(votes(*[10] * 200), prior=0.1) < 1


def test_the_closer_the_vote_the_less_often_it_is_repeated():
    near, clear = (another_panel(votes(*[count] * 500), prior=0) for count in (6, 8))
    # Of ten voters who choose with probability 0.6, six or more do so with probability 0.633.
    assert near == pytest.approx(0.633, abs=0.02)
    assert clear == pytest.approx(0.967, abs=0.02)
    assert another_panel(votes(*[8] * 500), prior=0.1) < clear


def test_accuracy_is_of_the_faces_that_as_many_voters_agreed_on():
    manifest = pd.DataFrame({"row": [1, 2, 3, 4], "agreement": [0.6, 0.6, 1.0, 0.8]})
    answers = pd.DataFrame(
        {"row": [3, 1, 2], "label": ["sad", "sad", "angry"], "predicted": ["sad", "sad", "sad"]}
    )
    table = accuracy_by_agreement(manifest, answers)
    assert table[["agreement", "n", "accuracy"]].to_numpy().tolist() == [
        [0.6, 2, 0.5],
        [1.0, 1, 1.0],
    ]
    assert (table["low"] < table["accuracy"]).all()
