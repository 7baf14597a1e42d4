"""Training on several devices, each of which takes an equal share of every batch.

By Keras' data parallelism, which its JAX backend has: the devices compute what one would, batch
normalisation included, to rounding. Of an epoch's last faces those are left out that cannot be
shared evenly.
"""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def on_devices(count: int) -> Iterator[None]:
    """Networks made within the block are trained on the first ``count`` devices.

    These are GPUs, or without any the CPU's, of which JAX makes as many as ``XLA_FLAGS`` says
    (``--xla_force_host_platform_device_count``).

    Args:
        count: of devices; 1 leaves everything as it is.

    Raises:
        ValueError: another backend than JAX, or fewer devices.
    """
    if count == 1:
        yield
        return
    import keras

    if keras.backend.backend() != "jax":
        raise ValueError(
            f"Several devices need the JAX backend (KERAS_BACKEND=jax); this is "
            f"{keras.backend.backend()}."
        )
    found = keras.distribution.list_devices()
    if not 1 <= count <= len(found):
        raise ValueError(f"Expected 1 to {len(found)} devices, received {count}.")
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=found[:count]))
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


def device_count() -> int:
    """On how many devices networks made now are trained."""
    import keras

    shared = keras.distribution.distribution()
    return 1 if shared is None else int(shared.device_mesh.devices.size)
