import base64
import hashlib
import re
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from fermask.dataset.manifest import load
from fermask.faces.drawing import (
    draw_face,
    draw_importance,
    draw_landmarks,
    draw_pixels,
    picture_url,
    svg_url,
)
from fermask.faces.mask_styles import STYLES
from fermask.faces.masking import draw_look
from fermask.system.paths import PUBLISHED
from tests.small import small_ferm

# A change to one is seen in the apps and in docs/figures: look at it before it goes in here.
DRAWN = {
    "bare": "5b4815d2a6ea0a39",
    "surgical": "ef914385e92b1b5e",
    "cloth": "19e0356521f15bcd",
    "kn95": "0c28ef7782dd56c8",
    "dark": "bc973df5a26b2dc8",
    "landmarks": "86235c9e8fef0897",
    "outline": "2ad3bb4e291a8043",
    "importance": "3966c6de73971a03",
}

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def points_xy():
    return load(PUBLISHED).points_xy[:20]


def elements(svg):
    return list(ElementTree.fromstring(svg))


def drawings(points_xy):
    """Each kind of drawing of two faces, as a hash."""
    draw = {
        "bare": draw_face,
        **{
            style: lambda points, style=style: draw_face(points, draw_look(5, style), 60)
            for style in STYLES
        },
        "landmarks": draw_landmarks,
        "outline": lambda points: draw_landmarks(points, draw_look(1), "data:,", 60, (1, 2)),
        "importance": lambda points: draw_importance(points, {21: 0.2, 22: 0.05, 30: -0.1}),
    }
    drawn = {kind: "".join(map(one, points_xy[[0, 7]])) for kind, one in draw.items()}
    return {kind: hashlib.sha256(svg.encode()).hexdigest()[:16] for kind, svg in drawn.items()}


def test_drawings_are_those_of_the_figures(points_xy):
    assert drawings(points_xy) == DRAWN


@pytest.mark.parametrize("style", STYLES)
def test_a_masked_face_is_well_formed_and_wears_the_look_s_colour(points_xy, style):
    look = draw_look(3, style)
    svg = draw_face(points_xy[0], look)
    colour = np.rint(np.array(look.colour_rgb) * min(look.shade, 1)).astype(int)
    assert "#{:02x}{:02x}{:02x}".format(*colour) in [e.get("fill") for e in elements(svg)]


def test_no_expression_shows_through_a_mask(points_xy):
    points = points_xy[0].copy()
    points[48:] += 3
    points[31:36] += 2
    look = draw_look(1)
    assert draw_face(points, look) == draw_face(points_xy[0], look)
    assert draw_face(points) != draw_face(points_xy[0])


def test_every_number_of_a_drawing_is_finite(points_xy):
    for points in points_xy:
        for svg in (draw_face(points, draw_look(1)), draw_face(points)):
            assert "nan" not in svg
            assert "inf" not in svg
    squeezed = np.repeat(points_xy[0].mean(axis=0)[None], 68, axis=0)
    assert "nan" not in draw_face(squeezed, draw_look(1))


def test_27_landmarks_are_filled_and_41_hollow(points_xy):
    circles = [e for e in elements(draw_landmarks(points_xy[0])) if e.tag == f"{SVG}circle"]
    hollow = [e for e in circles if e.get("fill") == "#fff"]
    assert (len(circles), len(hollow)) == (68, 41)


def test_landmarks_over_a_picture_and_with_an_outline(points_xy):
    url = picture_url(np.zeros((48, 48), np.uint8))
    svg = draw_landmarks(points_xy[0], draw_look(1), url)
    tags = [e.tag for e in elements(svg)]
    assert f"{SVG}image" in tags
    assert "stroke-dasharray" in svg
    assert "stroke-dasharray" not in draw_landmarks(points_xy[0])


@pytest.mark.parametrize("points", [np.zeros((27, 2)), np.full((68, 2), np.nan)])
@pytest.mark.parametrize("draw", [draw_face, draw_landmarks])
def test_anything_but_68_finite_points_is_refused(draw, points):
    with pytest.raises(ValueError, match="68 finite landmarks"):
        draw(points)


def test_a_picture_comes_back_from_its_url():
    face = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    png = base64.b64decode(picture_url(face).partition(",")[2])
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(png, np.uint8), -1), face)
    large = base64.b64decode(picture_url(face, 3).partition(",")[2])
    assert cv2.imdecode(np.frombuffer(large, np.uint8), -1).shape == (144, 144)


def test_a_coloured_picture_keeps_its_colours():
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[..., 0] = 255
    png = base64.b64decode(picture_url(picture, 2).partition(",")[2])
    blue_first = cv2.imdecode(np.frombuffer(png, np.uint8), -1)
    assert blue_first.shape == (8, 8, 3)
    assert blue_first[0, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize(
    "face", [np.zeros((48, 48)), np.zeros((48, 48, 2), np.uint8), np.zeros((0, 48), np.uint8)]
)
def test_no_picture_has_no_url(face):
    with pytest.raises(ValueError, match=r"A picture is uint8 of shape .* got"):
        picture_url(face)


def test_a_drawing_comes_back_from_its_url(points_xy):
    svg = draw_face(points_xy[0])
    assert base64.b64decode(svg_url(svg).partition(",")[2]).decode() == svg


def test_importance_is_drawn_as_area_and_never_below_none():
    points = np.random.default_rng(0).uniform(5, 43, (68, 2))
    svg = draw_importance(points, {21: 0.2, 22: 0.05, 30: -0.1})
    radii = [float(r) for r in re.findall(r'<circle[^>]* r="([\d.]+)"', svg)]
    assert len(radii) == 68
    assert radii[21] == pytest.approx(2 * radii[22], rel=0.02)
    assert radii[30] == radii[0] == 0.2


def test_grey_pixels_have_brows_and_nothing_of_what_the_mask_hides():
    points, look = small_ferm().points_xy[0], draw_look(3)
    drawn = draw_pixels(points, look)
    assert (drawn.shape, drawn.dtype) == ((48, 48), np.uint8)
    other_mouth = points.copy()
    other_mouth[48:] += 2
    np.testing.assert_array_equal(draw_pixels(other_mouth, look), drawn)
    other_brows = points.copy()
    other_brows[17:27, 1] -= 3
    assert (draw_pixels(other_brows, look) != drawn).any()
