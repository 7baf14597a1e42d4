"""FERM's mask styles: their names, words and colours."""

import numpy as np
import pytest

from fermask.faces.mask_styles import (
    HELD_OUT,
    MASK_STYLES,
    STYLES,
    WORN_STYLES,
    mask_style,
)
from fermask.faces.prints import PRINTS


def test_an_unknown_style_is_named_beside_those_there_are():
    with pytest.raises(ValueError, match="Unknown mask style 'scarf'; there are surgical, cloth"):
        mask_style("scarf")


def test_ferm_draws_from_its_own_four_whatever_else_there_is():
    assert STYLES == ("surgical", "cloth", "kn95", "dark")
    assert tuple(MASK_STYLES) == STYLES + WORN_STYLES


def test_ferm_c_asks_about_masks_as_worn_that_no_training_draws():
    assert set(HELD_OUT) < set(WORN_STYLES)
    assert not set(HELD_OUT) & set(STYLES)


@pytest.mark.parametrize("name", MASK_STYLES)
def test_every_style_has_words_and_colours(name):
    style = mask_style(name)
    assert style.name == name
    assert style.label
    assert style.description
    assert np.isin(style.palette, range(256)).all()
    assert set(style.prints) <= {"plain", *PRINTS}
