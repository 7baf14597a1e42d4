"""Faces to click on: a grid of tiles, or of wider cards with words beside each face.

Streamlit's own buttons and images would be a hundred elements a page; this is one.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from apps.explorer_parts.charts import CLASS_COLOURS, OTHER_COLOUR
from apps.explorer_parts.data import Shown
from apps.explorer_parts.marking import (
    BAR_CSS,
    BAR_JS,
    current_marks,
    gallery_mode,
    mark_words,
    take_mark,
)
from apps.explorer_parts.pages import open_sample
from fermask.dataset.marks import KEEP
from fermask.exploring.browsing import PAGE_SIZE, page_count, page_of
from fermask.exploring.one_face import votes_of

_CSS = """
:host, .faces { display: block; font-family: var(--st-font); color: var(--st-text-color); }
.faces { display: grid; gap: 0.6rem; grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); }
.faces.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); }
.faces button {
  all: unset; box-sizing: border-box; cursor: pointer; display: flex; flex-direction: column;
  position: relative;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
  overflow: hidden; background: var(--st-secondary-background-color); min-width: 0;
}
.faces.wide button { flex-direction: row; align-items: stretch; }
.faces button:hover { border-color: var(--st-primary-color); }
.faces button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
img { display: block; width: 100%; aspect-ratio: 1; object-fit: cover; }
.wide img { width: 104px; height: 104px; flex: none; }
.words { padding: 0.3rem 0.45rem 0.4rem; font-size: 0.8rem; line-height: 1.35; min-width: 0; }
.wide .words { padding: 0.5rem 0.7rem; flex: 1; display: flex; flex-direction: column;
  justify-content: center; gap: 0.15rem; }
.title { display: flex; column-gap: 0.4rem; font-weight: 600; flex-wrap: wrap; }
.title > span { display: inline-flex; align-items: center; gap: 0.3rem; white-space: nowrap; }
.dot { width: 0.6rem; height: 0.6rem; border-radius: 50%; flex: none; }
.line { opacity: 0.8; }
.votes { display: flex; height: 0.5rem; gap: 1px; margin-top: 0.2rem; }
.votes span { border-radius: 1px; }
.badge { position: absolute; top: 0.25rem; left: 0.25rem; max-width: calc(100% - 0.5rem);
  padding: 0 0.35rem; font-size: 0.75rem; font-weight: 600; line-height: 1.5;
  border-radius: 0.3rem; color: var(--st-background-color); background: var(--st-text-color); }
.badge.keep { color: var(--st-text-color); background: var(--st-background-color); }
.faces button[aria-pressed=true] { outline: 3px solid var(--st-primary-color);
  outline-offset: -1px; }
.faces button[aria-pressed=true]::after { content: '✓'; position: absolute; top: 0.25rem;
  right: 0.25rem; width: 1.3rem; height: 1.3rem; line-height: 1.3rem; text-align: center;
  border-radius: 50%; color: var(--st-background-color); background: var(--st-primary-color); }
