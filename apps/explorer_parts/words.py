"""Sentences that several pages say."""

import numpy as np
import streamlit as st

from apps.explorer_parts.data import Shown
from core.browsing import evaluated, training_record
from core.evaluation import Scope, leak_warning

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


def evaluated_faces(shown: Shown, split: str) -> np.ndarray:
    """Positions of the faces that a page's figures are about, int64 ``(n,)``.

    Says model, protocol, split, set and n above them, and warns where faces were trained on.
    Ends the page where there is no such face.
    """
    chosen = evaluated(shown.table, split)
    about = shown.predictions.about
    scope = Scope(about["protocol"], about["seed"], split)
    st.markdown(
        f"**{about['model']}** · protocol {scope.protocol} {scope.seed} · "
        f"{scope.split} faces · {shown.ferm.name} · n = {len(chosen):,}"
    )
    if len(chosen) == 0:
        st.info("These predictions hold no such face; choose all faces.")
        st.stop()
    warning = leak_warning(shown.table.iloc[chosen], training_record(shown.table), scope)
    if warning:
        st.warning(warning)
    return chosen
