"""What TensorFlow reads from the environment as it is imported."""

import os


def prepare_tensorflow() -> None:
    """Sets what is not set yet; comes before the first import of Keras.

    ``TF_ENABLE_ONEDNN_OPTS=1``: without it TensorFlow takes twice as long to train on a processor
    that has no AVX-512. ``TF_CPP_MIN_LOG_LEVEL=2``: notices that are not errors would bury a
    progress bar.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
