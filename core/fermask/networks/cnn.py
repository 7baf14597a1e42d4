"""A plain convolutional network, the first row of Table 3.

The paper does not describe its CNN; this is the usual one of its time: convolutions, batch
normalisation, pooling, doubling in width while halving in size.
"""

import keras
from keras import layers

from fermask.networks.blocks import convolution

WIDTHS: tuple[int, ...] = (32, 64, 128, 256)
DROPOUT = 0.5


def cnn(classes: int = 4) -> keras.Model:
    """Four convolutions, each followed by pooling.

    Returns:
        float32 ``(n, 48, 48, 1)`` in 0…1 → probabilities ``(n, classes)``. The last feature
        map, ``(n, 3, 3, 256)``, is the output of the layer ``features``.
    """
    inputs = keras.Input((48, 48, 1), name="face")
    x = inputs
    for i, width in enumerate(WIDTHS, start=1):
        x = convolution(x, width, f"conv{i}")
        x = layers.MaxPooling2D(2, name=f"conv{i}_pool")(x)  # 24, 12, 6, 3
    x = layers.Identity(name="features")(x)  # 3×3×256
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(DROPOUT, name="dropout")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="cnn")
