"""PNG files: sheets of faces and confusion matrices."""

import cv2
import numpy as np
import pytest

from fermask.evaluation.evaluation import evaluate
from fermask.exploring.exported_pictures import (
    MOST_FACES,
    Tile,
    contact_sheet,
    draw_pixels,
    matrix_picture,
)
from fermask.faces.masking import draw_look
from tests.small import small_ferm


@pytest.fixture(scope="module")
def ferm():
    return small_ferm()


def picture(png):
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)


def holds(sheet, face):
    """Whether a picture is on a sheet, twice as large."""
    large = cv2.cvtColor(cv2.resize(face, (96, 96)), cv2.COLOR_GRAY2BGR)
    return cv2.matchTemplate(sheet, large, cv2.TM_CCOEFF_NORMED).max() > 0.95


def test_a_sheet_holds_every_face_under_its_title():
    rng = np.random.default_rng(0)
    faces = cv2.GaussianBlur(rng.integers(0, 256, (9, 48, 48), dtype=np.uint8), (9, 9), 3)
    tiles = [Tile(face, (f"row {i}", "sad → neutral")) for i, face in enumerate(faces)]
    sheet = picture(contact_sheet(tiles, "clean 0–9: sad → neutral", 9))
    assert all(holds(sheet, face) for face in (faces[0], faces[-1]))
    assert not holds(sheet, faces[0][::-1].copy())


def test_a_sheet_is_bounded_and_never_empty():
    tile = Tile(np.zeros((48, 48), np.uint8), ("", ""))
    whole = contact_sheet([tile] * MOST_FACES, "all", MOST_FACES)
    more = contact_sheet([tile] * (MOST_FACES + 1), "all", 9_999)
    assert picture(whole).shape == picture(more).shape
    with pytest.raises(ValueError, match="no face"):
        contact_sheet([], "none", 0)


def test_a_face_is_drawn_with_brows_and_without_what_the_mask_hides(ferm):
    points, look = ferm.points_xy[0], draw_look(3)
    drawn = draw_pixels(points, look)
    assert (drawn.shape, drawn.dtype) == ((48, 48), np.uint8)
    other_mouth = points.copy()
    other_mouth[48:] += 2
    np.testing.assert_array_equal(draw_pixels(other_mouth, look), drawn)
    other_brows = points.copy()
    other_brows[17:27, 1] -= 3
    assert (draw_pixels(other_brows, look) != drawn).any()


def test_a_matrix_is_darker_where_more_faces_are(ferm):
    labels = np.array([0, 0, 0, 1, 3])
    evaluation = evaluate(labels, np.eye(4)[[0, 0, 0, 1, 1]])
    for shares in (False, True):
        matrix = picture(matrix_picture(evaluation, "m_xception · a small set " * 8, shares))
        height, width = matrix.shape[:2]
        assert width < 1000
        # The last row: angry, called sad by all.
        y = height - 80
        sad, angry = (matrix[y, width - 16 - 150 * back + 20].sum() for back in (3, 1))
        assert sad < angry
