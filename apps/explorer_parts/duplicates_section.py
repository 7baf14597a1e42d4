"""Photographs that are in a set more than once, with different labels or answers."""

import numpy as np
import streamlit as st

from apps.explorer_parts.data import Shown
from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.lists import count_and_csv, in_url
from apps.explorer_parts.words import evaluated_faces, picture_note
from fermask.evaluation.scope import SPLITS, splits_of
from fermask.exploring.faces_table import mistakes_csv
from fermask.exploring.label_errors import disagreeing_twins, faces_of_groups

CARDS = 24
DIFFER = {"labels": "labels_differ", "answers": "answers_differ"}
_PAGE = "duplicates_page"
_URL = in_url(_PAGE)


def show_duplicates(shown: Shown) -> None:
    """The section: how many photographs contradict themselves, and their faces."""
    table = shown.table
    answered = np.array([], dtype=np.int64)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if shown.predictions is not None:
            split = st.segmented_control(
                "Answers for",
                splits_of(shown.table),
                default=SPLITS[0],
                required=True,
                key="of",
                **_URL,
            )
        differ = st.pills("What differs", list(DIFFER), selection_mode="multi", key="on", **_URL)
    if shown.predictions is not None:
        answered = evaluated_faces(shown, split)
    twice = table["group"][table["group"].duplicated(keep=False)].nunique()
    found = disagreeing_twins(table, answered)
    st.markdown(_summary(shown, twice, found))
    if differ:
        found = found[found[[DIFFER[name] for name in differ]].any(axis=1)]
    positions = faces_of_groups(table, found["group"])
    count_and_csv(
        f"**{len(positions):,}** faces of {_photographs(len(found))}",
        lambda: mistakes_csv(table, positions),
        "duplicates.csv",
        "These faces with group, label, answer, probabilities and votes",
        empty=found.empty,
    )
    picture_note(shown)
    if found.empty:
        st.info("No photograph is left to show: the faces of each agree.")
        return
    of_group = found.set_index("group")

    def note(position: int) -> str:
        group = table["group"].iloc[position]
        each = of_group.loc[group]
        words = f"group {group}, {each['n']} faces: labels {each['labels']}"
        return words + (f"; answers {each['answers']}" if each["answers"] else "")

    gallery(shown, positions, _PAGE, wide=True, size=CARDS, notes=note)


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
