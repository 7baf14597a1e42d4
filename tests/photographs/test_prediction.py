"""From a photograph to answers: every face, as JSON says it, with a mask and without."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import skimage.data
from PIL import Image

from fermask.faces.labels import CLASSES
from fermask.faces.mask_styles import STYLES
from fermask.networks.inference import load_network, under_prior
from fermask.photographs.overlays import (
    cut_square,
    draw_boxes,
    draw_evidence,
    draw_points,
    enlarge_pixels,
    limit_size,
    parse_colour,
)
from fermask.photographs.photograph import Photograph
from fermask.photographs.prediction import (
    compare_networks,
    mask_faces,
    predict,
    predict_square,
    shipped_networks,
    try_mask,
)
from fermask.photographs.records import draw_predictions
from fermask.system.paths import SHIPPED, SOURCE
from tests.telling_network import write_telling_network


@pytest.fixture(scope="module")
def astronaut():
    return skimage.data.astronaut()


@pytest.fixture(scope="module")
def face(astronaut):
    (face,) = predict(astronaut)
    return face


def test_a_face_has_all_that_is_shown_of_it(face):
    assert all(type(value) is int for value in face.box_xywh)
    assert face.crop.shape == (48, 48)
    assert face.crop.dtype == np.uint8
    assert face.probabilities.shape == (4,)
    assert face.probabilities.dtype == np.float32
    assert face.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert face.evidence.ndim == 3
    assert face.evidence.shape[2] == 4
    assert face.label == CLASSES[face.probabilities.argmax()]
    x, y, w, h = face.box_xywh
    left, top, size, _ = face.square_xywh
    assert left < x + w / 2 < left + size
    assert top < y + h / 2 < top + size


def test_two_people_are_two_answers_the_larger_first(astronaut):
    canvas = np.zeros((512, 812, 3), np.uint8)
    canvas[:256, :256] = astronaut[::2, ::2]
    canvas[:, 300:] = astronaut
    large, small = predict(canvas)
    assert large.box_xywh[2] > small.box_xywh[2]


def test_no_face_is_an_empty_list():
    assert predict(np.full((80, 60, 3), 127, np.uint8)) == []


@pytest.mark.parametrize("image", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3)), None])
def test_bad_input_is_a_sentence(image):
    with pytest.raises(ValueError, match="Expected"):
        predict(image)


def test_a_path_is_read_as_its_pixels_are(astronaut, face, tmp_path):
    path = tmp_path / "astronaut.png"
    Image.fromarray(astronaut).save(path)
    for named in (path, str(path)):
        (again,) = predict(named)
        assert again.box_xywh == face.box_xywh
        np.testing.assert_array_equal(again.probabilities, face.probabilities)
    with pytest.raises(FileNotFoundError, match=r"nobody\.jpg: there is no such file"):
        predict(tmp_path / "nobody.jpg")


def test_boxes_of_a_reduced_picture_are_in_pixels_of_the_file(astronaut, face):
    whole = predict(Photograph(astronaut, reduced=2.0))
    assert [each.box_xywh for each in whole] == [tuple(2 * v for v in face.box_xywh)]
    np.testing.assert_allclose(whole[0].square_xywh, np.multiply(face.square_xywh, 2))
    np.testing.assert_allclose(whole[0].face.keypoints_xy, 2 * face.face.keypoints_xy)
    assert whole[0].turn_degrees == pytest.approx(face.turn_degrees)
    drawn = draw_predictions(astronaut, whole, reduced=2.0)
    np.testing.assert_array_equal(drawn, draw_predictions(astronaut, [face]))


def test_a_missing_model_is_named(astronaut, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.onnx"):
        predict(astronaut, tmp_path / "nothing.onnx")


def test_a_loaded_network_answers_as_its_file_does(astronaut, face):
    (again,) = predict(astronaut, load_network(SHIPPED))
    np.testing.assert_array_equal(again.probabilities, face.probabilities)


def test_it_is_sure_from_the_threshold_on(face):
    highest = float(face.probabilities.max())
    face = replace(face, other=0.1)
    assert replace(face, not_sure_below=0.0).sure
    assert replace(face, not_sure_below=highest).sure
    assert not replace(face, not_sure_below=highest + 1e-6).sure


def test_the_threshold_is_the_networks(astronaut, face):
    network = load_network(SHIPPED)
    doubtful = replace(network, record=network.record | {"not_sure_below": 1.0})
    (again,) = predict(astronaut, doubtful)
    assert (again.not_sure_below, again.sure) == (1.0, False)
    np.testing.assert_array_equal(again.probabilities, face.probabilities)


def test_what_a_network_tells_besides_is_said_of_the_face(astronaut, tmp_path):
    def told(name, mask, **record):
        path = write_telling_network(
            tmp_path / f"{name}.onnx",
            [0.2, 0.8, 0, 0],
            {"mask_unsure": [0.4, 0.6], **record},
            other=[0.35, 0.05, 0.05, 0.1],
            mask=[mask],
        )
        (face,) = predict(astronaut, path)
        return face

    face = told("a", 0.7)
    assert (face.other, face.smile) == pytest.approx((0.55, 0.35))
    assert (face.label, face.sure, face.nose_covered) == ("sad", False, None)
    masks = [told(name, mask).mask for name, mask in (("b", 0.5), ("c", 0.39), ("d", 0.61))]
    assert masks == [None, False, True]
    assert told("e", 0.7, neutral_shift=2.0).label == "neutral"
    path = tmp_path / "e.onnx"
    (answer,) = compare_networks(face.crop, [load_network(path)], repeats=1)
    assert answer.label == "neutral"
    (face,) = predict(astronaut, under_prior(load_network(path), "ferm"))
    assert face.label == "sad"


@pytest.mark.parametrize("style", STYLES)
def test_a_drawn_mask_is_seen_and_changes_only_the_face(astronaut, face, style):
    trial = try_mask(astronaut, face, style, seed=0)
    assert trial.problems == ()
    assert trial.points_xy.shape == (68, 2)
    assert trial.prediction.box_xywh == face.box_xywh
    assert trial.prediction.mask
    assert not face.mask
    changed = np.argwhere((trial.image_rgb != astronaut).any(axis=2))
    _, y, w, h = face.box_xywh
    assert len(changed) > 0.15 * w * h
    assert changed[:, 0].min() > y
    np.testing.assert_array_equal(
        trial.image_rgb, try_mask(astronaut, face, style, seed=0).image_rgb
    )


def test_a_drawn_mask_is_seen_in_a_grey_photograph(astronaut):
    grey = np.repeat(astronaut.mean(axis=2).astype(np.uint8)[..., None], 3, axis=2)
    (bare,) = predict(grey)
    assert not bare.mask
    assert try_mask(grey, bare, "surgical").prediction.mask


def test_every_bare_face_gets_a_mask_of_its_own(astronaut):
    two = np.zeros((512, 812, 3), np.uint8)
    two[:256, :256], two[:, 300:] = astronaut[::2, ::2], astronaut
    trials = mask_faces(two, "surgical", seed=3)
    assert [before.mask for before, _ in trials] == [False, False]
    both = trials[-1][1].image_rgb
    np.testing.assert_array_equal(
        trials[0][1].image_rgb, try_mask(two, trials[0][0], "surgical", seed=3).image_rgb
    )
    for before, _ in trials:
        x, y, w, h = before.box_xywh
        lower = np.s_[y + 2 * h // 3 : y + h, x : x + w]
        assert (both[lower] != two[lower]).any(axis=2).mean() > 0.5
    assert mask_faces(both) == []


def test_an_unknown_style_is_named(astronaut, face):
    with pytest.raises(ValueError, match="Unknown mask style 'scarf'"):
        try_mask(astronaut, face, "scarf")


def test_nothing_heavy_is_imported():
    script = (
        "import sys, fermask.photographs.prediction, fermask.photographs.overlays; "
        "print([m for m in ('tensorflow', 'keras', 'dlib', 'onnxruntime') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=SOURCE, capture_output=True, text=True
    )
    assert said.stdout.strip() == "[]", said.stderr


def test_evidence_for_is_orange_and_against_blue():
    crop = np.full((48, 48), 128, np.uint8)
    evidence = np.zeros((4, 4, 4), np.float32)
    evidence[0, 0, 1], evidence[3, 3, 1] = 5, -5
    drawn = draw_evidence(crop, evidence, 1, 96).astype(int)
    assert drawn.shape == (96, 96, 3)
    assert drawn[2, 2, 0] > drawn[2, 2, 2] + 50
    assert drawn[-2, -2, 2] > drawn[-2, -2, 0] + 50
    assert (drawn[2, -2] == 128).all()
    # What every class has alike, softmax does not see.
    np.testing.assert_array_equal(draw_evidence(crop, evidence + 7, 1, 96), drawn)


def test_no_evidence_leaves_the_crop():
    crop = np.arange(48 * 48, dtype=np.uint8).reshape(48, 48)
    drawn = draw_evidence(crop, np.zeros((6, 6, 4), np.float32), 0, 96)
    np.testing.assert_array_equal(drawn, enlarge_pixels(crop, 2))


@pytest.mark.parametrize(("shape", "index"), [((6, 6), 0), ((0, 6, 4), 0), ((6, 6, 4), 4)])
def test_other_evidence_is_refused(shape, index):
    with pytest.raises(ValueError, match="Expected"):
        draw_evidence(np.zeros((48, 48), np.uint8), np.zeros(shape), index)


@pytest.mark.parametrize("shape", [(512, 512), (3000, 40), (1, 1)])
def test_boxes_are_drawn_on_a_copy_of_bounded_size(shape):
    image = np.full((*shape, 3), 9, np.uint8)
    drawn = draw_boxes(image, [(0, 0, 1, 1), (5, 5, 20, 9)], ["1: sad 41%", ""], 0, longest=600)
    assert max(drawn.shape) <= 600
    assert (image == 9).all()
    assert (drawn != 9).any()


def test_a_picture_without_boxes_is_only_reduced(astronaut):
    np.testing.assert_array_equal(draw_boxes(astronaut, [], []), astronaut)
    assert limit_size(astronaut, 100).shape == (100, 100, 3)


@pytest.mark.parametrize("size", [40, 200, 800])
def test_a_cut_square_takes_points_along(size):
    image = np.zeros((300, 400, 3), np.uint8)
    image[100:110, 200:210] = 255
    cut, to_square = cut_square(image, (150, 50, 200, 200), size)
    x, y = to_square[:, :2] @ (204.5, 104.5) + to_square[:, 2]
    rows, columns = np.nonzero(cut[..., 0] > 127)
    assert columns.mean() == pytest.approx(x, abs=0.6)
    assert rows.mean() == pytest.approx(y, abs=0.6)


def test_points_outside_the_picture_are_left_out():
    image = np.zeros((60, 60, 3), np.uint8)
    assert (draw_points(image, np.array([[-500, 900]])) == 0).all()
    assert draw_points(image, np.array([[30, 20]]))[20, 30].tolist() == [11, 114, 133]
    assert (image == 0).all()


def test_a_framed_square_is_what_is_cut_out(astronaut, face):
    x, y, size, _ = face.square_xywh
    framed = predict_square(astronaut, (x, y, size))
    assert framed.square_xywh == pytest.approx(face.square_xywh, abs=1)
    assert framed.probabilities == pytest.approx(face.probabilities, abs=0.05)
    assert (framed.mask, framed.turn_degrees) == (False, 0)
    assert try_mask(astronaut, framed, "cloth").prediction.mask


@pytest.mark.parametrize("square", [(0, 0, 512), (-100, 300, 250), (5, 5, 2)])
def test_any_square_that_touches_the_picture_gets_an_answer(astronaut, square):
    framed = predict_square(astronaut, square)
    assert framed.square_xywh[:3] == pytest.approx(square, abs=1.2)
    assert framed.probabilities.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("square", [(600, 0, 50), (0, 0, 0), (0, -60, 50)])
def test_a_square_beside_the_picture_is_a_sentence(astronaut, square):
    with pytest.raises(ValueError, match="touches the picture of 512 × 512"):
        predict_square(astronaut, square)


def test_a_mask_has_the_colour_asked_for(astronaut, face):
    red = try_mask(astronaut, face, "cloth", colour_rgb=(200, 30, 30))
    x, y = red.points_xy[[48, 54, 8]].mean(axis=0).astype(int)
    r, g, b = red.image_rgb[y - 5 : y + 5, x - 5 : x + 5].mean(axis=(0, 1))
    assert r > 2 * max(g, b)
    np.testing.assert_array_equal(red.points_xy, try_mask(astronaut, face, "dark").points_xy)


def test_every_network_that_ships_answers_for_the_same_face(face):
    networks = [load_network(path) for path in shipped_networks()]
    names = ["m_xception", "cnn", "mini_xception", "xception"]
    assert [each.name for each in networks] == names
    answers = compare_networks(face.crop, networks, repeats=1)
    np.testing.assert_allclose(answers[0].probabilities, face.probabilities, atol=1e-6)
    assert all(each.milliseconds > 0 and each.label in CLASSES for each in answers)


@pytest.mark.parametrize("turn", [0, 90, -35])
def test_a_cut_square_shows_a_turned_face_upright(turn):
    # A bright dot above the square's middle, as seen by a face that leans by that much.
    image = np.zeros((300, 300, 3), np.uint8)
    lean = np.radians(turn)
    x, y = 150 + 40 * np.sin(lean), 150 - 40 * np.cos(lean)
    image[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4] = 255
    cut, _ = cut_square(image, (100, 100, 100, 100), 200, turn)
    rows, columns = np.nonzero(cut[..., 0] > 127)
    assert (columns.mean(), rows.mean()) == pytest.approx((100, 20), abs=2)


def test_colours_are_read_as_the_web_writes_them():
    assert parse_colour("#0b7285") == (11, 114, 133)
    for wrong in ("", "red", "#12345", "0b7285", "#0b728g"):
        with pytest.raises(ValueError, match="Expected a colour such as"):
            parse_colour(wrong)
