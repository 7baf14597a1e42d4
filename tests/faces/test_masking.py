"""A mask hides mouth and nose tip, leaves the 27 points, and tells nothing of what it hides."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermask.faces.landmarks import MIRRORED, MOUTH, NOSE_BASE, VISIBLE_27
from fermask.faces.mask_styles import STYLES
from fermask.faces.masking import MaskLook, draw_look, mask_outline, mask_problems, put_mask
from tests.faces import FRAME, astronaut
from tests.masked_pictures import LARGE_POINTS, PICTURES, SMALL, SMALL_POINTS

# Masks of each style on three pictures, drawn with the NumPy and OpenCV of requirements.txt.
PUBLISHED_MASKS = {
    ("48×48 grey", "surgical"): "bab152d21f6f0c6a",
    ("48×48 grey", "cloth"): "e200e587f74dbc0b",
    ("48×48 grey", "kn95"): "cb9887edd552853b",
    ("48×48 grey", "dark"): "23ec1dcd82798d7c",
    ("140×140 colour", "surgical"): "02ed532aada998a9",
    ("140×140 colour", "cloth"): "e8a28299b469d21e",
    ("140×140 colour", "kn95"): "38a4dbfe5b8c2588",
    ("140×140 colour", "dark"): "a0da75081763fec5",
    ("420×420 colour", "surgical"): "06a88084dc3eef73",
    ("420×420 colour", "cloth"): "811217b7bfb0dc19",
    ("420×420 colour", "kn95"): "ec86219cffb73607",
    ("420×420 colour", "dark"): "7e687f2d64f527bc",
}

any_look = st.builds(draw_look, st.integers(0, 2**31), st.sampled_from(STYLES))


def hidden(cover, points_xy):
    column, row = np.rint(points_xy).astype(int).T
    return cover[np.clip(row, 0, len(cover) - 1), np.clip(column, 0, cover.shape[1] - 1)]


def looks():
    return [draw_look(seed, style) for style in STYLES for seed in range(5)]


def drawn_masks():
    """Of each picture and style, a hash of masks in all its colours."""
    points, part = np.rint(LARGE_POINTS), astronaut()[50:190, 155:295]
    pictures = {
        "48×48 grey": (SMALL, (points - FRAME[:2]) * 48 / FRAME[2]),
        "140×140 colour": (part, points - (155, 50)),
        "420×420 colour": (part.repeat(3, axis=0).repeat(3, axis=1), (points - (155, 50)) * 3 + 1),
    }
    found = {}
    for name, (picture, points_xy) in pictures.items():
        for style in STYLES:
            masks = (put_mask(picture, points_xy, draw_look(seed, style)) for seed in range(12))
            pixels = b"".join(masked.image.tobytes() for masked in masks)
            found[name, style] = hashlib.sha256(pixels).hexdigest()[:16]
    return found


def test_masks_are_drawn_as_those_of_the_published_set():
    # Another mask, be it by a pixel, makes another version of FERM.
    assert drawn_masks() == PUBLISHED_MASKS


@pytest.mark.parametrize("name", PICTURES)
def test_every_style_covers_mouth_and_nose_and_leaves_27_points(name):
    image, points = PICTURES[name]
    for look in looks():
        masked = put_mask(image, points, look)
        assert masked.problems == (), look
        cover = hidden(masked.cover, points)
        assert (cover[[30, *NOSE_BASE, *MOUTH]] > 0.5).all(), look
        assert (cover[list(VISIBLE_27)] <= 0.5).all(), look


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_keeps_its_form_and_the_input_its_pixels(name):
    image, points = PICTURES[name]
    before, points_before = image.copy(), points.copy()
    masked = put_mask(image, points, draw_look(3))
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(points, points_before)
    assert masked.image.shape == image.shape
    assert masked.image.dtype == np.uint8
    assert masked.cover.shape == image.shape[:2]
    assert masked.cover.dtype == np.float32
    assert masked.cover.min() == 0
    assert masked.cover.max() == 1


@pytest.mark.parametrize("name", PICTURES)
def test_outside_the_mask_no_pixel_changes_and_inside_most_do(name):
    image, points = PICTURES[name]
    for look in looks():
        masked = put_mask(image, points, look)
        outside = masked.cover == 0
        np.testing.assert_array_equal(masked.image[outside], image[outside])
        changed = (masked.image != image).reshape(*image.shape[:2], -1).any(axis=2)
        assert changed[masked.cover == 1].mean() > 0.8


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_under_the_mask_shows_or_tells(name):
    image, points = PICTURES[name]
    for look in looks():
        masked = put_mask(image, points, look)
        other = image.copy()
        under = masked.cover == 1
        other[under] = np.random.default_rng(0).integers(0, 256, other[under].shape)
        np.testing.assert_array_equal(put_mask(other, points, look).image, masked.image)


def test_the_mask_follows_the_light_above_it():
    look = MaskLook("surgical", (150, 200, 225))
    dark = (SMALL * 0.3).astype(np.uint8)
    inside = put_mask(SMALL, SMALL_POINTS, look).cover == 1
    bright_mask = put_mask(SMALL, SMALL_POINTS, look).image[inside].mean()
    assert put_mask(dark, SMALL_POINTS, look).image[inside].mean() < 0.85 * bright_mask


def test_the_mask_is_lit_from_the_side_that_the_face_is():
    look = MaskLook("kn95", (240, 240, 240))
    lit = SMALL * np.linspace(1.0, 0.2, 48)
    masked = put_mask(lit.astype(np.uint8), SMALL_POINTS, look)
    sides = [
        np.where(masked.cover == 1, masked.image, np.nan)[:, part]
        for part in (np.s_[:20], np.s_[28:])
    ]
    assert np.nanmean(sides[0]) > np.nanmean(sides[1]) + 20


def test_a_shade_darkens_the_whole_mask_and_changes_no_other_pixel():
    light, dark = (
        put_mask(SMALL, SMALL_POINTS, MaskLook("cloth", (150, 150, 150), shade=shade))
        for shade in (1.0, 0.85)
    )
    np.testing.assert_array_equal(light.cover, dark.cover)
    inside = light.cover == 1
    ratio = dark.image[inside] / light.image[inside].astype(float)
    assert np.abs(ratio - 0.85).max() < 0.02


def test_cloth_is_woven_and_each_grain_another():
    one, other = (
        put_mask(astronaut(), LARGE_POINTS, MaskLook("dark", (160, 160, 160), grain_seed=seed))
        for seed in (1, 2)
    )
    np.testing.assert_array_equal(one.cover, other.cover)
    inside = one.cover == 1
    grain = one.image[inside] / other.image[inside].astype(float)
    # 0.012 each, so √2 of it between the two.
    assert grain.std() == pytest.approx(0.012 * np.sqrt(2), rel=0.15)


def test_the_edge_of_a_small_mask_is_antialiased():
    cover = put_mask(SMALL, SMALL_POINTS, draw_look(0)).cover
    partly = (cover > 0.05) & (cover < 0.95)
    assert 30 < partly.sum() < 250


def test_a_seed_is_a_mask():
    for seed in range(30):
        assert draw_look(seed) == draw_look(seed)
        one, two = (put_mask(SMALL, SMALL_POINTS, draw_look(seed)).image for _ in range(2))
        np.testing.assert_array_equal(one, two)


def test_seeds_give_every_style_in_many_looks():
    drawn = [draw_look(seed) for seed in range(400)]
    counts = [sum(look.style == style for look in drawn) for style in STYLES]
    assert min(counts) > 60
    assert len({look.colour_rgb for look in drawn}) > 200
    assert len({put_mask(SMALL, SMALL_POINTS, look).image.tobytes() for look in drawn[:50]}) == 50


def test_a_style_may_be_chosen():
    for style in STYLES:
        assert {draw_look(seed, style).style for seed in range(20)} == {style}


@pytest.mark.parametrize("seed", range(3))
def test_the_styles_all_look_different(seed):
    masked = [put_mask(SMALL, SMALL_POINTS, draw_look(seed, style)) for style in STYLES]
    for i, one in enumerate(masked):
        for other in masked[:i]:
            assert not np.array_equal(one.image, other.image)
            assert not np.array_equal(one.cover, other.cover)


def test_each_style_has_its_own_relief_in_the_same_colour():
    reliefs = [
        put_mask(astronaut(), LARGE_POINTS, MaskLook(style, (128, 128, 128), drop=0.0)).image
        for style in STYLES
    ]
    shared = np.s_[140:165, 200:245]
    for i, one in enumerate(reliefs):
        for other in reliefs[:i]:
            difference = one[shared].astype(float) - other[shared].astype(float)
            assert difference.std() > 2


@given(st.integers(0, 2**63 - 1))
def test_a_look_stays_within_what_it_says(seed):
    look = draw_look(seed)
    assert look.style in STYLES
    assert all(0 <= value <= 255 and isinstance(value, int) for value in look.colour_rgb)
    assert 0.85 <= look.shade <= 1.1
    assert 0.15 <= look.edge <= 0.7
    assert 0 <= look.drop <= 0.1


def area(outline):
    x, y = outline.astype(float).T
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


@given(any_look, st.floats(0.1, 50), st.floats(-300, 300), st.floats(-300, 300))
def test_the_outline_moves_and_grows_with_the_face(look, scale, right, down):
    moved = mask_outline(SMALL_POINTS * scale + (right, down), look)
    expected = mask_outline(SMALL_POINTS, look) * scale + (right, down)
    np.testing.assert_allclose(moved, expected, atol=0.001 * (1 + scale))


@given(any_look, st.floats(-180, 180))
def test_the_outline_turns_with_the_face(look, angle):
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    rotation = np.array([[cosine, sine], [-sine, cosine]])
    turned = mask_outline(SMALL_POINTS @ rotation, look)
    np.testing.assert_allclose(turned, mask_outline(SMALL_POINTS, look) @ rotation, atol=0.001)


@given(any_look)
def test_a_mirrored_face_has_the_mirrored_outline(look):
    mirror = np.array([-1, 1])
    mirrored = mask_outline((SMALL_POINTS * mirror)[list(MIRRORED)], look)
    expected = mask_outline(SMALL_POINTS, look) * mirror
    assert area(mirrored) == pytest.approx(area(expected), rel=1e-3)
    for one, other in ((mirrored, expected), (expected, mirrored)):
        distances = np.linalg.norm(one[:, None] - other[None], axis=2).min(axis=1)
        assert distances.max() < 0.01


@given(any_look)
def test_the_outline_runs_where_it_is_said_to(look):
    outline = mask_outline(SMALL_POINTS, look)
    assert outline.dtype == np.float32
    for k, ends in ((0, (0, 1)), (22, (15, 16))):
        low, high = np.sort(SMALL_POINTS[list(ends), 1])
        assert low < outline[k, 1] < high
    nose = outline[11]
    assert SMALL_POINTS[29, 1] < nose[1] < SMALL_POINTS[30, 1]
    chin = outline[:, 1].max()
    height = SMALL_POINTS[8, 1] - SMALL_POINTS[27, 1]
    assert SMALL_POINTS[8, 1] - 0.05 * height < chin < SMALL_POINTS[8, 1] + 0.2 * height
    left, right = outline[:, 0].min(), outline[:, 0].max()
    assert SMALL_POINTS[:17, 0].min() - 1 < left < right < SMALL_POINTS[:17, 0].max() + 1


@given(any_look, st.floats(-60, 60), st.floats(-60, 60), st.floats(0.2, 4))
def test_a_face_that_leaves_the_picture_is_no_error(look, right, down, scale):
    points = SMALL_POINTS * scale + (right, down)
    masked = put_mask(SMALL, points, look)
    np.testing.assert_array_equal(masked.image[masked.cover == 0], SMALL[masked.cover == 0])


@given(any_look, st.integers(0, 2**31))
def test_points_in_disorder_are_no_error(look, seed):
    points = np.random.default_rng(seed).uniform(-20, 70, (68, 2))
    masked = put_mask(SMALL, points, look)
    assert masked.cover.min() >= 0
    assert masked.cover.max() <= 1


def test_points_that_fall_together_are_a_problem_and_no_error():
    masked = put_mask(SMALL, np.full((68, 2), 24.0), draw_look(0))
    assert masked.problems


def test_a_good_mask_has_no_problems():
    cover = put_mask(SMALL, SMALL_POINTS, draw_look(0)).cover
    assert mask_problems(cover, SMALL_POINTS) == []


@pytest.mark.parametrize(
    ("number", "value", "problem"),
    [
        (57, 0.4, "mouth: not covered"),
        (30, 0.4, "nose tip: not covered"),
        (33, 0.0, "nose tip: not covered"),
        (41, 0.6, "eyes: covered"),
        (46, 1.0, "eyes: covered"),
        (19, 1.0, "brows: covered"),
    ],
)
def test_one_point_that_is_wrong_is_a_problem(number, value, problem):
    cover = put_mask(SMALL, SMALL_POINTS, draw_look(0)).cover
    column, row = np.rint(SMALL_POINTS[number]).astype(int)
    cover[row, column] = value
    assert mask_problems(cover, SMALL_POINTS) == [problem]


def test_no_mask_and_all_mask_are_problems():
    assert mask_problems(np.zeros((48, 48)), SMALL_POINTS) == [
        "mouth: not covered",
        "nose tip: not covered",
    ]
    assert mask_problems(np.ones((48, 48)), SMALL_POINTS) == ["eyes: covered", "brows: covered"]


def test_a_chin_outside_the_picture_is_no_problem_but_a_mouth_is():
    lowered = np.add(SMALL_POINTS, (0, 8))
    assert lowered[8, 1] > 48
    assert put_mask(SMALL, lowered, draw_look(0)).problems == ()
    far_lower = np.add(SMALL_POINTS, (0, 20))
    assert "mouth: outside the picture" in put_mask(SMALL, far_lower, draw_look(0)).problems


@pytest.mark.parametrize(
    "image", [np.zeros((48, 48)), np.zeros((48, 48, 4), np.uint8), np.zeros(48, np.uint8)]
)
def test_what_is_no_picture_is_refused_with_a_sentence(image):
    with pytest.raises(ValueError, match=r"A picture is uint8 .* got"):
        put_mask(image, SMALL_POINTS, draw_look(0))


@pytest.mark.parametrize("points", [SMALL_POINTS[:5], np.full((68, 2), np.nan)])
def test_what_are_no_landmarks_is_refused_with_a_sentence(points):
    with pytest.raises(ValueError, match="68 finite landmarks"):
        put_mask(SMALL, points, draw_look(0))


def test_an_unknown_style_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="Unknown mask style 'scarf'; there are surgical"):
        draw_look(0, "scarf")
    with pytest.raises(ValueError, match="Unknown mask style"):
        put_mask(SMALL, SMALL_POINTS, MaskLook("scarf", (0, 0, 0)))
