"""One face: before and after, its landmarks, votes, quality, twins and the network's answer."""

import streamlit as st

from apps.explorer_parts.answers_table import show_answers
from apps.explorer_parts.charts import CLASS_COLOURS, OTHER_COLOUR, bars, show_chart
from apps.explorer_parts.evidence import evidence_caption, evidence_of, no_evidence
from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.marking import mark_face
from apps.explorer_parts.pages import came_from, go_back
from apps.explorer_parts.words import picture_note, split_words
from fermask.exploring.browsing import neighbours
from fermask.exploring.one_face import position_of_row, twins, votes_of
from fermask.faces.labels import CLASSES, FERPLUS_VOTERS
from fermask.networks.predictions import PROBABILITY_COLUMNS
from fermask.reporting.quality_report import format_quality

ENLARGED = 6

shown = st.session_state["shown"]
table = shown.table
listed = st.session_state.get("listed_rows", table["row"].to_numpy())


def go_to(row: int | None) -> None:
    """The page of another face."""
    st.session_state["row"] = row


with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
    if st.button(came_from(), icon=":material/arrow_back:", help="Back to the list"):
        go_back()
    row = st.number_input(
        "FER2013 row",
        min_value=0,
        value=None,
        step=1,
        key="row",
        bind="query-params",
        width=150,
        placeholder="such as 15",
    )
    before, after = (None, None) if row is None else neighbours(listed, row)
    for label, icon, other in (
        ("Previous", ":material/chevron_left:", before),
        ("Next", ":material/chevron_right:", after),
    ):
        st.button(label, icon=icon, disabled=other is None, on_click=go_to, args=(other,))

if row is None:
    st.info("Choose a face on one of the other pages, or give its FER2013 row.")
    st.stop()
try:
    position = position_of_row(table, row)
except ValueError as error:
    st.error(str(error))
    st.stop()

face = shown.face(position)
st.title(f"Row {row}: {face['label']}")
st.markdown(
    f"{face['usage']} · fold {face['fold']} · group {face['group']} · {face['mask_style']} mask"
    + (f" · {split_words(face['split'])}" if isinstance(face["split"], str) else "")
)
picture_note(shown)

pictures = {
    "Before": (shown.bare_url(position, ENLARGED), "The face without a mask"),
    "After": (shown.masked_url(position, ENLARGED), "The face with a mask"),
    "27 landmarks stay visible (filled), 41 do not; dashed, the mask": (
        shown.landmarks_url(position),
        "The 27 landmarks that stay visible filled, the other 41 hollow, the mask dashed",
    ),
}
seen = None
if not no_evidence(shown.has_pictures):
    seen = evidence_of(shown.ferm.masked[position], ENLARGED)
    pictures[f"Evidence for {seen.label}, {seen.probability:.0%} (orange; blue speaks against)"] = (
        seen.url,
        f"Where the shipped network found what speaks for {seen.label}, over the masked face",
    )
st.html(
    "<style>.ferm-views{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));"
    "gap:0.75rem;max-width:68rem}"
    ".ferm-views figure{margin:0}.ferm-views img{width:100%;border-radius:6px;display:block}"
    ".ferm-views figcaption{font-size:0.85rem;opacity:0.75;padding-top:0.3rem}</style>"
    "<div class='ferm-views'>"
    + "".join(
        f"<figure><img src='{url}' alt='{alt}'><figcaption>{name}</figcaption></figure>"
        for name, (url, alt) in pictures.items()
    )
    + "</div>"
)
if seen is not None:
    st.caption(evidence_caption(table.iloc[[position]]))
mark_face(shown, position)

left, right = st.columns(2, gap="large")
with left:
    st.subheader("Ten votes")
    votes = votes_of(face)
    if votes is None:
        st.info("This set was built without FER+, so its faces have no votes.")
    else:
        figure = bars(
            votes["name"].tolist(),
            votes["votes"].tolist(),
            [CLASS_COLOURS.get(label, OTHER_COLOUR) for label in votes["label"]],
            [str(n) if n else "" for n in votes["votes"]],
            FERPLUS_VOTERS,
        )
        show_chart(figure, 300, "votes", "Votes for each expression", legend=False)
with right:
    st.subheader("The network's answer")
    if isinstance(face["predicted"], str):
        chances = [float(face[name]) for name in PROBABILITY_COLUMNS]
        figure = bars(
            list(CLASSES),
            chances,
            [CLASS_COLOURS[name] for name in CLASSES],
            [f"{chance:.1%}" for chance in chances],
            1.0,
        )
        show_chart(figure, 170, "probabilities", "Probability of each class", legend=False)
        st.markdown(
            f"{shown.predictions.title}: **{face['predicted']}**, which is {face['answer']}; "
            f"loss {face['loss']:.2f}."
        )
        below = shown.predictions.about.get("not_sure_below", 0.0)
        if max(chances) < below:
            st.markdown(f"Under {below:.0%} the network is **not sure**.")
        if face["split"] == "training":
            st.warning("This network was trained on this face: the answer says little.")
    else:
        st.info("There is no prediction for this face.")

st.subheader("What every network says")
show_answers(shown, position, st.session_state["sources"])

st.subheader("Quality")
quality = format_quality(face, shown.ferm.about["settings"]["screening"])
quality["rule"] = "✓ " + quality["rule"].str.replace("_", " ")
quality = quality.rename(columns={"rule": "rule passed"}).drop(columns="meaning")
st.table(quality.set_index("rule passed"))
st.caption("What each rule asks is told on the Overview page.")

others = twins(table, position)
st.subheader("Near duplicates")
if len(others):
    st.markdown("Other faces of this set that show the same photograph.")
    gallery(shown, others, key="twins_page")
else:
    st.markdown("No other face of this set shows the same photograph.")
