"""The figures show what they are drawn from, and are drawn anew where that changes."""

from dataclasses import replace
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
import skimage.data

from fermask.dataset.manifest import load
from fermask.dataset.screening import RULES
from fermask.faces.mask_styles import STYLES
from fermask.networks import NETWORKS, build_network
from fermask.networks.predictions import Predictions, read_predictions
from fermask.reporting.figures import (
    CAPTIONS,
    EXAMPLE_CHANNELS,
    cell_texts,
    draw_confusion,
    draw_confusions,
    draw_convolutions,
    draw_face_masks,
    draw_landmark_pair,
    draw_network,
    draw_pipeline,
    figure_png,
    network_blocks,
    pipeline_steps,
    split_confusions,
    stored_figure,
)
from fermask.studies.reproduction import predictions_of_runs
from fermask.system.files import read_json
from fermask.system.paths import PUBLISHED, PUBLISHED_RUNS, SHIPPED
from tests.small import ABOUT, small_ferm, small_predictions

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def ferm():
    return load(PUBLISHED)


@pytest.fixture(scope="module")
def record():
    return read_json(SHIPPED.with_suffix(".json"))


@pytest.fixture(scope="module")
def predictions():
    return read_predictions(predictions_of_runs(PUBLISHED_RUNS)["m_xception-paper-0"])


@pytest.fixture(scope="module")
def networks():
    return {name: build_network(name) for name in NETWORKS}


def words(svg):
    """The lines of text of a figure that parses, names itself and has a ground."""
    figure = ElementTree.fromstring(svg)
    assert figure.tag == f"{SVG}svg"
    assert figure.get("role") == "img"
    assert figure[0].tag == f"{SVG}title"
    assert figure[1].get("width") == figure.get("width")
    return [each.text for each in figure.iter(f"{SVG}text")]


def test_the_pipeline_s_numbers_are_the_manifest_s(ferm, record):
    steps = pipeline_steps(ferm)
    funnel = ferm.funnel.set_index("step").sum(axis=1)
    assert (steps[0].faces, steps[-2].faces) == (funnel["all"], funnel["left"])
    assert steps[-1].parts == ferm.manifest["label"].value_counts().to_dict()
    assert steps[-1].faces == len(ferm.manifest) == 3840
    dropped = {rule: -n for step in steps[1:-1] for rule, n in step.parts.items()}
    assert dropped == {rule: funnel[rule] for rule in RULES if funnel[rule]}
    said = words(draw_pipeline(ferm, record))
    for step in steps:
        assert f"{step.faces:,}" in said
        assert {f"{abs(n):,}" for n in step.parts.values()} <= {each.lstrip("−") for each in said}
    assert {f"{len(record['rows']) - 3840:,}", "3,840"} <= set(said)
    assert f"{record['result']['accuracy']:.1%}" in said
    assert f"n = {record['result']['n']:,}" in said


def test_a_pipeline_that_holds_back_a_fold_says_how_many(ferm, record):
    settings = record["settings"] | {"protocol": "clean", "seed": 3, "trained_on": "ferm"}
    said = words(draw_pipeline(ferm, record | {"settings": settings}))
    fold = (ferm.manifest["fold"] == 3).sum()
    assert "held back: fold 3" in said
    assert {f"{fold:,}", f"{3840 - fold:,}"} <= set(said)


def test_the_pipeline_of_a_network_of_another_set_is_refused(ferm, record):
    with pytest.raises(ValueError, match="trained on FERM v2, not on a small set"):
        draw_pipeline(small_ferm(), record)


def test_a_pipeline_under_the_paper_s_protocol_says_so(ferm, record):
    settings = record["settings"] | {"protocol": "paper", "trained_on": "ferm"}
    said = words(draw_pipeline(ferm, record | {"settings": settings}))
    assert "held back: a random tenth, seed 0" in said
    assert "384" in said


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_and_parameter_of_a_network_is_in_one_block(networks, name):
    network = networks[name]
    blocks = network_blocks(network)
    assert sum(block.parameters for block in blocks) == network.count_params()
    drawn = [layer for block in blocks for layer in block.layers]
    assert sorted(drawn) == sorted(layer.name for layer in network.layers)
    said = words(draw_network(network))
    assert any(f"{network.count_params():,} parameters" in line for line in said)
    for block in blocks:
        assert "×".join(map(str, block.shape)) in said
        assert not block.parameters or any(line.endswith(f"{block.parameters:,}") for line in said)


def test_m_xception_is_drawn_with_its_flows_repeats_and_shortcuts(networks):
    blocks = {block.name: block for block in network_blocks(networks["m_xception"])}
    middle = blocks["middle_block1"]
    assert (middle.repeats, middle.shortcut, middle.shape) == (3, ("identity",), (12, 12, 64))
    assert middle.steps == ("ReLU · separable 3×3, 64 · BN",) * 3
    assert blocks["entry_block1"].shortcut == ("every 2nd pixel", "conv 1×1, 32 · BN")
    assert blocks["entry_conv1"].shortcut == ()
    said = words(draw_network(networks["m_xception"]))
    assert {"Entry flow", "Middle flow", "Exit flow", "3× in a row", "dropout 0.5"} <= set(said)


