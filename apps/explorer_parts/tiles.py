"""Tiles of faces as one component: pictures with words, walked over and marked by the keyboard."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from apps.explorer_parts.charts import class_colour
from apps.explorer_parts.data import Shown
from apps.explorer_parts.marking_bar import BAR_CSS, BAR_JS
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
/* On its way: not yet kept. */
.badge.sent { opacity: 0.6; }
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
  const tiles = [...grid.children];
  // Arrows walk over the tiles as they lie; how many stand in a row is up to the window.
  const goTo = (tile, step) => {
    const across = tiles.filter((each) => each.offsetTop === tiles[0].offsetTop).length;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[step];
    return by && tiles[tiles.indexOf(tile) + by];
  };
  for (const tile of tiles) {
    tile.addEventListener('keydown', (event) => {
      const next = goTo(tile, event.key);
      if (event.key.startsWith('Arrow')) event.preventDefault();
      if (next) next.focus();
    });
  }
  if (data.marking) marking(add, root, tiles, data, parentElement, setTriggerValue);
  if (!old) {
    parentElement.appendChild(root);
    return;
  }
  // Whoever works with the keyboard stays where they were, or goes on where the page goes on.
  const { row, name } = old.getRootNode().activeElement?.dataset ?? {};
  old.replaceWith(root);
  if (parentElement.turned && !tiles.some((tile) => tile.dataset.row === parentElement.turned)) {
    parentElement.turned = null;
    tiles[0]?.focus();
  }
  if (row) root.querySelector(`[data-row="${row}"]`)?.focus();
  if (name) root.querySelector(`[data-name="${name}"]`)?.focus();
}
"""

_faces = st.components.v2.component("ferm_faces", css=_CSS + BAR_CSS, js=BAR_JS + _JS)


def faces(
    cards: list[dict[str, Any]],
    key: str,
    wide: bool = False,
    marking: dict[str, Any] | None = None,
    on_mark: Callable[[], None] = lambda: None,
) -> int | None:
    """The tiles; gives the FER2013 row of the one just clicked.

    Args:
        cards: as ``card`` makes them.
        key: of the component, where Streamlit keeps what it sent.
        wide: whether they are cards.
        marking: what the bar needs that marks them, or None.
        on_mark: called with new marks in ``st.session_state[key].marks``.
    """
    data = {"wide": wide, "faces": cards, "marking": marking}
    chosen = _faces(
        key=key, data=data, on_chosen_change=lambda: None, on_marks_change=on_mark
    ).chosen
    return None if chosen is None else int(chosen)


def cards(
    shown: Shown,
    positions: np.ndarray,
    wide: bool = False,
    view: str = "masked",
    notes: Callable[[int], str] | None = None,
) -> list[dict[str, Any]]:
    """What tiles of faces show, and wide cards more of them."""
    records = shown.table.iloc[positions].to_dict("records")
    pictures = shown.picture_urls(positions, view)
    return [
        _card(face, picture, wide, "" if notes is None else notes(int(position)))
        for face, picture, position in zip(records, pictures, positions, strict=True)
    ]


def _card(face: dict[str, Any], picture: str, wide: bool, note: str) -> dict[str, Any]:
    title = [["", class_colour(face["label"]), face["label"]]]
    alt = f"Row {face['row']}, {face['label']}"
    lines, votes, suggested = [], [], ""
    # Whatever is not text was not predicted.
    if isinstance(face["predicted"], str):
        alt += f", predicted {face['predicted']}"
        if face["answer"] == "wrong":
            title.append(["→", class_colour(face["predicted"]), face["predicted"]])
            suggested = face["predicted"]
        else:
            title[0][2] += " ✓"
    if wide:
        certainty = f"{face['confidence']:.0%} sure, loss {face['loss']:.2f}, "
        lines.append(f"{certainty if isinstance(face['predicted'], str) else ''}row {face['row']}")
        if note:
            lines.append(note)
        given = [each for each in votes_of(face) or [] if each.votes]
        if given:
            given.sort(key=lambda each: -each.votes)
            lines.append("votes: " + ", ".join(f"{each.name} {each.votes}" for each in given))
            votes = [[each.votes, class_colour(each.label)] for each in given]
    return {
        "row": int(face["row"]),
        "picture": picture,
        "alt": alt,
        "title": title,
        "lines": lines,
        "votes": votes,
        "suggested": suggested,
    }