.faces.wide button[aria-pressed=true]::after { right: auto; left: 5rem; top: 5rem; }
"""

_JS = """
export default function ({ data, setTriggerValue, parentElement }) {
  const old = parentElement.querySelector('.gallery');
  const root = document.createElement('div');
  root.className = 'gallery';
  const add = (parent, tag, className, text) => {
    const element = document.createElement(tag);
    element.className = className;
    if (text) element.textContent = text;
    parent.appendChild(element);
    return element;
  };
  const grid = add(root, 'div', data.wide ? 'faces wide' : 'faces');
  for (const face of data.faces) {
    const button = add(grid, 'button', '');
    button.type = 'button';
    button.dataset.row = face.row;
    button.setAttribute('aria-label', face.alt);
    const picture = add(button, 'img', '');
    picture.src = face.picture;
    picture.alt = '';
    if (face.mark) add(button, 'span', face.keep ? 'badge keep' : 'badge', face.mark);
    const words = add(button, 'div', 'words');
    const title = add(words, 'div', 'title');
    for (const [before, colour, after] of face.title) {
      const part = add(title, 'span', '');
      if (before) add(part, 'span', '', before);
      add(part, 'span', 'dot').style.background = colour;
      add(part, 'span', '', after);
    }
    for (const line of face.lines) add(words, 'div', 'line', line);
    if (face.votes.length) {
      const votes = add(words, 'div', 'votes');
      for (const [count, colour] of face.votes) {
        const part = add(votes, 'span', '');
        part.style.flex = count;
        part.style.background = colour;
      }
    }
    button.onclick = () => setTriggerValue('chosen', face.row);
  }
  if (data.marking) {
    const rows = new Set(data.faces.map((face) => face.row));
    // What is selected stays so while the page runs again, but not on another page of faces.
    const before = [...(parentElement.chosen ?? [])];
    parentElement.chosen = new Set(before.filter((row) => rows.has(row)));
    markingBar(add, root, grid, data.marking, parentElement.chosen,
      (mark) => setTriggerValue('mark', mark));
  } else {
    parentElement.chosen = new Set();
  }
  if (!old) {
    parentElement.appendChild(root);
    return;
  }
  // Whoever works with the keyboard stays where they were.
  const { row, name } = old.getRootNode().activeElement?.dataset ?? {};
  old.replaceWith(root);
  if (row) root.querySelector(`[data-row="${row}"]`)?.focus();
  if (name) root.querySelector(`[data-name="${name}"]`)?.focus();
}
"""

_faces = st.components.v2.component("ferm_faces", css=_CSS + BAR_CSS, js=BAR_JS + _JS)


def gallery(
    shown: Shown,
    positions,
    key: str,
    wide: bool = False,
    size: int = PAGE_SIZE,
    view: str = "masked",
    notes: Callable[[int], str] | None = None,
) -> None:
    """A page of faces with its pager; a click opens the face's own page, or selects it to mark.

    Args:
        shown: what is shown.
        positions: of all faces, in their order.
        key: of the pager, which is also its name in the URL.
        wide: whether words and votes stand beside each face.
        size: faces on a page.
        view: the picture on a tile, as ``Shown.picture_url`` names them.
        notes: gives the wide card of a position a line more.
    """
    pages = page_count(len(positions), size)
    if st.session_state.get(key, 1) > pages:
        st.session_state[key] = pages
    place = st.container()
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=key, bind="query-params", width="stretch")
    here = page_of(positions, page, size)
    cards = [_card(shown, int(each), wide, view, notes) for each in here]
    with place:
        marking = gallery_mode(shown, key)
        put_marks(cards, current_marks(shown), wide)
        chosen = _faces(
            key=f"{key}_faces",
            data={"wide": wide, "faces": cards, "marking": marking},
            on_chosen_change=lambda: None,
            on_mark_change=lambda: take_mark(shown, key),
        ).chosen
    if chosen is not None:
        open_sample(int(chosen), shown.table["row"].to_numpy()[positions])


def _card(
    shown: Shown, position: int, wide: bool, view: str, notes: Callable[[int], str] | None
) -> dict[str, Any]:
    face = shown.table.iloc[position]
    title = [["", CLASS_COLOURS[face["label"]], face["label"]]]
    alt = f"Row {face['row']}, {face['label']}"
    lines, votes = [], []
    # Whatever is not text was not predicted.
    if isinstance(face["predicted"], str):
        alt += f", predicted {face['predicted']}"
        if face["answer"] == "wrong":
            title.append(["→", CLASS_COLOURS[face["predicted"]], face["predicted"]])
        else:
            title[0][2] += " ✓"
    if wide:
        said = f"{face['confidence']:.0%} sure, loss {face['loss']:.2f}, "
        lines.append(f"{said if isinstance(face['predicted'], str) else ''}row {face['row']}")
        if notes is not None:
            lines.append(notes(position))
        counts = votes_of(face)
        if counts is not None:
            counts = counts[counts["votes"] > 0].sort_values(
                "votes", ascending=False, kind="stable"
            )
            named = [f"{name} {n}" for name, n in zip(counts["name"], counts["votes"], strict=True)]
            lines.append("votes: " + ", ".join(named))
            votes = [
                [int(n), CLASS_COLOURS.get(label, OTHER_COLOUR)]
                for n, label in zip(counts["votes"], counts["label"], strict=True)
            ]
    return {
        "row": int(face["row"]),
        "picture": shown.picture_url(position, view),
        "alt": alt,
        "title": title,
        "lines": lines,
        "votes": votes,
    }


def put_marks(cards: list[dict[str, Any]], marks: pd.DataFrame, wide: bool) -> None:
    """Adds to the cards of marked faces what they are marked, also in their text alternative."""
    for card in cards:
        if card["row"] not in marks.index:
            continue
        mark = marks.loc[card["row"]]
        card["mark"], card["keep"] = mark_words(mark), mark["verdict"] == KEEP
        should_be = f", should be {mark['suggestion']}" if mark["suggestion"] else ""
        card["alt"] += f", marked {mark['verdict']}{should_be}"
        if wide:
            note = f": {mark['note']}" if mark["note"] else ""
            card["lines"].insert(0, f"marked {mark['verdict']}{should_be}{note}")
