"""A network made ready to train: its weights, loss, optimizer and learning rate."""

from typing import TYPE_CHECKING, Any

from fermask.faces.labels import CLASSES, EXPRESSIONS
from fermask.networks import build_network
from fermask.training.settings import TrainingSettings
from fermask.training.starting import Start, take_weights

if TYPE_CHECKING:
    import keras

# Of the mask's loss beside the expressions'.
MASK_WEIGHT = 1.0


def compiled_network(
    settings: TrainingSettings,
    classes: tuple[str, ...] = CLASSES,
    steps: int = 1,
    start: Start | None = None,
) -> "keras.Model":
    """A new network, ready for ``fit``.

    Args:
        settings: network, learning rate and what else concerns the optimizer.
        classes: names of its outputs; of all eight ``EXPRESSIONS`` it tells a mask too.
        steps: batches an epoch, which the cosine schedule goes by.
        start: the weights to begin with.

    Raises:
        ValueError: these are of another network.
    """
    import keras

    from fermask.networks.fused_normalization import with_fused_normalization

    model = build_network(settings.model, len(classes), tells_mask=classes == EXPRESSIONS)
    if start is not None:
        take_weights(model, start, classes)
    model = with_fused_normalization(model)
    loss = "categorical" if settings.soft_targets else "sparse_categorical"
    model.compile(
        optimizer=_optimizer(settings, steps),
        **_losses(model, f"{loss}_crossentropy"),
        # On a CPU XLA makes TensorFlow's epochs ten times as long.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    # Else TensorFlow traces the first step twice, which takes seconds.
    model.optimizer.build(model.trainable_variables)
    return model


def _losses(model: "keras.Model", loss: str) -> dict[str, Any]:
    if len(model.outputs) == 1:
        return {"loss": loss, "metrics": ["accuracy"]}
    return {
        "loss": [loss, "binary_crossentropy"],
        "loss_weights": [1.0, MASK_WEIGHT],
        "metrics": [["accuracy"], []],
    }


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
