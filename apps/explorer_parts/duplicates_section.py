"""Photographs that are in a set more than once, with different labels or answers."""

import numpy as np
import streamlit as st

from apps.explorer_parts.data import Shown
from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.lists import (
    choose_from,
    csv_button,
    in_a_row,
    in_url,
    list_and_faces,
    one_of,
)
from apps.explorer_parts.words import evaluated_faces, in_sentences
from fermask.exploring.faces_table import mistakes_csv, splits_shown
from fermask.exploring.label_errors import disagreeing_twins, faces_of_groups

DIFFER = {"labels": "labels_differ", "answers": "answers_differ"}
_ALL = "all of them"
_PAGE = "duplicates_page"
_URL = in_url(_PAGE)


@st.fragment
@in_sentences
def show_duplicates(shown: Shown) -> None:
    """The section: how many photographs contradict themselves, and their faces."""
    table = shown.table
    answered = np.array([], dtype=np.int64)
    with in_a_row("bottom", "medium"):
        if shown.predictions is not None:
            split = one_of("Answers for", splits_shown(table), "of", **_URL)
        differ = st.pills(
            "What differs",
            list(DIFFER),
            selection_mode="multi",
            key="on",
            label_visibility="collapsed",
            width="content",
            **_URL,
        )
    left, right = list_and_faces()
    with left:
        if shown.predictions is not None:
            answered = evaluated_faces(shown, split)
        twice = table["group"][table["group"].duplicated(keep=False)].nunique()
        found = disagreeing_twins(table, answered)
        summary = _summary(shown, twice, found)
        if differ:
            found = found[found[[DIFFER[name] for name in differ]].any(axis=1)]
        if found.empty:
            st.markdown(summary)
            st.info("No photograph is left to show: the faces of each agree.")
            return
        words = {
            each.group: f"labels {each.labels}"
            + (f"; answers {each.answers}" if each.answers else "")
            for each in found.itertuples()
        }
        group = choose_from(
            "Photograph",
            {_ALL: "", **words},
            "photograph",
            format_func=lambda each: each if each == _ALL else f"group {each}",
            **_URL,
        )
    with right:
        groups = found["group"] if group == _ALL else found["group"][found["group"] == group]
        positions = faces_of_groups(table, groups)
        with in_a_row(gap="medium"):
            counts = f"**{len(positions):,}** faces of {_photographs(len(groups))}"
            st.markdown(counts, width="content")
            help = "These faces with group, label, answer, probabilities and votes"
            csv_button(lambda: mistakes_csv(table, positions), "duplicates.csv", help)

        def note(position: int) -> str:
            own = table["group"].iloc[position]
            return f"group {own}: {words[own]}"

        gallery(shown, positions, _PAGE, wide=True, notes=note)
    st.markdown(summary)


def _summary(shown: Shown, twice: int, found) -> str:
    labels, answers = int(found["labels_differ"].sum()), int(found["answers_differ"].sum())
    words = f"In {shown.ferm.name} more than once: {_photographs(twice)}. "
    if labels:
        words += f"With different labels: **{labels:,}**, so at least one label of each is wrong."
    else:
        words += "None has different labels"
        dropped = shown.ferm.funnel.query("step == 'conflicting_twin'").drop(columns="step")
        n = int(dropped.to_numpy().sum())
        words += f": the screening dropped {n:,} faces for that." if n else "."
    if shown.predictions is not None:
        words += f" With different answers: **{answers:,}**."
    return words


def _photographs(n: int) -> str:
    return f"{n:,} photograph{'' if n == 1 else 's'}"