def test_the_convolutions_counts_are_those_of_keras_layers():
    from keras import layers

    from fermask.networks.m_xception import WIDTHS

    assert WIDTHS[2:4] == EXAMPLE_CHANNELS
    c, c_out = EXAMPLE_CHANNELS
    options = {"use_bias": False, "padding": "same"}
    forms = [
        [layers.Conv2D(c_out, 3, **options)],
        [layers.Conv2D(c_out, 1, **options), layers.DepthwiseConv2D(3, **options)],
        [layers.SeparableConv2D(c_out, 3, **options)],
    ]
    said = words(draw_convolutions())
    for form in forms:
        x, weights = np.zeros((1, 4, 4, c), dtype=np.float32), 0
        for layer in form:
            x = layer(x)
            weights += layer.count_params()
        assert f"{weights:,}" in said


@pytest.mark.parametrize(("c", "c_out"), [(1, 1), (2, 4096)])
def test_convolutions_of_any_width_are_drawn(c, c_out):
    assert f"{9 * c * c_out:,}" in words(draw_convolutions(c, c_out))


def test_a_convolution_without_channels_is_refused():
    with pytest.raises(ValueError, match="1 channel or more"):
        draw_convolutions(0, 64)


def test_68_landmarks_stand_beside_27(ferm):
    svg = draw_landmark_pair(ferm.points_xy[0])
    fills = [each.get("fill") for each in ElementTree.fromstring(svg).iter(f"{SVG}circle")]
    assert (len(fills), fills.count("#fff")) == (2 * 68, 41)
    assert {"68 landmarks", "27 landmarks", "jaw 2 · brows 10 · nose 3 · eyes 12"} <= set(
        words(svg)
    )


def test_a_photograph_s_face_wears_each_mask():
    svg = draw_face_masks(skimage.data.astronaut())
    said = words(svg)
    assert set(STYLES) <= set(said)
    pictures = [each.get("href") for each in ElementTree.fromstring(svg).iter(f"{SVG}image")]
    assert len(set(pictures)) == 2 * (1 + len(STYLES))
    assert len(svg) < 150_000


def test_a_photograph_without_a_face_is_refused():
    with pytest.raises(ValueError, match="No face was found"):
        draw_face_masks(np.full((200, 200, 3), 128, dtype=np.uint8))


def test_confusions_sum_to_the_n_that_they_print(predictions):
    matrices = split_confusions(predictions)
    split = predictions.table["split"]
    assert matrices["all"].sum() == len(split)
    assert matrices["validation"].sum() == (split == "validation").sum()
    said = words(draw_confusions(predictions))
    for matrix in matrices.values():
        assert f"n = {matrix.sum():,}" in said
        assert {f"{count:,}" for count in matrix.ravel()} <= set(said)
    assert f"{(split == 'training').sum():,} training faces included" in said


def test_confusions_under_the_paper_s_protocol_tell_of_twins():
    table = small_predictions(small_ferm(), wrong=[2], validation=[0, 1, 2])
    said = words(draw_confusions(Predictions(table, ABOUT | {"protocol": "paper"})))
    assert "not trained on, but twins may be" in said
    assert "66.7% right (95%: 20.8 to 93.9)" in said


def test_confusions_of_no_validation_face_are_drawn():
    table = small_predictions(small_ferm(), validation=[])
    svg = draw_confusions(Predictions(table, ABOUT))
    assert "n = 0" in words(svg)
    assert "nan" not in svg


def test_a_confusion_s_large_figures_are_counts_or_shares():
    confusion = np.diag([3, 1, 0, 2])
    assert cell_texts(confusion, shares=False)[0][0] == ("3", "100.0%")
    assert cell_texts(confusion, shares=True)[0][1] == ("0.0%", "0")
    assert cell_texts(confusion, shares=True)[2][2] == ("0.0%", "0")


def test_a_confusion_as_png_is_darker_where_more_faces_are():
    confusion = np.array([[3, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]])
    svg = draw_confusion(confusion, "m_xception → a small set " * 8)
    picture = cv2.imdecode(np.frombuffer(figure_png(svg), np.uint8), cv2.IMREAD_COLOR)
    figure = ElementTree.fromstring(svg)
    assert picture.shape == (2 * int(figure.get("height")), 2 * int(figure.get("width")), 3)
    # The last row: angry, predicted as sad by all.
    cells = list(figure.iter(f"{SVG}rect"))[-4:]
    corners = [[int(2 * float(each.get(name))) + 12 for name in "yx"] for each in cells]
    _, sad, _, angry = (int(picture[y, x].sum()) for y, x in corners)
    assert sad < angry


def test_a_figure_of_curves_is_not_taken_for_one_of_rectangles(ferm):
    with pytest.raises(ValueError, match="Expected rectangles and texts alone"):
        figure_png(draw_landmark_pair(ferm.points_xy[0]))


def test_words_from_files_cannot_break_a_figure(ferm, record):
    named = replace(ferm, about=ferm.about | {"name": "<A & B>"})
    assert "<A & B>" in words(draw_pipeline(named, record | {"ferm": "<A & B>"}))


def test_the_stored_figures_are_those_that_the_code_draws(ferm, record, predictions, networks):
    drawn = {
        1: draw_pipeline(ferm, record),
        2: draw_network(networks["m_xception"]),
        3: draw_convolutions(),
        4: draw_landmark_pair(ferm.points_xy.mean(axis=0, dtype=np.float64)),
        6: draw_confusions(predictions),
    }
    for number, svg in drawn.items():
        assert stored_figure(number).read_text(encoding="utf-8") == svg, number
    # OpenCV's versions find and draw with other last digits, so the fifth is only read.
    words(stored_figure(5).read_text(encoding="utf-8"))
    assert set(CAPTIONS) == {*drawn, 5}
