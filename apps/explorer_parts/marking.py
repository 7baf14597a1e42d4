"""A reviewer's marks: on the tiles of a gallery, and in a face's panel."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.data import Shown
from apps.explorer_parts.lists import in_a_row, in_url
from apps.explorer_parts.started import options
from fermask.dataset.marks import LONGEST_NOTE, VERDICTS, WRONG_LABEL, Marks, marks_of
from fermask.faces.labels import CLASSES
from fermask.system.markdown import escaped
from fermask.system.paths import MARKS

LEAVE_OUT = "no suggestion"
# The keys of the keyboard that give a verdict; C and R are the browser page's own.
KEYS = dict(zip(VERDICTS, "WNBK", strict=True))
_PROBLEM = "marks_problem"
_UNMARKED = "not marked"


def marks_file() -> Path:
    """Where this explorer keeps marks: ``--marks``, else the usual place."""
    given = options().marks
    return Path(given).expanduser() if given else MARKS


def marks_shown(shown: Shown) -> Marks:
    """The marks of the set that is shown."""
    return marks_of(marks_file(), shown.ferm.about)


def current_marks(shown: Shown) -> pd.DataFrame:
    """What each face is marked now, index its row; says what is wrong with the file if need be."""
    table, problem = pd.DataFrame(columns=["verdict", "suggestion", "note", "time"]), ""
    try:
        table = marks_shown(shown).current().set_index("row")
    except (ValueError, OSError) as error:
        problem = str(error)
    # What went wrong with the last click is shown once.
    for each in dict.fromkeys((st.session_state.pop(_PROBLEM, ""), problem)):
        if each:
            st.error(escaped(each))
    return table


def by_marks(shown: Shown, positions: np.ndarray, page_key: str) -> np.ndarray:
    """Those of some faces that bear the marks asked for, or none.

    Args:
        shown: what is shown.
        positions: of the faces.
        page_key: of the pager of what is left.
    """
    if shown.ferm.is_own:
        return positions
    wanted = st.pills(
        "Marked",
        [_UNMARKED, *VERDICTS],
        selection_mode="multi",
        key="marked",
        **in_url(page_key),
    )
    if not wanted:
        return positions
    marked = current_marks(shown)["verdict"]
    of_each = shown.table["row"].iloc[positions].map(marked).fillna(_UNMARKED)
    return positions[of_each.isin(wanted).to_numpy()]


def mark_words(mark: pd.Series) -> str:
    """A mark in short, such as ``→ sad`` or ``bad mask``."""
    return f"→ {mark['suggestion']}" if mark["suggestion"] else mark["verdict"]


def attempt(action: Callable[[], str]) -> None:
    """Does something to the marks and tells of it; what is wrong is a sentence on the page."""
    if words := _try(action):
        st.toast(words, icon=":material/fact_check:")


def _try(action: Callable[[], str]) -> str:
    try:
        return action()
    except (ValueError, OSError) as error:
        st.session_state[_PROBLEM] = str(error)
        return ""


def mark(shown: Shown, rows: list[int], verdict: str, suggestions: list[str], note: str) -> str:
    """Marks faces, each with its suggestion, and says which.

    A face is not marked as what it is already.
    """
    label = shown.table.set_index("row")["label"]
    given = pd.DataFrame({"row": rows, "suggestion": suggestions})
    given = given[given["row"].isin(label.index)]
    wanted = given[label.loc[given["row"]].to_numpy() != given["suggestion"]]
    marks_shown(shown).add(wanted.assign(verdict=verdict, note=note.strip()))
    words = f"{_faces(wanted['row'].tolist())} marked {verdict}"
    already = len(given) - len(wanted)
    return words + (f"; {already} already so labelled, not marked" if already else "")


def undo(shown: Shown, row: int | None = None) -> str:
    """Takes back the last step, or a face's last mark, and says of which faces."""
    undone = marks_shown(shown).undo(row)
    if undone.empty:
        return "There is no mark to take back"
    return f"Taken back: {_faces(undone['row'].tolist())} marked {undone['verdict'].iloc[0]}"


