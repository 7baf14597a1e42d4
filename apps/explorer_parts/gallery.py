"""Faces to click on: a grid of tiles, or of wider cards with words beside each face.

Streamlit's own buttons and images would be a hundred elements a page; this is one.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from apps.explorer_parts.data import PICTURES, Shown
from apps.explorer_parts.evidence import evidence_caption, no_evidence
from apps.explorer_parts.face import open_face
from apps.explorer_parts.lists import in_a_row, one_of
from apps.explorer_parts.marking import current_marks, gallery_mode, mark_words, take_marks
from apps.explorer_parts.tiles import cards, faces
from apps.explorer_parts.words import in_sentences, picture_note
from fermask.dataset.marks import KEEP
from fermask.exploring.browsing import page_count, page_of

# Faces on a page that stands beside what they were chosen by, or with words beside each.
BESIDE = 25


def gallery(
    shown: Shown,
    positions,
    key: str,
    wide: bool = False,
    size: int = BESIDE,
    notes: Callable[[int], str] | None = None,
) -> None:
    """A page of faces with its pager; a click opens the face's panel, or selects it to mark.

    Args:
        shown: what is shown.
        positions: of all faces, in their order.
        key: of the pager, which is also its name in the URL.
        wide: whether words and votes stand beside each face.
        size: faces on a page.
        notes: gives the wide card of a position a line more.
    """
    # What the panel of a face, which may also be opened by the URL, goes through.
    st.session_state["listed"] = positions
    pages = page_count(len(positions), size)
    if st.session_state.get(key, 1) > pages:
        st.session_state[key] = pages
    with in_a_row():
        view = one_of("Show", PICTURES, "view")
        marking = gallery_mode(shown, key, last=st.session_state.get(key, 1) == pages)
    if view == "evidence":
        problem = no_evidence(shown.ferm)
        if problem:
            st.info(problem)
            view = "masked"
        else:
            st.caption(
                evidence_caption(shown.table[["row", "group", "file", "emotion"]].iloc[positions])
            )
    place = st.container()
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=key, bind="query-params", width="stretch")
    listed = cards(shown, page_of(positions, page, size), wide, view, notes)
    put_marks(listed, current_marks(shown), wide)
    with place:
        chosen = faces(listed, f"{key}_faces", wide, marking, lambda: take_marks(shown, key))
    picture_note(shown)
    if chosen is not None:
        open_face(shown, chosen)


# The same, run alone where nothing else on its page depends on it.
gallery_alone = st.fragment(in_sentences(gallery))


def put_marks(cards: list[dict[str, Any]], marks: pd.DataFrame, wide: bool) -> None:
    """Adds to the cards of marked faces what they are marked, also in their text alternative."""
    for each in cards:
        if each["row"] not in marks.index:
            continue
        mark = marks.loc[each["row"]]
        each["mark"], each["keep"] = mark_words(mark), mark["verdict"] == KEEP
        should_be = f", should be {mark['suggestion']}" if mark["suggestion"] else ""
        each["alt"] += f", marked {mark['verdict']}{should_be}"
        if wide:
            note = f": {mark['note']}" if mark["note"] else ""
            each["lines"].insert(0, f"marked {mark['verdict']}{should_be}{note}")
