"""A reviewer's marks: on the tiles of a gallery, and on a face's own page."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from apps.explorer_parts.data import Shown, options
from fermask.dataset.marks import VERDICTS, WRONG_LABEL, Marks, marks_of
from fermask.faces.labels import CLASSES
from fermask.system.paths import MARKS

LEAVE_OUT = "no suggestion"
# The keys of the keyboard that give a verdict; C and R are the browser page's own.
KEYS = dict(zip(VERDICTS, "WNBK", strict=True))
_PROBLEM = "marks_problem"

BAR_CSS = """
.bar { position: sticky; bottom: 0.5rem; z-index: 2; margin-top: 0.75rem; display: flex;
  flex-wrap: wrap; gap: 0.4rem; align-items: center; padding: 0.5rem 0.6rem; font-size: 0.85rem;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
  background: var(--st-background-color); box-shadow: 0 2px 12px rgb(0 0 0 / 25%); }
.bar[inert] { opacity: 0.6; }
.bar .count { font-weight: 600; min-width: 5.5rem; }
.bar button, .bar select, .bar input { all: unset; box-sizing: border-box; cursor: pointer;
  min-height: 2.25rem; padding: 0 0.7rem; border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); background: var(--st-secondary-background-color);
  display: inline-flex; align-items: center; }
.bar button.plain { border-color: transparent; background: none; text-decoration: underline; }
.bar select { appearance: auto; padding: 0 0.4rem; }
.bar option { color: var(--st-text-color); background: var(--st-background-color); }
.bar input { cursor: text; flex: 1 1 7rem; min-width: 6rem; }
.bar :is(button, select, input):hover { border-color: var(--st-primary-color); }
.bar :is(button, select, input):focus-visible { outline: 2px solid var(--st-primary-color);
  outline-offset: 1px; }
