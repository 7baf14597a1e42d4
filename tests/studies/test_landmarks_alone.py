"""Landmarks alone: the frame they are put in, and what a classifier reads off them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermask.faces.landmarks import LEFT_EYE, RIGHT_EYE, VISIBLE_27
from fermask.studies.landmarks_alone import (
    MIRROR,
    GeometrySettings,
    geometry_hash,
    geometry_record,
    geometry_results,
    landmark_importance,
    normalised_points,
)
from tests.tiny_set import tiny_ferm


@pytest.fixture(scope="module")
def telling():
    """A set in which the height of landmark 21 tells the class, and no other landmark does."""
    ferm = tiny_ferm(240)
    rng = np.random.default_rng(1)
    face = np.zeros((68, 2))
    face[list(RIGHT_EYE)] = rng.normal((16, 20), 2, (6, 2))
    face[list(LEFT_EYE)] = rng.normal((32, 20), 2, (6, 2))
    points = face + rng.normal(0, 0.2, (240, 68, 2))
    points[:, 21] = np.stack([np.full(240, 20), 4 + 3 * ferm.labels], axis=1)
    ferm.manifest["landmarks"] = list(points.reshape(240, -1).astype(np.float32))
    return ferm


@given(
    st.floats(0.2, 5), st.floats(-3, 3), st.floats(-100, 100), st.floats(-100, 100), st.integers()
)
def test_size_place_and_tilt_do_not_matter(scale, angle, x, y, seed):
    face = np.random.default_rng(abs(seed)).uniform(0, 48, (1, 68, 2))
    face[:, list(LEFT_EYE)] += (40, 0)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = face @ turn.T + (x, y)
    np.testing.assert_allclose(normalised_points(moved), normalised_points(face), atol=1e-6)


def test_the_eyes_lie_level_at_a_distance_of_one():
    face = normalised_points(np.random.default_rng(0).uniform(0, 48, (5, 68, 2)))
    right, left = (face[:, list(eye)].mean(axis=1) for eye in (RIGHT_EYE, LEFT_EYE))
    np.testing.assert_allclose(right, [[-0.5, 0]] * 5, atol=1e-9)
    np.testing.assert_allclose(left, [[0.5, 0]] * 5, atol=1e-9)


def test_the_mirror_of_a_mirror_is_the_landmark_itself():
    assert set(MIRROR) == set(range(68))
    assert all(MIRROR[MIRROR[k]] == k for k in MIRROR)
    assert {MIRROR[k] for k in VISIBLE_27} == set(VISIBLE_27)


def test_a_landmark_that_tells_the_class_is_read_and_found(telling):
    folds = geometry_results(telling, (21, 22, 27), folds=(0, 1, 2))
    assert folds["n"].tolist() == [(telling.manifest["fold"] == k).sum() for k in (0, 1, 2)]
    assert folds["accuracy"].min() > 0.9
    importance = landmark_importance(telling, (21, 22, 27), folds=(0, 1))
    assert importance["landmarks"].tolist() == [(21, 22), (27,)]
    assert importance["lost"][0] > 0.4
    assert importance["lost"][1] < 0.1


def test_without_that_landmark_it_is_chance(telling):
    blind = geometry_results(telling, tuple(k for k in VISIBLE_27 if k != 21), folds=(0, 1, 2))
    assert blind["correct"].sum() / blind["n"].sum() < 0.5


def test_the_record_says_what_it_was_made_from(telling):
    record = geometry_record(telling, GeometrySettings(permutations=1))
    assert record["manifest_sha256"] == geometry_hash(telling)
    assert set(record["folds"]) == {"27", "68"}
    assert {int(k) for k in record["lost"]} == set(VISIBLE_27)
    other = tiny_ferm(240)
    assert geometry_hash(other) != geometry_hash(telling)
