"""The training part of the benchmark: M-Xception beside Xception, and what an epoch consists of.

The paper's ratios are of a GPU, where a step takes about as long as its kernels are many, and
M-Xception has half as many layers. On processors a step takes as long as its multiplications
and the memory they move, and M-Xception, which keeps all 48 × 48 pixels through its entry flow,
has more of these.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from core.augmentation import Augmentation, augment, dress
from core.examples import Examples
from core.labels import CLASSES, FER2013_EMOTIONS
from core.measuring import Progress
from core.models import build_network
from core.pace import REFERENCE, PaceSettings, measure_pace
from core.performance import Spent, Timing, take_turns
from core.recipe import FINETUNING
from core.training import TrainingSettings, compiled_network, fit_once, network_input
from scripts.synthetic_set import drawn_faces

if TYPE_CHECKING:
    import keras

# Network → the paper's ratio of seconds an epoch (Table 3, on FERM; Table 1, on FER2013).
_ON_FERM = {"m_xception": 0.512, "m_xception_no_dropout": 0.547}
_ON_FER2013 = {"m_xception_no_dropout": 0.646}
_BATCH, _BATCHES = 64, 8


def bench_training(rounds: int, progress: Progress) -> list[Timing]:
    """Measures a batch of each network, augmentation included, and its parts.

    Args:
        rounds: that count.
        progress: told of the rounds.
    """
    sets = (("FERM", len(CLASSES), _ON_FERM), ("FER2013", len(FER2013_EMOTIONS), _ON_FER2013))
    timings = [
        each
        for name, classes, ratios in sets
        for each in _beside_xception(name, classes, ratios, rounds, progress)
    ]
    return timings + _parts(rounds, progress)


def _beside_xception(
    name: str, classes: int, ratios: dict[str, float], rounds: int, progress: Progress
) -> list[Timing]:
    settings = PaceSettings(rounds, _BATCHES, _BATCH)
    record = measure_pace(settings, progress, (*ratios, REFERENCE), classes)
    spent = {
        network: tuple(map(Spent, seconds))
        for network, seconds in record["seconds_a_batch"].items()
    }
    return [
        Timing(
            f"a batch of {name}, {network}",
            _BATCH,
            spent[network],
            compared=spent[REFERENCE],
            compared_with="Xception",
            aim_ratio=ratio,
        )
        for network, ratio in ratios.items()
    ]


def _parts(rounds: int, progress: Progress) -> list[Timing]:
    """M-Xception's steps beside those with Keras' own normalisation; and what precedes them."""
    examples = _examples(_BATCHES * _BATCH)
    settings = TrainingSettings()
    fused = compiled_network(settings, len(CLASSES))
    plain = _with_keras_normalization()
    inputs = network_input(examples.images)
    jobs = {
        "steps": lambda: fit_once(fused, inputs, examples.labels, _BATCH),
        "plain": lambda: fit_once(plain, inputs, examples.labels, _BATCH),
        "paper": _changes(examples, settings.augmentation),
        "recipe": _changes(examples, FINETUNING.augmentation),
    }
    spent = take_turns(jobs, rounds, progress)
    return [
        Timing(name, len(inputs), spent[job], compared=spent[other], compared_with=words)
        for name, job, other, words in (
            ("M-Xception's steps", "steps", "plain", "those with Keras' batch normalisation"),
            ("the paper's moves", "paper", "steps", "M-Xception's steps"),
            ("the recipe's masks, moves and light", "recipe", "steps", "M-Xception's steps"),
        )
    ]


def _with_keras_normalization() -> "keras.Model":

    model = build_network("m_xception", len(CLASSES))
    model.compile(
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    return model


def _changes(examples: Examples, settings: Augmentation) -> Callable[[], np.ndarray]:
    rng, order = np.random.default_rng(0), np.arange(len(examples.images))
    return lambda: network_input(augment(dress(examples, order, settings, rng), settings, rng))


def _examples(count: int) -> Examples:
    faces, points = drawn_faces(count)
    return Examples(
        "drawn faces",
        faces,
        np.arange(count) % len(CLASSES),
        CLASSES,
        np.full(count, "training"),
        np.arange(count),
        "",
        bare=faces,
        points_xy=points,
    )
