"""Sentences that several pages say."""

import streamlit as st

from apps.explorer_parts.data import Shown
from core.evaluation import Scope

_HOW = """
FER2013's pictures may not be passed on, so this project holds the landmarks and masks only.
With your own copy of the data set the explorer shows the photographs:

- give the path of `fer2013.csv`, of an archive that holds it, or of its folder in the field
  **FER2013** of the sidebar, or
- set the environment variable `FER2013` to the folder before starting, or
- put the file into `data/fer2013/`.
"""


def picture_note(shown: Shown) -> None:
    """Says that faces are drawn, and how to see the photographs, where pixels are missing."""
    if shown.has_pictures:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Faces are drawn from their landmarks.", width="content")
        with st.popover("Show photographs", type="tertiary", icon=":material/image:"):
            st.markdown(_HOW)


def no_predictions() -> None:
    """Says that a page needs predictions, and ends the page."""
    st.info(
        "There are no predictions for this set. `python -m scripts.reproduce` writes those of "
        "the published FERM v1 into data/runs/."
    )
    st.stop()


def title_of(shown: Shown, scope: Scope, n: int) -> str:
    """What a figure is about: model, protocol, split, set and number of faces."""
    about = shown.predictions.about
    return (
        f"**{about['model']}** · protocol {scope.protocol} {scope.seed} · "
        f"{scope.split} faces · {shown.ferm.name} · n = {n:,}"
    )
