"""A whole epoch as one compiled program, for the JAX backend.

Keras' own step hands every variable back after each batch, which on a GPU takes several times as
long as the batch. Here the batches lie on the device and the loop over them does too.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

# Inputs, targets and weights as a Keras model takes them, each with the batches first.
Batches = tuple[np.ndarray, np.ndarray | list[np.ndarray], np.ndarray | None]


def fit_batches(model: "keras.Model", batches: Batches) -> dict[str, float]:
    """Trains on batches of the same size, in their order; ``model``'s variables move.

    Args:
        model: compiled, of the JAX backend.
        batches: of ``(steps, size, …)``.

    Returns:
        The model's metrics, means over the batches.
    """
    model.reset_metrics()
    kinds = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )
    state, logs = _steps()(model, tuple([each.value for each in kind] for kind in kinds), batches)
    for kind, values in zip(kinds, state, strict=True):
        for variable, value in zip(kind, values, strict=True):
            variable.assign(value)
    return {name: float(value[-1]) for name, value in logs.items()}


@cache
def _steps() -> Callable:
    """Model, its state and batches → the state after them, and the logs of each step."""
    import jax

    def run(model: "keras.Model", state: tuple, batches: Batches) -> tuple:
        def step(state: tuple, batch: tuple) -> tuple:
            logs, state = model.train_step(state, batch)
            return state, logs

        return jax.lax.scan(step, state, batches)

    return jax.jit(run, static_argnums=0, donate_argnums=1)


def batch_statistics(model: "keras.Model", batches: np.ndarray) -> list[np.ndarray]:
    """Non-trainable variables as each batch leaves them in training mode, the weights left alone.

    Args:
        model: of the JAX backend.
        batches: float32 ``(steps, size, 48, 48, 1)``.

    Returns:
        Of each of ``model.non_trainable_variables`` the mean over the batches.
    """
    state = tuple(
        [each.value for each in kind]
        for kind in (model.trainable_variables, model.non_trainable_variables)
    )
    return [np.asarray(each).mean(axis=0) for each in _passes()(model, *state, batches)]


@cache
def _passes() -> Callable:
    """Model, its weights, its other variables and batches → the others after each, all alone."""
    import jax

    def run(model: "keras.Model", weights: list, others: list, batches: np.ndarray) -> list:
        def step(carried: None, batch: np.ndarray) -> tuple[None, list]:
            _, moved = model.stateless_call(weights, others, batch, training=True)
            return carried, moved

        return jax.lax.scan(step, None, batches)[1]

    return jax.jit(run, static_argnums=0)
