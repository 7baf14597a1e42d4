"""The files that ship: Keras' and ONNX' answers are the same, and the record is theirs."""

import cv2
import numpy as np
import pytest

from fermask.dataset.manifest import load
from fermask.faces.landmarks import find_landmarks
from fermask.faces.masking import draw_look, put_mask
from fermask.networks.inference import load_network, network_input
from fermask.photographs.prediction import shipped_networks
from fermask.system.paths import FERM_V1, PUBLISHED, SHIPPED
from tests.faces import other_face


def faces(count):
    """Soft blobs of every brightness and sharpness, uint8 ``(count, 48, 48)``."""
    rng = np.random.default_rng(0)
    pictures = []
    for i in range(count):
        side = 4 + i % 45
        coarse = rng.normal(rng.uniform(40, 210), rng.uniform(5, 70), (side, side))
        pictures.append(cv2.resize(coarse, (48, 48), interpolation=cv2.INTER_CUBIC))
    return np.clip(pictures, 0, 255).astype(np.uint8)


def test_keras_and_onnx_agree_on_two_hundred_faces():
    import keras

    pictures = faces(200)
    network = keras.saving.load_model(SHIPPED.with_suffix(".keras"))
    # Called, since ``predict`` would first compile it.
    expected, mask = (np.asarray(each) for each in network(network_input(pictures)))
    answer = load_network().answer(pictures)
    four = expected[:, :4] / expected[:, :4].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answer.probabilities, four, atol=1e-5)
    np.testing.assert_allclose(answer.other, expected[:, 4:], atol=1e-5)
    np.testing.assert_allclose(answer.mask, mask, atol=1e-5)
    assert len(set(four.argmax(axis=1))) > 1


def test_it_stays_within_the_budget():
    record = load_network().record
    assert record["result"]["parameters"] <= 85_000


def test_it_says_how_it_came_about():
    record = load_network().record
    # It has learned from every face of the set, so none of them can measure it.
    assert set(load(PUBLISHED).manifest["row"]) <= set(record["rows"])
    assert record["neutral_shift"] > 0
    low, high = record["mask_unsure"]
    assert 0 < low <= high < 1


def test_it_sees_drawn_masks_and_bare_faces():
    network = load_network(SHIPPED)
    bare = np.stack([other_face(seed) for seed in range(40)])
    found = [find_landmarks(each) for each in bare]
    masked = np.stack(
        [
            put_mask(b, f.points_xy, draw_look(i)).image
            for i, (b, f) in enumerate(zip(bare, found, strict=True))
        ]
    )
    _, high = network.mask_unsure
    assert (network.answer(masked).mask > high).mean() > 0.9
    assert (network.answer(bare).mask > high).mean() < 0.1


OTHERS = [path for path in shipped_networks() if path != SHIPPED]


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
