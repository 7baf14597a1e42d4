"""What is left of a network's accuracy on bad pictures: a heat map and the figures beside it."""

from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from apps.explorer_parts.charts import show_chart
from fermask.reporting.disturbances_report import describe_faces, format_disturbances
from fermask.studies.disturbances import DISTURBANCES, MEASURED, SEVERITIES, measured_table
from fermask.studies.reproduction import cached
from fermask.system.paths import PUBLISHED_RECIPE

# From chance to all right; light enough for dark text, on dark pages too.
_COLOURS = [[0.0, "#e58a74"], [0.5, "#f0e6d2"], [1.0, "#6fb8c4"]]
_TEXT = "#23272e"
_CHANCE = 0.25


def show_disturbances(folder: Path = PUBLISHED_RECIPE) -> None:
    """The section, or nothing where nothing was measured.

    Args:
        folder: that holds what ``scripts.studies.measure_disturbances`` wrote.
    """
    record = cached(folder, MEASURED)
    if not record:
        return
    st.subheader("Bad pictures and other masks")
    st.markdown(
        "The same faces in eight disturbances, from mild (1) to severe (5); under masks never "
        "trained on (checked, dotted, with a printed grin, worn high, worn low); and without a "
        "mask."
    )
    network = next(iter(record))
    if len(record) > 1:
        network = st.segmented_control(
            "Network",
            list(record),
            default=network,
            required=True,
            key="disturbed",
            bind="query-params",
        )
    alt = f"Accuracy of {network} by disturbance and severity"
    show_chart(_heat_map(record, network), 330, "disturbances", alt, legend=False)
    entry = record[network]
    st.caption(f"Accuracy in percent of {network}, {describe_faces(entry)}. {entry['warning']}")
    st.dataframe(format_disturbances(record), hide_index=True, width="stretch", height="content")
    st.caption(
        "A disturbance's row is the mean of its five severities. 95% intervals over the faces; "
        "a mean's is that of a single count, and so rather too wide."
    )


def _heat_map(record: dict, network: str) -> go.Figure:
    table = measured_table(record, network).set_index(["disturbance", "severity"])["accuracy"]
    values = [[table[name, severity] for severity in SEVERITIES] for name in DISTURBANCES]
    amounts = [[f"{a:g} {each.words}" for a in each.amounts] for each in DISTURBANCES.values()]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=[str(severity) for severity in SEVERITIES],
            y=list(DISTURBANCES),
            zmin=_CHANCE,
            zmax=1,
            colorscale=_COLOURS,
            showscale=False,
            xgap=2,
            ygap=2,
            text=[[f"{100 * value:.0f}" for value in row] for row in values],
            texttemplate="%{text}",
            textfont={"color": _TEXT},
            customdata=amounts,
            hovertemplate="%{y}, %{customdata}: %{z:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(title="severity", type="category", showgrid=False)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return figure
