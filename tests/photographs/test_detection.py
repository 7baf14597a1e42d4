"""Faces are found where they are, at any size, and nothing else passes for one."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fermask.faces.landmarks import BROWS, landmarks_in_box
from fermask.photographs.boxes import best_of_overlapping, iou, sample_view
from fermask.photographs.detection import (
    KEYPOINTS,
    DetectionSettings,
    detect_faces,
    tiles,
    view_of,
)

# Read off the picture by eye: brow to chin and ear to ear, then the features themselves.
ASTRONAUT_FACE_XYXY = np.array([174, 77, 273, 178], float)
ASTRONAUT_FEATURES_XY = {
    "right eye": (205, 102),
    "left eye": (249, 103),
    "nose": (225, 127),
    "mouth": (225, 146),
}


@pytest.fixture(scope="module")
def astronaut():
    return skimage.data.astronaut()


def corners(face):
    x, y, width, height = face.box_xywh
    return np.array([x, y, x + width, y + height], float)


def overlap(face, box_xyxy):
    return iou(np.asarray(box_xyxy, float), corners(face)[None])[0]


def test_the_astronaut_is_found_where_she_is(astronaut):
    (face,) = detect_faces(astronaut)
    assert overlap(face, ASTRONAUT_FACE_XYXY) > 0.7
    assert 0.8 < face.score <= 1


def test_keypoints_lie_on_the_features_they_name(astronaut):
    (face,) = detect_faces(astronaut)
    assert face.keypoints_xy.shape == (4, 2)
    assert face.keypoints_xy.dtype == np.float32
    for name, place in ASTRONAUT_FEATURES_XY.items():
        found = face.keypoints_xy[KEYPOINTS.index(name)]
        assert np.abs(found - place).max() < 5, name


@pytest.mark.parametrize("scale", [0.3, 0.7, 2.0])
def test_a_scaled_picture_gives_a_scaled_box(astronaut, scale):
    (face,) = detect_faces(astronaut)
    scaled = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    (found,) = detect_faces(scaled)
    assert overlap(found, corners(face) * scale) > 0.85


@pytest.mark.parametrize("shift_xy", [(0, 0), (317, 41), (90, 388)])
def test_a_shifted_face_gives_a_shifted_box(astronaut, shift_xy):
    (face,) = detect_faces(astronaut)
    x, y = shift_xy
    canvas = np.full((900, 830, 3), 90, np.uint8)
    canvas[y : y + 512, x : x + 512] = astronaut
    (found,) = detect_faces(canvas)
    assert overlap(found, np.add(corners(face), (x, y, x, y))) > 0.8


@pytest.mark.parametrize("side", [512, 250, 150, 100])
def test_a_small_face_in_a_large_picture_is_boxed_tightly(astronaut, side):
    small = cv2.resize(astronaut[:260, 100:360], (side, side), interpolation=cv2.INTER_AREA)
    canvas = np.full((1000, 1200, 3), 128, np.uint8)
    canvas[300 : 300 + side, 500 : 500 + side] = small
    expected = (ASTRONAUT_FACE_XYXY - (100, 0, 100, 0)) * side / 260 + (500, 300, 500, 300)
    (found,) = detect_faces(canvas)
    assert overlap(found, expected) > 0.6


def test_a_face_that_fills_the_picture_is_found(astronaut):
    close = astronaut[70:185, 170:280]
    (face,) = detect_faces(cv2.resize(close, None, fx=5, fy=5))
    assert overlap(face, (ASTRONAUT_FACE_XYXY - (170, 70, 170, 70)) * 5) > 0.6


def test_a_masked_face_is_found(astronaut):
    masked = astronaut.copy()
    mask = np.array([[180, 130], [228, 122], [270, 126], [264, 160], [230, 184], [196, 168]])
    cv2.fillPoly(masked, [mask], (225, 230, 235))
    (face,) = detect_faces(masked)
    assert overlap(face, ASTRONAUT_FACE_XYXY) > 0.6


@pytest.mark.parametrize("scale", [0.35, 0.5, 1.0])
def test_a_masked_face_without_surroundings_is_found_within_a_border(astronaut, scale):
    masked = astronaut.copy()
    mask = np.array([[180, 130], [228, 122], [270, 126], [264, 160], [230, 184], [196, 168]])
    cv2.fillPoly(masked, [mask], (225, 230, 235))
    close = cv2.resize(
        masked[95:165, 180:250], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    assert detect_faces(close, DetectionSettings(border_threshold=2)) == []
    (face,) = detect_faces(close)
    assert overlap(face, (np.array([180, 95, 250, 165]) - (180, 95, 180, 95)) * scale) > 0.6


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.0])
def test_a_box_goes_from_the_brows_to_the_chin(astronaut, scale):
    (face,) = detect_faces(cv2.resize(astronaut, None, fx=scale, fy=scale))
    points_xy = landmarks_in_box(astronaut, (174, 77, 99, 101)) * scale
    _, y, _, height = face.box_xywh
    assert 0 <= points_xy[BROWS, 1].min() - y < 0.12 * height
    assert y + height == pytest.approx(points_xy[8, 1], abs=0.06 * height)


def test_two_people_are_two_faces_the_larger_first(astronaut):
    half = cv2.resize(astronaut, (300, 300), interpolation=cv2.INTER_AREA)
    canvas = np.zeros((512, 812, 3), np.uint8)
    canvas[:300, :300] = half
    canvas[:, 300:] = astronaut
    large, small = detect_faces(canvas)
    assert overlap(large, np.add(ASTRONAUT_FACE_XYXY, (300, 0, 300, 0))) > 0.7
    assert overlap(small, ASTRONAUT_FACE_XYXY * 300 / 512) > 0.7


def test_every_face_of_a_group_is_found_at_every_size(astronaut):
    portrait = astronaut[:260, 100:360]
    canvas = np.full((640, 900, 3), 120, np.uint8)
    places = []
    for row, side in enumerate((200, 140, 90, 60, 40)):
        for column in range(4):
            x, y = 220 * column, [0, 205, 350, 445, 510][row]
            canvas[y : y + side, x : x + side] = cv2.resize(
                portrait, (side, side), interpolation=cv2.INTER_AREA
            )
            places.append((ASTRONAUT_FACE_XYXY - (100, 0, 100, 0)) * side / 260 + (x, y, x, y))
    faces = detect_faces(canvas)
    assert len(faces) == len(places)
    for place in places:
        assert max(overlap(face, place) for face in faces) > 0.5


@pytest.mark.parametrize("turn", [-30, -15, 15, 30])
def test_a_head_may_lean(astronaut, turn):
    centre = tuple((ASTRONAUT_FACE_XYXY[:2] + ASTRONAUT_FACE_XYXY[2:]) / 2)
    turned = cv2.warpAffine(
        astronaut,
        cv2.getRotationMatrix2D(centre, turn, 1),
        (512, 512),
        borderMode=cv2.BORDER_REPLICATE,
    )
    (face,) = detect_faces(turned)
    assert overlap(face, ASTRONAUT_FACE_XYXY) > 0.6


def test_a_grey_picture_is_as_good(astronaut):
    grey = cv2.cvtColor(cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    (face,) = detect_faces(grey)
    assert overlap(face, ASTRONAUT_FACE_XYXY) > 0.7


def test_a_huge_picture_is_as_good(astronaut):
    huge = cv2.resize(astronaut, (3600, 3600), interpolation=cv2.INTER_LINEAR)
    (face,) = detect_faces(huge)
    assert overlap(face, ASTRONAUT_FACE_XYXY * 3600 / 512) > 0.7


def test_a_thumbnail_of_a_face_is_enough(astronaut):
    thumbnail = cv2.resize(astronaut[:260, 100:360], (60, 60), interpolation=cv2.INTER_AREA)
    (face,) = detect_faces(thumbnail)
    assert overlap(face, (ASTRONAUT_FACE_XYXY - (100, 0, 100, 0)) * 60 / 260) > 0.6


def test_a_face_cut_off_by_the_edge_keeps_its_whole_box(astronaut):
    cut = np.ascontiguousarray(astronaut[:, 205:])
    (face,) = detect_faces(cut)
    assert face.box_xywh[0] == 0
    assert face.whole_xywh[0] < 0


def test_mirroring_swaps_right_and_left(astronaut):
    for image in (astronaut, np.ascontiguousarray(astronaut[:, ::-1])):
        (face,) = detect_faces(image)
        right_eye, left_eye = face.keypoints_xy[:2]
        assert right_eye[0] < left_eye[0]


@pytest.mark.parametrize(
    "name",
    [
        *["brick", "grass", "gravel", "coins", "page", "text", "moon", "clock", "rocket"],
        *["horse", "chelsea", "coffee", "hubble_deep_field", "immunohistochemistry", "retina"],
    ],
)
def test_what_is_no_face_gives_an_empty_list(name):
    image = getattr(skimage.data, name)()
    if image.dtype == bool:
        image = image.astype(np.uint8) * 255
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    assert detect_faces(image) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (3, 5), (40, 2000)])
def test_odd_shapes_give_an_empty_list(shape):
    assert detect_faces(np.full((*shape, 3), 200, np.uint8)) == []


@pytest.mark.parametrize(
    ("shape", "some"),
    [((1, 1), False), ((2, 3), True), ((5, 200), True), ((200, 5), True), ((80, 61), True)],
)
def test_no_threshold_is_too_low(shape, some):
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    eager = DetectionSettings(score_threshold=0, candidate_threshold=0.02, min_size=0)
    found = detect_faces(noise, eager)
    assert bool(found) == some
    for face in found:
        assert 0 <= face.score <= 1
        assert np.isfinite(face.keypoints_xy).all()


def test_boxes_stay_inside_the_picture(astronaut):
    cut = astronaut[95:165, 180:250]
    found = detect_faces(cut, DetectionSettings(score_threshold=0.3))
    assert found
    for face in found:
        left, top, right, bottom = corners(face)
        assert 0 <= left <= right <= 70
        assert 0 <= top <= bottom <= 70
        assert all(type(value) is int for value in face.box_xywh)


def test_a_stricter_threshold_keeps_no_more(astronaut):
    assert detect_faces(astronaut, DetectionSettings(score_threshold=0.999)) == []


def test_faces_smaller_than_asked_for_are_left_out(astronaut):
    assert detect_faces(astronaut, DetectionSettings(min_size=200)) == []


def test_the_picture_is_left_as_it_was(astronaut):
    copy = astronaut.copy()
    copy.flags.writeable = False
    detect_faces(copy)
    np.testing.assert_array_equal(copy, astronaut)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((9, 9), np.uint8), r"\(h, w, 3\) of uint8, received uint8 \(9, 9\)"),
        (np.zeros((9, 9, 4), np.uint8), r"received uint8 \(9, 9, 4\)"),
        (np.zeros((0, 9, 3), np.uint8), "received uint8"),
        (np.zeros((9, 9, 3), np.float32), "received float32"),
        ([[1, 2, 3]], "received list"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(image, said):
    with pytest.raises(ValueError, match=said):
        detect_faces(image)


def boxes(least=0):
    """Corner boxes on a grid of whole pixels, some of them empty."""
    corner = st.integers(0, 50)
    box = st.tuples(corner, corner, corner, corner).map(
        lambda v: (min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3]))
    )
    rows = st.lists(box, min_size=least, max_size=12)
    return rows.map(lambda rows: np.array(rows, float).reshape(-1, 4))


def pixels_of(box):
    canvas = np.zeros((50, 50), bool)
    left, top, right, bottom = box.astype(int)
    canvas[top:bottom, left:right] = True
    return canvas


@given(boxes(least=1))
@settings(max_examples=60, deadline=None)
def test_iou_counts_pixels(boxes_xyxy):
    found = iou(boxes_xyxy[0], boxes_xyxy)
    for value, box in zip(found, boxes_xyxy, strict=True):
        first, second = pixels_of(boxes_xyxy[0]), pixels_of(box)
        union = (first | second).sum()
        assert value == pytest.approx((first & second).sum() / union if union else 0)


def test_faces_stand_anywhere_in_a_strip_and_in_a_large_picture(astronaut):
    portrait = astronaut[60:200, 150:300]
    for width, height, size, places in (
        (8000, 300, 90, [(0, 0), (850, 160), (1240, 40), (4000, 100), (7860, 150)]),
        (500, 6000, 70, [(10, 0), (200, 1370), (380, 2960), (100, 5890)]),
        (6000, 4000, 110, [(0, 0), (2950, 2000), (5830, 3840), (1000, 3000)]),
    ):
        face = cv2.resize(portrait, None, fx=size / 100, fy=size / 100)
        canvas = np.full((height, width, 3), 120, np.uint8)
        for x, y in places:
            canvas[y : y + face.shape[0], x : x + face.shape[1]] = face
        faces = detect_faces(canvas)
        assert len(faces) == len(places)
        for x, y in places:
            expected = (ASTRONAUT_FACE_XYXY - (150, 60, 150, 60)) * size / 100 + (x, y, x, y)
            assert max(overlap(each, expected) for each in faces) > 0.5


@given(st.integers(1, 60_000), st.integers(1, 60_000))
@settings(max_examples=100, deadline=None)
def test_tiles_cover_a_picture_and_each_face_is_whole_in_one(width, height):
    found = tiles(width, height, DetectionSettings())
    shorter, longer = sorted((width, height))
    assert len(found) <= DetectionSettings().most_tiles
    assert (len(found) == 1) == (longer <= 3 * shorter)
    along = sorted((x, x + w) if width > height else (y, y + h) for x, y, w, h in found)
    assert (along[0][0], along[-1][1]) == pytest.approx((0, longer))
    for (_, end), (start, _) in pairwise(along):
        assert end - start >= shorter - 1e-6


@given(st.integers(1, 3000), st.integers(1, 3000))
@settings(max_examples=60, deadline=None)
def test_a_view_holds_the_whole_picture_at_a_size_the_network_takes(width, height):
    (x, y, area_width, area_height), shown = view_of((0, 0, width, height), 256)
    # Half a pixel of the view may be cut off where sides are rounded.
    slack = max(width, height) / 256
    assert max(x, y) <= slack
    assert x + area_width >= width - slack
    assert y + area_height >= height - slack
    assert all(side % 32 == 0 for side in shown)
    assert max(shown) == 256


def test_what_a_view_shows_lies_where_it_says(astronaut):
    view, origin_xy, step_xy = sample_view(astronaut, (-40, 60, 400, 200), (200, 100))
    assert view.shape == (100, 200, 3)
    assert not view[:, :18].any()
    for x, y in ((60, 20), (120, 70), (170, 40)):
        column, row = np.rint(origin_xy + (x + 0.5, y + 0.5) * step_xy - 0.5).astype(int)
        block = astronaut[row - 1 : row + 3, column - 1 : column + 3].reshape(-1, 3).mean(axis=0)
        assert np.abs(view[y, x] - block).max() < 30


@pytest.mark.parametrize("area", [(600, 600, 50, 50), (-90, 0, 80, 80)])
def test_a_view_beside_the_picture_is_black(astronaut, area):
    assert not sample_view(astronaut, area, (32, 32))[0].any()


@given(boxes(), st.data())
@settings(max_examples=60, deadline=None)
def test_kept_boxes_do_not_cover_each_other(boxes_xyxy, data):
    scores = data.draw(hnp.arrays(float, len(boxes_xyxy), elements=st.floats(0, 1)))
    kept = best_of_overlapping(boxes_xyxy, scores, 0.5)
    assert (len(kept) == 0) == (len(boxes_xyxy) == 0)
    for place, i in enumerate(kept):
        for j in kept[place + 1 :]:
            assert scores[i] >= scores[j]
            first, second = pixels_of(boxes_xyxy[i]), pixels_of(boxes_xyxy[j])
            assert (first & second).sum() <= 0.5 * min(first.sum(), second.sum())


def test_a_mouth_inside_a_surer_face_is_dropped():
    boxes_xyxy = np.array([[40, 60, 60, 80], [0, 0, 100, 100], [110, 0, 150, 40]], float)
    assert best_of_overlapping(boxes_xyxy, np.array([0.8, 0.9, 0.7]), 0.5) == [1, 2]
