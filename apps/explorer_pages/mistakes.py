"""From a mistake to its reason: the network's, the label's, or the kind of face."""

import streamlit as st

from apps.explorer_parts.blind_spots import show_blind_spots
from apps.explorer_parts.data import Shown
from apps.explorer_parts.duplicates_section import show_duplicates
from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.label_errors_section import show_label_errors
from apps.explorer_parts.lists import count_and_csv, in_url
from apps.explorer_parts.words import evaluated_faces, no_predictions, picture_note
from fermask.evaluation.scope import SPLITS, splits_of
from fermask.exploring.browsing import FaceFilter, filter_faces, sort_by
from fermask.exploring.faces_table import mistakes_csv
from fermask.faces.labels import CLASSES

CARDS = 24
# Name → column, and whether it falls.
ORDERS = {
    "confidence": ("confidence", True),
    "loss": ("loss", True),
    "largest margin": ("margin", True),
    "smallest margin": ("margin", False),
}
URL = in_url("mistakes_page")


def show_mistakes(shown: Shown) -> None:
    """The faces the network names wrongly, beside what ten people said."""
    if shown.predictions is None:
        no_predictions()
    table = shown.table
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        split = st.segmented_control(
            "Faces", splits_of(shown.table), default=SPLITS[0], required=True, key="of", **URL
        )
        labels = st.pills("True class", CLASSES, selection_mode="multi", key="is", **URL)
        predicted = st.pills("Predicted class", CLASSES, selection_mode="multi", key="said", **URL)
        order = st.segmented_control(
            "By",
            list(ORDERS),
            default="confidence",
            required=True,
            key="order",
            wrap=True,
            help="Margin: how much likelier the predicted class was than the second.",
            **URL,
        )
    chosen = evaluated_faces(shown, split)
    wanted = FaceFilter(labels=tuple(labels), predicted=tuple(predicted), answers=("wrong",))
    found = sort_by(table, chosen[filter_faces(table.iloc[chosen], wanted)], *ORDERS[order])
    count_and_csv(
        f"**{len(found):,}** mistakes on {len(chosen):,} faces",
        lambda: mistakes_csv(table, found),
        "mistakes.csv",
        "These mistakes with probabilities and votes",
        empty=len(found) == 0,
    )
    picture_note(shown)
    if len(found):
        gallery(shown, found, key="mistakes_page", wide=True, size=CARDS)
    else:
        st.info("No mistake is left with these filters.")


SECTIONS = {
    "mistakes": show_mistakes,
    "label errors": show_label_errors,
    "duplicates": show_duplicates,
    "blind spots": show_blind_spots,
}

st.title("Mistakes")
section = st.segmented_control(
    "Section",
    list(SECTIONS),
    default="mistakes",
    required=True,
    key="show",
    bind="query-params",
    label_visibility="collapsed",
)
SECTIONS[section](st.session_state["shown"])
