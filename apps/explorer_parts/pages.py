"""The pages. One is added by one file in ``explorer_pages`` and one line in ``PAGES``."""

import math
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Page:
    """A page: its file, named from apps/, where the entry script lies; its title and icon."""

    file: str
    title: str
    icon: str


# In the order of the navigation, the first page first.
PAGES: list[Page] = [
    Page("explorer_pages/overview.py", "Overview", ":material/insights:"),
    Page("explorer_pages/samples.py", "Samples", ":material/grid_view:"),
    Page("explorer_pages/confusion.py", "Confusion", ":material/grid_on:"),
    Page("explorer_pages/mistakes.py", "Mistakes", ":material/rule:"),
    Page("explorer_pages/map.py", "Map", ":material/scatter_plot:"),
    Page("explorer_pages/models.py", "Models", ":material/network_node:"),
    Page("explorer_pages/review.py", "Review", ":material/fact_check:"),
    Page("explorer_pages/figures.py", "Figures", ":material/schema:"),
]


def drop_infinite_parameters() -> None:
    """Takes numbers without end out of the URL: Streamlit's own reading of them breaks the page."""
    odd = [
        name for name in st.query_params if any(map(_is_infinite, st.query_params.get_all(name)))
    ]
    for name in odd:
        del st.query_params[name]
    if odd:
        # Widgets read the URL as it was when the run began.
        st.rerun()


def _is_infinite(value: str) -> bool:
    try:
        return not math.isfinite(float(value))
    except ValueError:
        return False


def navigation():
    """The navigation; gives the page to run."""
    return st.navigation(
        [
            st.Page(each.file, title=each.title, icon=each.icon, default=index == 0)
            for index, each in enumerate(PAGES)
        ]
    )
