"""The files that ship: Keras' and ONNX' answers are the same, and the record is theirs."""

import cv2
import numpy as np
import pytest

from fermask.dataset.manifest import load
from fermask.networks.inference import load_network, network_input
from fermask.photographs.prediction import shipped_networks
from fermask.system.paths import FERM_V1, SHIPPED


def faces(count):
    """Soft blobs of every brightness and sharpness, uint8 ``(count, 48, 48)``."""
    rng = np.random.default_rng(0)
    pictures = []
    for i in range(count):
        side = 4 + i % 45
        coarse = rng.normal(rng.uniform(40, 210), rng.uniform(5, 70), (side, side))
        pictures.append(cv2.resize(coarse, (48, 48), interpolation=cv2.INTER_CUBIC))
    return np.clip(pictures, 0, 255).astype(np.uint8)


def test_keras_and_onnx_agree_on_a_thousand_faces():
    import keras

    pictures = faces(1000)
    network = keras.saving.load_model(SHIPPED.with_suffix(".keras"))
    # Called, since ``predict`` would first compile it.
    expected = np.asarray(network(network_input(pictures)))
    answer = load_network().answer(pictures)
    np.testing.assert_allclose(answer.probabilities, expected, atol=1e-5)
    assert len(set(expected.argmax(axis=1))) > 1


def test_it_stays_within_the_budget():
    record = load_network().record
    assert record["result"]["parameters"] <= 85_000


OTHERS = shipped_networks()[1:]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_a_network_to_compare_with_says_how_it_came_about(path):
    network = load_network(path)
    record, folds = network.record, load(FERM_V1).manifest.set_index("row")["fold"]
    assert network.name == path.stem
    assert {"accuracy", "n", "parameters"} <= record["result"].keys()
    settings = record["settings"]
    assert (settings["protocol"], settings["epochs"]) == ("clean", 30)
    # What it was measured on, it has not learned from.
    assert settings["seed"] not in set(folds[record["rows"]])
    assert len(record["rows"]) + record["result"]["n"] == len(folds)


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_a_network_to_compare_with_adds_its_evidence_up(path):
    answer = load_network(path).answer(faces(20))
    logits = answer.evidence.mean(axis=(1, 2))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answer.probabilities, expected, atol=1e-4)


def test_the_networks_to_compare_with_stay_small():
    files = [path.with_suffix(suffix) for path in OTHERS for suffix in (".onnx", ".json")]
    assert sum(path.stat().st_size for path in files) < 8_000_000
