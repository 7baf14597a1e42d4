"""The files that ship: Keras' and ONNX' answers are the same, and the record is theirs."""

import cv2
import numpy as np

from core.inference import SHIPPED, load_network
from core.training import network_input


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
    expected = network.predict_on_batch(network_input(pictures))
    answer = load_network().answer(pictures)
    np.testing.assert_allclose(answer.probabilities, expected, atol=1e-5)
    assert len(set(expected.argmax(axis=1))) > 1


def test_it_stays_within_the_budget():
    record = load_network().record
    assert record["result"]["parameters"] <= 85_000
