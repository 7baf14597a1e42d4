"""The networks beside each other: the paper's Table 3 from the runs there are, their curves."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from apps.explorer_parts import data
from apps.explorer_parts.charts import show_chart
from core.drawing import draw_importance, svg_url
from core.models import NETWORKS
from core.report import shown_geometry, shown_table_3
from core.reproduction import finished_runs, training_curves

COLOURS = dict(zip(NETWORKS, ("#c4513a", "#e0a526", "#8a93a3", "#0b7285", "#4db6c6"), strict=True))

st.title("Models")
runs = finished_runs(data.PUBLISHED_RUNS)
if runs.empty:
    st.info("No run is there yet: `python -m scripts.reproduce` trains them into data/runs/.")
    st.stop()

st.markdown(
    "Trained on nine tenths of FERM v1, measured on the tenth held back after the last epoch. "
    "**clean** holds back a fold whose photographs stand in no other; **paper** holds back a "
    "random tenth, as in the paper, so that twins may be on both sides."
)
st.dataframe(shown_table_3(runs), hide_index=True, width="stretch")
st.caption(
    "Mean ± standard deviation over runs; 95% interval over the faces of all runs together. The "
    "best epoch is chosen by the faces it is measured on, so it flatters."
)

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
        line={"color": COLOURS[model], "width": 1.5},
        hovertemplate=f"{run}, epoch %{{x}}: %{{y:.1%}}<extra></extra>",
    )
    named.add(model)
figure.update_xaxes(title="epoch")
figure.update_yaxes(title="validation accuracy", tickformat=".0%")
show_chart(figure, 380, "curves")

geometry = data.landmarks_record()
if geometry is not None:
    st.subheader("What the landmarks alone can tell")
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        st.markdown(
            "A support vector machine that sees where the landmarks lie, and no pixel. dlib found "
            "them on the bare face, so even the 27 above the mask may know something of the mouth."
        )
        st.dataframe(shown_geometry(geometry), hide_index=True, width="stretch")
    lost = {int(number): value for number, value in geometry["lost"].items()}
    with right:
        st.image(svg_url(draw_importance(np.array(geometry["mean_points"]), lost)), width=320)
        st.caption("The larger a disc, the more accuracy is lost without that landmark.")
