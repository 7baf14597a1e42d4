"""The explorer: what is in FERM, and where the network goes wrong.

streamlit run apps/explorer.py
streamlit run apps/explorer.py -- --ferm DIR --fer2013 PATH --predictions FILE
"""

import sys
from pathlib import Path

# Streamlit puts apps/ on the import path, neither the root nor what a checkout has in core/.
_ROOT = Path(__file__).resolve().parent.parent
for _place in (str(_ROOT / "core"), str(_ROOT)):
    if _place not in sys.path:
        sys.path.insert(0, _place)

import streamlit as st  # noqa: E402

from apps.explorer_parts.choosing import choose_predictions, choose_set  # noqa: E402
from apps.explorer_parts.data import load_set, options, show  # noqa: E402
from apps.explorer_parts.pages import navigation  # noqa: E402
from fermask.system.parquet import DamagedFile  # noqa: E402
from fermask.system.paths import FER2013  # noqa: E402

# Drawn here, since Streamlit fetches its own symbols for the browser's tab from the network.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" '
    'rx="10" fill="#e6dfd6"/><path d="M4 20Q15 22 24 17Q33 22 44 20Q43 40 24 45Q5 40 4 20Z" '
    'fill="#0b7285"/><path d="M9 11Q14 7 19 10M29 10Q34 7 39 11" fill="none" stroke="#353b45" '
    'stroke-width="3" stroke-linecap="round"/></svg>'
)

st.set_page_config(page_title="FERM explorer", page_icon=_ICON, layout="wide")
page = navigation()
given = options()

with st.sidebar:
    of_predictions = st.container()
    folder = choose_set(given)
    st.text_input(
        "FER2013",
        given.fer2013,
        key="fer2013_path",
        persist_state="session",
        placeholder="path of fer2013.csv or its folder",
        help="With FER2013's pixels the faces are photographs. Without a path here: the folder "
        f"in the environment variable FER2013, else {FER2013}/.",
    )

ferm, problems = load_set(folder, st.session_state["fer2013_path"])
if given.problem:
    problems.insert(0, given.problem)
if ferm is None:
    for problem in problems:
        st.error(problem)
    st.stop()

with of_predictions:
    sources, wrong = choose_predictions(ferm, given)
shown, problem, note = show(ferm, sources.get(st.session_state.get("predictions", "")))
for each in filter(None, [*problems, *wrong, problem]):
    st.error(each)
if note:
    st.info(note)

st.session_state["shown"], st.session_state["sources"] = shown, sources
try:
    page.run()
except DamagedFile as error:
    # Parts of a large set are read only when a page comes to them.
    st.error(str(error))
