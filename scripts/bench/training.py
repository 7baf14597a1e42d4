"""A training batch of M-Xception beside Xception's, and what an epoch consists of.

The paper's ratios are of a GPU, on which a small network's step likely takes as long as its
kernels are many: M-Xception has half of Xception's convolutions. On processors a step takes as
long as its multiplications and the memory they move, and M-Xception, which keeps all 48 × 48
pixels through its entry flow, has more of these.
"""

from typing import Any

import numpy as np

from fermask.dataset.face_quality import Progress
from fermask.faces.labels import CLASSES
from fermask.networks import build_network
from fermask.networks.inference import network_input
from fermask.training.augmentation import Augmentation, augment, dress
from fermask.training.batches import fit_once
from fermask.training.epoch_time import REFERENCE, PaceSettings, measure_pace
from fermask.training.optimization import compiled_network
from fermask.training.recipe import FINETUNING
from fermask.training.settings import TrainingSettings
from fermask.training.training_data import Examples
from scripts.bench.synthetic_set import drawn_faces
from scripts.bench.timing import Run, row, take_turns


def measure(
    rounds: int, progress: Progress, batches: int = 8, batch_size: int = 64
) -> list[dict[str, Any]]:
    """Rows on a batch of both networks, augmentation included, and on the parts of an epoch."""
    networks = ("m_xception", "m_xception_no_dropout")
    settings = PaceSettings(rounds, batches, batch_size)
    seconds = measure_pace(settings, progress, (*networks, REFERENCE))["seconds_a_batch"]
    runs = {name: [Run(each) for each in seconds[name]] for name in seconds}
    return [
        row(f"a batch of FERM, {name}", batch_size, runs[name], "Xception", runs[REFERENCE])
        for name in networks
    ] + _parts(rounds, progress, batches * batch_size, batch_size)


def _parts(rounds: int, progress: Progress, faces: int, batch_size: int) -> list[dict[str, Any]]:
    examples, inputs = _examples(faces)
    fused, plain = compiled_network(TrainingSettings()), _keras_normalization()
    jobs = {
        "fused": lambda: fit_once(fused, inputs, examples.labels, batch_size),
        "plain": lambda: fit_once(plain, inputs, examples.labels, batch_size),
        "recipe": lambda: _change(examples, FINETUNING.augmentation),
    }
    runs = take_turns(jobs, rounds, progress)
    steps, words = "M-Xception's steps", "those with Keras' batch normalisation"
    return [
        row(steps, faces, runs["fused"], words, runs["plain"]),
        row("the recipe's masks, moves and light", faces, runs["recipe"], steps, runs["fused"]),
    ]


def _keras_normalization():
    model = build_network("m_xception", len(CLASSES))
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"], jit_compile=False)
    return model


def _change(examples: Examples, how: Augmentation) -> np.ndarray:
    rng, order = np.random.default_rng(0), np.arange(len(examples.images))
    return network_input(augment(dress(examples, order, how, rng), how, rng))


def _examples(count: int) -> tuple[Examples, np.ndarray]:
    faces, points = drawn_faces(count)
    labels, split = np.arange(count) % len(CLASSES), np.full(count, "training")
    numbers = np.arange(count)
    examples = Examples(
        *("drawn faces", faces, labels, CLASSES, split, numbers, ""), bare=faces, points_xy=points
    )
    return examples, network_input(faces)
