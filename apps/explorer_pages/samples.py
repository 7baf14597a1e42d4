"""All faces, filtered and sorted; the choice is in the URL."""

import streamlit as st

from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.words import picture_note
from core.browsing import SORTS, FaceFilter, filter_faces, limits_of, sort_faces
from core.ferm import FOLDS
from core.labels import CLASSES, USAGES
from core.masking import STYLES

shown = st.session_state["shown"]
table = shown.table


def first_page() -> None:
    """Another choice of faces begins at its first page."""
    st.session_state["page"] = 1


URL = {"bind": "query-params", "on_change": first_page}


def limits(label: str, key: str, column: str, step: float, form: str):
    """A slider over a column's values; None while it asks nothing."""
    whole = limits_of(table[column], step)
    if whole is None:
        return None
    chosen = st.slider(label, *whole, whole, step, key=key, format=form, **URL)
    return None if tuple(chosen) == whole else tuple(chosen)


def clear() -> None:
    """Every filter back to asking nothing."""
    for key in ("class", "answer", "usage", "mask", "fold", "part"):
        st.session_state[key] = []
    for key, column, step in SLIDERS:
        if (whole := limits_of(table[column], step)) is not None:
            st.session_state[key] = whole
    first_page()


SLIDERS = [("agree", "agreement", 0.1), ("sharp", "sharpness", 0.05), ("yaw", "turned", 1.0)]

st.title("Samples")
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    labels = st.pills("Class", CLASSES, selection_mode="multi", key="class", **URL)
    answers = []
    if shown.predictions is not None:
        answers = st.pills(
            "The network is", ["right", "wrong"], selection_mode="multi", key="answer", **URL
        )
    sort = st.selectbox("Sort", list(SORTS), key="sort", width=190, **URL)
with st.expander("More filters"):
    columns = st.columns(3, gap="large")
    with columns[0]:
        present = [usage for usage in USAGES if usage in set(table["usage"])]
        usages = st.pills("Usage", present, selection_mode="multi", key="usage", **URL)
        styles = st.pills("Mask", STYLES, selection_mode="multi", key="mask", **URL)
    with columns[1]:
        folds = st.pills("Fold", list(range(FOLDS)), selection_mode="multi", key="fold", **URL)
        splits = []
        if shown.predictions is not None:
            splits = st.pills(
                "For this network",
                ["validation", "training"],
                selection_mode="multi",
                key="part",
                **URL,
            )
    with columns[2]:
        agreement = limits("Agreement of the ten votes", "agree", "agreement", 0.1, "percent")
        sharpness = limits("Sharpness", "sharp", "sharpness", 0.05, "%.2f")
        turned = limits("Head turned, either way", "yaw", "turned", 1.0, "%.0f°")

wanted = FaceFilter(
    labels=tuple(labels),
    answers=tuple(answers),
    usages=tuple(usages),
    mask_styles=tuple(styles),
    folds=tuple(folds),
    splits=tuple(splits),
    agreement=agreement,
    sharpness=sharpness,
    turned=turned,
)
found = sort_faces(table, filter_faces(table, wanted), sort)
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    st.markdown(f"**{len(found):,}** of {len(table):,} faces", width="content")
    if wanted != FaceFilter():
        st.button("Clear filters", on_click=clear, type="tertiary", icon=":material/close:")
picture_note(shown)
if len(found):
    gallery(shown, found, key="page")
else:
    st.info("No face passes all of these filters; take one away.")
