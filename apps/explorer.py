"""The explorer: what is in FERM, and where the network goes wrong.

streamlit run apps/explorer.py
streamlit run apps/explorer.py -- --ferm DIR --fer2013 PATH
"""

import sys
from pathlib import Path

# Streamlit puts apps/ on the import path, not the project's root.
_ROOT = str(Path(__file__).resolve().parent.parent)
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

import streamlit as st  # noqa: E402

from apps.explorer_parts.data import load_set, options, predictions_files, show  # noqa: E402
from apps.explorer_parts.pages import navigation  # noqa: E402

# Drawn here, since Streamlit fetches its own symbols for the browser's tab from the network.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" '
    'rx="10" fill="#e6dfd6"/><path d="M4 20Q15 22 24 17Q33 22 44 20Q43 40 24 45Q5 40 4 20Z" '
    'fill="#0b7285"/><path d="M9 11Q14 7 19 10M29 10Q34 7 39 11" fill="none" stroke="#353b45" '
    'stroke-width="3" stroke-linecap="round"/></svg>'
)


def choose_predictions(names: list[str]) -> None:
    """The list of predictions, whose choice stands in the URL of every page.

    Streamlit binds no widget that several pages share to a URL that one of them rewrites
    when it opens a face.
    """
    asked = st.query_params.get("predictions")
    if st.session_state.get("predictions") not in names:
        st.session_state["predictions"] = asked if asked in names else names[0]
    chosen = st.selectbox(
        "Predictions",
        names,
        key="predictions",
        persist_state="session",
        help="A network's stored answers for the faces of the set, from data/runs/.",
    )
    if chosen != names[0] and chosen != asked:
        st.query_params["predictions"] = chosen
    elif chosen == names[0] and asked is not None:
        del st.query_params["predictions"]


st.set_page_config(page_title="FERM explorer", page_icon=_ICON, layout="wide")
page = navigation()
given = options()

with st.sidebar:
    files = predictions_files()
    if files:
        choose_predictions(list(files))
    st.text_input(
        "FER2013",
        given.fer2013,
        key="fer2013_path",
        persist_state="session",
        placeholder="path of fer2013.csv or its folder",
        help="With FER2013's pixels the faces are photographs. Without a path here: the folder "
        "in the environment variable FER2013, else data/fer2013/.",
    )
    st.text_input(
        "FERM set",
        given.ferm,
        key="ferm_path",
        persist_state="session",
        placeholder="the published FERM v1",
        help="A folder made by `python -m scripts.build_ferm`.",
    )

ferm, problems = load_set(st.session_state["ferm_path"], st.session_state["fer2013_path"])
if given.problem:
    problems.insert(0, given.problem)
if ferm is None:
    for problem in problems:
        st.error(problem)
    st.stop()

shown, problem, note = show(ferm, files.get(st.session_state.get("predictions", "")))
for each in filter(None, [*problems, problem]):
    st.error(each)
if note:
    st.info(note)

st.session_state["shown"] = shown
page.run()
