"""Intervals over duplicate groups: Wilson's where nobody has a twin, wider where many have."""

import numpy as np
import pytest

from fermask.evaluation.rates import rate
from fermask.evaluation.resampling import grouped_rate

RIGHT = np.random.default_rng(1).random(2000) < 0.83


def width(found):
    return found.high - found.low


def test_without_twins_it_is_about_wilsons():
    found, wilson = grouped_rate(RIGHT, np.arange(2000)), rate(RIGHT.sum(), 2000)
    assert (found.value, found.n) == (wilson.value, wilson.n)
    assert found.low == pytest.approx(wilson.low, abs=0.003)
    assert found.high == pytest.approx(wilson.high, abs=0.003)


def test_four_copies_of_each_answer_are_worth_one():
    copied = grouped_rate(np.repeat(RIGHT[:500], 4), np.repeat(np.arange(500), 4))
    single = grouped_rate(RIGHT[:500], np.arange(500))
    assert copied.n == 2000
    assert copied.value == single.value
    assert width(copied) == pytest.approx(width(single), rel=0.01)
    assert width(copied) > 1.9 * width(grouped_rate(np.repeat(RIGHT[:500], 4), np.arange(2000)))


def test_the_interval_covers_what_it_says():
    """Groups of one to five faces that are right together, 100 times."""
    rng, covered = np.random.default_rng(2), 0
    for _ in range(100):
        sizes = rng.integers(1, 6, 60)
        right = np.repeat(rng.random(60) < 0.8, sizes)
        found = grouped_rate(right, np.repeat(np.arange(60), sizes))
        covered += found.low <= 0.8 <= found.high
    assert covered >= 87


def test_the_same_faces_in_any_order_give_the_same_share_and_the_seed_the_same_interval():
    group = np.arange(2000) // 3
    assert grouped_rate(RIGHT, group) == grouped_rate(RIGHT, group)
    assert grouped_rate(RIGHT, group, seed=1) != grouped_rate(RIGHT, group)
    backwards = grouped_rate(RIGHT[::-1], group[::-1])
    assert backwards == grouped_rate(RIGHT, group)


@pytest.mark.parametrize("right", [True, False])
def test_a_perfect_score_of_few_photographs_is_not_certain(right):
    found = grouped_rate(np.full(40, right), np.repeat(np.arange(10), 4))
    assert (found.value, found.n) == (float(right), 40)
    assert width(found) == pytest.approx(width(rate(10, 10)))


def test_no_faces():
    assert np.isnan(grouped_rate(np.array([], bool), np.array([])).value)


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="3 faces, but the groups of 2"):
        grouped_rate([True] * 3, [1, 2])
