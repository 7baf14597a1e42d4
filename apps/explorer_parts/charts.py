"""Plotly charts in one style; Streamlit's theme gives them the page's colours."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from fermask.faces.drawing import CLASS_COLOURS
from fermask.faces.labels import CLASSES
from fermask.networks import NETWORKS

OTHER_COLOUR = "#b8b2a7"
# Of the networks, in their order; begun again where there are more.
_NETWORK_COLOURS = (
    *("#c4513a", "#e0a526", "#8a93a3", "#0b7285", "#4db6c6"),
    *("#7048a8", "#5c7a1f", "#b0236a"),
)
OTHER = "other"


def show_chart(figure: go.Figure, height: int, key: str, alt: str, legend: bool = True) -> None:
    """A chart over the full width, with nothing to press; ``alt`` says what it shows."""
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        showlegend=legend,
        legend={
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "title": None,
            "traceorder": "normal",
        },
        dragmode=False,
        bargap=0.25,
    )
    figure.update_xaxes(fixedrange=True, automargin=True)
    figure.update_yaxes(fixedrange=True, automargin=True)
    config = {"displayModeBar": False}
    st.plotly_chart(figure, key=key, config=config, width="stretch", alt=alt)


def network_colour(name: str) -> str:
    """The same on every chart; grey for a network that is no more."""
    if name not in NETWORKS:
        return OTHER_COLOUR
    return _NETWORK_COLOURS[list(NETWORKS).index(name) % len(_NETWORK_COLOURS)]


def stacked_by_class(
    counts: pd.DataFrame, value_title: str, horizontal: bool = False, shares: bool = False
) -> go.Figure:
    """Bars of ``value``, stacked by ``label``: ``n`` faces, or their ``share``.

    Args:
        counts: ``value``, ``label``, ``n`` and ``share``.
        value_title: of the axis that the bars stand on.
        horizontal: whether the bars lie.
        shares: whether they show shares.
    """
    figure = go.Figure()
    names = [name for name in (*CLASSES, OTHER) if name in set(counts["label"])]
    for name in names:
        ours = counts[counts["label"] == name]
        values, sizes = ours["value"].astype(str), ours["share" if shares else "n"]
        figure.add_bar(
            name=name,
            x=sizes if horizontal else values,
            y=values if horizontal else sizes,
            orientation="h" if horizontal else "v",
            marker_color=CLASS_COLOURS.get(name, OTHER_COLOUR),
            customdata=ours["n"],
            hovertemplate=f"{name}, %{{{'y' if horizontal else 'x'}}}: "
            "%{customdata:,}<extra></extra>",
        )
    figure.update_layout(barmode="stack")
    sizes_axis, values_axis = ("xaxis", "yaxis") if horizontal else ("yaxis", "xaxis")
    figure.update_layout(
        {
            sizes_axis: {
                "title": "share of faces" if shares else "faces",
                "tickformat": ".0%" if shares else ",",
            },
            values_axis: {"title": value_title, "type": "category"},
        }
    )
    if horizontal:
        figure.update_yaxes(autorange="reversed")
    return figure


def counted_bars(counts: pd.DataFrame) -> go.Figure:
    """A bar for each class with its number of faces and their share written on it.

    Args:
        counts: ``label``, ``n`` and ``share``.
    """
    figure = go.Figure(
        go.Bar(
            x=counts["label"],
            y=counts["n"],
            marker_color=[CLASS_COLOURS[name] for name in counts["label"]],
            text=[
                f"{n:,}<br>{share:.0%}"
                for n, share in zip(counts["n"], counts["share"], strict=True)
            ],
            textposition="inside",
            insidetextanchor="middle",
            hoverinfo="skip",
        )
    )
    figure.update_yaxes(title="faces", tickformat=",")
    return figure


def histogram_by_class(bins: pd.DataFrame, value_title: str, cuts: list[float]) -> go.Figure:
    """Bars side by side along a measure, stacked by class, with the screening's thresholds.

    Args:
        bins: ``low``, ``high``, ``label`` and ``n``, as ``distributions.histogram`` gives them.
        value_title: of the measure.
        cuts: where the screening's thresholds lie.
    """
    figure = go.Figure()
    for name in CLASSES:
        ours = bins[bins["label"] == name]
        figure.add_bar(
            name=name,
            x=(ours["low"] + ours["high"]) / 2,
            y=ours["n"],
            width=ours["high"] - ours["low"],
            marker={"color": CLASS_COLOURS[name], "line": {"width": 0}},
            customdata=ours[["low", "high"]].round(3),
            hovertemplate=f"{name}, %{{customdata[0]}} to %{{customdata[1]}}: "
            "%{y:,}<extra></extra>",
        )
    for cut in cuts:
        figure.add_vline(x=cut, line={"dash": "dash", "width": 1.5, "color": OTHER_COLOUR})
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title=value_title)
    figure.update_yaxes(title="faces", tickformat=",")
    return figure


def bars(
    names: list[str], values: list[float], colours: list[str], texts: list[str], limit: float
) -> go.Figure:
    """Lying bars with a text at each end, the first on top, up to ``limit``."""
    figure = go.Figure(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            marker_color=colours,
            text=texts,
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(range=[0, limit * 1.15], visible=False)
    figure.update_yaxes(autorange="reversed", type="category")
    return figure
