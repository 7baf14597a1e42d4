"""Peers on the same faces: what ``fer`` says of FERM's faces, beside our own predictions.

``scripts.studies.compare_peers`` asks ``fer`` (PyPI; its mini_XCEPTION knows FER2013's seven
emotions) and stores its answers as ``FER_ANSWERS`` in the folder of the runs. Here they are
restricted to the four classes and set beside what the recipe that ships says of the same faces,
each by the network that held its fold back.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from fermask.dataset.fer2013_rows import TRAINING_ROWS
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.evaluation.evaluation import evaluate
from fermask.evaluation.rates import Paired, mcnemar
from fermask.faces.labels import CLASSES, FER2013_EMOTIONS
from fermask.networks.predictions import read_predictions
from fermask.system.paths import OUT_OF_FOLD

# Beside the runs; made by ``scripts.studies.compare_peers``.
FER_ANSWERS = Path("peers") / "fer.parquet"
# fer's weights, as far as can be known, were fitted to Training (see
# ``reporting.peers_report.describe_asking``).
USAGE = "PublicTest"
# What a figure is over: PublicTest's faces outside the development fold, on which choices were
# made, and of these the ones without a twin in Training, which fer has probably seen.
PARTS: tuple[str, ...] = ("all", "no twin")


def answer_columns(look: str) -> list[str]:
    """Columns of fer's probabilities, in FER2013's order, of ``bare`` or ``masked`` faces."""
    return [f"{look}_{name}" for name in FER2013_EMOTIONS]


def restricted(probabilities: np.ndarray) -> np.ndarray:
    """Seven probabilities → those of the four classes, made to sum to 1 again.

    Args:
        probabilities: ``(n, 7)``, in the order of ``labels.FER2013_EMOTIONS``.

    Returns:
        float64 ``(n, 4)``, in the order of ``CLASSES``; even where all four are 0.
    """
    seven = np.asarray(probabilities, dtype=np.float64)
    four = seven[:, [FER2013_EMOTIONS.index(name) for name in CLASSES]]
    total = four.sum(axis=1, keepdims=True)
    even = np.full_like(four, 1 / len(CLASSES))
    return np.divide(four, total, out=even, where=total > 0)


def out_of_fold(ferm: str, path: Path = OUT_OF_FOLD) -> pd.DataFrame:
    """What the recipe that ships says of each face, by the network that held its fold back.

    Args:
        ferm: name of the set; predictions of another count as none.
        path: of the recipe's predictions.

    Returns:
        ``row``, ``fold`` (not the development fold), ``label`` and a column of probabilities for
        each of ``CLASSES``; no rows where there are none.
    """
    columns = ["row", "fold", "label", *CLASSES]
    if not path.is_file():
        return pd.DataFrame(columns=columns)
    predictions = read_predictions(path)
    table = predictions.table.copy()
    table[list(CLASSES)] = predictions.probabilities
    of_set = predictions.about["ferm"] == ferm
    return table.loc[of_set & (table["fold"] != DEVELOPMENT_FOLD), columns]


def faces_compared(answers: pd.DataFrame, ours: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The faces of PublicTest that figures are over, by ``PARTS``.

    Args:
        answers: fer's: ``row``, ``usage``, ``label``, ``group`` and both ``answer_columns``.
        ours: as ``out_of_fold`` gives them.

    Returns:
        Rows of ``answers``; with a column of our probabilities for each of ``CLASSES`` where
        there are any.

    Raises:
        ValueError: the two disagree about a face's label, so that they are of different sets.
    """
    faces = answers[answers["usage"] == USAGE]
    if len(ours):
        faces = faces.merge(ours, on="row", suffixes=("", "_ours"), validate="one_to_one")
        other = faces[faces["label"] != faces["label_ours"]]
        if not other.empty:
            row, fers, own = other[["row", "label", "label_ours"]].iloc[0]
            raise ValueError(
                f"fer was asked about FER2013's row {row} as {fers}, our networks know it as "
                f"{own}: they are of different sets; run `python -m scripts.studies.compare_peers` "
                "again."
            )
    return dict(zip(PARTS, (faces, faces[faces["group"] >= TRAINING_ROWS]), strict=True))


def peer_table(answers: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """How many faces of PublicTest fer and our network name right, on the very same ones.

    Args:
        answers: fer's, as ``faces_compared`` reads them.
        ours: as ``out_of_fold`` gives them.

    Returns:
        ``over`` (of ``PARTS``; those without a face are left out), ``network`` (``fer`` or
        ``ours``), ``look`` (``bare``, ``masked``), ``n``,
        ``accuracy`` with ``low`` and ``high`` (95% Wilson interval), ``macro_f1`` and the
        recall of each of ``CLASSES``; all 0…1.
    """
    rows = []
    for over, faces in faces_compared(answers, ours).items():
        if faces.empty:
            continue
        named = [("fer", "bare", _fer(faces, "bare")), ("fer", "masked", _fer(faces, "masked"))]
        if CLASSES[0] in faces:
            named.append(("ours", "masked", faces[list(CLASSES)].to_numpy()))
        rows += [
            {"over": over, "network": network, "look": look} | _figures(faces, probabilities)
            for network, look, probabilities in named
        ]
    return pd.DataFrame(rows)


def masked_pairs(answers: pd.DataFrame, ours: pd.DataFrame) -> dict[str, Paired]:
    """fer (first) and our network (second) on the same masked faces, by ``PARTS``.

    Args:
        answers: fer's, as ``faces_compared`` reads them.
        ours: as ``out_of_fold`` gives them.
    """
    return {
        over: mcnemar(
            _fer(faces, "masked").argmax(axis=1) == _labels(faces),
            faces[list(CLASSES)].to_numpy().argmax(axis=1) == _labels(faces),
        )
        for over, faces in faces_compared(answers, ours).items()
        if len(faces) and CLASSES[0] in faces
    }


def _labels(faces: pd.DataFrame) -> np.ndarray:
    return faces["label"].map(CLASSES.index).to_numpy(dtype=np.int64)


def _fer(faces: pd.DataFrame, look: str) -> np.ndarray:
    return restricted(faces[answer_columns(look)].to_numpy())


def _figures(faces: pd.DataFrame, probabilities: np.ndarray) -> dict[str, float]:
    measured = evaluate(_labels(faces), probabilities)
    return {
        "n": measured.accuracy.n,
        "accuracy": measured.accuracy.value,
        "low": measured.accuracy.low,
        "high": measured.accuracy.high,
        "macro_f1": measured.macro_f1,
        **{name: each.value for name, each in measured.recall.items()},
    }
