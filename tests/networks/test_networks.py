"""The networks are those of the paper: sizes, order of layers, outputs."""

from functools import cache

import numpy as np
import pytest

from fermask.networks import NETWORKS, build_network
from tests.networks_tried import quick_and_slow

# name: parameters with four and with seven classes.
PARAMETERS = {
    "cnn": (390_308, 391_079),
    "mini_xception": (54_964, 58_423),
    "xception": (927_916, 929_071),
    "m_xception": (81_788, 82_175),
    "m_xception_no_dropout": (81_788, 82_175),
}


@cache
def built(name, classes=4):
    """A network that no test changes."""
    return build_network(name, classes)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_network_of_the_paper_has_as_many_parameters_as_there(name):
    assert built(name).count_params() == PARAMETERS[name][0]
    assert built(name, 7).count_params() == PARAMETERS[name][1]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_turns_grey_faces_into_probabilities(name):
    network = built(name)
    assert network.name == name
    faces = np.random.default_rng(0).random((3, 48, 48, 1), dtype=np.float32)
    probabilities = np.asarray(network(faces))
    assert probabilities.shape == (3, 4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert network.get_layer("features").output.ndim == 4


@pytest.mark.parametrize("name", NETWORKS)
def test_the_number_of_classes_is_free(name):
    assert built(name, 7).output_shape == (None, 7)


def test_an_unknown_network_names_those_there_are():
    with pytest.raises(ValueError, match=r"'vgg'; there are cnn"):
        build_network("vgg")


@pytest.fixture(scope="module")
def network():
    return built("m_xception")


class TestMXception:
    def test_has_the_papers_budget(self, network):
        assert 75_000 <= network.count_params() <= 85_000

    def test_keeps_position_at_the_entry(self, network):
        for name in ("entry_conv1", "entry_conv2"):
            assert network.get_layer(name).strides == (1, 1)
        assert network.get_layer("entry_conv2").output.shape[1:3] == (48, 48)

    def test_has_two_entry_blocks_three_in_the_middle_and_one_at_the_exit(self, network):
        added = [layer.name for layer in network.layers if layer.name.endswith("_add")]
        assert added == [
            *(f"entry_block{i}_add" for i in (1, 2)),
            *(f"middle_block{i}_add" for i in (1, 2, 3)),
            "exit_block_add",
        ]

    def test_normalises_after_every_convolution(self, network):
        names = [layer.name for layer in network.layers]
        convolutions = [name for name in names if f"{name}_bn" in names]
        kernels = [layer.name for layer in network.layers if "Conv2D" in type(layer).__name__]
        assert convolutions == kernels

    def test_is_linear_between_depthwise_and_pointwise(self, network):
        separable = [n for n in network.layers if type(n).__name__ == "SeparableConv2D"]
        assert len(separable) == 2 * 2 + 3 * 3 + 2
        assert all(layer.activation.__name__ == "linear" for layer in separable)

    def test_drops_out_before_the_dense_layer_or_not_at_all(self, network):
        assert network.layers[-2].name == "dropout"
        without = built("m_xception_no_dropout")
        assert not [layer for layer in without.layers if "Dropout" in type(layer).__name__]


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(
    "name", quick_and_slow(sorted(set(NETWORKS) - {"m_xception_no_dropout"}), "m_xception")
)
def test_fused_normalization_trains_the_same_network(name):
    import keras

    from fermask.networks.fused_normalization import with_fused_normalization

    plain = build_network(name)
    for layer in plain.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    fused = with_fused_normalization(plain)
    rng = np.random.default_rng(0)
    faces = rng.random((40, 48, 48, 1), dtype=np.float32)
    labels = rng.integers(0, 4, 40)
    for model in (plain, fused):
        model.compile(
            keras.optimizers.SGD(0.001), "sparse_categorical_crossentropy", jit_compile=False
        )
        model.train_on_batch(faces, labels)
    for ours, theirs in zip(fused.weights, plain.weights, strict=True):
        assert ours.path.split("/")[-2:] == theirs.path.split("/")[-2:]
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=2e-3, atol=2e-5)
