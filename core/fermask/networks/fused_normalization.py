"""Batch normalisation by TensorFlow's fused kernel, with which training on a CPU is faster.

Keras computes moments and normalises in separate steps, which take much of a small network's
time (``scripts.bench --only training`` measures how much). The other backends' compilers fuse
these themselves.
"""

import keras


@keras.saving.register_keras_serializable(package="ferm")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer over the last axis, with the same weights and, to rounding, the same values."""

    def call(self, inputs, training=None, mask=None):
        """float32 ``(n, h, w, c)`` → the same shape; moves the averages while training."""
        if not training or not self.trainable or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        shape = tf.shape(inputs)
        count = tf.cast(shape[0] * shape[1] * shape[2], variance.dtype)
        # The kernel gives the unbiased variance, Keras averages the biased one.
        variance *= (count - 1) / count
        for average, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + now * (1 - self.momentum))
        return outputs


def with_fused_normalization(model: keras.Model) -> keras.Model:
    """The same network, weights included, ready to be trained faster under TensorFlow."""

    def clone(layer: keras.Layer) -> keras.Layer:
        fused = type(layer) is keras.layers.BatchNormalization
        made = FusedBatchNormalization if fused else type(layer)
        return made.from_config(layer.get_config())

    if keras.backend.backend() != "tensorflow":
        return model
    cloned = keras.models.clone_model(model, clone_function=clone)
    cloned.set_weights(model.get_weights())
    return cloned
