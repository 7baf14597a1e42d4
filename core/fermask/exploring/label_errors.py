"""Which labels of a set are likely wrong, and what speaks for it.

Confident learning (Northcutt et al. 2021, as cleanlab has it) compares each label with what
a network that never saw the face says of it. Twins are a second sign: the same photograph
under two labels, or with two answers.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from fermask.evaluation.rates import CONFIDENCE, Rate, rate
from fermask.faces.labels import (
    CLASS_OF_FERPLUS,
    FERPLUS_VOTES,
    VOTE_COLUMNS,
    label_from_emotions,
)
from fermask.networks.predictions import classes_of, probabilities_of, probability_columns
from fermask.system.csv_text import table_csv

_VOTES_OF = {
    CLASS_OF_FERPLUS[name]: column
    for name, column in zip(FERPLUS_VOTES, VOTE_COLUMNS, strict=True)
    if name in CLASS_OF_FERPLUS
}


def why_not_out_of_fold(split: pd.Series, protocol: str | None) -> str:
    """A sentence why predictions cannot judge the labels; "" where each is out of fold.

    Args:
        split: of each prediction, as ``evaluation.Predictions`` holds it.
        protocol: of the predictions; None where it is not known.
    """
    trained_on = int((split == "training").sum())
    if trained_on:
        return (
            f"{trained_on:,} of the {len(split):,} faces predicted were trained on. A network "
            "repeats the labels it was taught, the wrong ones too, so a search among its own "
            "training faces would miss them."
        )
    if protocol == "paper":
        return (
            "Under the paper protocol a face may be held back while the same photograph is "
            "trained on, so a network may repeat a wrong label that it was taught."
        )
    if protocol != "clean" or (split != "validation").any():
        return (
            "Nothing says that this network was trained on none of these faces. It would repeat "
            "the labels it was taught, the wrong ones too, so a search among its own training "
            "faces would miss them. A CSV says so in its columns split and fold."
        )
    return ""


def find_label_errors(table: pd.DataFrame, protocol: str | None) -> pd.DataFrame:
    """Faces whose label is likely wrong, the likeliest first.

    cleanlab's ``find_label_issues`` with its own settings: how often each class is taken for
    each other one is counted where the network is surer than it usually is of that class, and
    as many of the furthest off are given back. None of them is a face named as labelled.

    Args:
        table: as ``faces_table.faces_table`` gives it.
        protocol: of the predictions in it.

    Returns:
        ``position`` (in the table), ``row`` (of FER2013), ``label``, ``suggested`` (the class
        the network finds likeliest), ``label_quality`` (cleanlab's, 0…1; the lower the
        likelier wrong), ``votes_for_suggested`` (of FER+'s ten, missing without them),
        ``fer2013_label`` (FER2013's own class, missing where it is none of the four) and
        ``rank`` (from 1).

    Raises:
        ValueError: not every prediction is out of fold.
    """
    known = np.flatnonzero(table["predicted"].notna())
    problem = why_not_out_of_fold(table["split"].iloc[known], protocol)
    if problem:
        raise ValueError(problem)
    faces = table.iloc[known]
    labels = faces["label"].map(classes_of(table).index).to_numpy(dtype=np.int64)
    probabilities = probabilities_of(faces)
    order, quality = _confident_learning(labels, probabilities)
    found = faces.iloc[order]
    return pd.DataFrame(
        {
            "position": known[order],
            "row": found["row"].to_numpy(),
            "label": found["label"].to_numpy(),
            "suggested": found["predicted"].to_numpy(),
            "label_quality": quality[order],
            "votes_for_suggested": votes_for(found, found["predicted"]),
            "fer2013_label": _fer2013_label(found),
            "rank": np.arange(1, len(order) + 1),
        }
    )


def _confident_learning(
    labels: np.ndarray, probabilities: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Suspects, the likeliest wrong first, int64 ``(m,)``; label quality of all, ``(n,)``."""
    # One class alone can be taken for no other.
    if len(np.unique(labels)) < 2:
        return np.array([], dtype=np.int64), np.ones(len(labels))
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    with warnings.catch_warnings():
        # A class of one face, or of none, is no news.
        warnings.filterwarnings("ignore", "May not flag all label issues")
        # One process: it takes milliseconds, and a page must not fork.
        order = find_label_issues(
            labels, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1
        )
    return np.asarray(order, dtype=np.int64), get_label_quality_scores(labels, probabilities)


def votes_for(faces: pd.DataFrame, names: pd.Series) -> np.ndarray:
    """How many of FER+'s ten voters chose a class, float64 ``(n,)``, missing without votes for it.

    Args:
        faces: with ``VOTE_COLUMNS``.
        names: of a class for each face.
    """
    votes = faces[list(_VOTES_OF.values())].to_numpy(dtype=np.float64, na_value=np.nan)
    columns = pd.Index(list(_VOTES_OF)).get_indexer(names)
    return np.where(columns < 0, np.nan, votes[np.arange(len(faces)), columns])


def _fer2013_label(faces: pd.DataFrame) -> np.ndarray:
    return np.asarray(label_from_emotions(faces["emotion"].to_numpy()), dtype=object)


def errors_by_class(table: pd.DataFrame, errors: pd.DataFrame) -> pd.DataFrame:
    """How many labels of each class are suspected, and what they are taken for.

    Args:
        table: as ``faces_table.faces_table`` gives it.
        errors: as ``find_label_errors`` gives it.

    Returns:
        By class, in their order: ``label``, ``n`` (faces with a prediction), ``suspected``,
        ``share`` (0…1), ``low`` and ``high`` (its 95% interval), and for each class how many
        are taken for it.
    """
    faces, classes = table["label"][table["predicted"].notna()].value_counts(), classes_of(table)
    taken_for = pd.crosstab(errors["label"], errors["suggested"]).reindex(
        index=list(classes), columns=list(classes), fill_value=0
    )
    rows = []
    for name in classes:
        share = rate(int(taken_for.loc[name].sum()), int(faces.get(name, 0)))
        suspected = {"label": name, "n": share.n, "suspected": int(taken_for.loc[name].sum())}
        suspected |= {"share": share.value, "low": share.low, "high": share.high}
        rows.append(suspected | taken_for.loc[name].to_dict())
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Difference:
    """Mean of some faces less that of others, with Welch's 95% interval (missing if unknown)."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def mean_difference(ours: pd.Series, others: pd.Series) -> Difference | None:
    """How far two means lie apart; None where either side lacks two known values."""
    ours, others = ours.dropna().astype(float), others.dropna().astype(float)
    if min(len(ours), len(others)) < 2:
        return None
    value = float(ours.mean() - others.mean())
    if ours.nunique() == others.nunique() == 1:
        return Difference(value, float("nan"), float("nan"))
    interval = stats.ttest_ind(ours, others, equal_var=False).confidence_interval(CONFIDENCE)
    return Difference(value, float(interval.low), float(interval.high))


def fer2013_sides_with_answer(table: pd.DataFrame, positions: np.ndarray) -> Rate:
    """How often FER2013's own label is the class that the network names.

    FER2013 was labelled before FER+ and by others, so where the set's labels are FER+'s this
    is a second opinion.

    Args:
        table: as ``faces_table.faces_table`` gives it.
        positions: of faces with a prediction.
    """
    faces = table.iloc[positions]
    same = _fer2013_label(faces) == faces["predicted"].to_numpy()
    return rate(int(same.sum()), len(faces))


def disagreeing_twins(table: pd.DataFrame, answered: np.ndarray) -> pd.DataFrame:
    """Photographs that are in the set more than once, with different labels or answers.

    Args:
        table: as ``faces_table.faces_table`` gives it.
        answered: positions of the faces whose answers count.

    Returns:
        ``group``, ``n`` (its faces), ``labels`` and ``answers`` (such as ``sad 2, angry 1``),
        ``labels_differ`` and ``answers_differ`` (bool); those with different labels first,
        then by group.
    """
    answers = pd.Series(pd.NA, index=table.index, dtype="str")
    answers.iloc[answered] = table["predicted"].iloc[answered]
    faces = table[["group", "label"]].assign(answer=answers)
    faces = faces[faces["group"].duplicated(keep=False)]
    differs = faces.groupby("group")[["label", "answer"]].nunique().gt(1)
    faces = faces[faces["group"].isin(differs.index[differs.any(axis=1)])]
    found = pd.DataFrame(
        {
            "n": faces.groupby("group").size(),
            "labels": _counted(faces, "label"),
            "answers": _counted(faces, "answer"),
            "labels_differ": differs["label"],
            "answers_differ": differs["answer"],
        },
        index=faces["group"].drop_duplicates().sort_values().rename("group"),
    )
    found = found.fillna({"answers": ""}).reset_index()
    return found.sort_values("labels_differ", ascending=False, kind="stable", ignore_index=True)


def _counted(faces: pd.DataFrame, column: str) -> pd.Series:
    """Values with how often each group has them, the most frequent first: ``sad 2, angry 1``."""
    counts = faces.groupby(["group", column], as_index=False).size()
    counts = counts.sort_values("size", ascending=False, kind="stable")
    words = counts[column].astype(str) + " " + counts["size"].astype(str)
    return words.groupby(counts["group"]).agg(", ".join)


def faces_of_groups(table: pd.DataFrame, groups: pd.Series) -> np.ndarray:
    """Positions of all faces of some groups, group after group in the order given, int64."""
    place = table["group"].map({group: i for i, group in enumerate(groups)})
    return place.dropna().sort_values(kind="stable").index.to_numpy(dtype=np.int64)


def label_errors_csv(table: pd.DataFrame, errors: pd.DataFrame) -> str:
    """Suspects as CSV: what was found, the network's probabilities, and the votes.

    Args:
        table: as ``faces_table.faces_table`` gives it.
        errors: rows of what ``find_label_errors`` gives.
    """
    shares = probability_columns(classes_of(table))
    beside = table[["usage", "group", *shares, "agreement", *VOTE_COLUMNS]]
    beside = beside.iloc[errors["position"]].set_axis(errors.index)
    found = errors[["rank", "row", "label", "suggested", "label_quality", "fer2013_label"]]
    chosen = pd.concat([found, beside], axis=1)
    return table_csv(chosen)
