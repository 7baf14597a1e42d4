"""A network that is built and trained in a moment, with all that a run has to keep account of."""

from contextlib import contextmanager

TINY = "tiny"


@contextmanager
def eager_tensorflow():
    """TensorFlow takes each step as it comes: to trace a network takes longer than a few steps."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def tiny(classes=4):
    """A convolution with batch normalisation, whose averages move, and with dropout."""
    from keras import Input, Model, layers

    face = Input((48, 48, 1), name="face")
    x = layers.Conv2D(8, 8, strides=8, use_bias=False, name="convolution")(face)
    x = layers.BatchNormalization(momentum=0.9, name="normalised")(x)
    x = layers.ReLU(name="features")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    x = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    return Model(face, x, name=TINY)
