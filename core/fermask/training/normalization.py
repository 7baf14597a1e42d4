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
    sums = [[np.zeros(layer.moving_mean.shape) for _ in range(2)] for layer in layers]
    starts = range(0, max(len(inputs) - batch_size + 1, 1), batch_size)
    try:
        for layer in layers:
            # The averages are then the batch's own.
            layer.momentum = 0.0
        for start in starts:
            model(inputs[start : start + batch_size], training=True)
            for layer, total in zip(layers, sums, strict=True):
                total[0] += np.asarray(layer.moving_mean)
                total[1] += np.asarray(layer.moving_variance)
    finally:
        for layer, momentum in averaged:
            layer.momentum = momentum
    for layer, (mean, variance) in zip(layers, sums, strict=True):
        layer.moving_mean.assign(mean / len(starts))
        layer.moving_variance.assign(variance / len(starts))
