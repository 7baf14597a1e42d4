"""The crop shows the same face the same way, wherever and however large it is."""

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import assume, given
from hypothesis import strategies as st

from fermask.faces.landmarks import roll_degrees
from fermask.photographs.detection import DetectedFace, detect_faces
from fermask.photographs.framing import (
    FramingSettings,
    crop_square_xywh,
    expression_crop,
    turn_degrees,
)


@pytest.fixture(scope="module")
def astronaut():
    return skimage.data.astronaut()


def face_at(x, y, size, roll=0.0):
    """A made-up frontal face whose box is ``size`` wide, turned about the box's centre."""
    shares = np.array([[0.29, 0.28], [0.71, 0.28], [0.5, 0.5], [0.5, 0.68]])
    turn = np.radians(roll)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    keypoints = (shares - 0.5) @ rotation * size + (x + size / 2, y + size / 2)
    return DetectedFace((x, y, size, size), 0.9, keypoints.astype(np.float32))


def roll_of(face):
    return float(roll_degrees(*face.keypoints_xy[:2]))


def likeness(first, second):
    return np.corrcoef(first.ravel().astype(float), second.ravel().astype(float))[0, 1]


def test_the_astronauts_crop_holds_her_face(astronaut):
    (face,) = detect_faces(astronaut)
    x, y, width, height = crop_square_xywh(face)
    assert width == height
    assert 100 < width < 150
    # Brow, chin and cheeks lie inside; the shoulders do not.
    assert x < 178
    assert y < 85
    assert x + width > 270
    assert 172 < y + height < 215


def test_the_crop_is_what_the_network_reads(astronaut):
    (face,) = detect_faces(astronaut)
    crop = expression_crop(astronaut, face)
    assert crop.shape == (48, 48)
    assert crop.dtype == np.uint8


@pytest.mark.parametrize("scale", [0.5, 2.0, 3.0])
def test_size_and_place_in_the_picture_do_not_change_the_crop(astronaut, scale):
    (face,) = detect_faces(astronaut)
    scaled = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.zeros((scaled.shape[0] + 60, scaled.shape[1] + 200, 3), np.uint8)
    canvas[60:, 200:] = scaled
    (found,) = detect_faces(canvas)
    assert likeness(expression_crop(astronaut, face), expression_crop(canvas, found)) > 0.93


def test_the_square_is_larger_than_the_box_and_reaches_further_up_than_down():
    # A frame of 1.18 sides whose centre lies 0.09 sides above the box's (data/framing.json).
    assert crop_square_xywh(face_at(0, 0, 100)) == pytest.approx((-9, -18, 118, 118))


@given(st.integers(-50, 500), st.integers(-50, 500), st.integers(10, 300), st.floats(-179, 179))
def test_the_square_moves_and_grows_with_the_face(x, y, size, roll):
    left, top, side, _ = crop_square_xywh(face_at(0, 0, 100, roll))
    expected = (left * size / 100 + x, top * size / 100 + y, side * size / 100)
    assert crop_square_xywh(face_at(x, y, size, roll))[:3] == pytest.approx(expected, abs=0.01)


@given(st.floats(-170, 170))
def test_the_frame_turns_by_the_angle_by_which_a_face_leans_far(roll):
    face, limit = face_at(10, 20, 100, roll), FramingSettings().largest_roll
    assume(abs(abs(roll) - limit) > 0.01)
    expected = roll if abs(roll) > limit else 0
    assert turn_degrees(face) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("roll", [-60, -40, 40, 60, 90, 150])
def test_a_face_that_leans_far_is_put_upright(astronaut, roll):
    (face,) = detect_faces(astronaut)
    upright = expression_crop(astronaut, face)
    # Turned by hand, picture and face alike, so that the detector has no part in this.
    x, y, size, _ = crop_square_xywh(face)
    turn = cv2.getRotationMatrix2D((x + size / 2 - 0.5, y + size / 2 - 0.5), -roll, 1.0)
    turned = cv2.warpAffine(astronaut, turn, (512, 512))
    keypoints = face.keypoints_xy @ turn[:, :2].T + turn[:, 2]
    keypoints = keypoints.astype(np.float32)
    leaning = DetectedFace(face.box_xywh, face.score, keypoints, face.whole_xywh)
    assert roll_of(leaning) == pytest.approx(roll_of(face) + roll, abs=0.1)
    straight = cv2.getRotationMatrix2D((24.0, 24.0), roll_of(face), 1.0)
    expected = cv2.warpAffine(upright, straight, (48, 48))
    crop = expression_crop(turned, leaning)
    assert likeness(crop[8:40, 8:40], expected[8:40, 8:40]) > 0.9


def test_a_face_that_leans_a_little_is_left_leaning(astronaut):
    (face,) = detect_faces(astronaut)
    turn = cv2.getRotationMatrix2D((224.0, 126.0), -15, 1.0)
    turned = cv2.warpAffine(astronaut, turn, (512, 512))
    keypoints = face.keypoints_xy @ turn[:, :2].T + turn[:, 2]
    leaning = DetectedFace(face.box_xywh, face.score, keypoints.astype(np.float32))
    x, y, size, _ = crop_square_xywh(leaning)
    plain = turned[round(y) : round(y + size), round(x) : round(x + size)]
    plain = cv2.resize(
        cv2.cvtColor(plain, cv2.COLOR_RGB2GRAY), (48, 48), None, 0, 0, cv2.INTER_AREA
    )
    assert likeness(expression_crop(turned, leaning), plain) > 0.98


def test_shrinking_averages_instead_of_picking_pixels():
    checks = np.indices((1200, 1200)).sum(axis=0) % 2 * 255
    image = np.repeat(checks.astype(np.uint8)[:, :, None], 3, axis=2)
    crop = expression_crop(image, face_at(150, 150, 800)).astype(float)
    assert crop.mean() == pytest.approx(127.5, abs=2)
    assert crop.std() < 15


def test_grey_weighs_the_colours_as_bt601_does():
    for colour, grey in (((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29)):
        image = np.full((200, 200, 3), colour, np.uint8)
        assert (expression_crop(image, face_at(50, 50, 100)) == grey).all()


def test_beyond_the_picture_its_edge_is_repeated():
    image = np.full((120, 120, 3), 60, np.uint8)
    image[:, 60:] = 200
    crop = expression_crop(image, face_at(0, 0, 120))
    assert (crop[:, :20] == 60).all()
    assert (crop[:, -20:] == 200).all()


def test_a_gradient_stays_where_it_is():
    ramp = np.arange(240, dtype=np.uint8)
    image = np.repeat(np.tile(ramp, (240, 1))[:, :, None], 3, axis=2)
    face = face_at(70, 70, 97)
    x, _, size, _ = crop_square_xywh(face)
    centres = x + (np.arange(48) + 0.5) * size / 48 - 0.5
    assert np.abs(expression_crop(image, face) - centres).max() < 1


@pytest.mark.parametrize("image", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), float)])
def test_bad_pictures_are_refused_with_a_sentence(image):
    with pytest.raises(ValueError, match="Expected an RGB picture"):
        expression_crop(image, face_at(0, 0, 9))


def test_an_empty_box_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="Expected a face with a box"):
        expression_crop(np.zeros((9, 9, 3), np.uint8), face_at(3, 3, 0))
