"""M-Xception (§1.2, Fig. 2): Xception cut down to about 80,000 parameters for 48×48 grey faces.

The paper's figure fixes the flows, not the widths; these give 81,788 parameters with four
classes. As in Keras' own Xception, every convolution is followed by batch normalisation, a
block's ReLU stands before each of its separable convolutions, and a separable convolution
is linear between its depthwise and its pointwise half.
"""

import keras
from keras import layers

# conv1, conv2; the two blocks of the entry flow; the exit block. The middle keeps 64.
WIDTHS: tuple[int, int, int, int, int] = (8, 16, 32, 64, 128)
MIDDLE_REPEATS = 3
DROPOUT = 0.5
# Keras' default of 0.99 averages over two epochs of FERM's 54 steps: while training, the
# weights move faster than that, and the averages no longer fit them.
MOMENTUM = 0.9


def m_xception(classes: int = 4) -> keras.Model:
    """The paper's best network: M-Xception with Dropout before the dense layer (Table 3).

    The rate is not in the paper; 0.5 is the usual one for a dense layer.

    Returns:
        float32 ``(n, 48, 48, 1)`` in 0…1 → probabilities ``(n, classes)``. The last feature
        map, ``(n, 6, 6, 128)``, is the output of the layer ``features``.
    """
    return _m_xception("m_xception", classes, DROPOUT)


def m_xception_no_dropout(classes: int = 4) -> keras.Model:
    """The same without Dropout (Table 3's other row)."""
    return _m_xception("m_xception_no_dropout", classes, 0.0)


def _m_xception(name: str, classes: int, dropout: float) -> keras.Model:
    conv1, conv2, block1, block2, exit_width = WIDTHS
    inputs = keras.Input((48, 48, 1), name="face")
    # Entry flow: stride 1 twice keeps position where Xception's first stride is 2.
    x = _convolution(inputs, conv1, "entry_conv1")  # 48×48×8
    x = _convolution(x, conv2, "entry_conv2")  # 48×48×16
    x = _halving_block(x, (block1, block1), "entry_block1")  # 24×24×32
    x = _halving_block(x, (block2, block2), "entry_block2")  # 12×12×64
    for i in range(MIDDLE_REPEATS):
        x = _middle_block(x, f"middle_block{i + 1}")  # 12×12×64
    x = _halving_block(x, (block2, exit_width), "exit_block")  # 6×6×128
    x = layers.ReLU(name="features")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)  # 128
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs, name=name)


def _convolution(x, width: int, name: str):
    x = layers.Conv2D(width, 3, padding="same", use_bias=False, name=name)(x)
    x = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _separable(x, width: int, name: str):
    x = layers.ReLU(name=f"{name}_relu")(x)
    x = layers.SeparableConv2D(width, 3, padding="same", use_bias=False, name=name)(x)
    return layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_bn")(x)


def _halving_block(x, widths: tuple[int, int], name: str):
    """Two separable convolutions and pooling beside a 1×1 shortcut, both of stride 2."""
    shortcut = layers.Conv2D(
        widths[1], 1, strides=2, padding="same", use_bias=False, name=f"{name}_shortcut"
    )(x)
    shortcut = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_shortcut_bn")(shortcut)
    for i, width in enumerate(widths):
        x = _separable(x, width, f"{name}_sepconv{i + 1}")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
    return layers.Add(name=f"{name}_add")([x, shortcut])


def _middle_block(x, name: str):
    """Three separable convolutions beside the identity."""
    shortcut = x
    for i in range(3):
        x = _separable(x, shortcut.shape[-1], f"{name}_sepconv{i + 1}")
    return layers.Add(name=f"{name}_add")([x, shortcut])