def gallery_mode(shown: Shown, key: str, last: bool) -> dict[str, Any] | None:
    """The switch above a gallery; what its bar needs while faces are being marked, else None.

    Args:
        shown: what is shown.
        key: of the gallery; the switch stands in the URL as ``KEY_mark``.
        last: whether no page of faces follows.
    """
    if shown.ferm.is_own:
        return None
    on = st.toggle(
        "Mark faces",
        key=f"{key}_mark",
        bind="query-params",
        help="Select faces and give them a verdict; the marks are listed on the Review page.",
    )
    if not on:
        return None
    st.button(
        "Undo",
        key=f"{key}_undo",
        icon=":material/undo:",
        type="tertiary",
        on_click=attempt,
        args=(partial(undo, shown),),
        help="Takes back the last verdict, from whichever page it was given",
    )
    return {
        "verdicts": [
            {
                "verdict": verdict,
                "key": KEYS[verdict],
                "words": verdict.capitalize(),
                "title": f"In the reviewed set such a face {meaning}",
            }
            for verdict, meaning in VERDICTS.items()
        ],
        "wrong_label": WRONG_LABEL,
        "longest_note": LONGEST_NOTE,
        "suggestions": [("", LEAVE_OUT), *((name, f"→ {name}") for name in CLASSES)],
        # The number of the last mark taken: the browser shows later ones on its own.
        "done": st.session_state.get(f"{key}_done", 0),
        "last": last,
    }


def take_marks(shown: Shown, key: str) -> None:
    """Keeps what a gallery's bar sent: all marks that it has not seen come back."""
    for given in st.session_state[f"{key}_faces"].marks or []:
        if given["n"] <= st.session_state.get(f"{key}_done", 0):
            continue
        st.session_state[f"{key}_done"] = given["n"]
        if given.get("undo"):
            attempt(partial(undo, shown))
            continue
        rows, suggestions = map(int, given["rows"]), map(str, given["suggestions"])
        verdict, note = str(given["verdict"]), str(given["note"])
        _try(partial(mark, shown, list(rows), verdict, list(suggestions), note))
        if given["turn"]:
            st.session_state[key] = st.session_state.get(key, 1) + 1


def mark_face(shown: Shown, position: int) -> None:
    """Verdict, suggested class, note and undo for one face."""
    if shown.ferm.is_own:
        return
    row, label = shown.row(position), shown.table["label"].iloc[position]
    marks = current_marks(shown)
    marked = marks.loc[row] if row in marks.index else None
    with in_a_row():
        if marked is None:
            st.markdown("Not marked.", width="content")
        else:
            words = f"Marked **{marked['verdict']}**"
            if marked["suggestion"]:
                words += f", should be **{marked['suggestion']}**"
            st.markdown(f"{words}.", width="content")
            if marked["note"]:
                # Text and not Markdown: a note may hold anything.
                st.text(f"“{marked['note']}”", width="content")
            st.button(
                "Undo",
                key="mark_undo",
                icon=":material/undo:",
                type="tertiary",
                on_click=attempt,
                args=(partial(undo, shown, row),),
                help="What the face was marked before stands again",
            )
    with in_a_row("bottom"):
        others = ["", *(name for name in CLASSES if name != label)]
        st.selectbox(
            "A wrong label should be",
            others,
            format_func=lambda name: name or LEAVE_OUT,
            key=f"should_be_{row}",
            width=180,
        )
        note = "" if marked is None else marked["note"]
        st.text_input("Note", note, key=f"note_{row}", width=165)
        for verdict, meaning in VERDICTS.items():
            st.button(
                verdict.capitalize(),
                key=f"mark_{verdict.replace(' ', '_')}",
                shortcut=KEYS[verdict],
                on_click=attempt,
                args=(partial(_mark_one, shown, row, verdict),),
                help=f"In the reviewed set such a face {meaning}",
            )


def _mark_one(shown: Shown, row: int, verdict: str) -> str:
    # Read when the button is pressed: a note typed just before is not in the last run yet.
    suggestion = st.session_state[f"should_be_{row}"] if verdict == WRONG_LABEL else ""
    return mark(shown, [row], verdict, [suggestion], st.session_state[f"note_{row}"])


def _faces(rows: list[int]) -> str:
    """A face by its row, several by their number."""
    return f"Row {rows[0]}" if len(rows) == 1 else f"{len(rows):,} faces"
