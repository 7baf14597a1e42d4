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
from apps.explorer_parts.data import Drawing, load_set, show  # noqa: E402
from apps.explorer_parts.face import open_asked_face  # noqa: E402
from apps.explorer_parts.pages import drop_infinite_parameters, navigation  # noqa: E402
from apps.explorer_parts.saving import show_views  # noqa: E402
from apps.explorer_parts.started import options  # noqa: E402
from fermask.system.kept import DamagedFile  # noqa: E402
from fermask.system.markdown import escaped  # noqa: E402
from fermask.system.paths import FER2013  # noqa: E402

# Drawn here, since Streamlit fetches its own symbols for the browser's tab from the network.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" '
    'rx="10" fill="#e6dfd6"/><path d="M4 20Q15 22 24 17Q33 22 44 20Q43 40 24 45Q5 40 4 20Z" '
    'fill="#0b7285"/><path d="M9 11Q14 7 19 10M29 10Q34 7 39 11" fill="none" stroke="#353b45" '
    'stroke-width="3" stroke-linecap="round"/></svg>'
)

# Streamlit writes each message about the URL into the browser's history, and a change of page is
# two: of the query, then of the path, so that Back led to a page without its query. What comes
# without anybody having acted since takes the last one's place, as a face does the one before it.
_HISTORY = """<script>
if (!window.fermHistory) {
  window.fermHistory = true;
  let acted = true;
  for (const event of ['pointerdown', 'keydown', 'popstate']) {
    window.addEventListener(event, () => { acted = true; }, true);
  }
  const face = (url) => url.pathname + url.searchParams.has('face');
  const push = history.pushState;
  history.pushState = function (state, title, url) {
    const [from, to] = [new URL(location.href), new URL(url, location.href)];
    const isNext = to.searchParams.has('face') && face(from) === face(to);
    (acted && !isNext ? push : history.replaceState).call(history, state, title, url);
    acted = false;
  };
}
</script>"""


@st.fragment(run_every=1.0)
def show_progress(drawing: Drawing) -> None:
    """How far the photographs are; the page is run again once they are there."""
    if drawing.ferm.done():
        st.rerun()
    st.progress(drawing.share, text=f"{drawing.step}: drawn faces until then")


st.set_page_config(page_title="FERM explorer", page_icon=_ICON, layout="wide")
drop_infinite_parameters()
page = navigation()
given = options()
st.html(_HISTORY, unsafe_allow_javascript=True)
# Streamlit leaves a hundred pixels free above a page: the first screen is for what it shows.
st.html(
    "<style>.stMainBlockContainer{padding-top:2.6rem;padding-bottom:4rem}"
    # On a phone a list may not push what is chosen in it off the screen.
    "@media (max-width:640px){div:has(>.st-key-choices),.st-key-choices{"
    "height:9.5rem!important;flex-basis:auto!important;max-height:9.5rem}"
    ".st-key-hint{display:none}.stVerticalBlock{gap:0.6rem}}</style>"
)

with st.sidebar:
    # Strangers would write into a file of this machine, and see each other's.
    if not given.hosted:
        show_views(page.title)
    of_predictions = st.container()
    folder = choose_set(given)
    if given.hosted:
        fer2013 = given.fer2013
    else:
        fer2013 = st.text_input(
            "FER2013",
            given.fer2013,
            key="fer2013_path",
            persist_state="session",
            placeholder="path of fer2013.csv or its folder",
            help="With FER2013's pixels the faces are photographs. Without a path here: the folder "
            f"in the environment variable FER2013, else {FER2013}/.",
        )

ferm, problems, drawing = load_set(folder, fer2013)
if given.problem:
    problems.insert(0, given.problem)
if ferm is None:
    for problem in problems:
        st.error(escaped(problem))
    st.stop()

if drawing is not None:
    with st.sidebar:
        show_progress(drawing)
with of_predictions:
    sources, wrong = choose_predictions(ferm, given)
shown, problem, note = show(ferm, sources.get(st.session_state.get("predictions", "")))
for each in filter(None, [*problems, *wrong, problem]):
    st.error(escaped(each))
if note:
    st.info(escaped(note))

st.session_state["shown"], st.session_state["sources"] = shown, sources
try:
    page.run()
    open_asked_face(shown)
except DamagedFile as error:
    # Parts of a large set are read only when a page comes to them.
    st.error(escaped(str(error)))
