"""Sheets of faces, as PNG."""

import cv2
import numpy as np
import pytest

from fermask.reporting.figures import MOST_FACES, Tile, contact_sheet


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
