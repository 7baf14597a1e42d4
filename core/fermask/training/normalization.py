"""Batch normalisation's statistics of the weights that a training ends with.

While weights move, the running averages follow them late, and after a last step at a constant rate
they are those of no network: the paper's CNN named 74% of its own training faces right with each
batch's statistics and 58% with the averages. Taking the mean over many batches with the weights
left alone mends this (Wu and Johnson 2021, "Rethinking 'Batch' in BatchNorm", precise statistics).
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


def estimate_statistics(model: "keras.Model", inputs: np.ndarray, batch_size: int = 64) -> None:
    """Sets every batch normalisation's mean and variance to the mean over the batches given.

    The weights stay. Of each layer the statistics are those that the layers before it have while
    training, as they were when the weights were learned.

    Args:
        model: any network; one without batch normalisation is left as it is.
        inputs: float32 ``(n, 48, 48, 1)``, as trained on; what does not fill a batch is left out,
            unless there is no full one.
        batch_size: faces a batch.
    """
    layers = [layer for layer in model.layers if hasattr(layer, "moving_mean")]
    if not layers:
        return
    averaged = [(layer, layer.momentum) for layer in layers]
    count = max(len(inputs) // batch_size, 1)
    batches = inputs[: count * batch_size].reshape(count, -1, *inputs.shape[1:])
    try:
        for layer in layers:
            # The averages are then the batch's own.
            layer.momentum = 0.0
        moments = _moments(model, layers, batches)
    finally:
        for layer, momentum in averaged:
            layer.momentum = momentum
    for layer, (mean, variance) in zip(layers, moments, strict=True):
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(variance)


def _moments(model: "keras.Model", layers: list["keras.Layer"], batches: np.ndarray) -> list:
    """Mean and variance of each layer, means over the batches."""
    import keras

    if keras.backend.backend() == "jax":
        from fermask.training.compiled_epoch import batch_statistics

        known = zip(model.non_trainable_variables, batch_statistics(model, batches), strict=True)
        means = {id(variable): mean for variable, mean in known}
        return [(means[id(each.moving_mean)], means[id(each.moving_variance)]) for each in layers]
    sums = [[np.zeros(layer.moving_mean.shape) for _ in range(2)] for layer in layers]
    for batch in batches:
        model(batch, training=True)
        for layer, total in zip(layers, sums, strict=True):
            total[0] += np.asarray(layer.moving_mean)
            total[1] += np.asarray(layer.moving_variance)
    return [(mean / len(batches), variance / len(batches)) for mean, variance in sums]
