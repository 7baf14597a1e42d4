"""mini_Xception (Arriaga, Valdenegro-Toro and Plöger 2017), a row of Table 3.

"Real-time Convolutional Neural Networks for Emotion and Gender Classification".
"""

import keras
from keras import layers

from fermask.networks.blocks import convolution, halving_block, separable

STEM_WIDTH = 8
WIDTHS: tuple[int, ...] = (16, 32, 64, 128)


def mini_xception(classes: int = 4) -> keras.Model:
    """Two convolutions, four separable blocks with shortcuts, and no dense layer.

    58,423 parameters with seven classes, as in the paper's published code.

    Returns:
        float32 ``(n, 48, 48, 1)`` in 0…1 → probabilities ``(n, classes)``. The last feature
        map, ``(n, 3, 3, 128)``, is the output of the layer ``features``; the layer
        ``evidence`` gives the classes at each of its places.
    """
    inputs = keras.Input((48, 48, 1), name="face")
    x = convolution(inputs, STEM_WIDTH, "conv1", padding="valid")  # 46×46×8
    x = convolution(x, STEM_WIDTH, "conv2", padding="valid")  # 44×44×8
    for i, width in enumerate(WIDTHS, start=1):
        x = halving_block(x, (width, width), f"block{i}", first=separable)  # 22, 11, 6, 3
    x = layers.Identity(name="features")(x)  # 3×3×128
    x = layers.Conv2D(classes, 3, padding="same", name="evidence")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    outputs = layers.Softmax(name="probabilities")(x)
    return keras.Model(inputs, outputs, name="mini_xception")
