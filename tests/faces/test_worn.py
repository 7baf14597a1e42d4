"""Masks as people wear them: each covers what it should or says so, and fits its photograph."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermask.faces.landmarks import MIRRORED
from fermask.faces.looks import FITS, MaskFit
from fermask.faces.mask_styles import MASK_STYLES, STYLES, WORN_STYLES
from fermask.faces.masking import draw_look, mask_outline, put_mask
from fermask.faces.prints import PRINTS
from fermask.faces.worn_styles import AS_WORN
from tests.masked_pictures import PICTURES, SMALL, SMALL_POINTS

FACE, POINTS = PICTURES["700×750 colour"]
GREY = cv2.cvtColor(FACE, cv2.COLOR_RGB2GRAY)
any_worn = st.builds(
    draw_look, st.integers(0, 2**31), st.sampled_from(WORN_STYLES), st.sampled_from([None, *FITS])
)


def inside(cover):
    """Where a mask hides all, far from its edge."""
    return cv2.erode((cover > 0.99).astype(np.uint8), np.ones((9, 9))) > 0


@pytest.mark.parametrize("name", PICTURES)
def test_every_mask_that_sits_well_covers_mouth_and_nose_and_leaves_the_eyes(name):
    image, points = PICTURES[name]
    for style in WORN_STYLES:
        for seed in range(4):
            masked = put_mask(image, points, draw_look(seed, style))
            assert masked.problems == (), (style, seed)
            assert masked.nose_covered
            assert (masked.image.shape, masked.image.dtype) == (image.shape, np.uint8)


@pytest.mark.parametrize("style", MASK_STYLES)
def test_a_mask_under_the_nose_says_that_the_nose_shows(style):
    masked = put_mask(FACE, POINTS, draw_look(2, style, "under the nose"))
    assert masked.problems == ("nose tip: not covered",)
    assert not masked.nose_covered


@pytest.mark.parametrize("style", MASK_STYLES)
def test_masks_sit_higher_lower_and_askew(style):
    outlines = {fit: mask_outline(POINTS, draw_look(1, style, fit)) for fit in FITS}
    nose = {fit: outline[11, 1] for fit, outline in outlines.items()}
    assert nose["high"] < nose["well"] - 10 < nose["low"] < nose["under the nose"]
    slope = {fit: outline[22, 1] - outline[0, 1] for fit, outline in outlines.items()}
    assert slope["askew"] > slope["well"] + 20


def test_a_seed_draws_how_a_mask_sits_and_few_leave_the_nose_free():
    fits = [draw_look(seed, "pleated", fit=None).fit for seed in range(400)]
    assert len(set(fits)) == 400
    assert 10 < sum(fit.under_nose for fit in fits) < 70
    assert draw_look(7, "pleated", fit=None) == draw_look(7, "pleated", fit=None)


def test_colours_prints_and_folds_come_from_the_seed_or_are_chosen():
    looks = [draw_look(seed, "printed") for seed in range(40)]
    assert len({look.colour_rgb for look in looks}) > 30
    assert len({look.printed for look in looks}) > 5
    assert len({put_mask(SMALL, SMALL_POINTS, look).image.tobytes() for look in looks}) == 40
    assert draw_look(3, "stretch", printed="checks").printed == "checks"
    plain = replace(looks[0], printed="plain")
    folded = [put_mask(FACE, POINTS, replace(plain, grain_seed=seed)).image for seed in (1, 2)]
    assert not np.array_equal(*folded)


@pytest.mark.parametrize("name", PRINTS)
def test_a_print_puts_its_colour_on_some_of_the_cloth(name):
    look = replace(
        draw_look(5, "stretch"), colour_rgb=(40, 40, 40), printed=name, print_rgb=(40, 40, 240)
    )
    masked = put_mask(FACE, POINTS, look)
    red, _, blue = (masked.image[inside(masked.cover)].T.astype(int)).tolist()
    blueish = np.subtract(blue, red) > 40
    assert 0.005 < blueish.mean() < 0.9


@pytest.mark.parametrize("style", [style for style in WORN_STYLES if style != "lace"])
@pytest.mark.parametrize("fit", FITS)
def test_nothing_under_the_mask_shows_or_tells(style, fit):
    look = draw_look(4, style, fit)
    masked = put_mask(FACE, POINTS, look)
    under = masked.cover == 1
    other = FACE.copy()
    other[under] = np.random.default_rng(0).integers(0, 256, other[under].shape)
    np.testing.assert_array_equal(put_mask(other, POINTS, look).image, masked.image)


def test_lace_lets_some_skin_through():
    look = draw_look(4, "lace")
    masked = put_mask(FACE, POINTS, look)
    dark = put_mask(np.where(masked.cover[..., None] > 0.5, 0, FACE), POINTS, look)
    difference = masked.image.astype(int) - dark.image
    assert 10 < np.abs(difference[inside(masked.cover > 0.5)]).mean() < 60
    assert masked.cover[inside(masked.cover > 0.5)].std() > 0.05


@pytest.mark.parametrize("style", WORN_STYLES)
def test_only_a_shadow_falls_beside_the_mask(style):
    masked = put_mask(GREY, POINTS, draw_look(1, style))
    near = cv2.dilate((masked.cover > 0).astype(np.uint8), np.ones((81, 81))) > 0
    np.testing.assert_array_equal(masked.image[~near], GREY[~near])
    beside = near & (masked.cover == 0)
    assert (masked.image[beside] <= GREY[beside]).all()
    assert (masked.image[beside] < GREY[beside]).mean() > 0.1


def test_the_mask_is_lit_as_the_face_is():
    look = draw_look(0, "respirator")
    bright = put_mask(SMALL, SMALL_POINTS, look)
    dark = put_mask((SMALL * 0.3).astype(np.uint8), SMALL_POINTS, look)
    covered = bright.cover == 1
    assert dark.image[covered].mean() < 0.85 * bright.image[covered].mean()
    lit = put_mask((SMALL * np.linspace(1, 0.2, 48)).astype(np.uint8), SMALL_POINTS, look)
    shade = lit.image / np.maximum(bright.image, 1.0)
    assert shade[:, :20][covered[:, :20]].mean() > shade[:, 28:][covered[:, 28:]].mean() + 0.1


def test_the_mask_is_as_blurred_and_as_grainy_as_its_photograph():
    look = draw_look(6, "pleated")
    # Sharp, as the astronaut enlarged five times is not.
    sharp, points = cv2.resize(GREY, (210, 225), interpolation=cv2.INTER_AREA), POINTS * 0.3
    rough = np.random.default_rng(0).normal(0, 12, sharp.shape)
    pictures = (
        sharp,
        cv2.GaussianBlur(sharp, (0, 0), 2.5),
        np.clip(sharp + rough, 0, 255).astype(np.uint8),
    )
    plain, blurred, grainy = (
        np.abs(cv2.Laplacian(masked.image.astype(np.float32), -1)[masked.cover == 1]).mean()
        for masked in (put_mask(picture, points, look) for picture in pictures)
    )
    assert blurred < 0.8 * plain
    assert grainy > 1.5 * plain


def test_straps_run_from_the_mask_to_the_ears_that_are_seen():
    def straps(points):
        look = replace(draw_look(1, "pleated"), shade=1.0)
        cover = put_mask(np.full((48, 48), 128, np.uint8), points, look).cover
        outline = np.rint(mask_outline(points, look)).astype(np.int32)
        near = cv2.fillPoly(np.zeros((48, 48), np.uint8), [outline], 1)
        beyond = (cover > 0.1) & (cv2.dilate(near, np.ones((3, 3))) == 0)
        return beyond[:, :24].sum(), beyond[:, 24:].sum()

    right, left = straps(SMALL_POINTS)
    assert min(right, left) > 3
    aside = np.array(SMALL_POINTS, dtype=float)
    nose = aside[30, 0]
    aside[:, 0] = np.where(aside[:, 0] < nose, nose + 0.3 * (aside[:, 0] - nose), aside[:, 0])
    right, left = straps(aside)
    assert right == 0
    assert left > 3


def test_the_styles_all_look_different():
    drawn = [put_mask(SMALL, SMALL_POINTS, draw_look(0, style)).image for style in MASK_STYLES]
    assert len({image.tobytes() for image in drawn}) == len(MASK_STYLES)


@given(any_worn, st.floats(0.2, 20), st.floats(-300, 300), st.floats(-300, 300))
def test_the_outline_moves_and_grows_with_the_face(look, scale, right, down):
    moved = mask_outline(SMALL_POINTS * scale + (right, down), look)
    expected = mask_outline(SMALL_POINTS, look) * scale + (right, down)
    np.testing.assert_allclose(moved, expected, atol=0.002 * (1 + scale))


@pytest.mark.parametrize("style", AS_WORN, ids=lambda style: style.name)
def test_a_level_mask_on_a_face_alike_on_both_sides_is_alike_on_both_sides(style):
    points = SMALL_POINTS.astype(float)
    middle = points[27, 0]
    mirrored = (points * (-1, 1) + (2 * middle, 0))[list(MIRRORED)]
    even = (points + mirrored) / 2
    outline = mask_outline(even, draw_look(0, style.name))
    right, left = middle - outline[:, 0].min(), outline[:, 0].max() - middle
    assert right == pytest.approx(left, rel=0.15)


@given(any_worn, st.floats(-60, 60), st.floats(-60, 60), st.floats(0.2, 4))
def test_a_face_that_leaves_the_picture_is_no_error(look, right, down, scale):
    masked = put_mask(SMALL, SMALL_POINTS * scale + (right, down), look)
    assert masked.image.shape == SMALL.shape


@given(any_worn, st.integers(0, 2**31))
def test_points_in_disorder_are_no_error(look, seed):
    points = np.random.default_rng(seed).uniform(-20, 70, (68, 2))
    masked = put_mask(SMALL, points, look)
    assert 0 <= masked.cover.min() <= masked.cover.max() <= 1


@pytest.mark.parametrize("style", WORN_STYLES)
def test_points_that_fall_together_are_a_problem_and_no_error(style):
    assert put_mask(SMALL, np.full((68, 2), 24.0), draw_look(0, style)).problems


def test_an_unknown_fit_or_print_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="Unknown fit 'loose'; there are well, high, low"):
        draw_look(0, "pleated", "loose")
    with pytest.raises(ValueError, match="Unknown print 'tartan'; there are plain, checks"):
        draw_look(0, "printed", printed="tartan")


@pytest.mark.parametrize("style", STYLES)
def test_ferms_own_stay_plain(style):
    assert draw_look(0, style).printed == "plain"
    assert draw_look(0, style).fit == MaskFit()
    with pytest.raises(ValueError, match="is drawn plainly, as FERM's masks are"):
        draw_look(0, style, printed="dots")


def test_a_large_face_keeps_its_colour():
    large = cv2.resize(FACE, None, fx=2, fy=2)
    look = replace(draw_look(0, "stretch"), colour_rgb=(30, 60, 200), shade=1.0)
    masked = put_mask(large, POINTS * 2 + 0.5, look)
    red, _, blue = masked.image[inside(masked.cover)].mean(axis=0)
    assert blue > 3 * red
