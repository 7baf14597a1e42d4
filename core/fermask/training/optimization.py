"""A network made ready to train: its weights, loss, optimizer and learning rate."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fermask.networks import build_network
from fermask.training.settings import TrainingSettings

if TYPE_CHECKING:
    import keras


def compiled_network(
    settings: TrainingSettings, classes: int, steps: int = 1, initial: Path | None = None
) -> "keras.Model":
    """A new network, ready for ``fit``.

    Args:
        settings: network, learning rate and what else concerns the optimizer.
        classes: number of outputs.
        steps: batches an epoch, which the cosine schedule goes by.
        initial: ``model.keras`` to take the weights from.
    """
    import keras

    from fermask.networks.fused_normalization import with_fused_normalization

    model = build_network(settings.model, classes)
    if initial is not None:
        model.set_weights(keras.saving.load_model(initial).get_weights())
    model = with_fused_normalization(model)
    loss = "categorical" if settings.has_soft_targets else "sparse_categorical"
    model.compile(
        optimizer=_optimizer(settings, steps),
        loss=f"{loss}_crossentropy",
        metrics=["accuracy"],
        # On a CPU XLA makes TensorFlow's epochs ten times as long.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    # Else TensorFlow traces the first step twice, which takes seconds.
    model.optimizer.build(model.trainable_variables)
    return model


def _optimizer(settings: TrainingSettings, steps: int) -> "keras.Optimizer":
    import keras

    rate: Any = settings.learning_rate
    if settings.schedule == "cosine":
        rising = settings.warmup_epochs * steps
        rate = keras.optimizers.schedules.CosineDecay(
            0.0 if rising else settings.learning_rate,
            settings.epochs * steps - rising,
            warmup_target=settings.learning_rate if rising else None,
            warmup_steps=rising,
        )
    averaged = {"use_ema": bool(settings.averaging), "ema_momentum": settings.averaging}
    if settings.weight_decay:
        return keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay, **averaged)
    return keras.optimizers.Adam(rate, **averaged)
