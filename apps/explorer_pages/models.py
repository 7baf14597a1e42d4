"""The networks beside each other: the paper's tables from the runs there are, their curves."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from apps.explorer_parts import data
from apps.explorer_parts.calibration_section import show_calibration
from apps.explorer_parts.charts import network_colour, show_chart
from apps.explorer_parts.disturbances_section import show_disturbances
from fermask.dataset.ferm import TABLE_2
from fermask.dataset.splits import FER2013
from fermask.faces.drawing import draw_importance, svg_url
from fermask.reporting.detection_report import format_detection
from fermask.reporting.landmarks_report import format_landmarks
from fermask.reporting.paper_report import (
    describe_best,
    format_pace,
    format_table_1,
    format_table_3,
    format_twins,
)
from fermask.reporting.recipe_report import format_ablations, format_folds
from fermask.studies.reproduction import (
    LANDMARKS,
    PACE,
    PAPER_TABLE_3,
    cached,
    finished_runs,
    training_curves,
    twins_explain,
)
from fermask.system.files import read_json
from fermask.system.paths import DETECTION, PUBLISHED_RECIPE

st.title("Models")
runs = finished_runs(data.PUBLISHED_RUNS)
if runs.empty:
    st.info(
        "No run is there yet: `python -m scripts.studies.reproduce` trains them into data/runs/."
    )
    st.stop()

st.markdown(
    "Trained on nine tenths of FERM v1, measured on the tenth held back after the last epoch. "
    "**clean** holds back a fold whose photographs stand in no other; **paper** holds back a "
    "random tenth, as in the paper, so that twins may be on both sides."
)
st.subheader("Table 3: networks on FERM")
st.dataframe(format_table_3(runs), hide_index=True, width="stretch")
st.caption(
    "Mean ± standard deviation over runs; 95% interval over the faces of all runs together. The "
    "best epoch is chosen by the faces it is measured on, so it flatters."
)
st.markdown(describe_best(runs))

folds = format_folds(PUBLISHED_RECIPE)
if not folds.empty:
    st.subheader("Beyond the paper's recipe")
    st.dataframe(folds, hide_index=True, width="stretch")
    st.caption(
        "The same M-Xception, pretrained once on faces that share no photograph with FERM, then "
        "trained on nine of the ten clean folds."
    )
    ablations = format_ablations(PUBLISHED_RECIPE)
    if not ablations.empty:
        st.dataframe(ablations, hide_index=True, width="stretch")
        st.caption(
            "What each part is worth, on the development fold alone, on which the recipe was "
            "settled."
        )

show_calibration()

st.subheader("Training curves")
# Clean comes first, where there is any.
protocols = sorted(set(runs["protocol"]))
protocol = st.segmented_control(
    "Protocol",
    protocols,
    default=protocols[0],
    required=True,
    key="protocol",
    bind="query-params",
)
curves = training_curves(data.PUBLISHED_RUNS, runs[runs["protocol"] == protocol])
figure = go.Figure()
named: set[str] = set()
for (run, model), ours in curves.groupby(["run", "model"], sort=False):
    figure.add_scatter(
        x=ours["epoch"],
        y=ours["validation"],
        name=model,
        legendgroup=model,
        showlegend=model not in named,
        line={"color": network_colour(model), "width": 1.5},
        hovertemplate=f"{run}, epoch %{{x}}: %{{y:.1%}}<extra></extra>",
    )
    named.add(model)
figure.update_xaxes(title="epoch")
figure.update_yaxes(title="validation accuracy", tickformat=".0%")
show_chart(figure, 380, "curves", "Validation accuracy by epoch, a line for each run")

twins = twins_explain(runs)
if not twins.empty:
    st.subheader("How much do twins explain?")
    st.dataframe(format_twins(twins), hide_index=True, width="stretch")
    st.caption(
        "With two runs or more of both protocols the interval is Welch's over runs; with one of "
        "each it is over the faces alone and knows nothing of how trainings differ."
    )

pace = cached(data.PUBLISHED_RUNS, PACE)
if pace is not None:
    st.subheader("How long an epoch takes")
    faces = sum(TABLE_2.values()) * 9 // 10
    st.dataframe(format_pace(pace, faces, PAPER_TABLE_3), hide_index=True, width="stretch")
    st.caption(
        f"{faces:,} faces, the networks taking turns on {pace['machine']} ({pace['backend']}); the "
        "paper's seconds are of an RTX 2080 Ti."
    )

public = finished_runs(data.PUBLISHED_RUNS, (FER2013,))
if not public.empty:
    st.subheader("Table 1: FER2013 without masks")
    st.dataframe(format_table_1(public), hide_index=True, width="stretch")
    st.caption("Seven classes under FER2013's own labels: Training against PublicTest.")

peers = data.peers_parts(data.PUBLISHED_RUNS)
if peers is not None:
    st.subheader("Another package on the same faces")
    table, above, below = peers
    st.dataframe(table, hide_index=True, width="stretch")
    st.markdown(below)
    with st.expander("How `fer` was asked, and what it may have seen"):
        st.markdown(above)

expressions = data.merged_expressions(data.PUBLISHED_RUNS)
if expressions is not None:
    st.subheader("Was the paper right to drop classes?")
    st.dataframe(expressions, hide_index=True, width="stretch")
    st.caption(
        "M-Xception on all eight of FER+'s expressions, once with masks and once without. Told "
        "apart: how often a face of the dropped expression leans more to its own name than a face "
        "of the kept one does; 0.5 is chance, 1 never mistaken."
    )

show_disturbances()

if DETECTION.is_file():
    st.subheader("Faces found in photographs")
    st.dataframe(format_detection(read_json(DETECTION)), hide_index=True, width="stretch")
    st.caption(
        "How many of the photographs of masked and bare faces each detector finds a face in, with "
        "95% intervals; boxes that it draws where there is no face; milliseconds of one core."
    )

geometry = cached(data.PUBLISHED_RUNS, LANDMARKS)
if geometry is not None:
    st.subheader("What the landmarks alone can tell")
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        st.markdown(
            "A support vector machine that sees where the landmarks lie, and no pixel. dlib found "
            "them on the bare face, so even the 27 above the mask may know something of the mouth."
        )
        st.dataframe(format_landmarks(geometry), hide_index=True, width="stretch")
    lost = {int(number): value for number, value in geometry["lost"].items()}
    with right:
        st.image(svg_url(draw_importance(np.array(geometry["mean_points"]), lost)), width=320)
        st.caption("The larger a disc, the more accuracy is lost without that landmark.")
