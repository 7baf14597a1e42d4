"""How far FER+'s voters agree with FERM's labels, and so how far any network can.

The voters saw the bare face, which the network does not; they set a mark that a network above
a mask can hardly pass.
"""

import numpy as np
import pandas as pd

from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.evaluation.rates import rate
from fermask.faces.labels import CLASSES, FERPLUS_VOTERS, label_from_votes
from fermask.networks.predictions import read_predictions
from fermask.system.paths import OUT_OF_FOLD

# Votes added to each of FER+'s columns: with none, what nobody chose can never be chosen.
PRIORS: tuple[float, ...] = (0.0, 0.1)
_ROUNDS = 50


def another_panel(votes: np.ndarray, prior: float, seed: int = 0) -> float:
    """How often ten other voters would give a face the label that its ten voters gave it.

    Args:
        votes: whole numbers ``(n, 10)``, columns as ``labels.FERPLUS_VOTES``, each row with a
            majority.
        prior: 0, and the others choose as often as these did; above 0, the shares that they
            choose by are drawn from the Dirichlet distribution that ten votes leave after
            ``prior`` votes for each column.
        seed: of the panels drawn.

    Returns:
        The share of faces, 0…1, mean of 50 panels each; a tie is another label.
    """
    votes = np.asarray(votes, dtype=np.int64)
    given = label_from_votes(votes)["majority"].to_numpy()
    rng = np.random.default_rng(seed)
    same = []
    for _ in range(_ROUNDS):
        shares = votes / votes.sum(axis=1, keepdims=True)
        if prior:
            shares = rng.gamma(votes + prior)
            shares /= shares.sum(axis=1, keepdims=True)
        again = rng.multinomial(FERPLUS_VOTERS, shares)
        same.append(np.mean(label_from_votes(again)["majority"].to_numpy() == given))
    return float(np.mean(same))


def accuracy_by_agreement(manifest: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """How many faces a network names right, by how many of ten voters chose the label.

    Args:
        manifest: of the set.
        answers: ``row``, ``label`` and ``predicted``, both class names.

    Returns:
        ``agreement`` (0…1), ``n``, ``accuracy`` with ``low`` and ``high`` (95% Wilson interval,
        all 0…1).
    """
    faces = answers.merge(manifest[["row", "agreement"]], on="row", validate="one_to_one")
    right = faces["label"] == faces["predicted"]
    rows = []
    for agreement, ours in right.groupby(faces["agreement"].round(1)):
        share = rate(int(ours.sum()), len(ours))
        rows.append(
            {
                "agreement": agreement,
                "n": len(ours),
                "accuracy": share.value,
                "low": share.low,
                "high": share.high,
            }
        )
    return pd.DataFrame(rows)


def out_of_fold_answers() -> pd.DataFrame:
    """``row``, ``label`` and ``predicted`` of the faces outside the development fold."""
    predictions = read_predictions(OUT_OF_FOLD)
    predicted = np.array(CLASSES)[predictions.probabilities.argmax(axis=1)]
    table = predictions.table.assign(predicted=predicted)
    return table.loc[table["fold"] != DEVELOPMENT_FOLD, ["row", "label", "predicted"]]
