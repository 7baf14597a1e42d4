"""What pages that choose on the left and show on the right have in common: their widgets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from fermask.evaluation.rates import Rate
from fermask.system.markdown import escaped, markdown_table


def in_url(page_key: str) -> dict[str, Any]:
    """Arguments of a widget that stands in the URL and sets a list back to its first page."""
    return {"bind": "query-params", "on_change": first_page, "args": (page_key,)}


def first_page(page_key: str) -> None:
    """Another choice of faces begins at its first page."""
    st.session_state[page_key] = 1


def in_a_row(vertical_alignment="center", gap="small"):
    """A container whose elements stand in a row, and below each other where it is narrow."""
    return st.container(horizontal=True, vertical_alignment=vertical_alignment, gap=gap)


def one_of(label: str, options: Sequence[str], key: str, is_bare: bool = True, **more):
    """Buttons of which one is pressed, at first the first.

    Args:
        label: what is asked.
        options: in their order.
        key: its name, also in the URL.
        is_bare: whether only those see the label who do not see the page.
        more: as ``in_url`` gives it, or another ``default``.
    """
    look = {"label_visibility": "collapsed", "width": "content"} if is_bare else {}
    return st.segmented_control(
        label,
        options,
        required=True,
        key=key,
        **{"default": options[0], "bind": "query-params"} | look | more,
    )


def list_and_faces():
    """Two columns: what is chosen from, and what is seen of it."""
    return st.columns([4, 5], gap="large")


def choose_from(label: str, captions: Mapping[str, str], key: str, **more) -> str:
    """A long list to choose one of, with a line below each.

    Args:
        label: for those who do not see the page.
        captions: by the names of what is chosen.
        key: its name, also in the URL.
        more: as ``in_url`` gives it, or a ``format_func``.
    """
    with st.container(height=430, key="choices"):
        return st.radio(
            label,
            list(captions),
            captions=list(captions.values()),
            key=key,
            label_visibility="collapsed",
            **more,
        )


def csv_button(csv: Callable[[], str] | str, file: str, help: str, label="CSV", **more) -> None:
    """A button that downloads a table; ``csv`` makes its text once it is asked for."""
    st.download_button(label, csv, file, "text/csv", icon=":material/download:", help=help, **more)


def show_tabs(sections: Mapping[str, Callable[..., None]], key: str, *arguments, **more) -> None:
    """Sections in tabs, of which only the open one is run.

    Args:
        sections: by the names on the tabs.
        key: their name.
        arguments: of every section.
        more: of ``st.tabs``.
    """
    for tab, show_section in zip(
        st.tabs(list(sections), key=key, **more), sections.values(), strict=True
    ):
        if tab.open:
            with tab:
                show_section(*arguments)


def show_rows(table: pd.DataFrame) -> None:
    """A narrow table of ready texts, which need not wait for what Streamlit's own tables load."""
    # Its columns may be named by classes of a set of one's own.
    texts = table.rename(columns=escaped).map(lambda value: escaped(str(value)))
    st.markdown(markdown_table(texts))


def with_interval(rate: Rate) -> str:
    """A rate as text whose interval a narrow column does not break."""
    return str(rate).replace(" to ", "\u00a0to\u00a0")
