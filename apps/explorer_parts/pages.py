"""The pages, and the way from a face in a list to its own page and back.

A page is added by one file in ``explorer_pages`` and one line in ``PAGES``.
"""

from dataclasses import dataclass

import numpy as np
import streamlit as st

# What the sidebar puts into the URL of every page.
IN_EVERY_URL = ("set", "predictions")


@dataclass(frozen=True)
class Page:
    """A page: its file, named from apps/, where the entry script lies; its title and icon."""

    file: str
    title: str
    icon: str


_SAMPLE = Page("explorer_pages/sample.py", "Sample", ":material/face:")
_SAMPLES = Page("explorer_pages/samples.py", "Samples", ":material/grid_view:")
# In the order of the navigation, the first page first.
PAGES: list[Page] = [
    Page("explorer_pages/overview.py", "Overview", ":material/insights:"),
    _SAMPLES,
    Page("explorer_pages/confusion.py", "Confusion", ":material/grid_on:"),
    Page("explorer_pages/mistakes.py", "Mistakes", ":material/rule:"),
    Page("explorer_pages/map.py", "Map", ":material/scatter_plot:"),
    Page("explorer_pages/models.py", "Models", ":material/network_node:"),
    Page("explorer_pages/review.py", "Review", ":material/fact_check:"),
    Page("explorer_pages/figures.py", "Figures", ":material/schema:"),
    _SAMPLE,
]


def navigation():
    """The navigation; gives the page to run. A sample's page is reached from its face."""
    pages = [
        st.Page(
            each.file,
            title=each.title,
            icon=each.icon,
            default=index == 0,
            visibility="hidden" if each == _SAMPLE else "visible",
        )
        for index, each in enumerate(PAGES)
    ]
    page = st.navigation(pages)
    last = st.session_state.get("page_file", "")
    now = st.session_state["page_file"] = PAGES[pages.index(page)].file
    file, query = st.session_state.get("came_from", ("", {}))
    # The browser's own way back has lost the list's filters: Streamlit writes a new page's
    # query into the history before it leaves the old page.
    if last == _SAMPLE.file and now == file and query and not set(query) & set(st.query_params):
        st.switch_page(file, query_params=query)
    return page


def open_sample(row: int, listed: np.ndarray) -> None:
    """Goes to a face's page, which knows the list it came from and the way back.

    Args:
        row: FER2013 row.
        listed: the rows of the whole list, in its order.
    """
    # From a face to its twin the list stays the one that the first was chosen from.
    if st.session_state["page_file"] != _SAMPLE.file:
        names = set(st.query_params) - set(IN_EVERY_URL)
        query = {name: st.query_params.get_all(name) for name in sorted(names)}
        st.session_state["listed_rows"] = listed
        st.session_state["came_from"] = (st.session_state["page_file"], query)
    st.switch_page(_SAMPLE.file, query_params={"row": str(row)})


def came_from() -> str:
    """Title of the page whose list the sample was opened from, or of the gallery."""
    file, _ = st.session_state.get("came_from", ("", {}))
    return next((each.title for each in PAGES if each.file == file), _SAMPLES.title)


def go_back() -> None:
    """Back to the list, as it was filtered."""
    file, query = st.session_state.get("came_from", ("", {}))
    st.switch_page(file or _SAMPLES.file, query_params=query)
