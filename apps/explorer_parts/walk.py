"""The ways to a face's neighbours in its list, as one component: two buttons and the arrow keys.

Streamlit's own buttons would lose keys pressed faster than a page runs again.
"""

from collections.abc import Callable

import numpy as np
import streamlit as st

from fermask.exploring.browsing import stretch

# Of the list, each way: enough for keys that are held down.
_REACH = 100

_CSS = """
:host, .walk { font-family: var(--st-font); color: var(--st-text-color); }
.walk { display: flex; gap: 0.5rem; }
button { all: unset; box-sizing: border-box; cursor: pointer; min-height: 2.5rem;
  padding: 0 0.8rem; display: inline-flex; align-items: center; white-space: nowrap;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
button:disabled { opacity: 0.4; cursor: default; border-color: var(--st-border-color);
  color: inherit; }
"""

# The place is kept here and runs ahead of Python, which is told of the row that was reached: a step
# counts from the face that the last one led to, shown or not.
_JS = """
export default function ({ data, setTriggerValue, parentElement: keep }) {
  keep.off?.();
  if (Date.now() > (keep.until ?? 0) || data.rows[data.place] === keep.row) {
    Object.assign(keep, { rows: data.rows, place: data.place, until: 0 });
  }
  const step = (by) => {
    const row = keep.rows[keep.place + by];
    if (row === undefined) return;
    // Long enough for the slowest answer; then what Python shows counts again.
    Object.assign(keep, { place: keep.place + by, row, until: Date.now() + 10000 });
    setTriggerValue('row', row);
    show();
  };
  let walk = keep.querySelector('.walk');
  if (!walk) {
    walk = document.createElement('div');
    walk.className = 'walk';
    for (const words of ['‹ Previous', 'Next ›']) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = words;
      walk.append(button);
    }
    keep.append(walk);
  }
  const [previous, next] = walk.children;
  previous.onclick = () => step(-1);
  next.onclick = () => step(1);
  const show = () => {
    previous.disabled = keep.place < 1;
    next.disabled = keep.place < 0 || keep.place >= keep.rows.length - 1;
  };
  const onKey = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const taken = 'input, textarea, select, [contenteditable], [role=tablist], [role=radiogroup]';
    if (!by || event.defaultPrevented || event.composedPath()[0].closest?.(taken)) return;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    step(by);
  };
  document.addEventListener('keydown', onKey);
  keep.off = () => document.removeEventListener('keydown', onKey);
  show();
  return () => keep.off();
}
"""

_walk = st.components.v2.component("ferm_walk", css=_CSS, js=_JS)


def show_walk(rows: np.ndarray, row: int, go_to: Callable[[int], None]) -> None:
    """Buttons and keys that lead to the neighbours.

    Args:
        rows: FER2013 rows of the list.
        row: where one is; nothing leads on from a row that is not in the list.
        go_to: called with the row reached, before the page runs again.
    """
    near, place = stretch(rows, row, _REACH)

    def take() -> None:
        if (reached := st.session_state["face_walk"].row) is not None:
            go_to(int(reached))

    _walk(
        key="face_walk",
        data={"rows": near.tolist(), "place": place},
        width="content",
        on_row_change=take,
    )
