"""Where a network's last layer puts the faces; beside it what is like a face, or in an area."""

import numpy as np
import streamlit as st

from apps.explorer_parts.data import embeddings
from apps.explorer_parts.face import open_face
from apps.explorer_parts.gallery import gallery_alone
from apps.explorer_parts.lists import first_page, in_a_row, in_url, one_of, show_rows
from apps.explorer_parts.map_chart import map_data, show_map, show_tip
from apps.explorer_parts.words import in_sentences
from fermask.dataset.splits import FOLDS
from fermask.exploring.browsing import FaceFilter, filter_faces, sort_by
from fermask.exploring.embedding import PROJECTIONS, Embedding, class_counts
from fermask.exploring.map_selection import area_text, inside, read_area, simplified
from fermask.exploring.one_face import position_of_row
from fermask.system.markdown import escaped

COLUMN_OF = {"class": "label", "prediction": "predicted", "right or wrong": "answer"}
PAGE = "map_page"
URL = in_url(PAGE)

shown = st.session_state["shown"]
table = shown.table


def choose(name: str = "", value: str = "") -> None:
    """What is chosen stands in the URL: faces around a row, or in an area, or none."""
    for each in ("around", "area"):
        st.query_params.pop(each, None)
    if value:
        st.query_params[name] = value
    first_page(PAGE)


def take_face() -> None:
    """The face clicked, or none where the click met no face."""
    row = st.session_state["map"].face
    choose("around", "" if row is None or row < 0 else str(row))


def take_area() -> None:
    """What was drawn on the map."""
    corners = np.array(st.session_state["map"].area, dtype=float)
    choose("area", area_text(corners if len(corners) == 2 else simplified(corners)))


def take_field(name: str) -> None:
    """What was typed."""
    typed = st.session_state[f"map_{name}"]
    choose(name, "" if typed is None else str(typed).strip())


def about_map(embedding: Embedding, projection: str) -> str:
    """What the map is of, and what it cannot tell."""
    about, n = embedding.about, len(embedding.table)
    seen = about["trained_on"]
    parts = [
        f"Masked faces as the last layer of {about['model']} sees them (weights "
        f"{about['onnx_sha256'][:8]}), which need not be the network of the predictions chosen."
    ]
    if seen is None:
        parts.append("What these weights were trained on is not recorded.")
    elif seen:
        parts.append(
            f"**These weights were trained on {seen:,} of the {n:,} faces**, or on twins of them, "
            "so the classes stand further apart than they would for new faces."
        )
    if projection == "t-SNE":
        parts.append(
            "t-SNE keeps neighbours together; how far groups stand apart, and how large they "
            "are, means little."
        )
    else:
        first, second = about["explained_variance"]
        parts.append(
            f"PCA shows the two directions in which the faces differ most ({first:.0%} and "
            f"{second:.0%} of the variance); what differs in the others is not seen."
        )
    return " ".join(parts)


st.title("Map")
found, problems = embeddings(shown.ferm)
for problem in problems:
    st.error(escaped(problem))
if not found:
    st.info(
        f"{shown.ferm.name} has no map yet. `python -m scripts.embed --ferm DIR`, with the set's "
        "folder for DIR, computes it in about half a minute into data/embeddings/; a set without "
        "pictures needs FER2013 for it."
    )
    st.stop()

with in_a_row():
    projection = one_of("Map", list(PROJECTIONS), "projection", default="t-SNE", on_change=choose)
    coloured = ["class"] if shown.predictions is None else list(COLUMN_OF)
    with st.popover("More", icon=":material/tune:", type="tertiary"):
        colour = one_of("Colour", coloured, "colour", False, **URL)
        labels = st.pills(
            "Class", shown.ferm.classes, selection_mode="multi", key="map_class", **URL
        )
        folds = st.pills("Fold", list(range(FOLDS)), selection_mode="multi", key="map_fold", **URL)
        name = st.selectbox("Network", list(found), key="network", on_change=choose)
        for field, widget, words in (
            ("around", st.number_input, "Faces like FER2013 row"),
            ("area", st.text_input, "Area, as x0_y0_x1_y1 or the corners of a line"),
        ):
            widget(
                words,
                value=None,
                key=f"map_{field}",
                on_change=take_field,
                args=(field,),
                **({"min_value": 0, "step": 1} if field == "around" else {}),
            )

embedding = found[name]
drawn = filter_faces(table, FaceFilter(labels=tuple(labels), folds=tuple(folds)))


def read_choice() -> tuple[np.ndarray | None, np.ndarray | None]:
    """The faces that the URL chooses, or None; and the corners of their area, or None.

    Raises:
        ValueError: a sentence on what the URL should hold.
    """
    around, area = (st.query_params.get(field, "") for field in ("around", "area"))
    if around:
        if not around.isdecimal():
            raise ValueError(f"The row {around[:20]!r} is none; expected a number.")
        middle = position_of_row(table, int(around))
        return np.array([middle, *embedding.alike(middle)]), None
    if not area.strip():
        return None, None
    corners = read_area(area)
    chosen = drawn[inside(corners, embedding.points_xy(projection)[drawn])]
    if shown.predictions is not None:
        chosen = sort_by(table, chosen, "confidence", falling=True)
    return chosen, corners


def show_chosen(chosen: np.ndarray | None, corners: np.ndarray | None) -> None:
    """The faces chosen, beside the map."""
    if chosen is None:
        st.info("Click a face on the map, or draw around several: they come here.")
        return
    if len(chosen) == 0:
        st.info("No face is in this area; draw it elsewhere, or take a filter away.")
        return
    with in_a_row():
        if corners is None:
            row = shown.row(chosen[0])
            st.markdown(f"**Row {row}** and what the network reads most like it")
            if st.button("Open", icon=":material/open_in_new:"):
                open_face(shown, row)
        else:
            order = "" if shown.predictions is None else ", surest first"
            st.markdown(f"**{len(chosen):,} of {len(drawn):,} faces**{order}")
        st.button("Choose none", on_click=choose, icon=":material/close:", type="tertiary")
    gallery_alone(shown, chosen, key=PAGE)
    counts = class_counts(table.iloc[chosen]).rename(columns={"label": "class"})
    counts = counts if shown.predictions is not None else counts[["class", "n"]]
    with st.expander("By class, and what they were called"):
        show_rows(counts)


@st.fragment
@in_sentences
def show_map_and_faces() -> None:
    """The map, and beside it what was chosen on it: they run alone."""
    left, right = st.columns([5, 4], gap="large")
    chosen = corners = None
    try:
        chosen, corners = read_choice()
    except ValueError as error:
        right.error(escaped(str(error)))
    with left:
        data = map_data(table, embedding.points_xy(projection), drawn, chosen, COLUMN_OF[colour])
        around = chosen[:1] if chosen is not None and corners is None else []
        ring = np.flatnonzero(np.isin(drawn, around)).tolist()
        data |= {
            "projection": f"{projection} {len(drawn)}",
            "ring": ring[0] if ring else None,
            "area": None if corners is None else corners.tolist(),
            "alt": "Map of the faces; the fields under More choose faces without a mouse.",
        }
        show_map(data, "map", take_face, take_area)
        st.caption(about_map(embedding, projection))
    with right:
        show_chosen(chosen, corners)


show_map_and_faces()
show_tip(shown)
