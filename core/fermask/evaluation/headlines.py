"""The two accuracies that every place states of the recipe that ships.

Both are of FERM's faces, each answered by the network that held its fold back, without the
development fold; ``fresh`` are those of them whose photograph stands once in the file that the set
was built from, which is what a new photograph meets. A face counts by the share of the
pretrainings after which it is named rightly: the accuracy is their mean, not the luck of one.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fermask.dataset.ferm import Ferm
from fermask.dataset.splits import DEVELOPMENT_FOLD
from fermask.evaluation.formatting import format_percent
from fermask.evaluation.rates import Rate
from fermask.evaluation.resampling import grouped_rate
from fermask.evaluation.scope import FRESH, fresh_faces
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import Predictions, read_predictions
from fermask.system.paths import OUT_OF_FOLD, OUT_OF_FOLD_AGAIN

HELD_BACK = "clean, folds 0 to 8"


@dataclass(frozen=True)
class Headline(Rate):
    """An accuracy that is the mean over pretrainings; ``each``: after each of them, 0…1."""

    each: tuple[float, ...]

    @property
    def spread(self) -> str:
        """After each pretraining in percent, such as ``80.7 and 80.3``."""
        return " and ".join(format_percent(one) for one in self.each)


def published_out_of_fold() -> list[Predictions]:
    """What the recipe says of every face of FERM, by pretraining; the first is what ships."""
    return [read_predictions(path) for path in (OUT_OF_FOLD, OUT_OF_FOLD_AGAIN) if path.is_file()]


def headlines(ferm: Ferm, out_of_fold: list[Predictions]) -> dict[str, Headline]:
    """By ``HELD_BACK`` and ``FRESH`` the accuracy, its interval by resampling duplicate groups.

    Args:
        ferm: the set.
        out_of_fold: of all its faces, by the recipe's ten folds; one for each pretraining.

    Raises:
        ValueError: the predictions are of other faces, or the set does not say which are fresh.
    """
    right = np.array([_is_right(ferm, each) for each in out_of_fold])
    group = ferm.manifest["group"].to_numpy()
    stated = {}
    for name, faces in _measured(ferm).items():
        share = grouped_rate(right[:, faces].mean(axis=0), group[faces])
        each = tuple(map(float, right[:, faces].mean(axis=1)))
        stated[name] = Headline(**asdict(share), each=each)
    return stated


def stated_headlines(record: dict[str, Any]) -> dict[str, Headline]:
    """What ``headlines`` gave when weights were made, from the record beside them; {} without."""
    stated = record.get("result", {}).get("headlines", {})
    return {
        name: Headline(**share | {"each": tuple(share["each"])}) for name, share in stated.items()
    }


def _measured(ferm: Ferm) -> dict[str, np.ndarray]:
    held_back = (ferm.manifest["fold"] != DEVELOPMENT_FOLD).to_numpy()
    return {HELD_BACK: held_back, FRESH: held_back & fresh_faces(ferm)}


def _is_right(ferm: Ferm, out_of_fold: Predictions) -> np.ndarray:
    table = out_of_fold.table.set_index("row")
    rows = ferm.manifest["row"]
    if len(table) != len(rows) or not table.index.isin(rows).all():
        raise ValueError(f"These predictions are not of the {len(rows):,} faces of {ferm.name}.")
    named = np.array(CLASSES)[out_of_fold.probabilities.argmax(axis=1)]
    return (table["label"] == named)[rows].to_numpy()
