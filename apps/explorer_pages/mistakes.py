"""The faces the network names wrongly, surest first, beside what ten people said."""

import streamlit as st

from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.words import evaluated_faces, no_predictions, picture_note
from core.browsing import (
    FaceFilter,
    filter_faces,
    mistakes_csv,
    sort_faces,
)
from core.evaluation import SPLITS
from core.labels import CLASSES

CARDS = 24
ORDERS = {"confidence": "surest answer", "loss": "largest loss"}

shown = st.session_state["shown"]
table = shown.table


def first_page() -> None:
    """Another choice of faces begins at its first page."""
    st.session_state["mistakes_page"] = 1


URL = {"bind": "query-params", "on_change": first_page}

st.title("Mistakes")
if shown.predictions is None:
    no_predictions()

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    split = st.segmented_control("Faces", SPLITS, default=SPLITS[0], required=True, key="of", **URL)
    labels = st.pills("True class", CLASSES, selection_mode="multi", key="is", **URL)
    predicted = st.pills("Predicted class", CLASSES, selection_mode="multi", key="said", **URL)
    order = st.segmented_control(
        "By", list(ORDERS), default="confidence", required=True, key="order", **URL
    )
chosen = evaluated_faces(shown, split)

wanted = FaceFilter(labels=tuple(labels), predicted=tuple(predicted), answers=("wrong",))
found = sort_faces(table, chosen[filter_faces(table.iloc[chosen], wanted)], ORDERS[order])
with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    st.markdown(f"**{len(found):,}** mistakes on {len(chosen):,} faces", width="content")
    st.download_button(
        "CSV",
        lambda: mistakes_csv(table, found),
        "mistakes.csv",
        "text/csv",
        icon=":material/download:",
        disabled=len(found) == 0,
        help="These mistakes with probabilities and votes",
    )
picture_note(shown)
if len(found):
    gallery(shown, found, key="mistakes_page", wide=True, size=CARDS)
else:
    st.info("No mistake is left with these filters.")
