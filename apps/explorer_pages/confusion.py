"""Which classes the network takes for which, and the faces in each cell."""

import pandas as pd
import streamlit as st

from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.matrix import confusion
from apps.explorer_parts.words import evaluated_faces, no_predictions, picture_note
from core.browsing import FaceFilter, filter_faces, sort_faces
from core.evaluation import SPLITS, Rate, evaluate, f1_intervals
from core.labels import CLASSES
from core.training import PROBABILITY_COLUMNS

ANY = "any"

shown = st.session_state["shown"]
table = shown.table


def first_page() -> None:
    """Another choice of faces begins at its first page."""
    st.session_state["cell_page"] = 1


URL = {"bind": "query-params", "on_change": first_page}


def percent(rate: Rate) -> str:
    """Such as ``81.3% (79.0–83.4)``."""
    if rate.n == 0:
        return "–"
    # The word joiner keeps a narrow column from breaking after the dash.
    return f"{rate.value:.1%} ({100 * rate.low:.1f}–\u2060{100 * rate.high:.1f})"


def choose_cell() -> None:
    """A click on a cell sets both lists."""
    cell = st.session_state["matrix"].cell
    if cell is not None:
        st.session_state["true"], st.session_state["predicted"] = (CLASSES[i] for i in cell)
        first_page()


st.title("Confusion")
if shown.predictions is None:
    no_predictions()

with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
    split = st.segmented_control(
        "Faces", SPLITS, default=SPLITS[0], required=True, key="split", **URL
    )
    figures = st.segmented_control(
        "Figures", ["counts", "row %"], default="counts", required=True, key="figures", **URL
    )
chosen = evaluated_faces(shown, split)

faces = table.iloc[chosen]
evaluation = evaluate(
    shown.ferm.labels[chosen], faces[list(PROBABILITY_COLUMNS)].to_numpy(dtype=float)
)
f1, macro_f1 = f1_intervals(evaluation.confusion)
left, right = st.columns([3, 2], gap="large")
with right:
    st.metric("Accuracy (95% interval)", percent(evaluation.accuracy))
    st.metric("Macro-F1 (95% interval)", percent(macro_f1))
    choices = [ANY, *CLASSES]
    true = st.selectbox("True class", choices, key="true", **URL)
    predicted = st.selectbox("Predicted class", choices, key="predicted", **URL)
true, predicted = (None if name == ANY else name for name in (true, predicted))
with left:
    confusion(evaluation, figures == "row %", true, predicted, "matrix", choose_cell)
    st.caption("Choose a cell to see its faces.")

st.subheader("By class")
rates = [
    {
        "class": name,
        "n": evaluation.recall[name].n,
        "precision": percent(evaluation.precision[name]),
        "recall": percent(evaluation.recall[name]),
        "F1": percent(f1[name]),
    }
    for name in CLASSES
]
st.table(pd.DataFrame(rates).set_index("class"))
st.caption("95% intervals: Wilson's for shares; of F1, over matrices drawn around this one.")

if true is None and predicted is None:
    st.stop()
wanted = FaceFilter(
    labels=() if true is None else (true,),
    predicted=() if predicted is None else (predicted,),
)
found = chosen[filter_faces(faces, wanted)]
st.subheader(
    f"True {true or ANY}, predicted {predicted or ANY}: {len(found):,} faces, surest first"
)
if len(found):
    picture_note(shown)
    gallery(shown, sort_faces(table, found, "surest answer"), key="cell_page")
else:
    st.info("No face is in this cell.")
