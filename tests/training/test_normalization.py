"""Statistics of normalisation are those of the weights as they are."""

import numpy as np
import pytest

from fermask.training.normalization import estimate_statistics


@pytest.fixture
def inputs():
    return np.random.default_rng(0).normal(3, 2, (160, 48, 48, 1)).astype(np.float32)


@pytest.fixture
def model():
    import keras

    return keras.Sequential(
        [
            keras.layers.Input((48, 48, 1)),
            keras.layers.BatchNormalization(momentum=0.9, name="first"),
            keras.layers.Conv2D(2, 3, use_bias=False),
            keras.layers.BatchNormalization(momentum=0.9, name="second"),
        ]
    )


def test_they_are_the_mean_over_the_batches(model, inputs):
    estimate_statistics(model, inputs, batch_size=80)
    first = model.get_layer("first")
    batches = [inputs[:80], inputs[80:]]
    np.testing.assert_allclose(first.moving_mean, inputs.mean(), rtol=1e-4)
    np.testing.assert_allclose(
        first.moving_variance, np.mean([batch.var() for batch in batches]), rtol=1e-3
    )


def test_a_later_layer_sees_what_the_earlier_ones_give_while_training(model, inputs):
    estimate_statistics(model, inputs, batch_size=160)
    answered = np.asarray(model(inputs, training=False))
    np.testing.assert_allclose(answered.mean(axis=(0, 1, 2)), 0, atol=1e-2)
    np.testing.assert_allclose(answered.std(axis=(0, 1, 2)), 1, atol=1e-2)


def test_weights_and_momentum_stay(model, inputs):
    before = [weight.copy() for weight in (model.layers[1].get_weights())]
    estimate_statistics(model, inputs)
    for weight, then in zip(model.layers[1].get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, then)
    assert model.get_layer("first").momentum == 0.9


def test_fewer_faces_than_a_batch_are_one_batch(model, inputs):
    estimate_statistics(model, inputs[:10], batch_size=64)
    np.testing.assert_allclose(model.get_layer("first").moving_mean, inputs[:10].mean(), rtol=1e-4)
