"""The training part of the benchmark: M-Xception beside Xception, and what an epoch consists of.

The paper's ratios are of a GPU, on which a small network's step likely takes as long as its
kernels are many: M-Xception has half of Xception's convolutions. On processors a step takes as
long as its multiplications and the memory they move, and M-Xception, which keeps all 48 × 48
pixels through its entry flow, has more of these.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from fermask.dataset.face_quality import Progress
from fermask.faces.labels import CLASSES, FER2013_EMOTIONS
from fermask.networks import build_network
from fermask.studies.performance import Spent, Timing, take_turns
from fermask.studies.reproduction import PAPER_TABLE_1, PAPER_TABLE_3
from fermask.training.augmentation import Augmentation, augment, dress
from fermask.training.batches import fit_once, network_input
from fermask.training.epoch_time import REFERENCE, PaceSettings, measure_pace
from fermask.training.optimization import compiled_network
from fermask.training.recipe import FINETUNING
from fermask.training.settings import TrainingSettings
from fermask.training.training_data import Examples
from scripts.bench.synthetic_set import drawn_faces

if TYPE_CHECKING:
    import keras

_BATCH, _BATCHES = 64, 8


def bench_training(rounds: int, progress: Progress) -> list[Timing]:
    """Measures a batch of each network, augmentation included, and its parts.

    Args:
        rounds: that count.
        progress: told of the rounds.
    """
    sets = (
        ("FERM", len(CLASSES), PAPER_TABLE_3, ("m_xception", "m_xception_no_dropout")),
        ("FER2013", len(FER2013_EMOTIONS), PAPER_TABLE_1, ("m_xception_no_dropout",)),
    )
    timings = [each for one in sets for each in _beside_xception(*one, rounds, progress)]
    return timings + _parts(rounds, progress)


def _beside_xception(
    name: str,
    classes: int,
    paper: dict[str, tuple[float, float]],
    networks: tuple[str, ...],
    rounds: int,
    progress: Progress,
) -> list[Timing]:
    """A batch of each network, its aim the paper's ratio of seconds an epoch."""
    settings = PaceSettings(rounds, _BATCHES, _BATCH)
    record = measure_pace(settings, progress, (*networks, REFERENCE), classes)
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
            aim_ratio=round(paper[network][1] / paper[REFERENCE][1], 3),
        )
        for network in networks
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
