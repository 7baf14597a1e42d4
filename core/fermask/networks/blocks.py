"""The parts that Xception, mini_Xception and M-Xception are made of.

Every convolution is followed by batch normalisation and none has a bias; a separable one is
linear between its depthwise and its pointwise half.
"""

from collections.abc import Callable

from keras import KerasTensor, layers

# Keras' default of 0.99 averages over two epochs of FERM's 54 steps: while training, the
# weights move faster than that, and the averages no longer fit them.
MOMENTUM = 0.9


def convolution(
    x: KerasTensor, width: int, name: str, strides: int = 1, padding: str = "same"
) -> KerasTensor:
    """A standard 3×3 convolution, normalised, then ReLU."""
    x = layers.Conv2D(width, 3, strides=strides, padding=padding, use_bias=False, name=name)(x)
    x = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def separable(x: KerasTensor, width: int, name: str) -> KerasTensor:
    """A 3×3 depthwise and a 1×1 pointwise convolution, normalised."""
    x = layers.SeparableConv2D(width, 3, padding="same", use_bias=False, name=name)(x)
    return layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_bn")(x)


def relu_separable(x: KerasTensor, width: int, name: str) -> KerasTensor:
    """ReLU, then ``separable``."""
    return separable(layers.ReLU(name=f"{name}_relu")(x), width, name)


def halving_block(
    x: KerasTensor,
    widths: tuple[int, int],
    name: str,
    first: Callable[[KerasTensor, int, str], KerasTensor] = relu_separable,
) -> KerasTensor:
    """Two separable convolutions and pooling beside a 1×1 shortcut, both of stride 2.

    ``first`` is the first convolution: ``separable`` where the input has had its ReLU.
    """
    # The same as a 1×1 convolution of stride 2, on whose gradient TensorFlow's oneDNN crashes
    # where it reads 8 channels.
    every_other = layers.MaxPooling2D(1, strides=2, name=f"{name}_every_other")(x)
    shortcut = layers.Conv2D(widths[1], 1, use_bias=False, name=f"{name}_shortcut")(every_other)
    shortcut = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_shortcut_bn")(shortcut)
    x = first(x, widths[0], f"{name}_sepconv1")
    x = relu_separable(x, widths[1], f"{name}_sepconv2")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
    return layers.Add(name=f"{name}_add")([x, shortcut])


def middle_block(x: KerasTensor, name: str) -> KerasTensor:
    """Three separable convolutions beside the identity."""
    shortcut = x
    for i in (1, 2, 3):
        x = relu_separable(x, shortcut.shape[-1], f"{name}_sepconv{i}")
    return layers.Add(name=f"{name}_add")([x, shortcut])
