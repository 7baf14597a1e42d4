"""Slices of the set on which the network is right less often than elsewhere."""

import numpy as np
import pandas as pd
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
    with_interval,
)
from apps.explorer_parts.words import evaluated_faces, in_sentences, no_predictions
from fermask.evaluation.formatting import format_p
from fermask.evaluation.rates import Rate, rate
from fermask.exploring.browsing import FaceFilter, filter_faces, sort_by
from fermask.exploring.faces_table import mistakes_csv, splits_shown
from fermask.exploring.slices import (
    MIN_FACES,
    SIGNIFICANCE,
    accuracy_by_slice,
    faces_in_slice,
    slice_properties,
)
from fermask.system.csv_text import table_csv

_HOW = (
    "Among so many slices some look bad by chance alone: p, how often as many faces drawn at "
    "random would do as badly, is adjusted for all slices looked at (Benjamini and Hochberg). A "
    f"slice below {SIGNIFICANCE} is a reason to look, not yet a cause: slices overlap. Intervals "
    "are Wilson's."
)
_PAGE = "slice_page"
_URL = in_url(_PAGE)


@st.fragment
@in_sentences
def show_blind_spots(shown: Shown) -> None:
    """The section: all slices, the worst first, and beside them the faces of the one chosen."""
    if shown.predictions is None:
        no_predictions()
    with in_a_row():
        split = one_of("Faces", splits_shown(shown.table), "of", **_URL)
        with st.popover("Slices", icon=":material/tune:", type="tertiary"):
            by = one_of("Slices by", ["one property", "two"], "properties", False, **_URL)
            min_faces = st.number_input(
                "At least n faces", 1, None, MIN_FACES, step=10, key="min", **_URL
            )
    chosen = evaluated_faces(shown, split)
    right = (shown.table["answer"].iloc[chosen] == "right").to_numpy()
    _, properties = _properties(shown.table, id(shown.table), shown.ferm.bare, shown.has_pictures)
    properties = properties.iloc[chosen]
    slices = accuracy_by_slice(properties, right, by == "two", int(min_faces))
    if slices.empty:
        st.info(f"No slice has {min_faces:,} faces; ask for fewer.")
        return
    worse = int((slices["adjusted_p"] < SIGNIFICANCE).sum())
    left, beside = list_and_faces()
    with left:
        name = choose_from("Slice", _captions(slices), "slice", **_URL)
    with beside:
        _show_faces(shown, chosen[faces_in_slice(properties, name)], name)
    st.markdown(
        f"**{worse:,}** of {len(slices):,} slices are worse than chance would make them; all "
        f"faces {with_interval(rate(int(right.sum()), len(right)))}"
    )
    with st.expander("How to read this"):
        st.markdown(_HOW)
    help = "All slices with n, accuracy, interval and p"
    csv_button(lambda: table_csv(slices), "slices.csv", help)


def _captions(slices: pd.DataFrame) -> dict[str, str]:
    columns = slices[["slice", "accuracy", "low", "high", "n", "adjusted_p"]]
    return {
        name: f"{Rate(*each)} right, adjusted {format_p(p)}"
        for name, *each, p in columns.itertuples(index=False, name=None)
    }


@st.cache_resource(show_spinner="Measuring the faces, once.", max_entries=2)
def _properties(
    _table: pd.DataFrame, table_id: int, _bare: np.ndarray | None, has_pictures: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    # The table is kept beside them, or another one might be given its id.
    brightness = None if _bare is None else _bare.mean(axis=(1, 2))
    return _table, slice_properties(_table, brightness)


def _show_faces(shown: Shown, positions: np.ndarray, name: str) -> None:
    table = shown.table
    with in_a_row():
        answers = one_of("Its faces", ["wrong", "all"], "answers", **_URL)
        wanted = FaceFilter(answers=("wrong",) if answers == "wrong" else ())
        found = positions[filter_faces(table.iloc[positions], wanted)]
        found = sort_by(table, found, "confidence", falling=True)
        st.markdown(f"**{len(found):,}** of {len(positions):,} faces, {name}", width="content")
    if len(found) == 0:
        st.info("The network names every face of this slice rightly.")
        return
    gallery(shown, found, _PAGE, wide=True)
    help = "These faces with probabilities and votes"
    csv_button(lambda: mistakes_csv(table, found), "slice.csv", help, "Faces CSV")
