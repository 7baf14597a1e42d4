"""The paper's six figures, drawn from what this project runs."""

from functools import partial
from html import escape

import numpy as np
import streamlit as st

from apps.explorer_parts.lists import show_tabs
from apps.explorer_parts.words import evaluated_faces, no_predictions, picture_note
from fermask.evaluation.confusion import confusion_matrix
from fermask.exploring.faces_table import HEADLINE, is_out_of_fold
from fermask.faces.drawing import svg_url
from fermask.faces.labels import CLASSES
from fermask.faces.mask_styles import MASK_STYLES
from fermask.reporting.figures import (
    CAPTIONS,
    EXAMPLE_CHANNELS,
    draw_confusion,
    draw_convolutions,
    draw_landmark_pair,
    stored_figure,
)

shown = st.session_state["shown"]
table = shown.table

# Faces whose mean is drawn: as many as FER2013 has. Those of a larger set change nothing on it.
MEAN_OF = 35_887


def title_of(number: int) -> str:
    """A figure's number and its caption in the paper."""
    return f"Figure {number}: {CAPTIONS[number][0]}"


def begin(number: int, differs: str = "") -> None:
    """A figure's caption in the paper, and what differs here."""
    st.subheader(title_of(number))
    st.caption(differs or CAPTIONS[number][1])


def show_svg(svg: str, alt: str, narrowest: int = 640) -> None:
    """A drawn figure, which a narrow window scrolls rather than makes too small to read."""
    st.html(
        '<div style="overflow-x:auto" tabindex="0">'
        f'<img src="{svg_url(svg)}" alt="{escape(alt)}" '
        f'style="display:block;width:100%;min-width:{narrowest}px;max-width:880px"></div>'
    )


def show_stored(number: int) -> None:
    """A figure that takes Keras or dlib to draw, from the project's folder."""
    begin(number)
    path = stored_figure(number)
    if path.is_file():
        show_svg(path.read_text(encoding="utf-8"), title_of(number))
    else:
        st.info(f"{path.name} is not there: `python -m scripts.studies.reproduce` draws it.")


def style_words(name: str) -> str:
    """What a kind of mask is called and how it looks."""
    style = MASK_STYLES[name]
    return escape(f"{style.label}: {style.description}")


def show_pairs(positions: np.ndarray) -> None:
    """Faces of the set above each other, before and after."""
    faces = "".join(
        f"<figure><img src='{shown.bare_url(each, 4)}' alt='Row {shown.row(each)}, bare'>"
        f"<img src='{shown.masked_url(each, 4)}' alt='Row {shown.row(each)}, masked'>"
        f"<figcaption>{style_words(table['mask_style'].iloc[each])}</figcaption></figure>"
        for each in positions.tolist()
    )
    st.html(
        "<style>.ferm-pairs{display:grid;grid-template-columns:repeat(4,1fr);gap:0.6rem;"
        "max-width:880px}.ferm-pairs figure{margin:0}.ferm-pairs img{width:100%;display:block;"
        "border-radius:6px;margin-bottom:0.4rem}.ferm-pairs figcaption{font-size:0.85rem;"
        f"opacity:0.75}}</style><div class='ferm-pairs'>{faces}</div>"
    )


def show_convolutions() -> None:
    """Three kinds of convolution, with the numbers asked for."""
    begin(3)
    with st.container(horizontal=True, gap="medium"):
        channels = [
            st.number_input(label, 4, 1024, default, key=key, bind="query-params", width=170)
            for label, key, default in zip(
                ("Input channels C", "Output channels C′"),
                ("c", "c_out"),
                EXAMPLE_CHANNELS,
                strict=True,
            )
        ]
    show_svg(draw_convolutions(*channels), title_of(3))


def show_landmarks() -> None:
    """The mean face's landmarks, bare and masked."""
    begin(4)
    some = shown.ferm.points_at(np.arange(min(len(table), MEAN_OF)))
    show_svg(draw_landmark_pair(some.mean(axis=0, dtype=np.float64)), title_of(4))


def show_masking() -> None:
    """A photograph, and a face of the set for each kind of mask."""
    show_stored(5)
    st.markdown("The same on a face of the set for each kind of mask:")
    picture_note(shown)
    first = [np.flatnonzero(table["mask_style"] == style)[:1] for style in MASK_STYLES]
    show_pairs(np.concatenate(first))


def show_confusion() -> None:
    """The whole set, as in the paper, and beside it the faces held back."""
    parts = {"all": "Whole set, training faces included", "validation": "Validation faces only"}
    differs = ""
    if is_out_of_fold(table):
        parts = {"all": "All faces, each held back once", HEADLINE: "Of these, folds 0 to 8"}
        differs = (
            "The paper shows the whole set, training faces included; here each face is answered by "
            "the network that held it back. Choices were made on fold 9, which is why figures are "
            "of the others."
        )
    begin(6, differs)
    if shown.predictions is None:
        no_predictions()
    if shown.ferm.classes != CLASSES:
        st.info("It has FERM's four classes; the matrix of this set's is on the page Confusion.")
        return
    columns = st.columns(2, gap="large", vertical_alignment="bottom")
    for place, (split, name) in zip(columns, parts.items(), strict=False):
        with place:
            chosen = evaluated_faces(shown, split)
            predicted = table["predicted"].iloc[chosen].map(CLASSES.index)
            confusion = confusion_matrix(shown.ferm.labels[chosen], predicted)
            svg = draw_confusion(confusion, f"{name}, n = {len(chosen):,}")
            show_svg(svg, f"{title_of(6)}, {name}", narrowest=320)
    st.caption(
        "Rows: the true class. Columns: the predicted one. Faces, and their share of the row."
    )
    st.page_link(
        "explorer_pages/confusion.py", label="The faces in each cell", icon=":material/grid_on:"
    )


# What the network reaches comes first.
SECTIONS = {
    "6 Confusion": show_confusion,
    "1 Framework": partial(show_stored, 1),
    "2 Network": partial(show_stored, 2),
    "3 Convolutions": show_convolutions,
    "4 Landmarks": show_landmarks,
    "5 Face-Mask": show_masking,
}

st.title("Figures")
st.markdown(
    "The paper's six figures, drawn from what this project runs, with what they come to first. "
    "1 and 2 are of the published FERM and its network; 4 is of the set and 6 of the "
    "predictions chosen in the sidebar."
)
show_tabs(SECTIONS, "figure", bind="query-params")
