"""A matrix of the classes whose cells are buttons; the cell chosen stands in the URL."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.lists import with_interval
from fermask.evaluation.confusion import f1_intervals, row_shares
from fermask.evaluation.evaluation import Evaluation
from fermask.exploring.browsing import FaceFilter
from fermask.faces.labels import CLASSES
from fermask.reporting.figures import cell_texts

# True and predicted class chosen; None asks nothing.
Cell = tuple[str | None, str | None]
ANY = "any"

_CSS = """
:host, table { font-family: var(--st-font); color: var(--st-text-color); }
table { border-collapse: separate; border-spacing: 3px; width: 100%; max-width: 34rem;
  table-layout: fixed; font-size: 0.85rem; }
caption { caption-side: top; text-align: right; font-size: 0.8rem; opacity: 0.8;
  padding-bottom: 0.2rem; }
th { font-weight: 600; padding: 0; text-align: center; overflow-wrap: anywhere; }
th button { height: auto; min-height: 2rem; background: none; }
th[scope=row] button { align-items: flex-end; padding-right: 0.4rem; }
th small { font-weight: 400; opacity: 0.75; }
td { padding: 0; }
button { all: unset; box-sizing: border-box; cursor: pointer; width: 100%; height: 3.6rem;
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
@media (max-width: 640px) { td button { height: 2.75rem; } }
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
  const buttons = [];
  // A cell, or a whole row or column; once more takes the choice back.
  const button = (parent, i, j, alt, ...texts) => {
    const made = add(parent, 'button');
    made.type = 'button';
    made.dataset.cell = i + ' ' + j;
    made.setAttribute('aria-label', alt);
    const isChosen = data.chosen[0] === i && data.chosen[1] === j;
    made.setAttribute('aria-pressed', String(isChosen));
    for (const [tag, text] of texts) add(made, tag, text);
    made.onclick = () => setTriggerValue('cell', isChosen ? [-1, -1] : [i, j]);
    buttons.push(made);
    return made;
  };
  add(table, 'caption', data.words[1] + ' →');
  const head = add(table, 'tr');
  add(head, 'th', data.words[0] + ' ↓').style.fontWeight = 400;
  data.names.forEach((name, j) => {
    const column = add(head, 'th');
    column.scope = 'col';
    button(column, -1, j, 'All ' + data.words[1] + ' ' + name, ['span', name]);
  });
  data.cells.forEach((cells, i) => {
    const row = add(table, 'tr');
    const name = add(row, 'th');
    name.scope = 'row';
    button(name, i, -1, 'All ' + data.words[0] + ' ' + data.names[i], ['span', data.names[i]],
      ['small', 'n = ' + data.totals[i]]);
    cells.forEach((cell, j) => {
      const made = button(add(row, 'td'), i, j, cell.alt, ['b', cell.large], ['small', cell.small]);
      made.style.setProperty('--share', Math.round(cell.share * 100) + '%');
    });
  });
  table.onkeydown = (event) => {
    const across = data.names.length + 1;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = buttons.indexOf(event.target) + 1 + by;
    if (at > 0) buttons[at - 1]?.focus();
  };
  if (!old) {
    parentElement.appendChild(table);
    return;
  }
  const cell = old.getRootNode().activeElement?.dataset.cell;
  old.replaceWith(table);
  if (cell) table.querySelector(`[data-cell="${cell}"]`)?.focus();
}
"""

_matrix = st.components.v2.component("ferm_confusion", css=_CSS, js=_JS)


def show_matrix(
    counts: np.ndarray,
    chosen: Cell,
    key: str,
    on_click: Callable[[], None],
    shares: bool = False,
    words: tuple[str, str] = ("true", "predicted"),
    texts: list[list[tuple[str, str]]] | None = None,
    classes: tuple[str, ...] = CLASSES,
) -> None:
    """The matrix; each row's class, each column's, and a button for each, and for each cell.

    Args:
        counts: int ``(k, k)``.
        chosen: the cell, row or column that is pressed.
        key: its name, for ``take_cell``.
        on_click: called before the page runs again.
        shares: whether the large figure is the row's share; the small one is the other.
        words: what rows and columns are.
        texts: large and small text of each cell, in place of counts and shares.
        classes: names of rows and columns.
    """
    of_row, texts = row_shares(counts), texts or cell_texts(counts, shares)
    cells = [
        [
            {
                "share": float(of_row[i, j]),
                "large": texts[i][j][0],
                "small": texts[i][j][1],
                "alt": f"{counts[i, j]} {row} faces {words[1]} as {column}, "
                f"{of_row[i, j]:.1%} of them",
            }
            for j, column in enumerate(classes)
        ]
        for i, row in enumerate(classes)
    ]
    _matrix(
        key=key,
        data={
            "names": list(classes),
            "totals": [f"{total:,}" for total in counts.sum(axis=1)],
            "cells": cells,
            "chosen": [-1 if name is None else classes.index(name) for name in chosen],
            "words": words,
        },
        on_cell_change=on_click,
    )


def rates_by_class(evaluation: Evaluation) -> pd.DataFrame:
    """Precision, recall and F1 of each class with their intervals, as text; a row a class."""
    classes = tuple(evaluation.recall)
    f1, _ = f1_intervals(evaluation.confusion, classes)
    columns = {"precision": evaluation.precision, "recall": evaluation.recall, "F1": f1}
    counts = {"class": classes, "n": [evaluation.recall[name].n for name in classes]}
    rates = {
        column: [with_interval(of[name]) for name in classes] for column, of in columns.items()
    }
    return pd.DataFrame(counts | rates)


def asked_cell(classes: tuple[str, ...] = CLASSES) -> Cell:
    """The cell that the URL names."""
    true, predicted = (st.query_params.get(name) for name in ("true", "predicted"))
    return (true if true in classes else None, predicted if predicted in classes else None)


def cell_words(cell: Cell, words: tuple[str, str] = ("true", "predicted")) -> str:
    """Such as ``true sad, predicted any``."""
    return ", ".join(f"{word} {name or ANY}" for word, name in zip(words, cell, strict=True))


def cell_filter(cell: Cell) -> FaceFilter:
    """The faces of a cell."""
    true, predicted = (() if name is None else (name,) for name in cell)
    return FaceFilter(labels=true, predicted=predicted)


def take_cell(key: str, page_key: str, classes: tuple[str, ...] = CLASSES, **more: str) -> None:
    """Puts the cell clicked in the matrix ``key`` into the URL, whose list begins anew.

    Args:
        key: of the matrix.
        page_key: of the pager of its faces.
        classes: names of rows and columns.
        more: what else the URL is to say of the choice.
    """
    cell = st.session_state[key].cell
    if cell is None:
        return
    true, predicted = (ANY if i < 0 else classes[i] for i in cell)
    st.query_params.update({"true": true, "predicted": predicted, **more})
    st.session_state[page_key] = 1
