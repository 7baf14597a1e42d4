"""The map of a set's faces: marks told apart by form and colour, and what is drawn on it."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from apps.explorer_parts.charts import CLASS_COLOURS, OTHER_COLOUR
from fermask.faces.labels import CLASSES

UNKNOWN = "no prediction"
# Colour, form and size of a mark: told apart by more than colour.
MARKS = {
    **{
        name: (CLASS_COLOURS[name], form, 5)
        for name, form in zip(CLASSES, ("circle", "square", "diamond", "triangle-up"), strict=True)
    },
    "right": ("#4db6c6", "circle", 4),
    "wrong": ("#c4513a", "x", 6),
    UNKNOWN: (OTHER_COLOUR, "circle-open", 4),
}
OUTLINE = {"color": "#8a5cc2", "width": 2}
STRONG, FAINT = 0.8, 0.15


def _hover_texts(faces: pd.DataFrame) -> np.ndarray:
    """A line for each face: its row, its class and what it was called."""
    predicted = (" → " + faces["predicted"] + faces["confidence"].map(", {:.0%}".format)).fillna("")
    return ("row " + faces["row"].astype(str) + ": " + faces["label"] + predicted).to_numpy()


def scatter(
    table: pd.DataFrame, points_xy: np.ndarray, drawn: np.ndarray, strong: np.ndarray, column: str
) -> go.Figure:
    """The faces as marks.

    Args:
        table: as ``fermask.exploring.faces_table.faces_table`` gives it.
        points_xy: of all its faces, ``(n, 2)``.
        drawn: positions of the faces to draw.
        strong: positions of those that are not drawn faint.
        column: of the table, whose value a mark's form and colour tell.
    """
    figure = go.Figure()
    values = table[column].iloc[drawn].fillna(UNKNOWN).to_numpy()
    for name, (colour, form, size) in MARKS.items():
        ours = drawn[values == name]
        if len(ours) == 0:
            continue
        figure.add_scattergl(
            x=points_xy[ours, 0],
            y=points_xy[ours, 1],
            mode="markers",
            showlegend=False,
            # Plotly's own fading is undone by a double click on the map.
            marker={
                "color": colour,
                "symbol": form,
                "size": size,
                "opacity": np.where(np.isin(ours, strong), STRONG, FAINT),
            },
            selected={"marker": {"opacity": STRONG}},
            unselected={"marker": {"opacity": FAINT}},
            text=_hover_texts(table.iloc[ours]),
            hovertemplate="%{text}<extra></extra>",
        )
        # The legend's own marks, which are never faint.
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=f"{name} ({len(ours):,})",
            marker={"color": colour, "symbol": form},
        )
    return figure


def show_map(
    figure: go.Figure,
    titles: tuple[str, str],
    corners: np.ndarray | None,
    key: str,
    on_select: Callable[[], None],
) -> None:
    """The map, on which a box or a line can be drawn around faces.

    Args:
        figure: as ``scatter`` gives it.
        titles: of the axes.
        corners: of the area chosen, as ``map_selection.read_area`` gives it, or None.
        key: where Streamlit keeps what is drawn.
        on_select: called after a drawing.
    """
    if corners is not None:
        path = "M" + "L".join(f"{x},{y}" for x, y in corners) + "Z"
        (x0, y0), (x1, y1) = corners[:2]
        place = (
            {"type": "rect", "x0": x0, "y0": y0, "x1": x1, "y1": y1}
            if len(corners) == 2
            else {"type": "path", "path": path}
        )
        figure.add_shape(**place, line=OUTLINE)
    figure.update_layout(
        height=560,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        # The tool stays in hand after a drawing.
        dragmode="select" if corners is None or len(corners) == 2 else "lasso",
        hovermode="closest",
        legend={
            "orientation": "h",
            "y": -0.08,
            "yanchor": "top",
            "x": 0,
            "title": None,
            "itemsizing": "constant",
            "itemclick": False,
            "itemdoubleclick": False,
        },
    )
    # The same unit both ways: a map pulled wide would make neighbours of strangers.
    figure.update_xaxes(title={"text": titles[0], "standoff": 4})
    figure.update_yaxes(title={"text": titles[1], "standoff": 4}, scaleanchor="x")
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(showticklabels=False, zeroline=False, showgrid=False)
    st.plotly_chart(
        figure,
        key=key,
        on_select=on_select,
        selection_mode=("box", "lasso"),
        width="stretch",
        config={
            "displayModeBar": True,
            "displaylogo": False,
            "modeBarButtonsToRemove": ["zoomIn2d", "zoomOut2d", "autoScale2d"],
        },
        alt="Map of the faces; the fields beside it choose faces without drawing.",
    )
