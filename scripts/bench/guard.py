"""The guard's part of the benchmark: ratios that take seconds, and must not get worse.

Each of the project's jobs stands beside work that is not the project's own, or beside another
network, so that a slower machine slows both.
"""

import csv
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from fermask.dataset.face_quality import Progress
from fermask.dataset.fer2013 import read_fer2013
from fermask.dataset.manifest import load
from fermask.exploring.browsing import FaceFilter, filter_faces, sort_faces
from fermask.exploring.faces_table import faces_table
from fermask.faces.masking import draw_look, put_mask
from fermask.networks.inference import load_network
from fermask.networks.predictions import read_predictions
from fermask.studies.performance import Spent, Timing, take_turns
from fermask.system.paths import MODELS, OUT_OF_FOLD, PUBLISHED, SHIPPED
from fermask.training.epoch_time import PaceSettings, measure_pace

# How much longer a job may take beside the other than when it was recorded: by then its speed
# has fallen by a third.
MOST = 1.5
_ROWS = 1_500
_FILTER = FaceFilter(labels=("sad", "angry"), answers=("wrong",), sharpness=(0.4, 0.9))


def bench_guard(rounds: int, progress: Progress) -> list[Timing]:
    """Measures a few ratios, in less than a minute.

    Args:
        rounds: that count.
        progress: told of the rounds.
    """
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        pairs = {
            "answer of M-Xception": (100, "of Xception", *_networks(rng)),
            "drawing a mask": (200, "warping 640 × 640 pixels", *_masks(rng)),
            "reading a CSV": (_ROWS, "Python's csv module", *_reading(Path(folder), rng)),
            "filtering and sorting": (3_840, "NumPy's sort of a million", *_browsing(rng)),
        }
        jobs = {
            (name, side): job
            for name, (_, _, *both) in pairs.items()
            for side, job in zip(("ours", "other"), both, strict=True)
        }
        spent = take_turns(jobs, rounds, progress)
    timings = [
        Timing(name, faces, spent[name, "ours"], compared=spent[name, "other"], compared_with=other)
        for name, (faces, other, *_) in pairs.items()
    ]
    return [*timings, _training(rounds, progress)]


def worse(timings: list[Timing], recorded: list[Timing]) -> list[str]:
    """A sentence for each ratio that is more than ``MOST`` of what was recorded.

    Args:
        timings: measured now.
        recorded: earlier; a job that is not in both is passed over.
    """
    then = {each.job: float(np.median(each.ratios)) for each in recorded if each.compared}
    now = {each.job: float(np.median(each.ratios)) for each in timings if each.compared}
    return [
        f"{name} takes {ratio:.3g} of what {other} does; it was {then[name]:.3g}."
        for name, ratio, other in ((t.job, now[t.job], t.compared_with) for t in timings)
        if name in then and ratio > MOST * then[name]
    ]


Jobs = tuple[Callable[[], object], Callable[[], object]]


def _networks(rng: np.random.Generator) -> Jobs:
    faces = rng.integers(0, 256, (100, 1, 48, 48), dtype=np.uint8)
    both = load_network(SHIPPED), load_network(MODELS / "xception.onnx")
    ours, other = (lambda network=n: [network.answer(face) for face in faces] for n in both)
    return ours, other


def _masks(rng: np.random.Generator) -> Jobs:
    points = load(PUBLISHED).points_xy[:200]
    faces = rng.integers(0, 256, (len(points), 48, 48), dtype=np.uint8)
    large, moved = rng.integers(0, 256, (640, 640), dtype=np.uint8), np.eye(2, 3) + 0.01

    def draw() -> None:
        for seed, (face, of_face) in enumerate(zip(faces, points, strict=True)):
            put_mask(face, of_face, draw_look(seed))

    def warp() -> None:
        for _ in range(50):
            cv2.warpAffine(large, moved, (640, 640), flags=cv2.INTER_LINEAR)

    return draw, warp


def _reading(folder: Path, rng: np.random.Generator) -> Jobs:
    path = folder / "fer2013.csv"
    pixels = rng.integers(0, 256, (_ROWS, 2304)).astype(str)
    lines = (f"{i % 7},{' '.join(row)},Training" for i, row in enumerate(pixels))
    path.write_text("emotion,pixels,Usage\n" + "\n".join(lines) + "\n", encoding="ascii")

    def read_plainly() -> None:
        with path.open(encoding="ascii", newline="") as file:
            for row in csv.DictReader(file):
                np.array(row["pixels"].split(), dtype=np.uint8)

    return lambda: read_fer2013(path), read_plainly


def _browsing(rng: np.random.Generator) -> Jobs:
    table = faces_table(load(PUBLISHED), read_predictions(OUT_OF_FOLD))
    every, numbers = np.arange(len(table)), rng.random(1_000_000)

    def browse() -> None:
        for _ in range(5):
            filter_faces(table, _FILTER)
            sort_faces(table, every, "largest loss")

    return browse, lambda: np.sort(numbers)


def _training(rounds: int, progress: Progress) -> Timing:
    settings = PaceSettings(rounds=rounds, batches=4)
    networks = ("m_xception", "xception")
    seconds = measure_pace(settings, progress, networks)["seconds_a_batch"]
    ours, other = (tuple(Spent(each) for each in seconds[name]) for name in networks)
    faces = settings.batch_size
    return Timing("a batch of training", faces, ours, compared=other, compared_with="Xception")