.bar button:disabled { opacity: 0.45; cursor: default; }
.bar .pair { display: inline-flex; gap: 0.25rem; align-items: center; }
.bar .hint { flex-basis: 100%; opacity: 0.75; font-size: 0.8rem; }
@media (hover: none) { .bar .hint { display: none; } }
"""

# The bar below the tiles. `chosen` holds the rows selected; `send` tells Python of a verdict.
BAR_JS = """
function markingBar(add, root, grid, marking, chosen, send) {
  const bar = add(root, 'div', 'bar');
  bar.setAttribute('role', 'group');
  bar.setAttribute('aria-label', 'Mark the selected faces');
  const count = add(bar, 'span', 'count');
  count.setAttribute('aria-live', 'polite');
  const tiles = [...grid.querySelectorAll('button')];
  const rowOf = (tile) => Number(tile.dataset.row);
  const verdictButtons = [];
  const show = () => {
    for (const tile of tiles) tile.setAttribute('aria-pressed', String(chosen.has(rowOf(tile))));
    count.textContent = chosen.size + ' selected';
    all.textContent = chosen.size === tiles.length ? 'Select none' : 'Select all here';
    for (const button of verdictButtons) button.disabled = chosen.size === 0;
  };
  const all = add(bar, 'button', 'plain');
  all.type = 'button';
  all.dataset.name = 'all';
  all.onclick = () => {
    const none = chosen.size === tiles.length;
    for (const tile of tiles) if (none) chosen.delete(rowOf(tile)); else chosen.add(rowOf(tile));
    show();
  };
  let suggestion, note;
  const give = (verdict) => {
    const rows = [...chosen];
    if (!rows.length) return;
    // One verdict at a time: the page that comes back has a new bar.
    bar.inert = true;
    chosen.clear();
    send({ rows, verdict, suggestion: verdict === marking.wrong_label ? suggestion.value : '',
      note: note.value });
  };
  for (const { verdict, key, title, words } of marking.verdicts) {
    const parent = verdict === marking.wrong_label ? add(bar, 'span', 'pair') : bar;
    const button = add(parent, 'button', '', words);
    button.type = 'button';
    button.title = title;
    button.dataset.name = verdict;
    button.setAttribute('aria-keyshortcuts', key);
    button.onclick = () => give(verdict);
    verdictButtons.push(button);
    if (parent !== bar) {
      suggestion = add(parent, 'select', '');
      suggestion.dataset.name = 'suggestion';
      suggestion.setAttribute('aria-label', 'The class it should be');
      for (const [value, text] of marking.suggestions) {
        const option = add(suggestion, 'option', '', text);
        option.value = value;
      }
    }
  }
  note = add(bar, 'input', '');
  note.dataset.name = 'note';
  note.placeholder = 'note';
  note.setAttribute('aria-label', 'Note');
  const letters = marking.verdicts.map(({ key, words }) => key + ' ' + words.toLowerCase());
  add(bar, 'div', 'hint', 'On a tile the keys mark the selected faces, or this one: ' +
    letters.join(', ') + '.');
  for (const tile of tiles) {
    tile.onclick = () => {
      if (!chosen.delete(rowOf(tile))) chosen.add(rowOf(tile));
      show();
    };
    tile.onkeydown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || bar.inert) return;
      const pressed = marking.verdicts.find(({ key }) => key === event.key.toUpperCase());
      if (!pressed) return;
      // Streamlit listens for keys of its own.
      event.stopPropagation();
      if (!chosen.size) chosen.add(rowOf(tile));
      give(pressed.verdict);
    };
  }
  show();
}
"""


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
    # What went wrong with the last click is told once.
    for each in dict.fromkeys((st.session_state.pop(_PROBLEM, ""), problem)):
        if each:
            st.error(each)
    return table


def mark_words(mark: pd.Series) -> str:
    """A mark in short, such as ``→ sad`` or ``bad mask``."""
    return f"→ {mark['suggestion']}" if mark["suggestion"] else mark["verdict"]


def attempt(action: Callable[[], str]) -> None:
    """Does something to the marks and tells of it; what is wrong is a sentence on the page."""
    try:
        st.toast(action(), icon=":material/fact_check:")
    except (ValueError, OSError) as error:
        st.session_state[_PROBLEM] = str(error)


def mark(shown: Shown, rows: list[int], verdict: str, suggestion: str, note: str) -> str:
    """Marks faces, and says which; a face is not marked as what it is already."""
    own = shown.table.loc[shown.table["row"].isin(rows), ["row", "label"]]
    wanted = own.loc[own["label"] != suggestion, "row"].tolist()
    marks_shown(shown).mark(wanted, verdict, suggestion, note)
    words = f"{_faces(wanted)} marked {verdict}" + (f", → {suggestion}" if suggestion else "")
    already = len(own) - len(wanted)
    return words + (f"; {already} already {suggestion}, not marked" if already else "")


def undo(shown: Shown, row: int | None = None) -> str:
    """Takes back the last step, or a face's last mark, and says of which faces."""
    undone = marks_shown(shown).undo(row)
    if undone.empty:
        return "There is no mark to take back"
    return f"Taken back: {_faces(undone['row'].tolist())} marked {undone['verdict'].iloc[0]}"


def gallery_mode(shown: Shown, key: str) -> dict[str, Any] | None:
    """The switch above a gallery; what its bar needs while faces are being marked, else None.

    Args:
        shown: what is shown.
        key: of the gallery; the switch stands in the URL as ``KEY_mark``.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
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
        "suggestions": [("", LEAVE_OUT), *((name, f"→ {name}") for name in CLASSES)],
        # Another number for every verdict, so that the bar comes back even where it failed.
        "count": st.session_state.get(f"{key}_given", 0),
    }


def take_mark(shown: Shown, key: str) -> None:
    """Keeps the verdict that a gallery's bar sent."""
    given = st.session_state[f"{key}_faces"].mark
    if given is None:
        return
    st.session_state[f"{key}_given"] = st.session_state.get(f"{key}_given", 0) + 1
    rows = [int(row) for row in given["rows"]]
    verdict, suggestion, note = (str(given[name]) for name in ("verdict", "suggestion", "note"))
    attempt(partial(mark, shown, rows, verdict, suggestion, note))


def mark_face(shown: Shown, position: int) -> None:
    """Verdict, suggested class, note and undo for one face, on its own page."""
    row, label = shown.row(position), shown.table["label"].iloc[position]
    st.subheader("Review")
    marks = current_marks(shown)
    marked = marks.loc[row] if row in marks.index else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
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
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
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
    return mark(shown, [row], verdict, suggestion, st.session_state[f"note_{row}"])


def _faces(rows: list[int]) -> str:
    return f"Row {rows[0]}" if len(rows) == 1 else f"{len(rows):,} faces"
