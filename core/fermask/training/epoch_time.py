"""How long an epoch of each network takes, all in one run on one machine (Tables 1 and 3).

Seconds that stand alone say more of a machine than of a network, so the networks take turns and
each is also given as a ratio to Xception.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from fermask.faces.labels import CLASSES
from fermask.networks import NETWORKS
from fermask.networks.inference import network_input
from fermask.system.circumstances import circumstances
from fermask.training.augmentation import Augmentation, augment
from fermask.training.batches import fit_once
from fermask.training.optimization import compiled_network
from fermask.training.settings import TrainingSettings

REFERENCE = "xception"


@dataclass(frozen=True)
class PaceSettings:
    """``rounds`` in which every network trains on ``batches`` of ``batch_size`` faces."""

    rounds: int = 5
    batches: int = 16
    batch_size: int = 64


def measure_pace(
    settings: PaceSettings = PaceSettings(),
    progress: Callable[[str, int, int], None] = lambda step, done, total: None,
    networks: Sequence[str] = tuple(NETWORKS),
    classes: tuple[str, ...] = CLASSES,
) -> dict[str, Any]:
    """Trains networks on a few batches in turn, augmentation included.

    The faces are noise: what they show changes nothing about the time.

    Args:
        settings: how much.
        progress: called with the rounds.
        networks: of ``NETWORKS``.
        classes: number of outputs.

    Returns:
        ``settings``, ``versions``, ``machine``, ``backend`` and ``seconds_a_batch`` (by network, a
        number for each round); ready for JSON.
    """
    import keras

    rng = np.random.default_rng(0)
    count = settings.batches * settings.batch_size
    faces = rng.integers(0, 256, (count, 48, 48), dtype=np.uint8)
    labels = rng.integers(0, len(classes), count)
    models = {name: compiled_network(TrainingSettings(name), classes) for name in networks}
    seconds: dict[str, list[float]] = {name: [] for name in networks}
    # The first round compiles, and does not count.
    for i in range(settings.rounds + 1):
        for name, model in models.items():
            started = time.perf_counter()
            moved = network_input(augment(faces, Augmentation(), rng))
            fit_once(model, moved, labels, settings.batch_size)
            if i:
                took = (time.perf_counter() - started) / settings.batches
                seconds[name].append(round(took, 6))
        progress("pace", i, settings.rounds)
    about = circumstances()
    return {
        "settings": asdict(settings),
        "versions": about["versions"],
        "machine": about["machine"],
        "backend": keras.backend.backend(),
        "seconds_a_batch": seconds,
    }


def pace_table(record: dict[str, Any], faces: int) -> pd.DataFrame:
    """Seconds an epoch of so many faces, and the ratio to Xception in the same round.

    Args:
        record: as ``measure_pace`` gives it.
        faces: in an epoch.

    Returns:
        ``model``, ``seconds`` (an epoch; median of the rounds), ``ratio`` (median), ``lowest`` and
        ``highest`` ratio of a round.
    """
    batches = math.ceil(faces / record["settings"]["batch_size"])
    reference = np.array(record["seconds_a_batch"][REFERENCE])
    rows = []
    for model, seconds in record["seconds_a_batch"].items():
        ratios = np.array(seconds) / reference
        rows.append(
            {
                "model": model,
                "seconds": float(np.median(seconds)) * batches,
                "ratio": float(np.median(ratios)),
                "lowest": float(ratios.min()),
                "highest": float(ratios.max()),
            }
        )
    return pd.DataFrame(rows)
