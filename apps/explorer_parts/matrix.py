"""A confusion matrix whose cells are buttons (Plotly's heatmaps report no clicks)."""

from collections.abc import Callable

import streamlit as st

from apps.explorer_parts.lists import in_url
from fermask.evaluation.confusion import row_shares
from fermask.evaluation.evaluation import Evaluation
from fermask.faces.labels import CLASSES
from fermask.reporting.figures import cell_texts

ANY = "any"

_CSS = """
:host, table { font-family: var(--st-font); color: var(--st-text-color); }
table { border-collapse: separate; border-spacing: 3px; width: 100%; max-width: 34rem;
  table-layout: fixed; font-size: 0.85rem; }
caption { caption-side: top; text-align: right; font-size: 0.8rem; opacity: 0.8;
  padding-bottom: 0.2rem; }
th { font-weight: 600; padding: 0.2rem; text-align: center; overflow-wrap: anywhere; }
th[scope=row] { text-align: right; padding-right: 0.4rem; }
th small { display: block; font-weight: 400; opacity: 0.75; }
td { padding: 0; }
button { all: unset; box-sizing: border-box; cursor: pointer; width: 100%; height: 4.1rem;
  display: flex; flex-direction: column; align-items: center; justify-content: center;
  border-radius: var(--st-base-radius); border: 2px solid transparent;
  /* Never so strong that the text on it, which has the page's colour, is hard to read. */
  background: color-mix(in srgb, var(--st-primary-color) calc(var(--share) * 0.6),
    var(--st-secondary-background-color)); }
button b { font-size: 1.1rem; }
button small { opacity: 0.85; }
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
button[aria-pressed=true] { border-color: var(--st-text-color); }
"""

_JS = """
export default function ({ data, setTriggerValue, parentElement }) {
  const old = parentElement.querySelector('table');
  const table = document.createElement('table');
  const add = (parent, tag, text) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    parent.appendChild(element);
    return element;
  };
  add(table, 'caption', 'predicted →');
  const head = add(table, 'tr');
  const corner = add(head, 'th', 'true ↓');
  corner.style.fontWeight = 400;
  for (const name of data.names) add(head, 'th', name).scope = 'col';
  data.cells.forEach((cells, i) => {
    const row = add(table, 'tr');
    const name = add(row, 'th', data.names[i]);
    name.scope = 'row';
    add(name, 'small', 'n = ' + data.totals[i]);
    cells.forEach((cell, j) => {
      const button = add(add(row, 'td'), 'button');
      button.type = 'button';
      button.style.setProperty('--share', Math.round(cell.share * 100) + '%');
      button.setAttribute('aria-label', cell.alt);
      button.setAttribute('aria-pressed', String(data.chosen[0] === i && data.chosen[1] === j));
      add(button, 'b', cell.large);
      add(button, 'small', cell.small);
      button.onclick = () => setTriggerValue('cell', [i, j]);
    });
  });
  if (old) old.replaceWith(table); else parentElement.appendChild(table);
}
"""

_matrix = st.components.v2.component("ferm_confusion", css=_CSS, js=_JS)


def confusion(
    evaluation: Evaluation,
    shares: bool,
    true: str | None,
    predicted: str | None,
    key: str,
    on_click: Callable[[], None],
) -> None:
    """The matrix; each row's true class, each column's predicted one.

    Args:
        evaluation: whose matrix.
        shares: whether the large figure is the row's share; the small one is the other.
        true: class of the row chosen, or None.
        predicted: class of the column chosen, or None.
        key: its name; ``st.session_state[key].cell`` holds the cell clicked, as indices
            into ``CLASSES``.
        on_click: called before the page runs again.
    """
    counts = evaluation.confusion
    of_row, texts = row_shares(counts), cell_texts(counts, shares)
    cells = [
        [
            {
                "share": float(of_row[i, j]),
                "large": texts[i][j][0],
                "small": texts[i][j][1],
                "alt": f"{counts[i, j]} {true_class} faces predicted as {predicted_class}, "
                f"{of_row[i, j]:.1%} of them",
            }
            for j, predicted_class in enumerate(CLASSES)
        ]
        for i, true_class in enumerate(CLASSES)
    ]
    chosen = [-1 if name is None else CLASSES.index(name) for name in (true, predicted)]
    _matrix(
        key=key,
        data={
            "names": list(CLASSES),
            "totals": [f"{total:,}" for total in counts.sum(axis=1)],
            "cells": cells,
            "chosen": chosen,
        },
        on_cell_change=on_click,
    )


def cell_lists(page_key: str) -> tuple[str | None, str | None]:
    """Two lists for the cell, for keyboards too; true and predicted class, None for any.

    Args:
        page_key: of the pager of its faces.
    """
    choices = [ANY, *CLASSES]
    true = st.selectbox("True class", choices, key="true", **in_url(page_key))
    predicted = st.selectbox("Predicted class", choices, key="predicted", **in_url(page_key))
    return tuple(None if name == ANY else name for name in (true, predicted))


def take_cell(key: str, page_key: str) -> bool:
    """Sets both lists to the cell clicked in the matrix ``key``; whether there was a click."""
    cell = st.session_state[key].cell
    if cell is None:
        return False
    st.session_state["true"], st.session_state["predicted"] = (CLASSES[i] for i in cell)
    st.session_state[page_key] = 1
    return True
