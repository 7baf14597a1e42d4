"""One home for an addition: each of these adds one, and it is there wherever it is looked for."""

import numpy as np
import pytest

from apps.demo_parts.panels import style_choices
from fermask.faces.drawing import draw_face
from fermask.faces.landmarks import find_landmarks
from fermask.faces.mask_styles import MASK_STYLES, STYLES, MaskStyle
from fermask.faces.masking import draw_look, put_mask
from tests.faces import face

STRIPED = MaskStyle(
    name="striped",
    palette=((200, 40, 40),),
    relief=lambda across, down: 1 - 0.4 * (np.sin(30 * down) > 0) + 0 * across,
    sag=0.07,
    reach=1.2,
    label="Striped",
    description="stripes across",
)


class TestAMaskStyle:
    @pytest.fixture
    def striped(self, monkeypatch):
        monkeypatch.setitem(MASK_STYLES, STRIPED.name, STRIPED)
        return STRIPED.name

    def test_is_drawn_on_a_face_and_passes_the_check(self, striped):
        points = find_landmarks(face()).points_xy
        look = draw_look(0, striped)
        masked = put_mask(face(), points, look)
        assert masked.problems == ()
        # Down the middle of the face light and dark stripes follow each other.
        middle = masked.image[masked.cover[:, 24] == 1, 24].astype(int)
        assert (np.abs(np.diff(np.sign(middle - middle.mean()))) == 2).sum() > 3
        assert draw_face(points, look) != draw_face(points)

    def test_changes_no_look_that_ferm_draws(self, monkeypatch):
        before = [draw_look(seed) for seed in range(50)]
        monkeypatch.setitem(MASK_STYLES, STRIPED.name, STRIPED)
        assert [draw_look(seed) for seed in range(50)] == before

    def test_is_among_those_of_the_demo(self, striped):
        choices = style_choices()
        assert ("Striped", striped) in choices
        assert len(choices) == len(STYLES) + 1
