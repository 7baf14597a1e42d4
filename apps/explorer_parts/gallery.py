"""Faces to click on: a grid of tiles, or of wider cards with words beside each face.

Streamlit's own buttons and images would be a hundred elements a page; this is one.
"""

from typing import Any

import streamlit as st

from apps.explorer_parts.charts import CLASS_COLOURS, OTHER_COLOUR
from apps.explorer_parts.data import Shown
from apps.explorer_parts.pages import open_sample
from core.browsing import PAGE_SIZE, page_count, page_of, votes_of

_CSS = """
:host, .faces { display: block; font-family: var(--st-font); color: var(--st-text-color); }
.faces { display: grid; gap: 0.6rem; grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); }
.faces.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); }
button {
  all: unset; box-sizing: border-box; cursor: pointer; display: flex; flex-direction: column;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
  overflow: hidden; background: var(--st-secondary-background-color); min-width: 0;
}
.wide button { flex-direction: row; align-items: stretch; }
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
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
"""

_JS = """
export default function ({ data, setTriggerValue, parentElement }) {
  const old = parentElement.querySelector('.faces');
  const grid = document.createElement('div');
  grid.className = data.wide ? 'faces wide' : 'faces';
  const add = (parent, tag, className, text) => {
    const element = document.createElement(tag);
    element.className = className;
    if (text) element.textContent = text;
    parent.appendChild(element);
    return element;
  };
  for (const face of data.faces) {
    const button = add(grid, 'button', '');
    button.type = 'button';
    button.dataset.row = face.row;
    button.setAttribute('aria-label', face.alt);
    const picture = add(button, 'img', '');
    picture.src = face.picture;
    picture.alt = '';
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
  if (old) old.replaceWith(grid); else parentElement.appendChild(grid);
}
"""

_faces = st.components.v2.component("ferm_faces", css=_CSS, js=_JS)


def gallery(shown: Shown, positions, key: str, wide: bool = False, size: int = PAGE_SIZE) -> None:
    """A page of faces with its pager; a click opens the face's own page.

    Args:
        shown: what is shown.
        positions: of all faces, in their order.
        key: of the pager, which is also its name in the URL.
        wide: whether words and votes stand beside each face.
        size: faces on a page.
    """
    pages = page_count(len(positions), size)
    if st.session_state.get(key, 1) > pages:
        st.session_state[key] = pages
    place = st.container()
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=key, bind="query-params", width="stretch")
    here = page_of(positions, page, size)
    with place:
        chosen = _faces(
            key=f"{key}_faces",
            data={"wide": wide, "faces": [_card(shown, int(each), wide) for each in here]},
            on_chosen_change=lambda: None,
        ).chosen
    if chosen is not None:
        open_sample(int(chosen), [shown.row(each) for each in positions])


def _card(shown: Shown, position: int, wide: bool) -> dict[str, Any]:
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
        lines.append(f"{face['confidence']:.0%} sure, loss {face['loss']:.2f}, row {face['row']}")
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
        "picture": shown.masked_url(position),
        "alt": alt,
        "title": title,
        "lines": lines,
        "votes": votes,
    }
