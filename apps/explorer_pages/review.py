"""What a reviewer marked in this set, and the set that these marks make."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.lists import csv_button, in_a_row, in_url, with_interval
from apps.explorer_parts.marking import attempt, current_marks, marks_file, marks_shown, undo
from apps.explorer_parts.matrix import show_matrix
from apps.explorer_parts.sources import guard
from apps.explorer_parts.started import options
from apps.explorer_parts.words import evaluated_faces
from fermask.dataset.ferm import SCHEMA_VERSION, VERSION
from fermask.dataset.marks import MAX_BYTES, VERDICTS, Marks, parse_marks
from fermask.dataset.review import after_review, build_options, check_marks
from fermask.evaluation.confusion import confusion_matrix
from fermask.evaluation.rates import rate
from fermask.exploring.faces_table import splits_shown
from fermask.faces.labels import CLASSES
from fermask.reporting.review_report import describe_review
from fermask.system.markdown import escaped

shown = st.session_state["shown"]
table, about = shown.table, shown.ferm.about


def add(marks: Marks, given: pd.DataFrame) -> str:
    """Adds the marks of a CSV, which are then one step to undo."""
    marks.add(given)
    # The field for files is another one from now on, and so empty.
    st.session_state["imports"] = st.session_state.get("imports", 0) + 1
    return f"{len(given):,} marks added"


def import_csv(marks: Marks) -> None:
    """Takes a CSV of marks, or says what is wrong with it, and adds nothing then."""
    file = st.file_uploader(
        "Marks from a CSV",
        type="csv",
        key=f"marks_csv_{st.session_state.get('imports', 0)}",
        max_upload_size=MAX_BYTES // 1_000_000,
        help="As this page exports them. Columns row and verdict are needed; suggestion and note "
        "may be there.",
    )
    if file is None:
        return
    try:
        given = guard().call(parse_marks, file.getvalue(), file.name)
        check_marks(given, about, table)
    except ValueError as error:
        st.error(escaped(f"{error} No mark was added."))
        return
    st.button(
        f"Add {len(given):,} marks",
        key="add_marks",
        on_click=attempt,
        args=(partial(add, marks, given),),
        help="A face that is marked already takes the mark of the file",
    )


def compare() -> None:
    """What the marks change in the confusion matrix: both sets under the same answers."""
    st.subheader("What the marks change")
    chosen = evaluated_faces(shown, splits_shown(table)[0])
    labels, out = after_review(table, marked.reset_index())
    left = chosen[~out[chosen]]
    predicted = table["predicted"].map(CLASSES.index)
    before, after = (
        confusion_matrix(names.iloc[each].map(CLASSES.index), predicted.iloc[each])
        for names, each in ((table["label"], chosen), (labels, left))
    )
    rates = [rate(int(np.trace(each)), int(each.sum())) for each in (before, after)]
    for words, each in zip(("As it is", "As reviewed"), rates, strict=True):
        st.markdown(f"{words}: **{with_interval(each)}** right, n = {each.n:,}")
    texts = [
        [(f"{n:,}", f"{n - was:+,}" if n != was else "") for n, was in zip(*rows, strict=True)]
        for rows in zip(after.tolist(), before.tolist(), strict=True)
    ]
    show_matrix(after, (None, None), "reviewed", lambda: None, texts=texts)
    st.caption("The reviewed set's faces, and by how many each cell differs from the set's own.")


def how_to_build() -> None:
    """The command that makes the reviewed set."""
    st.subheader("The reviewed set")
    if "review" in about:
        st.info(
            f"{describe_review(about['review'])} Marks on it make no further set: mark the faces "
            f"of {about['review']['of']}, which the builder makes without --review."
        )
        return
    asked = build_options(about)
    if about["schema"] != SCHEMA_VERSION:
        st.info(
            f"{about['name']} cannot be built any more: the search that found its duplicates is "
            "gone, and its manifest gives its images back. Export the marks all the same: "
            "`python -m scripts.build_ferm --review marks.csv --out ferm-reviewed` takes them "
            f"over to {VERSION}, for the faces that both hold."
        )
        return
    if asked is None:
        st.info("The builder's command line cannot make this set, and so no review of it either.")
        return
    what = "\n".join(f"- **{verdict}**: {meaning}" for verdict, meaning in VERDICTS.items())
    st.markdown(
        f"Export the marks as CSV and build the set again with them. A face marked\n\n{what}\n\n"
        f"All other faces stay as they are. The new set is called *{shown.ferm.name} reviewed* "
        "and eight digits of its marks; the same marks give the same set."
    )
    command = ["python -m scripts.build_ferm", asked, "--review marks.csv --out ferm-reviewed"]
    # As a block of code it would load a megabyte and a half first.
    st.markdown(f"`` {' '.join(filter(None, command))} ``")
    st.caption(
        "FER2013 and FER+ are looked for in --fer2013 and --ferplus, else the folder in "
        "the environment variable FER2013, else data/fer2013/."
    )


st.title("Review")
if shown.ferm.is_own:
    st.info(
        "Marks change a set that is built from FER2013. Of photographs of one's own, take a file "
        "away or move it to another class's folder, and build the set again."
    )
    st.stop()
marks, marked = marks_shown(shown), current_marks(shown)
counts = marked["verdict"].value_counts()
said = " · ".join(f"{counts[name]:,} {name}" for name in VERDICTS if name in counts)
st.markdown(f"**{len(marked):,}** of {len(table):,} faces marked" + (f": {said}" if said else ""))
with in_a_row("bottom", "medium"):
    verdicts = st.pills(
        "Verdict",
        list(VERDICTS),
        selection_mode="multi",
        key="verdict",
        **in_url("marks_page"),
    )
    st.button(
        "Undo",
        key="undo_last",
        icon=":material/undo:",
        disabled=marked.empty,
        on_click=attempt,
        args=(partial(undo, shown),),
        help="Takes back the last verdict",
    )
    csv = marks.to_csv if len(marked) else ""
    csv_button(csv, "marks.csv", "All marks of this set", disabled=marked.empty)

listed = marked[marked["verdict"].isin(verdicts)] if verdicts else marked
# The newest first.
positions = pd.Index(table["row"]).get_indexer(listed.index[::-1])
if marked.empty:
    st.info(
        "No face of this set is marked yet. Turn on **Mark faces** above any gallery, such as on "
        "Samples, or use the buttons on a face's own page."
    )
elif listed.empty:
    st.info("No face has this verdict.")
else:
    gallery(shown, positions, key="marks_page", wide=True)

if shown.predictions is not None and len(marked):
    compare()
import_csv(marks)
how_to_build()

try:
    others = marks.other_sets()
except (ValueError, OSError):
    # Said above, where the marks were read.
    others = {}
words = f"Marks are kept in {marks_file()}, or in the FILE of `-- --marks FILE`."
if options().hosted:
    words = "Marks are one list for all visitors, and live until this page is started anew."
if others:
    counted = ", ".join(f"{name} ({n:,})" for name, n in others.items())
    words += (
        f" It also holds those of other sets: {counted}. They can be exported where that set is "
        "shown, and taken over by `python -m scripts.build_ferm --review FILE`."
    )
st.caption(words)
