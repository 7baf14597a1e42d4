"""How far the recipe's probabilities can be taken at their word, in two charts."""

from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from apps.explorer_parts.charts import show_chart
from fermask.reporting.calibration_report import describe_calibration, format_calibration
from fermask.system.files import read_json
from fermask.system.paths import PUBLISHED_RECIPE
from fermask.training.recipe import CALIBRATION

BEFORE, AFTER = "#8a93a3", "#1c91a5"


def show_calibration(path: Path = PUBLISHED_RECIPE / CALIBRATION) -> None:
    """Reliability and coverage of a ``fermask.evaluation.calibration.calibration_record``.

    Nothing where the file is missing; a sentence where it cannot be read.
    """
    if not path.is_file():
        return
    st.subheader("Can the probabilities be believed?")
    try:
        record = read_json(path)
    except ValueError as error:
        st.error(str(error))
        return
    left, right = st.columns(2, gap="large")
    with left:
        show_chart(
            _reliability(record),
            380,
            "reliability",
            "How often answers of each confidence are right",
        )
        st.caption(
            "Of the faces that the network is so sure of, how many it names right; bars are 95% "
            "intervals. On the dashed line it is as sure as it is right."
        )
    with right:
        show_chart(
            _coverage(record),
            380,
            "coverage",
            "Accuracy by the share of faces answered",
            legend=False,
        )
        st.caption(
            "How often the network is right on the faces it is surest of, the fewer the further "
            "left."
        )
    st.dataframe(format_calibration(record), hide_index=True, width="stretch")
    st.caption(describe_calibration(record))


def _reliability(record: dict[str, Any]) -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": BEFORE, "dash": "dash", "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )
    for key, name, colour in (("before", "as trained", BEFORE), ("after", "calibrated", AFTER)):
        rows = pd.DataFrame(record[key]["reliability"])
        figure.add_scatter(
            x=rows["confidence"],
            y=rows["accuracy"],
            error_y={
                "array": rows["accuracy_high"] - rows["accuracy"],
                "arrayminus": rows["accuracy"] - rows["accuracy_low"],
                "thickness": 1.2,
                "width": 3,
            },
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 1.5},
            marker={"size": 7, "symbol": "circle-open" if key == "before" else "circle"},
            customdata=rows["n"],
            hovertemplate=f"{name}: %{{y:.1%}} right at %{{x:.1%}}, n = %{{customdata:,}}"
            "<extra></extra>",
        )
    figure.update_xaxes(title="mean confidence", tickformat=".0%", dtick=0.2, range=[0.2, 1.04])
    figure.update_yaxes(title="accuracy", tickformat=".0%", range=[0, 1.04])
    return figure


def _coverage(record: dict[str, Any]) -> go.Figure:
    rows = pd.DataFrame(record["coverage_curve"])
    figure = go.Figure()
    figure.add_scatter(
        x=rows["coverage"],
        y=rows["accuracy"],
        mode="lines",
        line={"color": AFTER, "width": 2},
        customdata=rows[["threshold", "n"]],
        hovertemplate="at or above %{customdata[0]:.0%}: %{x:.1%} of the faces (n = "
        "%{customdata[1]:,}), %{y:.1%} right<extra></extra>",
    )
    below = record["not_sure_below"]
    chosen = rows[(rows["threshold"] - below).abs() < 0.005]
    figure.add_scatter(
        x=chosen["coverage"],
        y=chosen["accuracy"],
        mode="markers+text",
        text=f"not sure under {below:.0%}",
        # The curve falls: there is room above it on the right, below it on the left.
        textposition="top right" if chosen["coverage"].lt(0.5).all() else "bottom left",
        marker={"color": AFTER, "size": 11, "symbol": "diamond"},
        hoverinfo="skip",
    )
    figure.update_xaxes(title="coverage: faces it is sure of", dtick=0.2, range=[0, 1.04])
    lowest = rows["accuracy"].min()
    figure.update_yaxes(title="accuracy among them", range=[lowest - 0.02, 1.005])
    figure.update_layout(xaxis_tickformat=".0%", yaxis_tickformat=".0%")
    return figure
