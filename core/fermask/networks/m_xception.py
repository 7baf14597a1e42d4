"""M-Xception (§1.2, Fig. 2): Xception cut down to about 80,000 parameters for 48×48 grey faces.

The paper's figure fixes the flows, not the widths; these give 81,788 parameters with four
classes. As in Xception, a block's ReLU stands before each of its separable convolutions.
"""

import keras
from keras import layers

from fermask.networks.blocks import convolution, halving_block, middle_block

# conv1, conv2; the two blocks of the entry flow; the exit block. The middle keeps 64.
WIDTHS: tuple[int, int, int, int, int] = (8, 16, 32, 64, 128)
MIDDLE_REPEATS = 3
DROPOUT = 0.5


def m_xception(classes: int = 4) -> keras.Model:
    """The paper's best network: M-Xception with Dropout before the dense layer (Table 3).

    The rate is not in the paper; 0.5 is the usual one for a dense layer.

    Returns:
        float32 ``(n, 48, 48, 1)`` in 0…1 → probabilities ``(n, classes)``. The last feature
        map, ``(n, 6, 6, 128)``, is the output of the layer ``features``.
    """
    inputs, x = _flows()
    x = layers.Dropout(DROPOUT, name="dropout")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="m_xception")


def m_xception_no_dropout(classes: int = 4) -> keras.Model:
    """The same without Dropout (Table 3's other row)."""
    inputs, x = _flows()
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="m_xception_no_dropout")


def _flows():
    """The input, and what the three flows make of it: ``(n, 128)``."""
    conv1, conv2, block1, block2, exit_width = WIDTHS
    inputs = keras.Input((48, 48, 1), name="face")
    # Entry flow: stride 1 twice keeps position where Xception's first stride is 2.
    x = convolution(inputs, conv1, "entry_conv1")  # 48×48×8
    x = convolution(x, conv2, "entry_conv2")  # 48×48×16
    x = halving_block(x, (block1, block1), "entry_block1")  # 24×24×32
    x = halving_block(x, (block2, block2), "entry_block2")  # 12×12×64
    for i in range(MIDDLE_REPEATS):
        x = middle_block(x, f"middle_block{i + 1}")  # 12×12×64
    x = halving_block(x, (block2, exit_width), "exit_block")  # 6×6×128
    x = layers.ReLU(name="features")(x)
    return inputs, layers.GlobalAveragePooling2D(name="pool")(x)
