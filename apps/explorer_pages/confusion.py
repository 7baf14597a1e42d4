"""Which classes the network takes for which, and beside it the faces; alone or with another one."""

from functools import partial

import streamlit as st

from apps.explorer_parts.choosing import predictions_words
from apps.explorer_parts.data import SHIPPED_NAME, evaluated_at
from apps.explorer_parts.exports import export_faces, export_matrix
from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.lists import (
    in_a_row,
    in_url,
    list_and_faces,
    one_of,
    show_rows,
    with_interval,
)
from apps.explorer_parts.matrix import (
    asked_cell,
    cell_filter,
    cell_words,
    rates_by_class,
    show_matrix,
    take_cell,
)
from apps.explorer_parts.side_by_side import show_side_by_side
from apps.explorer_parts.words import evaluated_faces, in_sentences, no_predictions
from fermask.evaluation.confusion import f1_intervals
from fermask.exploring.browsing import FaceFilter, filter_faces, sort_by
from fermask.exploring.faces_table import mistakes_csv, splits_shown

PAGE = "cell_page"
URL = in_url(PAGE)
ALONE = "no other model"
# Name → column, and whether it falls.
ORDERS = {
    "surest first": ("confidence", True),
    "largest loss": ("loss", True),
    "largest margin": ("margin", True),
    "smallest margin": ("margin", False),
}

shown = st.session_state["shown"]
table, classes = shown.table, shown.ferm.classes


@st.fragment
@in_sentences
def show_alone(split: str, shares: bool, order: str) -> None:
    """One model: its matrix and rates, and beside them the faces of a cell, or all mistakes."""
    left, right = list_and_faces()
    with left:
        chosen = evaluated_faces(shown, split)
        faces, evaluation = table.iloc[chosen], evaluated_at(shown, chosen)
        cell = asked_cell(classes)
        on_click = partial(take_cell, "matrix", PAGE, classes)
        show_matrix(evaluation.confusion, cell, "matrix", on_click, shares, classes=classes)
        st.container(key="hint").caption(
            f"{with_interval(evaluation.accuracy)} right. A cell, or the name of a row "
            "or column, shows its faces."
        )
    with right:
        wanted, title = cell_filter(cell), cell_words(cell).capitalize()
        if wanted == FaceFilter():
            wanted, title = FaceFilter(answers=("wrong",)), "All mistakes"
        found = sort_by(table, chosen[filter_faces(faces, wanted)], *ORDERS[order])
        st.markdown(f"**{title}**: {len(found):,} faces, {order}")
        if len(found):
            gallery(shown, found, key=PAGE)
            whose = f"{shown.predictions.about['model']} · {split} faces · {title}"
            export_faces(shown, found, lambda: mistakes_csv(table, found), whose, "cell_file")
        else:
            st.info("No face is here.")
    _, macro_f1 = f1_intervals(evaluation.confusion, classes)
    with in_a_row("bottom", "large"):
        st.metric("Accuracy (95% interval)", with_interval(evaluation.accuracy), width="content")
        st.metric("Macro-F1 (95% interval)", with_interval(macro_f1), width="content")
        export_matrix(shown, evaluation, split, chosen, shares, "matrix_file")
    show_rows(rates_by_class(evaluation))
    st.caption(
        "95% intervals: of the accuracy, by resampling duplicate groups; of shares, Wilson's; of "
        "F1, over matrices drawn around this one."
    )
    if st.session_state["predictions"] == SHIPPED_NAME:
        st.caption(
            "The recipe that ships was pretrained twice: these are the answers after the first "
            "time, Models states the mean."
        )


st.title("Confusion")
if shown.predictions is None:
    no_predictions()

others = [name for name in st.session_state["sources"] if name != st.session_state["predictions"]]
with in_a_row():
    split = one_of("Faces", splits_shown(table), "split", **URL)
    with st.popover("Compare and sort", icon=":material/tune:", type="tertiary"):
        versus = st.selectbox(
            "Beside it",
            [ALONE, *others],
            key="versus",
            format_func=predictions_words,
            help="Another model's predictions, on the faces that both predicted.",
            **URL,
        )
        figures = one_of("Figures", ["counts", "row %"], "figures", False, **URL)
        order = st.selectbox(
            "Faces by",
            list(ORDERS),
            key="order",
            help="Margin: how much likelier the predicted class was than the second.",
            **URL,
        )
if versus == ALONE:
    show_alone(split, figures == "row %", order)
else:
    show_side_by_side(shown, st.session_state["sources"][versus], split, figures == "row %", PAGE)
