"""The four classes of FERM, their order, and what FER2013 and FER+ call them.

The order of ``CLASSES`` is the order of every probability vector, confusion matrix and
table in the project (Table 2 of the paper).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from fermask.system.markdown import plain_name

if TYPE_CHECKING:
    import pandas as pd

CLASSES: tuple[str, ...] = ("neutral", "sad", "surprise", "angry")

# FER+'s other expressions, in the order of a network's output ``other``.
OTHER_EXPRESSIONS: tuple[str, ...] = ("happy", "fear", "disgust", "contempt")
# All eight that FER+ has, as a network that tells them all orders them.
EXPRESSIONS: tuple[str, ...] = CLASSES + OTHER_EXPRESSIONS

# FER2013's `emotion` column holds an index into this tuple.
FER2013_EMOTIONS: tuple[str, ...] = (
    "angry",
    "disgust",
    "fear",
    "happy",
    "sad",
    "surprise",
    "neutral",
)

# Of a face that is not FER2013's.
NO_EMOTION = -1

# FER+'s vote columns, in the file's own spelling and order.
FERPLUS_VOTES: tuple[str, ...] = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)
# Of the same in a table of faces.
VOTE_COLUMNS: tuple[str, ...] = tuple(f"votes_{name}" for name in FERPLUS_VOTES)

CLASS_OF_FER2013 = {"neutral": "neutral", "sad": "sad", "surprise": "surprise", "angry": "angry"}
CLASS_OF_FERPLUS = {
    "neutral": "neutral",
    "sadness": "sad",
    "surprise": "surprise",
    "anger": "angry",
}

# FER2013's own names of the expressions that both have.
EMOTION_OF_FERPLUS = CLASS_OF_FERPLUS | {
    "happiness": "happy",
    "disgust": "disgust",
    "fear": "fear",
}
EXPRESSION_OF_FERPLUS = EMOTION_OF_FERPLUS | {"contempt": "contempt"}

USAGES: tuple[str, ...] = ("Training", "PublicTest", "PrivateTest")


FERPLUS_VOTERS = 10
_PLACES = {name: place for place, name in enumerate(CLASSES)}


def label_from_votes(votes: np.ndarray) -> "pd.DataFrame":
    """Majority label and agreement of FER+ votes.

    Args:
        votes: int ``(n, 10)``, columns as ``FERPLUS_VOTES``.

    Returns:
        ``majority``, the FER+ column with strictly the most votes (missing on a tie or
        without votes); ``label``, the FERM class of that column (missing for the other
        columns); ``agreement``, the largest count's share of the ten voters, 0…1.
    """
    import pandas as pd

    votes = np.asarray(votes)
    top = votes.max(axis=1, initial=0)
    decided = ((votes == top[:, None]).sum(axis=1) == 1) & (top > 0)
    majority = pd.Series(np.asarray(FERPLUS_VOTES)[votes.argmax(axis=1)], dtype="str")
    majority = majority.where(decided)
    return pd.DataFrame(
        {
            "majority": majority,
            "label": majority.map(CLASS_OF_FERPLUS).astype("str"),
            "agreement": top / FERPLUS_VOTERS,
        }
    )


def votes_entropy(votes: np.ndarray) -> np.ndarray:
    """How far the voters disagree, in bits, float64 ``(n,)``; missing without a vote.

    0 where all chose the same; log2(10) = 3.32 where ten chose ten different columns.

    Args:
        votes: ``(n, 10)``, columns as ``FERPLUS_VOTES``, whole numbers or missing.
    """
    votes = np.asarray(votes)
    totals = votes.sum(axis=1)
    known = totals > 0
    weighted = np.zeros(len(votes))
    for column in votes.T:
        counts = np.nan_to_num(column).astype(np.int64)
        # Few counts are possible: a logarithm is taken of each, not of each face's.
        possible = np.arange(counts.max(initial=0) + 1)
        weighted += (possible * np.log2(np.maximum(possible, 1)))[counts]
    some = np.where(known, totals, 1)
    return np.where(known, np.maximum(np.log2(some) - weighted / some, 0), np.nan)


def class_order(names: Iterable[str]) -> tuple[str, ...]:
    """The names of a set's classes, each once: those of FERM in its order, then others by name."""
    return tuple(sorted(set(names), key=lambda name: (_PLACES.get(name, len(CLASSES)), name)))


def are_classes(names: Any) -> bool:
    """Whether these can be a set's classes: two names or more, each once and plain."""
    return (
        isinstance(names, list | tuple)
        and all(isinstance(name, str) and name and plain_name(name) == name for name in names)
        and len(set(names)) == len(names) > 1
        and "other" not in names
    )


def label_from_emotions(emotions: np.ndarray) -> "pd.Series":
    """FERM class of FER2013's own labels: int ``(n,)`` in 0…6 to class name, or missing.

    So is that of ``NO_EMOTION``.
    """
    import pandas as pd

    own = np.array([*FER2013_EMOTIONS, None], dtype=object)
    names = pd.Series(own[np.asarray(emotions, dtype=int)], dtype="str")
    return names.map(CLASS_OF_FER2013).astype("str")
