"""A face's panel, over whatever page it was opened from; its row stands in the URL."""

import numpy as np
import streamlit as st

from apps.explorer_parts.answers_table import show_answers
from apps.explorer_parts.charts import class_colour, show_bars
from apps.explorer_parts.data import Shown, embeddings
from apps.explorer_parts.evidence import evidence_caption, evidence_of, no_evidence
from apps.explorer_parts.lists import in_a_row, show_tabs
from apps.explorer_parts.marking import mark_face
from apps.explorer_parts.tiles import cards, faces
from apps.explorer_parts.walk import show_walk
from apps.explorer_parts.words import in_sentences, picture_note, split_words
from fermask.exploring.one_face import position_of_row, twins, votes_of
from fermask.faces.labels import FERPLUS_VOTERS
from fermask.networks.predictions import probability_columns
from fermask.reporting.quality_report import format_quality
from fermask.system.markdown import escaped

ENLARGED = 6
_STYLE = (
    "<style>.ferm-views{display:grid;grid-template-columns:repeat(auto-fit,minmax(5.5rem,1fr));"
    "gap:0.75rem}.ferm-views figure{margin:0}.ferm-views img{width:100%;border-radius:6px;"
    "display:block}.ferm-views figcaption{font-size:0.85rem;opacity:0.75;padding-top:0.3rem}"
    "</style>"
)


def open_face(shown: Shown, row: int) -> None:
    """Opens the panel of a face."""
    _go_to(row)
    _panel(shown)


def open_asked_face(shown: Shown) -> None:
    """Opens the panel of the face that the URL names, or says that there is none."""
    asked = st.query_params.get("face")
    if asked is None:
        return
    try:
        if not asked.isdecimal():
            raise ValueError(f"The link asks for face {asked[:20]!r}; expected a FER2013 row.")
        position_of_row(shown.table, int(asked))
    except ValueError as error:
        st.error(escaped(str(error)))
        return
    open_face(shown, int(asked))


def _go_to(row: int) -> None:
    st.session_state["face"] = row
    if st.query_params.get("face") != str(row):
        st.query_params["face"] = str(row)


def _close() -> None:
    st.query_params.pop("face", None)


@st.dialog("Face", width=880, position="right", on_dismiss=_close)
@in_sentences
def _panel(shown: Shown) -> None:
    row = st.session_state["face"]
    position = position_of_row(shown.table, row)
    face = shown.face(position)
    _show_place(shown, position)
    st.markdown(
        f"{face['usage']} · fold {face['fold']} · group {face['group']} · {face['mask_style']} mask"
        + (f" · {split_words(face['split'])}" if isinstance(face["split"], str) else "")
    )
    _show_views(shown, position)
    picture_note(shown)
    mark_face(shown, position)
    sections = {
        "Votes and answer": _show_votes_and_answer,
        "Faces like this": _show_like,
        "Near duplicates": _show_twins,
        "Every network": _show_networks,
        "Quality": _show_quality,
    }
    show_tabs(sections, "face_section", shown, position, on_change="rerun")


def _show_place(shown: Shown, position: int) -> None:
    """Where the face is in the list that it was chosen from, and the ways to its neighbours."""
    rows, listed = shown.table["row"], st.session_state.get("listed", np.arange(len(shown.table)))
    with in_a_row():
        st.subheader(f"Row {rows.iloc[position]}: {shown.table['label'].iloc[position]}")
        place = np.flatnonzero(np.asarray(listed) == position)
        if len(place):
            st.caption(f"{place[0] + 1:,} of {len(listed):,}", width="content")
        show_walk(rows.to_numpy()[listed], int(rows.iloc[position]), _go_to)


def _show_views(shown: Shown, position: int) -> None:
    """Bare, masked, the landmarks, and the evidence where there are pixels to lay it over."""
    pictures = {
        "Bare": (shown.bare_url(position, ENLARGED), "The face without a mask"),
        "Masked": (shown.masked_url(position, ENLARGED), "The face with a mask"),
        "27 landmarks stay visible (filled), 41 do not; dashed, the mask": (
            shown.landmarks_url(position),
            "The 27 landmarks that stay visible filled, the other 41 hollow, the mask dashed",
        ),
    }
    caption = ""
    if not no_evidence(shown.ferm):
        seen = evidence_of(shown.ferm.masked[position], ENLARGED)
        words = f"Evidence for {seen.label}, {seen.probability:.0%} (orange; blue speaks against)"
        pictures[words] = (
            seen.url,
            f"Where the shipped network found what speaks for {seen.label}, over the masked face",
        )
        caption = evidence_caption(shown.table.iloc[[position]])
    figures = "".join(
        f"<figure><img src='{url}' alt='{alt}'><figcaption>{name}</figcaption></figure>"
        for name, (url, alt) in pictures.items()
    )
    st.html(f"{_STYLE}<div class='ferm-views'>{figures}</div>")
    if caption:
        st.caption(caption)


def _show_votes_and_answer(shown: Shown, position: int) -> None:
    face = shown.table.iloc[position]
    left, right = st.columns(2, gap="large")
    with left:
        votes = votes_of(face)
        if votes is None:
            st.info("The faces of this set have no votes.")
        else:
            st.markdown("**Ten votes**")
            names, labels, counts = zip(*votes, strict=True)
            shares = [count / FERPLUS_VOTERS for count in counts]
            show_bars(names, shares, map(class_colour, labels), map(str, counts))
    with right:
        if not isinstance(face["predicted"], str):
            st.info("There is no prediction for this face.")
            return
        st.markdown("**The network's answer**")
        classes = shown.ferm.classes
        chances = [float(face[name]) for name in probability_columns(classes)]
        texts = [f"{chance:.1%}" for chance in chances]
        show_bars(classes, chances, map(class_colour, classes), texts)
        st.markdown(
            f"{shown.predictions.title}: **{face['predicted']}**, which is {face['answer']}; "
            f"loss {face['loss']:.2f}."
        )
        below = shown.predictions.about.get("not_sure_below", 0.0)
        if max(chances) < below:
            st.markdown(f"Under {below:.0%} the network is **not sure**.")
        if face["split"] == "training":
            st.warning("This network was trained on this face: the answer says little.")


def _show_like(shown: Shown, position: int) -> None:
    found, _ = embeddings(shown.ferm)
    if not found:
        st.info(
            f"{shown.ferm.name} has no map yet, which says what is like what: `python -m "
            "scripts.embed` makes it."
        )
        return
    name, embedding = next(iter(found.items()))
    st.markdown(f"What the last layer of {name} reads most alike, the nearest first:")
    _small_gallery(shown, embedding.alike(position), "like")


def _show_twins(shown: Shown, position: int) -> None:
    others = twins(shown.table, position)
    if len(others) == 0:
        st.markdown("No other face of this set shows the same photograph.")
        return
    st.markdown("Other faces of this set that show the same photograph.")
    _small_gallery(shown, others, "twins")


def _small_gallery(shown: Shown, positions: np.ndarray, key: str) -> None:
    """Faces to go to."""
    chosen = faces(cards(shown, positions), f"face_{key}")
    if chosen is not None:
        _go_to(chosen)
        st.rerun(scope="fragment")


def _show_networks(shown: Shown, position: int) -> None:
    show_answers(shown, position, st.session_state["sources"])


def _show_quality(shown: Shown, position: int) -> None:
    limits = shown.ferm.about["settings"]["screening"]
    quality = format_quality(shown.face(position), limits)
    st.table(quality.drop(columns="meaning").set_index("checked"))
    st.caption("What each rule asks stands on the Overview page.")
