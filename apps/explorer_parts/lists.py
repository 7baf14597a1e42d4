"""What the lists of faces on the Mistakes page have in common."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from fermask.evaluation.rates import Rate


def in_url(page_key: str) -> dict[str, Any]:
    """Arguments of a widget that stands in the URL and sets a list back to its first page."""
    return {"bind": "query-params", "on_change": first_page, "args": (page_key,)}


def first_page(page_key: str) -> None:
    """Another choice of faces begins at its first page."""
    st.session_state[page_key] = 1


def count_and_csv(words: str, csv: Callable[[], str], file: str, help: str, empty: bool) -> None:
    """How many there are, and beside it the button that downloads them.

    Args:
        words: Markdown.
        csv: makes the file's text.
        file: its name.
        help: what is in it.
        empty: whether there is nothing to download.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(words, width="content")
        st.download_button(
            "CSV",
            csv,
            file,
            "text/csv",
            icon=":material/download:",
            disabled=empty,
            help=help,
        )


def with_interval(rate: Rate) -> str:
    """A rate as text whose interval a narrow column does not break."""
    return str(rate).replace(" to ", "\u00a0to\u00a0")
