"""Which classes the network takes for which, beside another one, and the faces in each cell."""

import pandas as pd
import streamlit as st

from apps.explorer_parts.choosing import predictions_words
from apps.explorer_parts.exports import export_faces, export_matrix
from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.lists import in_url, with_interval
from apps.explorer_parts.matrix import ANY, cell_lists, confusion, take_cell
from apps.explorer_parts.side_by_side import show_side_by_side
from apps.explorer_parts.words import evaluated_faces, no_predictions, picture_note
from fermask.evaluation.confusion import f1_intervals
from fermask.evaluation.evaluation import evaluate
from fermask.evaluation.scope import SPLITS, splits_of
from fermask.exploring.browsing import FaceFilter, filter_faces, sort_by
from fermask.exploring.faces_table import mistakes_csv
from fermask.faces.labels import CLASSES
from fermask.networks.predictions import PROBABILITY_COLUMNS

PAGE = "cell_page"
URL = in_url(PAGE)
ALONE = "no other model"

shown = st.session_state["shown"]
table = shown.table


def show_alone(split: str, shares: bool) -> None:
    """One model: its matrix, its rates and the faces of a cell."""
    chosen = evaluated_faces(shown, split)
    faces = table.iloc[chosen]
    evaluation = evaluate(
        shown.ferm.labels[chosen], faces[list(PROBABILITY_COLUMNS)].to_numpy(dtype=float)
    )
    f1, macro_f1 = f1_intervals(evaluation.confusion)
    left, right = st.columns([3, 2], gap="large")
    with right:
        st.metric("Accuracy (95% interval)", with_interval(evaluation.accuracy))
        st.metric("Macro-F1 (95% interval)", with_interval(macro_f1))
        true, predicted = cell_lists(PAGE)
    with left:
        confusion(evaluation, shares, true, predicted, "matrix", lambda: take_cell("matrix", PAGE))
        st.caption("Choose a cell to see its faces.")
        export_matrix(shown, evaluation, split, chosen, shares, "matrix_file")
    st.subheader("By class")
    rates = [
        {
            "class": name,
            "n": evaluation.recall[name].n,
            "precision": with_interval(evaluation.precision[name]),
            "recall": with_interval(evaluation.recall[name]),
            "F1": with_interval(f1[name]),
        }
        for name in CLASSES
    ]
    st.table(pd.DataFrame(rates).set_index("class"))
    st.caption("95% intervals: Wilson's for shares; of F1, over matrices drawn around this one.")
    if true is None and predicted is None:
        return
    wanted = FaceFilter(
        labels=() if true is None else (true,),
        predicted=() if predicted is None else (predicted,),
    )
    found = sort_by(table, chosen[filter_faces(faces, wanted)], "confidence", falling=True)
    title = f"True {true or ANY}, predicted {predicted or ANY}"
    st.subheader(f"{title}: {len(found):,} faces, surest first")
    if len(found) == 0:
        st.info("No face is in this cell.")
        return
    whose = f"{shown.predictions.about['model']} · {split} faces · {title}"
    export_faces(shown, found, lambda: mistakes_csv(table, found), whose, "cell_file")
    picture_note(shown)
    gallery(shown, found, key=PAGE)


st.title("Confusion")
if shown.predictions is None:
    no_predictions()

others = [name for name in st.session_state["sources"] if name != st.session_state["predictions"]]
with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
    split = st.segmented_control(
        "Faces", splits_of(shown.table), default=SPLITS[0], required=True, key="split", **URL
    )
    figures = st.segmented_control(
        "Figures", ["counts", "row %"], default="counts", required=True, key="figures", **URL
    )
    versus = st.selectbox(
        "Beside it",
        [ALONE, *others],
        key="versus",
        format_func=predictions_words,
        width=260,
        help="Another model's predictions, on the faces that both predicted.",
        **URL,
    )
if versus == ALONE:
    show_alone(split, figures == "row %")
else:
    show_side_by_side(shown, st.session_state["sources"][versus], split, figures == "row %", PAGE)
