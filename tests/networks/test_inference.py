"""A network's file gives answers of the agreed form, or a sentence that says why not."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from fermask.faces.labels import CLASSES
from fermask.networks.inference import PRIORS, load_network, shift_neutral, under_prior
from fermask.system.paths import MODELS, SHIPPED, SOURCE
from tests.telling_network import write_telling_network


@pytest.fixture(scope="module")
def network():
    return load_network()


@pytest.mark.parametrize("count", [0, 1, 300])
def test_any_number_of_faces(network, count):
    faces = np.random.default_rng(0).integers(0, 256, (count, 48, 48), np.uint8)
    answer = network.answer(faces)
    assert answer.probabilities.shape == (count, len(CLASSES))
    assert answer.probabilities.dtype == np.float32
    np.testing.assert_allclose(answer.probabilities.sum(axis=1), 1, atol=1e-5)
    assert answer.features.shape[0] == count
    assert answer.features.ndim == 4
    assert answer.evidence.shape == (*answer.features.shape[:3], len(CLASSES))


def test_the_mean_evidence_is_the_logit(network):
    faces = np.random.default_rng(1).integers(0, 256, (5, 48, 48), np.uint8)
    answer = network.answer(faces)
    logits = answer.evidence.mean(axis=(1, 2))
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        odds / odds.sum(axis=1, keepdims=True), answer.probabilities, atol=1e-5
    )


def test_batches_do_not_change_the_answer(network):
    faces = np.random.default_rng(2).integers(0, 256, (260, 48, 48), np.uint8)
    together = network.answer(faces).probabilities
    np.testing.assert_allclose(network.answer(faces[-1:]).probabilities[0], together[-1], atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 8, 21])
def test_probabilities_alone_are_those_of_the_whole_answer(network, count):
    faces = np.random.default_rng(3).integers(0, 256, (count, 48, 48), np.uint8)
    alone = network.probabilities(faces)
    assert alone.shape == (count, len(CLASSES))
    np.testing.assert_array_equal(alone, network.answer(faces).probabilities)


@pytest.mark.parametrize(
    "faces",
    [
        np.zeros((48, 48), np.uint8),
        np.zeros((1, 47, 48), np.uint8),
        np.zeros((1, 48, 48), np.float32),
    ],
)
def test_other_arrays_are_refused(network, faces):
    with pytest.raises(ValueError, match=r"Expected faces \(n, 48, 48\) of uint8"):
        network.answer(faces)
    with pytest.raises(ValueError, match=r"Expected faces \(n, 48, 48\) of uint8"):
        network.probabilities(faces)


def test_the_record_beside_the_file_comes_with_it(network):
    assert network.record["classes"] == list(CLASSES)
    assert network.name == network.record["model"]


def test_a_file_alone_answers_without_a_record(network, tmp_path):
    path = tmp_path / "alone.onnx"
    shutil.copy(SHIPPED, path)
    alone = load_network(path)
    assert alone.record == {}
    assert alone.not_sure_below == 0
    assert alone.name == "alone"


def test_a_network_is_loaded_once(network):
    assert load_network(str(SHIPPED)) is network


def test_what_a_network_tells_besides_is_handed_on(tmp_path):
    faces = np.zeros((11, 48, 48), np.uint8)
    plain = load_network(MODELS / "cnn.onnx").answer(faces)
    assert (plain.other, plain.mask) == (None, None)
    told = {"other": [0.4, 0.1, 0.0, 0.1], "mask": [0.7]}
    path = write_telling_network(tmp_path / "a.onnx", [0.1, 0.2, 0.3, 0.4], **told)
    answer = load_network(path).answer(faces)
    np.testing.assert_allclose(answer.other, [told["other"]] * 11)
    np.testing.assert_allclose(answer.mask, [[0.7]] * 11)
    np.testing.assert_allclose(answer.probabilities, [[0.1, 0.2, 0.3, 0.4]] * 11)
    alone = write_telling_network(tmp_path / "b.onnx", [1, 0, 0, 0], mask=[0.2])
    assert load_network(alone).answer(faces[:0]).other is None
    assert load_network(alone).answer(faces[:0]).mask.shape == (0, 1)


@pytest.mark.parametrize("more", [{"other": [0.1] * 3}, {"mask": [0.5, 0.5]}, {"age": [0.3]}])
def test_outputs_of_another_form_are_refused(tmp_path, more):
    path = write_telling_network(tmp_path / "a.onnx", [1, 0, 0, 0], **more)
    with pytest.raises(ValueError, match=r"a\.onnx gives .*expected"):
        load_network(path)


def test_a_prior_moves_neutrals_log_odds_and_nothing_else():
    probabilities = np.array([[0.4, 0.3, 0.2, 0.1], [1, 0, 0, 0], [0, 0, 0.5, 0.5]], np.float32)
    shifted = shift_neutral(probabilities, np.log(3))
    np.testing.assert_allclose(shifted[0], np.array([1.2, 0.3, 0.2, 0.1]) / 1.8, rtol=1e-6)
    np.testing.assert_array_equal(shifted[1:], probabilities[1:])
    assert shifted.dtype == np.float32
    np.testing.assert_array_equal(shift_neutral(probabilities, 0.0), probabilities)


def test_ferms_prior_takes_the_shift_away(tmp_path):
    path = write_telling_network(tmp_path / "a.onnx", [1, 0, 0, 0], {"neutral_shift": 0.3})
    network = load_network(path)
    assert [under_prior(network, prior).neutral_shift for prior in PRIORS] == [0.3, 0.0]
    with pytest.raises(ValueError, match="Expected a prior of photographs, ferm, received 'mine'"):
        under_prior(network, "mine")


def test_other_files_are_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.onnx does not exist"):
        load_network(tmp_path / "nothing.onnx")
    path = tmp_path / "letter.onnx"
    path.write_text("Dear all")
    with pytest.raises(ValueError, match=r"letter\.onnx cannot be read as ONNX"):
        load_network(path)
    with pytest.raises(ValueError, match=r"expected a file of scripts\.export"):
        load_network(SHIPPED.with_name("centerface.onnx"))


def test_a_network_answers_without_the_libraries_of_tables():
    code = (
        "import sys, numpy; from fermask.networks.inference import load_network;"
        "load_network().answer(numpy.zeros((1, 48, 48), numpy.uint8));"
        "print([m for m in ('pandas', 'pyarrow', 'cv2') if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=SOURCE, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"
