"""Two models' confusion matrices on the same faces, and the faces only one of them gets right."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.choosing import predictions_words
from apps.explorer_parts.data import Shown, evaluated_at, show
from apps.explorer_parts.exports import export_faces, export_matrix
from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.lists import in_url, one_of, show_rows, with_interval
from apps.explorer_parts.matrix import (
    ANY,
    Cell,
    asked_cell,
    cell_filter,
    cell_words,
    rates_by_class,
    show_matrix,
    take_cell,
)
from apps.explorer_parts.sources import Source
from apps.explorer_parts.words import in_sentences, say_what
from fermask.evaluation.evaluation import Evaluation
from fermask.evaluation.formatting import format_interval, format_p, format_percent
from fermask.evaluation.rates import mcnemar, paired_difference
from fermask.exploring.browsing import filter_faces
from fermask.exploring.comparison import OUTCOMES, both_predicted, comparison_csv, outcomes, surest
from fermask.system.markdown import escaped

# Whose matrix a cell is of.
WHOSE: tuple[str, ...] = ("first", "second")
_WORDS = dict(
    zip(
        OUTCOMES,
        ("only the first is right", "only the second is right", "both are right", "both are wrong"),
        strict=True,
    )
)


@dataclass(frozen=True)
class _Asked:
    """Which faces are asked for: who is right, and a cell of one of the two matrices."""

    outcome: str
    cell: Cell
    whose: str

    def __str__(self) -> str:
        parts = [] if self.outcome == ANY else [_WORDS[self.outcome]]
        if any(self.cell):
            parts.append(f"{cell_words(self.cell)} by the {self.whose}")
        return (", ".join(parts) or "all faces").capitalize()


@st.fragment
@in_sentences
def show_side_by_side(shown: Shown, other: Source, split: str, shares: bool, page_key: str) -> None:
    """Both matrices on the faces that both predicted, the faces behind, and the difference.

    Args:
        shown: with the first model's predictions.
        other: the second model's file.
        split: of ``faces_table.splits_shown``; of both.
        shares: whether the large figures of the matrices are shares of the row.
        page_key: of the pager of the faces.
    """
    second, problem, note = show(shown.ferm, other)
    for words in filter(None, (problem, note)):
        st.error(escaped(words))
    if second.predictions is None:
        return
    both = both_predicted(shown.table, second.table, split)
    if len(both) == 0:
        st.info(
            "No face was predicted by both of them in this split; choose all faces, or another "
            "model."
        )
        return
    outcome = one_of("Right is", [ANY, *OUTCOMES], "right", False, **in_url(page_key))
    classes = shown.ferm.classes
    whose = st.query_params.get("whose", WHOSE[0])
    asked = _Asked(outcome, asked_cell(classes), whose if whose in WHOSE else WHOSE[0])
    evaluations = []
    *matrices, right = st.columns([3, 3, 4], gap="medium")
    titles = (st.session_state["predictions"], st.session_state["versus"])
    for column, name, title, each in zip(matrices, WHOSE, titles, (shown, second), strict=True):
        with column:
            st.markdown(f"**{name.capitalize()}: {predictions_words(title)}**")
            evaluation = evaluated_at(each, both)
            key, cell = f"matrix_{name}", asked.cell if name == asked.whose else (None, None)
            on_click = partial(take_cell, key, page_key, classes, whose=name)
            show_matrix(evaluation.confusion, cell, key, on_click, shares, classes=classes)
            st.metric("Accuracy (95% interval)", with_interval(evaluation.accuracy))
            say_what(each, split, both)
            export_matrix(each, evaluation, split, both, shares, f"{key}_file")
            evaluations.append(evaluation)
    with right:
        _show_faces(shown, second, _found(shown, second, both, asked), split, asked, page_key)
    _say_difference(shown, second, both)
    _show_by_class(*evaluations)


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
    tables = [rates_by_class(each) for each in evaluations]
    for whose, table in zip(WHOSE, tables, strict=True):
        table["class"] += f", {whose}"
    show_rows(pd.concat(tables).sort_index(kind="stable"))


def _found(shown: Shown, second: Shown, both: np.ndarray, asked: _Asked) -> np.ndarray:
    """Positions of the faces asked for, the surest first."""
    of_cell = shown if asked.whose == WHOSE[0] else second
    found = both[filter_faces(of_cell.table.iloc[both], cell_filter(asked.cell))]
    if asked.outcome != ANY:
        found = found[outcomes(shown.table, second.table)[found] == asked.outcome]
    return surest(shown.table, second.table, found, asked.outcome)


def _show_faces(
    shown: Shown, second: Shown, found: np.ndarray, split: str, asked: _Asked, page_key: str
) -> None:
    st.markdown(f"**{asked}**: {len(found):,} faces, surest first")
    if len(found) == 0:
        st.info("No face is so; choose another cell, or whoever is right.")
        return

    def note(position: int) -> str:
        face = second.table.iloc[position]
        return f"second: {face['predicted']}, {face['confidence']:.0%} sure"

    gallery(shown, found, key=page_key, wide=True, notes=note)
    names = " and ".join(each.predictions.about["model"] for each in (shown, second))
    export_faces(
        shown,
        found,
        lambda: comparison_csv(shown.table, second.table, found),
        f"{names} · {split} faces · {asked}",
        "both_file",
    )
