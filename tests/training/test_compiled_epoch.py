"""Under JAX an epoch as one program is the same training as step by step."""

import os
import subprocess
import sys

import pytest

from fermask.system.paths import SOURCE

pytest.importorskip("jax")

# A process of its own: Keras takes its backend when it is imported.
TRAINED = """
import keras, numpy as np
from fermask.training.batches import fit_once
from fermask.training.compiled_epoch import fit_batches
from fermask.training.normalization import estimate_statistics

rng = np.random.default_rng(0)
faces = rng.normal(3, 2, (192, 48, 48, 1)).astype(np.float32)
shares = rng.dirichlet(np.ones(8), 192).astype(np.float32)
masked = rng.integers(0, 2, (192, 1)).astype(np.float32)

def network():
    keras.utils.set_random_seed(1)
    face = keras.Input((48, 48, 1))
    x = keras.layers.AveragePooling2D(8)(face)
    x = keras.layers.Flatten()(keras.layers.BatchNormalization(name="normal")(x))
    heads = [keras.layers.Dense(8, "softmax", name="probabilities")(x),
             keras.layers.Dense(1, "sigmoid", name="mask")(x)]
    model = keras.Model(face, heads)
    rate = keras.optimizers.schedules.CosineDecay(0.1, 6)
    model.compile(keras.optimizers.AdamW(rate, use_ema=True), metrics=[["accuracy"], []],
                  loss=["categorical_crossentropy", "binary_crossentropy"])
    model.optimizer.build(model.trainable_variables)
    return model

stepwise, whole = network(), network()
logs = fit_once(stepwise, faces, [shares, masked], 64)
# Keras' own step builds the metrics.
fit_once(whole, faces[:64], [shares[:64], masked[:64]], 64)
cut = lambda values: values[64:].reshape(2, 64, *values.shape[1:])
rest = fit_batches(whole, (cut(faces), [cut(shares), cut(masked)], None))
for one, other in zip(stepwise.get_weights(), whole.get_weights(), strict=True):
    np.testing.assert_allclose(one, other, atol=1e-6)
for one, other in zip(stepwise.optimizer.variables, whole.optimizer.variables, strict=True):
    np.testing.assert_allclose(one, other, atol=1e-6)
assert 0 < rest["loss"] and abs(rest["loss"] - logs["loss"]) < 1

estimate_statistics(whole, faces, 64)
pooled = faces.reshape(192, 6, 8, 6, 8).mean(axis=(2, 4))
np.testing.assert_allclose(whole.get_layer("normal").moving_mean, [pooled.mean()], rtol=1e-4)
print("alike")
"""


def test_an_epoch_as_one_program_takes_the_same_steps():
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, "-c", TRAINED], capture_output=True, text=True, env=environment
    )
    assert done.stdout.strip() == "alike", done.stderr
