"""Saved views in the sidebar: pages as they were filtered, by name."""

import streamlit as st

from apps.explorer_parts.lists import in_a_row
from apps.explorer_parts.marking import marks_file
from apps.explorer_parts.pages import PAGES
from fermask.exploring.views import forget_view, read_views, save_view
from fermask.system.markdown import escaped

_PROBLEM = "views_problem"


def show_views(page_title: str) -> None:
    """The views there are, each a link, and a field to save the one that is shown."""
    # Beside the marks: what somebody keeps lies in one place.
    path = marks_file().with_name("views.json")

    def save() -> None:
        query = {name: st.query_params.get_all(name) for name in st.query_params}
        _attempt(save_view, path, st.session_state["view_name"], page_title, query)
        st.session_state["view_name"] = ""

    with st.popover("Views", icon=":material/bookmark:", width="stretch"):
        try:
            views = read_views(path)
        except (ValueError, OSError) as error:
            st.error(escaped(str(error)))
            return
        files = {each.title: each.file for each in PAGES}
        for name, view in views.items():
            if view["page"] not in files:
                continue
            with in_a_row():
                st.page_link(files[view["page"]], label=name, query_params=view["query"])
                st.button(
                    "Forget",
                    key=f"forget_{name}",
                    type="tertiary",
                    on_click=_attempt,
                    args=(forget_view, path, name),
                )
        st.text_input(
            "Save this view as",
            key="view_name",
            on_change=save,
            placeholder="a name, then Enter",
        )
        if problem := st.session_state.pop(_PROBLEM, ""):
            st.error(escaped(problem))


def _attempt(action, *arguments) -> None:
    try:
        action(*arguments)
    except (ValueError, OSError) as error:
        st.session_state[_PROBLEM] = str(error)
