"""Folds and protocols: what is held back, and that no group stands on two sides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermask.dataset.ferm import TABLE_2
from fermask.dataset.splits import DEVELOPMENT_FOLD, FOLDS, fold_of_group, validation_faces


def test_folds_never_change():
    assert (FOLDS, DEVELOPMENT_FOLD) == (10, 9)
    assert fold_of_group(np.arange(12)).tolist() == [6, 7, 6, 2, 8, 9, 5, 1, 1, 7, 5, 4]
    assert fold_of_group(np.array([32_297, 35_886])).tolist() == [7, 8]
    assert fold_of_group(np.array([], int)).tolist() == []


@given(st.lists(st.integers(0, 40_000), min_size=1))
def test_a_fold_depends_on_the_group_alone(groups):
    folds = fold_of_group(np.array(groups))
    assert folds.dtype == np.int8
    for group, fold in zip(groups, folds, strict=True):
        assert fold == fold_of_group([group])[0]
        assert 0 <= fold < FOLDS


def test_folds_are_about_as_large():
    counts = np.bincount(fold_of_group(np.arange(5000)), minlength=FOLDS)
    assert counts.min() > 400
    assert counts.max() < 600


def test_clean_keeps_each_group_on_one_side(published):
    held_back = [validation_faces(published, "clean", seed) for seed in range(FOLDS)]
    assert (np.sum(held_back, axis=0) == 1).all()
    group = published["group"].to_numpy()
    assert len(set(group)) < len(group)
    for ours in held_back:
        assert 0.07 < ours.mean() < 0.13
        assert not set(group[ours]) & set(group[~ours])


@pytest.mark.parametrize("seed", [-1, 10])
def test_clean_has_ten_folds(published, seed):
    with pytest.raises(ValueError, match=rf"the seed is the fold held back, 0…9: {seed}"):
        validation_faces(published, "clean", seed)


def test_paper_holds_back_a_tenth_of_each_class(published):
    held_back = validation_faces(published, "paper", 0)
    counts = published.loc[held_back, "label"].value_counts().to_dict()
    assert counts == {name: count // 10 for name, count in TABLE_2.items()}
    np.testing.assert_array_equal(held_back, validation_faces(published, "paper", 0))
    other = validation_faces(published, "paper", 1)
    assert (held_back & other).sum() < 0.3 * held_back.sum()


def test_an_unknown_protocol_is_refused(published):
    with pytest.raises(ValueError, match="Unknown protocol 'dirty'; there are paper, clean"):
        validation_faces(published, "dirty", 0)


# -- Storing -------------------------------------------------------------------------------
