"""Parts of a map: as text and back, and what lies in them."""

import numpy as np
import pytest

from fermask.exploring.map_selection import (
    MAX_CORNERS,
    area_text,
    inside,
    read_area,
    simplified,
)

BOX = np.array([[-1.5, 3], [2, -0.25]])
# An L: the upper right quarter of the square is not in it.
CORNER = np.array([[0, 0], [4, 0], [4, 2], [2, 2], [2, 4], [0, 4]])


@pytest.mark.parametrize("corners", [BOX, CORNER], ids=["rectangle", "polygon"])
def test_an_area_comes_back_from_its_text(corners):
    np.testing.assert_array_equal(read_area(area_text(corners)), corners)


def test_the_text_is_short_and_fit_for_a_url():
    text = area_text(np.array([[-12.345678, 0.000123456], [1e3, 2]]))
    assert text == "-12.35_0.0001235_1000_2"


@pytest.mark.parametrize("text", ["-1.5, 3, 2, -0.25", "-1.5 3;2 -0.25", " -1.5_3_2_-0.25 "])
def test_people_may_type_it_their_own_way(text):
    np.testing.assert_array_equal(read_area(text), BOX)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("here", "'here' is not understood"),
        ("1_2_x_4", "not understood"),
        ("1_2_3", "holds 3 numbers"),
        ("1_2", "holds 2 numbers"),
        ("1_2_3_nan", "a number that is on no map"),
        ("1_2_3_inf", "a number that is on no map"),
        ("1_2_3_1e39", "a number that is on no map"),
        ("_".join(["1"] * (2 * MAX_CORNERS + 2)), "holds 82 numbers"),
    ],
)
def test_wrong_text_is_a_sentence_that_says_what_was_expected(text, says):
    with pytest.raises(ValueError, match=says) as error:
        read_area(text)
    assert "expected four numbers for a rectangle" in str(error.value)
    assert len(str(error.value)) < 300


def test_points_in_a_rectangle_whichever_corners_are_given():
    points = np.array([[0, 0], [-1.5, 3], [2.1, 0], [0, 3.1], [2, -0.25]])
    expected = [True, True, False, False, True]
    for corners in (BOX, BOX[::-1], np.array([[-1.5, -0.25], [2, 3]])):
        assert inside(corners, points).tolist() == expected


def test_points_in_a_polygon_that_is_not_convex():
    points = np.array([[1, 1], [3, 1], [1, 3], [3, 3], [5, 1], [0, 0]])
    assert inside(CORNER, points).tolist() == [True, True, True, False, False, True]


def test_no_point_is_in_an_area_without_points():
    assert inside(CORNER, np.zeros((0, 2))).tolist() == []


def test_a_long_path_becomes_a_short_one_around_the_same_points():
    rng = np.random.default_rng(0)
    angle = np.linspace(0, 2 * np.pi, 500)
    wave = 10 + 2 * np.sin(5 * angle)
    path = np.column_stack([wave * np.cos(angle), wave * np.sin(angle)])
    path += rng.normal(0, 0.05, path.shape)
    short = read_area(area_text(simplified(path)))
    assert 3 <= len(short) <= MAX_CORNERS
    points = rng.uniform(-12, 12, (2000, 2))
    assert (inside(path, points) == inside(short, points)).mean() > 0.97


@pytest.mark.parametrize("path", [[[0, 0], [1, 1], [2, 2]], [[1, 1]] * 60])
def test_a_path_without_an_area_still_is_one_that_can_be_read(path):
    assert len(read_area(area_text(simplified(np.array(path))))) >= 3
