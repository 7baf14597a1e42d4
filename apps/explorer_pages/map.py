"""Where a network's last layer puts the faces; a part of the map gives its faces."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.lists import first_page, in_url
from apps.explorer_parts.map_chart import OUTLINE, scatter, show_map
from apps.explorer_parts.words import picture_note
from fermask.dataset.splits import FOLDS
from fermask.exploring.browsing import FaceFilter, filter_faces, sort_by
from fermask.exploring.embedding import PROJECTIONS, Embedding, class_counts, find_embeddings
from fermask.exploring.map_selection import area_text, inside, nearest, read_area, simplified
from fermask.exploring.one_face import position_of_row
from fermask.faces.labels import CLASSES
from fermask.system.paths import PUBLISHED_EMBEDDINGS

COLUMN_OF = {"class": "label", "prediction": "predicted", "right or wrong": "answer"}
SUREST, NEAREST = "surest first", "nearest first"

PAGE = "map_page"
URL = in_url(PAGE)

shown = st.session_state["shown"]
table = shown.table


def forget_row() -> None:
    """An area takes the place of the faces around a row."""
    st.session_state["around"] = None
    first_page(PAGE)


def forget_area() -> None:
    """The faces around a row take the place of an area, and another map has no such area."""
    st.session_state["area"] = ""
    first_page(PAGE)


def choose_none() -> None:
    """Neither an area nor a row is chosen any more."""
    st.session_state["area"] = ""
    forget_row()


def take_drawing() -> None:
    """What was drawn on the map becomes the area, or none where the drawing was undone."""
    selection = st.session_state["map"].selection
    drawings = [*selection["box"], *selection["lasso"]]
    corners = [np.column_stack([each["x"], each["y"]]) for each in drawings[-1:]]
    texts = [area_text(each if len(each) == 2 else simplified(each)) for each in corners]
    st.session_state["area"] = "".join(texts)
    forget_row()


def bound(on_change: Callable[[], None]) -> dict[str, Any]:
    """A widget's place in the URL, where a change does more than go to the first page."""
    return {"bind": "query-params", "on_change": on_change}


@st.cache_resource(show_spinner=False, max_entries=4)
def embeddings(_ferm, images: str, files: tuple):
    """The set's embeddings; ``files`` (names and ages) makes changed ones be read again."""
    return find_embeddings(PUBLISHED_EMBEDDINGS, _ferm)


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
        parts.append(
            "PCA shows the two directions in which the faces differ most; what differs in the "
            "others is not seen."
        )
    return " ".join(parts)


st.title("Map")
listed = tuple((each.name, each.stat().st_mtime_ns) for each in PUBLISHED_EMBEDDINGS.glob("*"))
found, problems = embeddings(shown.ferm, shown.ferm.about["masked_sha256"], listed)
for problem in problems:
    st.error(problem)
if not found:
    st.info(
        f"{shown.ferm.name} has no map yet. `python -m scripts.embed --ferm DIR`, with the set's "
        "folder for DIR, computes it in about half a minute into data/embeddings/; a set without "
        "pictures needs FER2013 for it."
    )
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    projection = st.segmented_control(
        "Map",
        list(PROJECTIONS),
        default="t-SNE",
        required=True,
        key="projection",
        **bound(forget_area),
    )
    coloured = ["class"] if shown.predictions is None else list(COLUMN_OF)
    colour = st.segmented_control(
        "Colour", coloured, default="class", required=True, key="colour", **URL
    )
    labels = st.pills("Class", CLASSES, selection_mode="multi", key="map_class", **URL)
    name = next(iter(found))
    if len(found) > 1:
        name = st.selectbox("Network", list(found), key="network", width=240, **bound(forget_area))
with st.expander("Only some folds"):
    folds = st.pills("Fold", list(range(FOLDS)), selection_mode="multi", key="map_fold", **URL)

embedding = found[name]
points_xy = embedding.points_xy(projection)
drawn = filter_faces(table, FaceFilter(labels=tuple(labels), folds=tuple(folds)))
left, right = st.columns([5, 2], gap="large")
with right:
    st.markdown("Draw on the map, or choose here:")
    around = st.number_input(
        "Faces around row",
        min_value=0,
        value=None,
        step=1,
        key="around",
        placeholder="such as 15",
        help="FER2013's row of a face; its nearest neighbours on the map are chosen.",
        **bound(forget_area),
    )
    count = st.number_input("How many", 1, 1000, 24, key="how_many", **URL)
    area = st.text_input(
        "Area",
        key="area",
        placeholder="x0_y0_x1_y1",
        help="What was drawn: x and y of two opposite corners of a box, or of each corner of a "
        "line around faces.",
        **bound(forget_row),
    )

corners = chosen = None
try:
    if around is not None:
        middle_xy = points_xy[position_of_row(table, around)]
        chosen = drawn[nearest(points_xy[drawn], middle_xy, count)]
    elif area.strip():
        corners = read_area(area)
        chosen = drawn[inside(corners, points_xy[drawn])]
        middle_xy = points_xy[chosen].mean(axis=0) if len(chosen) else None
except ValueError as error:
    right.error(str(error))

with left:
    shares = [f", {share:.0%} of the variance" for share in embedding.about["explained_variance"]]
    titles = ("first axis" + shares[0], "second axis" + shares[1])
    strong = drawn if chosen is None else chosen
    figure = scatter(table, points_xy, drawn, strong, COLUMN_OF[colour])
    if around is not None and chosen is not None:
        ring = {"symbol": "circle-open", "size": 16, "line": OUTLINE, "color": OUTLINE["color"]}
        figure.add_scatter(
            x=middle_xy[:1], y=middle_xy[1:], marker=ring, showlegend=False, hoverinfo="skip"
        )
    show_map(
        figure,
        titles if projection == "PCA" else ("", ""),
        corners,
        "map",
        take_drawing,
    )
    st.caption(about_map(embedding, projection))

if chosen is None:
    right.caption("No face is chosen yet.")
    st.stop()
right.button("Choose none", on_click=choose_none, icon=":material/close:", type="tertiary")

st.subheader(f"{len(chosen):,} of {len(drawn):,} faces")
if len(chosen) == 0:
    st.info("No face is in this area; draw it elsewhere, or take a filter away.")
    st.stop()
counts = class_counts(table.iloc[chosen]).rename(columns={"label": "class"}).set_index("class")
order = NEAREST
if shown.predictions is None:
    st.table(counts[["n"]], width="content")
else:
    st.table(counts, width="content")
    st.caption("Rows: the class and its faces. Columns: what the faces were called.")
    order = st.segmented_control(
        "Order",
        [NEAREST, SUREST],
        default=NEAREST,
        required=True,
        key="map_order",
        help="Nearest on the map, to the row or to the middle of the chosen faces.",
        **URL,
    )
picture_note(shown)
if order == SUREST:
    chosen = sort_by(table, chosen, "confidence", falling=True)
else:
    chosen = chosen[nearest(points_xy[chosen], middle_xy)]
gallery(shown, chosen, key=PAGE)
