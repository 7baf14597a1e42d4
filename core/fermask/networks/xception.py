"""Xception (Chollet 2017) at the scale of a 48×48 face: the network that M-Xception cuts down.

All its layers and strides, with about a fifth of the widths, which gives the paper's 9.2×10⁵
parameters (Table 1).
"""

import keras
from keras import layers

from fermask.networks.blocks import (
    convolution,
    halving_block,
    middle_block,
    relu_separable,
    separable,
)

STEM: tuple[int, int] = (8, 16)
ENTRY: tuple[int, int, int] = (32, 64, 152)
MIDDLE_REPEATS = 8
EXIT: tuple[int, int, int, int] = (152, 200, 288, 384)


def xception(classes: int = 4) -> keras.Model:
    """Entry flow of three blocks, middle of eight, exit of one block and two convolutions.

    Returns:
        float32 ``(n, 48, 48, 1)`` in 0…1 → probabilities ``(n, classes)``. The last feature
        map, ``(n, 2, 2, 384)``, is the output of the layer ``features``.
    """
    inputs = keras.Input((48, 48, 1), name="face")
    x = convolution(inputs, STEM[0], "entry_conv1", strides=2)  # 24×24×8
    x = convolution(x, STEM[1], "entry_conv2")  # 24×24×16
    x = halving_block(x, (ENTRY[0], ENTRY[0]), "entry_block1", first=separable)  # 12×12×32
    x = halving_block(x, (ENTRY[1], ENTRY[1]), "entry_block2")  # 6×6×64
    x = halving_block(x, (ENTRY[2], ENTRY[2]), "entry_block3")  # 3×3×152
    for i in range(MIDDLE_REPEATS):
        x = middle_block(x, f"middle_block{i + 1}")
    x = halving_block(x, EXIT[:2], "exit_block")  # 2×2×200
    x = separable(x, EXIT[2], "exit_sepconv1")
    x = relu_separable(x, EXIT[3], "exit_sepconv2")
    x = layers.ReLU(name="features")(x)  # 2×2×384
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="xception")
