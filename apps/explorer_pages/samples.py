"""All faces, filtered and sorted; the choice is in the URL."""

import streamlit as st

from apps.explorer_parts.gallery import gallery_alone
from apps.explorer_parts.lists import first_page, in_a_row, in_url, one_of
from apps.explorer_parts.marking import by_marks
from fermask.dataset.splits import FOLDS
from fermask.exploring.browsing import (
    PAGE_SIZE,
    FaceFilter,
    filter_faces,
    limits_of,
    sort_by,
    sort_columns,
    sortable,
)
from fermask.exploring.faces_table import ANSWERS
from fermask.faces.labels import USAGES
from fermask.faces.mask_styles import MASK_NAMES

shown = st.session_state["shown"]
table, classes = shown.table, shown.ferm.classes
predicted = shown.predictions is not None

CHOICES = ("class", "answer", "named", "usage", "mask", "fold", "part")
# Key → label, column, step and how a value is written.
SLIDERS = {
    "agree": ("Agreement of the ten votes", "agreement", 0.1, "percent"),
    "bits": ("Entropy of the ten votes, bits", "entropy", 0.1, "%.1f"),
    "sharp": ("Sharpness", "sharpness", 0.05, "%.2f"),
    "yaw": ("Head turned, either way", "turned", 1.0, "%.0f°"),
    "sure": ("Confidence of the network", "confidence", 0.05, "percent"),
}
DIRECTIONS = ("rising", "falling")
WITH_A_TWIN = (1, float("inf"))


PAGE = "page"
URL = in_url(PAGE)


def several(label: str, options, key: str) -> tuple:
    """Pills; those chosen."""
    return tuple(st.pills(label, options, selection_mode="multi", key=key, **URL))


def limits(key: str):
    """A slider over a column's values; None while it asks nothing."""
    label, column, step, form = SLIDERS[key]
    whole = limits_of(table[column], step)
    if whole is None:
        return None
    chosen = st.slider(label, *whole, whole, step, key=key, format=form, **URL)
    return None if tuple(chosen) == whole else tuple(chosen)


def clear() -> None:
    """Every filter back to asking nothing."""
    for key in CHOICES:
        st.session_state[key] = []
    for key, (_, column, step, _) in SLIDERS.items():
        if (whole := limits_of(table[column], step)) is not None:
            st.session_state[key] = whole
    st.session_state["group"] = None
    st.session_state["twins"] = False
    first_page(PAGE)


def ask_for_face() -> None:
    """The face of a row is opened by the URL, as a link does."""
    if st.session_state["open"] is not None:
        st.query_params["face"] = str(st.session_state["open"])


st.title("Samples")
with in_a_row("bottom", "medium"):
    labels = several("Class", classes, "class")
    answers = several("The network is", ANSWERS, "answer") if predicted else ()
with in_a_row("bottom", "medium"):
    columns = sortable(table)
    column = st.selectbox(
        "Sort by", columns, format_func=sort_columns(table).get, key="sort", width=230, **URL
    )
    direction = one_of("Order", DIRECTIONS, "direction", False, **URL)
    st.number_input(
        "Open photograph number" if shown.ferm.is_own else "Open FER2013 row",
        0,
        value=None,
        step=1,
        key="open",
        placeholder="such as 15",
        width=150,
        on_change=ask_for_face,
    )
with st.expander("More filters"):
    said, splits, confidence = (), (), None
    with st.container(horizontal=True, gap="medium"):
        present = [usage for usage in USAGES if (table["usage"] == usage).any()]
        usages = several("Usage", present, "usage")
        worn = [style for style in MASK_NAMES if (table["mask_style"] == style).any()]
        styles = several("Mask", worn, "mask")
        if predicted:
            said = several("Predicted class", classes, "named")
            splits = several("For this network", ["validation", "training"], "part")
        folds = several("Fold", list(range(FOLDS)), "fold")
    parts = st.columns(3, gap="large")
    with parts[0]:
        agreement, entropy = limits("agree"), limits("bits")
    with parts[1]:
        sharpness, turned = limits("sharp"), limits("yaw")
    with parts[2]:
        if predicted:
            confidence = limits("sure")
        group = st.number_input(
            "Group of twins",
            min_value=0,
            value=None,
            step=1,
            key="group",
            placeholder="any",
            help="The smallest FER2013 row that shows the photograph.",
            **URL,
        )
        with_twin = st.toggle("Only faces with a twin", key="twins", **URL)

wanted = FaceFilter(
    labels=labels,
    predicted=said,
    answers=answers,
    usages=usages,
    mask_styles=styles,
    folds=folds,
    groups=() if group is None else (group,),
    splits=splits,
    agreement=agreement,
    entropy=entropy,
    sharpness=sharpness,
    turned=turned,
    twins=WITH_A_TWIN if with_twin else None,
    confidence=confidence,
)
found = sort_by(table, filter_faces(table, wanted), column, direction == "falling")
with in_a_row():
    st.markdown(f"**{len(found):,}** of {len(table):,} faces", width="content")
    if wanted != FaceFilter():
        st.button("Clear filters", on_click=clear, type="tertiary", icon=":material/close:")
found = by_marks(shown, found, PAGE)
if len(found):
    gallery_alone(shown, found, key=PAGE, size=PAGE_SIZE)
else:
    st.info("No face passes all of these filters; take one away.")
