"""The networks by name. A network is added by one file and one line in ``NETWORKS``.

Each builder takes the number of classes and returns a Keras model that reads float32
``(n, 48, 48, 1)`` in 0…1, gives probabilities ``(n, classes)`` and names its last feature
map's layer ``features``. Its layer ``evidence``, or else its dense layer ``probabilities``,
turns each place of that map into classes.

One that is built with ``tells_mask`` has a second output, ``mask`` ``(n, 1)``: how likely a mask is
worn, from 129 weights more on the same pooled features.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

# name → "module:function"; imported on first use, since Keras takes seconds to load.
NETWORKS: dict[str, str] = {
    "cnn": "fermask.networks.cnn:cnn",
    "mini_xception": "fermask.networks.mini_xception:mini_xception",
    "xception": "fermask.networks.xception:xception",
    "m_xception": "fermask.networks.m_xception:m_xception",
    "m_xception_no_dropout": "fermask.networks.m_xception:m_xception_no_dropout",
}

# How people write the names that are not written so.
LABELS: dict[str, str] = {
    "cnn": "CNN",
    "mini_xception": "mini_Xception",
    "xception": "Xception",
    "m_xception": "M-Xception",
    "m_xception_no_dropout": "M-Xception without dropout",
    "m_xception_v1": "0.1's M-Xception",
}


def network_label(name: str) -> str:
    """A network's name as people write it."""
    return LABELS.get(name, name)


def build_network(name: str, classes: int = 4, tells_mask: bool = False) -> "keras.Model":
    """A new network of this name, with random weights; if wanted, with the output ``mask``.

    Raises:
        ValueError: an unknown name.
    """
    if name not in NETWORKS:
        raise ValueError(f"Unknown network {name!r}; there are {', '.join(NETWORKS)}.")
    module, function = NETWORKS[name].split(":")
    builder: Callable[[int], keras.Model] = getattr(import_module(module), function)
    network = builder(classes)
    return with_mask_head(network) if tells_mask else network


def with_mask_head(network: "keras.Model") -> "keras.Model":
    """The network with the output ``mask`` beside its own."""
    import keras

    pooled = network.get_layer("pool").output
    mask = keras.layers.Dense(1, activation="sigmoid", name="mask")(pooled)
    return keras.Model(network.input, [network.output, mask], name=network.name)
