"""Two models' confusion matrices on the same faces, and the faces only one of them gets right."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.data import Shown, Source, show
from apps.explorer_parts.exports import export_faces, export_matrix
from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.lists import in_url, with_interval
from apps.explorer_parts.matrix import ANY, cell_lists, confusion, take_cell
from apps.explorer_parts.words import picture_note, say_what
from fermask.evaluation.confusion import f1_intervals
from fermask.evaluation.evaluation import Evaluation, evaluate
from fermask.evaluation.formatting import format_interval, format_p, format_percent
from fermask.evaluation.rates import mcnemar, paired_difference
from fermask.exploring.browsing import FaceFilter, filter_faces
from fermask.exploring.comparison import OUTCOMES, both_predicted, comparison_csv, outcomes, surest
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import PROBABILITY_COLUMNS

# Whose matrix a cell is of.
WHOSE: tuple[str, ...] = ("first", "second")
_WORDS = dict(
    zip(
        OUTCOMES,
        ("only the first is right", "only the second is right", "both are right", "both are wrong"),
        strict=True,
    )
)
_CARDS = 24


@dataclass(frozen=True)
class _Asked:
    """Which faces are asked for; None and ``ANY`` ask nothing."""

    outcome: str
    true: str | None
    predicted: str | None
    whose: str

    def __str__(self) -> str:
        parts = [] if self.outcome == ANY else [_WORDS[self.outcome]]
        if self.true or self.predicted:
            parts.append(f"true {self.true or ANY}")
            parts.append(f"predicted {self.predicted or ANY} by the {self.whose}")
        return ", ".join(parts).capitalize()

    @property
    def nothing(self) -> bool:
        return (self.outcome, self.true, self.predicted) == (ANY, None, None)

    def cell(self, name: str) -> tuple[str | None, str | None]:
        """The cell chosen in one of the two matrices."""
        return (self.true, self.predicted) if name == self.whose else (None, None)


def show_side_by_side(shown: Shown, other: Source, split: str, shares: bool, page_key: str) -> None:
    """Both matrices on the faces that both predicted, their difference, and the faces behind.

    Args:
        shown: with the first model's predictions.
        other: the second model's file.
        split: ``validation`` or ``all``; of both.
        shares: whether the large figures of the matrices are shares of the row.
        page_key: of the pager of the faces.
    """
    second, problem, note = show(shown.ferm, other)
    for words in filter(None, (problem, note)):
        st.error(words)
    if second.predictions is None:
        return
    both = both_predicted(shown.table, second.table, split)
    if len(both) == 0:
        st.info(
            "No face was predicted by both of them in this split; choose all faces, or another "
            "model."
        )
        return
    asked = _ask(page_key)
    evaluations = []
    for column, name, each in zip(st.columns(2, gap="large"), WHOSE, (shown, second), strict=True):
        with column:
            st.subheader(name.capitalize())
            say_what(each, split, both)
            evaluation = _evaluate(each, both)
            st.metric("Accuracy (95% interval)", with_interval(evaluation.accuracy))
            key = f"matrix_{name}"
            on_click = partial(_take, key, name, page_key)
            confusion(evaluation, shares, *asked.cell(name), key, on_click)
            export_matrix(each, evaluation, split, both, shares, f"{key}_file")
            evaluations.append(evaluation)
    _say_difference(shown, second, both)
    _show_by_class(*evaluations)
    if not asked.nothing:
        _show_faces(shown, second, _found(shown, second, both, asked), split, asked, page_key)


def _ask(page_key: str) -> _Asked:
    url = in_url(page_key)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        outcome = st.segmented_control(
            "Right is", [ANY, *OUTCOMES], default=ANY, required=True, key="right", **url
        )
        true, predicted = cell_lists(page_key)
        whose = st.segmented_control(
            "Predicted by", WHOSE, default=WHOSE[0], required=True, key="whose", **url
        )
    return _Asked(outcome, true, predicted, whose)


def _take(key: str, whose: str, page_key: str) -> None:
    if take_cell(key, page_key):
        st.session_state["whose"] = whose


def _evaluate(shown: Shown, positions: np.ndarray) -> Evaluation:
    probabilities = shown.table[list(PROBABILITY_COLUMNS)].iloc[positions]
    return evaluate(shown.ferm.labels[positions], probabilities.to_numpy(dtype=float))


def _say_difference(shown: Shown, second: Shown, both: np.ndarray) -> None:
    first_right, second_right = (
        (each.table["answer"].iloc[both] == "right").to_numpy() for each in (shown, second)
    )
    pair = mcnemar(first_right, second_right)
    apart = paired_difference(pair)
    st.subheader("The difference")
    st.markdown(
        f"Accuracy of the first less the second: **{format_percent(apart.value, '+.1f')} points** "
        f"(95% interval {format_interval(apart.low, apart.high, '+.1f')}), paired on the same "
        f"{pair.n:,} faces. Only the first names **{pair.only_first:,}** right, only the second "
        f"**{pair.only_second:,}** (McNemar's exact test: {format_p(pair.p)}); both are right "
        f"on {int((first_right & second_right).sum()):,} and both wrong on "
        f"{int((~first_right & ~second_right).sum()):,}."
    )


def _show_by_class(*evaluations: Evaluation) -> None:
    both_f1 = [f1_intervals(each.confusion)[0] for each in evaluations]
    rates = [
        {
            "class": f"{name}, {whose}",
            "n": each.recall[name].n,
            "precision": with_interval(each.precision[name]),
            "recall": with_interval(each.recall[name]),
            "F1": with_interval(f1[name]),
        }
        for name in CLASSES
        for whose, each, f1 in zip(WHOSE, evaluations, both_f1, strict=True)
    ]
    st.table(pd.DataFrame(rates).set_index("class"))


def _found(shown: Shown, second: Shown, both: np.ndarray, asked: _Asked) -> np.ndarray:
    """Positions of the faces asked for, the surest first."""
    of_cell = shown if asked.whose == WHOSE[0] else second
    wanted = FaceFilter(
        labels=() if asked.true is None else (asked.true,),
        predicted=() if asked.predicted is None else (asked.predicted,),
    )
    found = both[filter_faces(of_cell.table.iloc[both], wanted)]
    if asked.outcome != ANY:
        found = found[outcomes(shown.table, second.table)[found] == asked.outcome]
    return surest(shown.table, second.table, found, asked.outcome)


def _show_faces(
    shown: Shown, second: Shown, found: np.ndarray, split: str, asked: _Asked, page_key: str
) -> None:
    st.subheader(f"{asked}: {len(found):,} faces, surest first")
    if len(found) == 0:
        st.info("No face is so; choose another cell, or whoever is right.")
        return
    names = " and ".join(each.predictions.about["model"] for each in (shown, second))
    export_faces(
        shown,
        found,
        lambda: comparison_csv(shown.table, second.table, found),
        f"{names} · {split} faces · {asked}",
        "both_file",
    )
    picture_note(shown)

    def note(position: int) -> str:
        face = second.table.iloc[position]
        return f"second: {face['predicted']}, {face['confidence']:.0%} sure"

    gallery(shown, found, key=page_key, wide=True, size=_CARDS, notes=note)
