"""Slices of the set on which the network is right less often than elsewhere."""

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.data import Shown
from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.lists import count_and_csv, in_url, with_interval
from apps.explorer_parts.words import evaluated_faces, no_predictions, picture_note
from fermask.evaluation.rates import rate
from fermask.evaluation.scope import SPLITS, splits_of
from fermask.exploring.browsing import FaceFilter, filter_faces, sort_by
from fermask.exploring.faces_table import mistakes_csv
from fermask.exploring.slices import (
    MIN_FACES,
    SIGNIFICANCE,
    accuracy_by_slice,
    faces_in_slice,
    slice_properties,
)
from fermask.reporting.tables import interval_column

CARDS = 24
NONE = "none"
_PAGE = "slice_page"
_URL = in_url(_PAGE)


def show_blind_spots(shown: Shown) -> None:
    """The section: all slices, the worst first, and the faces of the one chosen."""
    if shown.predictions is None:
        no_predictions()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        split = st.segmented_control(
            "Faces", splits_of(shown.table), default=SPLITS[0], required=True, key="of", **_URL
        )
        by = st.segmented_control(
            "Slices by",
            ["one property", "two"],
            default="one property",
            required=True,
            key="properties",
            **_URL,
        )
        min_faces = st.number_input(
            "At least n faces", 1, None, MIN_FACES, step=10, key="min", width=150, **_URL
        )
    chosen = evaluated_faces(shown, split)
    right = (shown.table["answer"].iloc[chosen] == "right").to_numpy()
    _, properties = _properties(shown.table, id(shown.table), shown.ferm.bare, shown.has_pictures)
    properties = properties.iloc[chosen]
    slices = accuracy_by_slice(properties, right, by == "two", int(min_faces))
    if slices.empty:
        st.info(f"No slice has {min_faces:,} faces; ask for fewer.")
        return
    _show_table(slices, right)
    name = st.selectbox("Slice", [NONE, *slices["slice"]], key="slice", **_URL)
    if name != NONE:
        _show_faces(shown, chosen[faces_in_slice(properties, name)], name)


@st.cache_resource(show_spinner="Measuring the faces, once.", max_entries=2)
def _properties(
    _table: pd.DataFrame, table_id: int, _bare: np.ndarray | None, has_pictures: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    # The table is kept beside them, or another one might be given its id.
    brightness = None if _bare is None else _bare.mean(axis=(1, 2))
    return _table, slice_properties(_table, brightness)


def _show_table(slices: pd.DataFrame, right: np.ndarray) -> None:
    worse = int((slices["adjusted_p"] < SIGNIFICANCE).sum())
    count_and_csv(
        f"**{worse:,}** of {len(slices):,} slices are worse than chance would make them; "
        f"all faces {with_interval(rate(int(right.sum()), len(right)))}",
        lambda: slices.to_csv(index=False, float_format="%.6g", lineterminator="\n"),
        "slices.csv",
        "All slices with n, accuracy, interval and p",
        empty=False,
    )

    def open_slice() -> None:
        rows = st.session_state["slices_table"].selection.rows
        st.session_state["slice"] = slices["slice"].iloc[rows[0]] if rows else NONE
        st.session_state[_PAGE] = 1

    st.dataframe(
        slices.assign(
            accuracy=100 * slices["accuracy"],
            interval=interval_column(slices),
        ),
        hide_index=True,
        width="stretch",
        height=360,
        column_order=["slice", "accuracy", "n", "interval", "adjusted_p"],
        column_config={
            "slice": st.column_config.TextColumn("slice", width="medium"),
            "accuracy": st.column_config.NumberColumn("accuracy", format="%.1f%%"),
            "n": st.column_config.NumberColumn("n", format="localized"),
            "interval": st.column_config.TextColumn("95% interval, %"),
            "adjusted_p": st.column_config.NumberColumn("adjusted p", format="%.3f"),
        },
        key="slices_table",
        on_select=open_slice,
        selection_mode="single-row",
        alt="Accuracy of each slice, the worst first",
    )
    st.caption(
        "Tick a slice, or choose it below, to see its faces. Among so many slices some look bad "
        "by chance alone: p, how often as many faces drawn at random would do as badly, is "
        "adjusted for all slices looked at (Benjamini and Hochberg). A slice below "
        f"{SIGNIFICANCE} is a reason to look, not yet a cause: slices overlap. Intervals are "
        "Wilson's."
    )


def _show_faces(shown: Shown, positions: np.ndarray, name: str) -> None:
    table = shown.table
    answers = st.segmented_control(
        "Its faces", ["wrong", "all"], default="wrong", required=True, key="answers", **_URL
    )
    wanted = FaceFilter(answers=("wrong",) if answers == "wrong" else ())
    found = positions[filter_faces(table.iloc[positions], wanted)]
    found = sort_by(table, found, "confidence", falling=True)
    count_and_csv(
        f"{name}: **{len(found):,}** of {len(positions):,} faces, surest answer first",
        lambda: mistakes_csv(table, found),
        "slice.csv",
        "These faces with probabilities and votes",
        empty=len(found) == 0,
    )
    picture_note(shown)
    if len(found):
        gallery(shown, found, _PAGE, wide=True, size=CARDS)
    else:
        st.info("The network names every face of this slice rightly.")
