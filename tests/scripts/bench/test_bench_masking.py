"""The masking part: ours and MaskTheFace's method draw on the same faces."""

import numpy as np
import pytest
from skimage.data import astronaut

from scripts.bench import masking
from scripts.bench.synthetic_set import drawn_faces


@pytest.fixture
def template(tmp_path):
    return masking._template(tmp_path)


def test_the_template_covers_mouth_and_nose_and_leaves_the_eyes(template):
    (face,), (points,) = drawn_faces(1)
    grey = np.repeat(face[..., None], 3, axis=2)
    changed = (masking.put_template(grey, points, template) != grey).any(axis=2)
    below, above = np.rint(points[[33, 51, 57]]).astype(int), np.rint(points[[37, 44]]).astype(int)
    assert changed[below[:, 1], below[:, 0]].all()
    assert not changed[above[:, 1], above[:, 0]].any()


def test_both_find_and_mask_the_face_of_a_photograph(template, monkeypatch):
    drawn = []

    def put_template(image, points_xy, template):
        drawn.append("the method")
        return image

    monkeypatch.setattr(masking, "put_mask", lambda *given: drawn.append("ours"))
    monkeypatch.setattr(masking, "put_template", put_template)
    masking._detect_and_draw(astronaut())
    masking._detect_and_draw_by_template(template, astronaut())
    assert drawn == ["ours", "the method"]


def test_drawing_is_compared_at_both_sizes_and_with_detection(monkeypatch):
    monkeypatch.setattr(masking, "_SMALL", 2)
    monkeypatch.setattr(masking, "_PHOTOGRAPHS", 1)
    timings = masking.bench_masking(1, lambda *told: None)
    compared = {each.job: each.aim_ratio for each in timings if each.compared}
    assert compared == {
        "drawing, 48 × 48": 0.1,
        "drawing, 512 × 512": 0.1,
        "detecting, landmarks, drawing, 512 × 512": 0.5,
        "detecting, landmarks, drawing, 1024 × 1024": 0.5,
    }
