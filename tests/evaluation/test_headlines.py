"""The two accuracies that every place states."""

from dataclasses import replace

import numpy as np
import pytest

from fermask.evaluation.headlines import HELD_BACK, headlines
from fermask.evaluation.scope import FRESH
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import Predictions, predictions_table
from tests.small import small_ferm


@pytest.fixture
def ferm():
    """Eighty faces: 0 to 19 in the development fold, those of odd places with a copy."""
    small = small_ferm(80)
    place = np.arange(80)
    manifest = small.manifest.assign(fold=np.where(place < 20, 9, 0), copies=1 + place % 2)
    return replace(small, manifest=manifest)


def answers(ferm, wrong):
    """Predictions of all faces, those at some places wrong, in another order than the set's."""
    named = ferm.labels.copy()
    named[wrong] = (named[wrong] + 1) % len(CLASSES)
    faces = ferm.manifest[["row", "label", "group"]].assign(split="validation")
    table = predictions_table(faces, np.eye(len(CLASSES))[named])
    return Predictions(table.sample(frac=1, random_state=0, ignore_index=True), {})


def test_fold_nine_counts_in_neither_and_copies_not_in_fresh(ferm):
    # Wrong: one of fold 9, two without a copy, four with.
    stated = headlines(ferm, [answers(ferm, [0, 20, 22, 21, 23, 25, 27])])
    assert (stated[HELD_BACK].value, stated[HELD_BACK].n) == (54 / 60, 60)
    assert (stated[FRESH].value, stated[FRESH].n) == (28 / 30, 30)


def test_a_group_is_drawn_whole(ferm):
    wrong = np.arange(20, 32)
    apart = headlines(ferm, [answers(ferm, wrong)])[HELD_BACK]
    group = np.where(np.isin(np.arange(80), wrong), -1, ferm.manifest["group"])
    tied = replace(ferm, manifest=ferm.manifest.assign(group=group))
    together = headlines(tied, [answers(tied, wrong)])[HELD_BACK]
    assert together.value == apart.value
    assert together.high - together.low > apart.high - apart.low


def test_what_every_place_states_is_the_mean_of_the_pretrainings(ferm):
    both = [answers(ferm, [20, 22, 24]), answers(ferm, [20, 21, 23, 25, 27, 29, 31, 33, 35])]
    stated = headlines(ferm, both)
    assert stated[HELD_BACK].each == (57 / 60, 51 / 60)
    assert stated[HELD_BACK].spread == "95.0 and 85.0"
    assert stated[HELD_BACK].value == pytest.approx(54 / 60)
    assert stated[HELD_BACK].n == 60
    assert stated[HELD_BACK].low < 54 / 60 < stated[HELD_BACK].high
    # Twice the same is no more than once.
    once, twice = (headlines(ferm, both[:1] * times)[FRESH] for times in (1, 2))
    assert replace(twice, each=once.each) == once


def test_predictions_of_other_faces_are_refused(ferm):
    some = answers(ferm, [])
    with pytest.raises(ValueError, match="not of the 80 faces"):
        headlines(ferm, [replace(some, table=some.table.head(79))])
    old = replace(ferm, manifest=ferm.manifest.drop(columns="copies"))
    with pytest.raises(ValueError, match="does not say how many rows"):
        headlines(old, [some])
