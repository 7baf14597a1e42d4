"""The paper's four formulas count what Keras' layers really hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermask.networks import counts

CHANNELS = [(2, 3), (8, 16), (16, 16), (64, 128)]


@pytest.fixture(scope="module")
def layers():
    import keras

    return keras.layers


def _weights(*layers, channels):
    import keras

    x = inputs = keras.Input((8, 8, channels))
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x).count_params()


@pytest.mark.parametrize(("c", "c_out"), CHANNELS)
def test_a_standard_convolution(layers, c, c_out):
    layer = layers.Conv2D(c_out, 3, use_bias=False)
    assert counts.standard(c, c_out) == _weights(layer, channels=c)


@pytest.mark.parametrize(("c", "c_out"), CHANNELS)
def test_extreme_inception_is_pointwise_then_depthwise(layers, c, c_out):
    pointwise = layers.Conv2D(c_out, 1, use_bias=False)
    depthwise = layers.DepthwiseConv2D(3, use_bias=False)
    assert counts.extreme_inception(c, c_out) == _weights(pointwise, depthwise, channels=c)


@pytest.mark.parametrize(("c", "c_out"), CHANNELS)
def test_depthwise_separable(layers, c, c_out):
    layer = layers.SeparableConv2D(c_out, 3, use_bias=False)
    assert counts.depthwise_separable(c, c_out) == _weights(layer, channels=c)


@given(st.integers(2, 4096), st.integers(1, 4096))
def test_the_order_that_the_paper_derives(c, c_out):
    saved = counts.saved_by_extreme_inception(c, c_out)
    assert saved == counts.standard(c, c_out) - counts.extreme_inception(c, c_out) > 0
    difference = counts.extreme_inception(c, c_out) - counts.depthwise_separable(c, c_out)
    assert (difference > 0) == (c_out > c)
    assert (difference == 0) == (c_out == c)
