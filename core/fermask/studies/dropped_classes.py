"""All of FER+'s expressions under a mask: was the paper right to drop some (§2.2)?

FERM leaves out happy, disgust and fear because a mask would make them look like neutral, angry
and surprise. Here a network learns all eight of FER+'s expressions, once with masks and once
without, and the pairs are compared on the same faces.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fermask.dataset.building import screen
from fermask.dataset.face_quality import Progress
from fermask.dataset.fer2013 import Fer2013, data_hash
from fermask.dataset.ferm import FermSettings
from fermask.dataset.manifest import render
from fermask.dataset.splits import fold_of_group
from fermask.evaluation.rates import CONFIDENCE, Rate, rate
from fermask.faces.labels import FERPLUS_VOTES, label_from_votes
from fermask.networks.predictions import probability_columns
from fermask.training.training_data import Examples

EXPRESSIONS: tuple[str, ...] = FERPLUS_VOTES[:8]
# What a run is trained on.
VIEWS: tuple[str, ...] = ("expressions_masked", "expressions_bare")
# What the paper says a mask makes alike: the class that stayed, and the one that was dropped.
PAIRS: tuple[tuple[str, str], ...] = (
    ("neutral", "happiness"),
    ("anger", "disgust"),
    ("surprise", "fear"),
)
_DRAWS = 2000


@dataclass(frozen=True)
class ExpressionFaces:
    """Every face that passes FERM's screening, whichever of ``EXPRESSIONS`` it shows.

    ``table``: ``row``, ``usage``, ``expression``, ``group``, ``fold``, ``landmarks`` and
    ``mask_seed``, sorted by row. ``masked`` and ``bare``: uint8 ``(n, 48, 48)``.
    """

    table: pd.DataFrame
    masked: np.ndarray
    bare: np.ndarray
    source_sha256: str


def expression_faces(
    faces: Fer2013, jobs: int = 1, progress: Progress = lambda step, done, total: None
) -> ExpressionFaces:
    """Screens and masks FER2013 as FERM does, but keeps every expression and draws no quota.

    Raises:
        ValueError: FER2013 was read without FER+.
    """
    settings = FermSettings(quotas=None)
    table = pd.concat([faces.table.reset_index(drop=True), label_from_votes(faces.votes)], axis=1)
    clear = table["majority"].isin(EXPRESSIONS) & (
        table["agreement"] >= settings.screening.min_agreement
    )
    table["rule"] = np.where(clear, "", "weak_label")
    _, candidate = screen(faces, table, settings, None, jobs, progress)
    left = candidate[candidate["rule"] == ""].reset_index(drop=True)
    left = left.assign(expression=left["majority"], fold=fold_of_group(left["group"].to_numpy()))
    columns = ["row", "usage", "expression", "group", "fold", "landmarks", "mask_seed"]
    return ExpressionFaces(left[columns], *render(left, faces), data_hash(faces))


def expression_examples(faces: ExpressionFaces, view: str, fold: int) -> Examples:
    """The faces as one of ``VIEWS`` shows them, one ``clean`` fold held back.

    Raises:
        ValueError: an unknown view.
    """
    if view not in VIEWS:
        raise ValueError(f"Unknown view {view!r}; there are {', '.join(VIEWS)}.")
    return Examples(
        f"every expression, {view.removeprefix('expressions_')}",
        faces.masked if view == "expressions_masked" else faces.bare,
        faces.table["expression"].map(EXPRESSIONS.index).to_numpy(dtype=np.int64),
        EXPRESSIONS,
        np.where(faces.table["fold"] == fold, "validation", "training"),
        faces.table["row"].to_numpy(),
        faces.source_sha256,
    )


def merged(masked: pd.DataFrame, bare: pd.DataFrame) -> pd.DataFrame:
    """How far a mask merges the expressions of each pair.

    Args:
        masked: predictions (``row``, ``label``, ``split`` and a probability for each of
            ``EXPRESSIONS``) of the network that sees masks; its held-back faces are taken.
        bare: of the network that sees none, for the same faces.

    Returns:
        For each pair and view (``masked``, ``bare``, and ``change`` between them): ``kept`` and
        ``dropped`` (the pair), ``view``, ``n_kept``, ``n_dropped``, ``auc`` with ``low`` and
        ``high``: how often a face of the dropped expression gets more of its own name, against
        the kept one's, than a face of the kept expression does (0.5 is chance, 1 is never
        mistaken; independent of how many there are of each). The interval is a bootstrap over
        faces, the same draws for both views. ``taken``: how many dropped faces get the kept
        one's name (a ``Rate``; missing for ``change``).

    Raises:
        ValueError: the tables are not of the same held-back faces.
    """
    masked, bare = (each[each["split"] == "validation"] for each in (masked, bare))
    if masked["row"].to_list() != bare["row"].to_list():
        raise ValueError("The masked and the bare predictions are not of the same faces.")
    rows = []
    for kept, dropped in PAIRS:
        ours = masked["label"].isin([kept, dropped]).to_numpy()
        is_dropped = (masked["label"] == dropped).to_numpy()[ours]
        scores = np.stack([_leaning(each[ours], kept, dropped) for each in (masked, bare)])
        values = _areas(scores, is_dropped)
        for i, view in enumerate(("masked", "bare", "change")):
            rows.append(
                {
                    "kept": kept,
                    "dropped": dropped,
                    "view": view,
                    "n_kept": int((~is_dropped).sum()),
                    "n_dropped": int(is_dropped.sum()),
                    "auc": values[0, i],
                    "low": np.quantile(values[1:, i], (1 - CONFIDENCE) / 2),
                    "high": np.quantile(values[1:, i], (1 + CONFIDENCE) / 2),
                    "taken": None if i == 2 else _taken((masked, bare)[i], kept, dropped),
                }
            )
    return pd.DataFrame(rows)


def _leaning(predictions: pd.DataFrame, kept: str, dropped: str) -> np.ndarray:
    """The logarithm of how much likelier the dropped expression is than the kept one."""
    tiny = np.finfo(np.float32).tiny
    chances = predictions[[f"p_{dropped}", f"p_{kept}"]].to_numpy(dtype=float) + tiny
    return np.log(chances[:, 0]) - np.log(chances[:, 1])


def _areas(scores: np.ndarray, is_dropped: np.ndarray) -> np.ndarray:
    """Areas under the curve of both views and masked minus bare, ``(1 + _DRAWS, 3)``.

    The first row is that of the faces themselves, the others of faces drawn from them.
    """
    dropped, kept = np.flatnonzero(is_dropped), np.flatnonzero(~is_dropped)
    # How often each dropped face lies above each kept one; drawing faces draws rows and columns.
    above = np.sign(scores[:, dropped, None] - scores[:, None, kept]) / 2 + 0.5
    rng = np.random.default_rng(0)
    areas = [above.mean(axis=(1, 2))]
    for _ in range(_DRAWS):
        weight_dropped = np.bincount(
            rng.integers(len(dropped), size=len(dropped)), None, len(dropped)
        )
        weight_kept = np.bincount(rng.integers(len(kept), size=len(kept)), None, len(kept))
        areas.append(weight_dropped @ above @ weight_kept / (len(dropped) * len(kept)))
    of_views = np.array(areas)
    return np.column_stack([of_views, of_views[:, 0] - of_views[:, 1]])


def _taken(predictions: pd.DataFrame, kept: str, dropped: str) -> Rate:
    ours = predictions[predictions["label"] == dropped]
    predicted = ours[probability_columns(EXPRESSIONS)].idxmax(axis=1)
    return rate(int((predicted == f"p_{kept}").sum()), len(ours))
