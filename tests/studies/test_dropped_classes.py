"""All of FER+'s expressions: which faces, and how far a mask makes two of them alike."""

import numpy as np
import pandas as pd
import pytest

from fermask.dataset.building import build
from fermask.dataset.ferm import FermSettings
from fermask.studies.dropped_classes import (
    EXPRESSIONS,
    expression_examples,
    expression_faces,
    merged,
)
from tests.tiny_fer2013 import TinyFer2013, read


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    rows = TinyFer2013(private=False)
    happy = rows.pixels[rows.rows["good"][0]].copy()
    rows.add("happy", np.roll(happy, 1, axis=1) // 2 + 40, "happiness", 9)
    return rows, read(rows.write(tmp_path_factory.mktemp("tiny")))


def test_the_faces_are_ferms_own_and_those_of_the_other_expressions(tiny):
    rows, faces = tiny
    # A near copy of a neutral face that is called happy contradicts it, so both are dropped.
    of_ferm = build(faces, FermSettings(quotas=None)).manifest
    everything = expression_faces(faces)
    assert everything.table["row"].to_list() == of_ferm["row"].to_list()
    assert set(everything.table["expression"]) <= set(EXPRESSIONS)
    assert rows.rows["good"][0] not in everything.table["row"].to_list()
    assert everything.masked.shape == everything.bare.shape == (len(of_ferm), 48, 48)


def test_both_views_hold_back_the_same_faces(tiny):
    faces = expression_faces(tiny[1])
    masked, bare = (
        expression_examples(faces, view, 3) for view in ("expressions_masked", "expressions_bare")
    )
    assert masked.split.tolist() == bare.split.tolist()
    assert (masked.images != bare.images).any()
    with pytest.raises(ValueError, match="Unknown view 'hats'"):
        expression_examples(faces, "hats", 3)


def _predictions(sure):
    """Two faces of each expression, a third of them trained on; ``sure`` of the own name."""
    labels = [name for name in EXPRESSIONS for _ in range(3)]
    table = pd.DataFrame(
        {
            "row": range(len(labels)),
            "label": labels,
            "split": np.resize(["validation", "validation", "training"], len(labels)),
        }
    )
    for name in EXPRESSIONS:
        table[f"p_{name}"] = np.where(table["label"] == name, sure, (1 - sure) / 7)
    return table


def test_what_is_never_mistaken_is_1_and_what_cannot_be_told_is_chance():
    table = merged(_predictions(1 / 8), _predictions(0.9)).set_index(["dropped", "view"])
    assert table.loc[("fear", "bare"), "auc"] == 1
    assert table.loc[("fear", "masked"), "auc"] == 0.5
    assert table.loc[("fear", "change"), "auc"] == -0.5
    assert table.loc[("fear", "bare"), ["n_kept", "n_dropped"]].to_list() == [2, 2]
    assert table.loc[("fear", "bare"), "taken"].value == 0


def test_a_pair_half_of_which_is_mistaken():
    masked = _predictions(0.9)
    happy = masked.index[masked["label"] == "happiness"][0]
    masked.loc[happy, ["p_happiness", "p_neutral"]] = 0.01, 0.95
    table = merged(masked, _predictions(0.9)).set_index(["dropped", "view"])
    row = table.loc[("happiness", "masked")]
    # It lies below both neutral faces, the other happy face above both.
    assert row["auc"] == pytest.approx(0.5)
    assert row["low"] < 0.5 < row["high"]
    assert row["taken"].value == 0.5


def test_predictions_of_other_faces_are_refused():
    with pytest.raises(ValueError, match="not of the same faces"):
        merged(_predictions(0.9), _predictions(0.9).iloc[3:])
