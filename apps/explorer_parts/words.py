"""Sentences that several pages say."""

from collections.abc import Callable
from functools import wraps

import numpy as np
import streamlit as st

from apps.explorer_parts.data import Shown
from apps.explorer_parts.lists import in_a_row
from fermask.evaluation.scope import FRESH, Scope, leak_warning, unknown_warning
from fermask.exploring.faces_table import HEADLINE, evaluated, splits_unknown, training_record
from fermask.networks.predictions import UNKNOWN
from fermask.system.kept import DamagedFile
from fermask.system.markdown import escaped
from fermask.system.paths import FER2013

_HOW = f"""
FER2013's pictures may not be passed on, so this project holds the landmarks and masks only.
With your own copy of the data set the explorer shows the photographs:

- give the path of `fer2013.csv`, of an archive that holds it, or of its folder in the field
  **FER2013** of the sidebar, or
- set the environment variable `FER2013` to the folder before starting, or
- put the file into `{FER2013}/`.
"""


def in_sentences(part: Callable[..., None]) -> Callable[..., None]:
    """A part of a page that runs alone, and says itself that a file which it reads is damaged."""

    @wraps(part)
    def saying(*arguments, **named) -> None:
        try:
            part(*arguments, **named)
        except DamagedFile as error:
            # Parts of a large set are read only when a page comes to them.
            st.error(escaped(str(error)))

    return saying


def picture_note(shown: Shown) -> None:
    """Says that faces are drawn, and how to see the photographs, where pixels are missing."""
    if shown.has_pictures:
        return
    with in_a_row():
        st.caption("Faces are drawn from their landmarks.", width="content")
        with st.popover("Show photographs", type="tertiary", icon=":material/image:"):
            st.markdown(_HOW)


def no_predictions() -> None:
    """Says that a page needs predictions, and ends the page."""
    st.info(
        "There are no predictions for this set. `python -m scripts.studies.reproduce` writes "
        "those of the published FERM into data/runs/."
    )
    st.stop()


def evaluated_faces(shown: Shown, split: str) -> np.ndarray:
    """Positions of the faces that a page's figures are about, int64 ``(n,)``.

    Says model, protocol, split, set and n above them, and warns where faces were trained on.
    Ends the page where there is no such face.
    """
    chosen = evaluated(shown.table, split)
    say_what(shown, split, chosen)
    if len(chosen) == 0:
        st.info("These predictions hold no such face; choose all faces.")
        st.stop()
    return chosen


def say_what(shown: Shown, split: str, chosen: np.ndarray) -> None:
    """What figures are of: model, protocol, split, set and n; with what is to be said of it.

    Args:
        shown: with predictions.
        split: of ``scope.SPLITS``.
        chosen: positions of the faces.
    """
    st.markdown(f"**{shown.predictions.about['model']}** · {scope_words(shown, split, chosen)}")
    missing = int(shown.table["predicted"].isna().sum())
    if missing:
        st.caption(f"{missing:,} of the set's {len(shown.table):,} faces have no prediction.")
    for note in shown.notes:
        st.caption(note)
    faces, about = shown.table.iloc[chosen], shown.predictions.about
    scope = Scope(about["protocol"], about["seed"], split)
    trained_on = leak_warning(faces, training_record(shown.table), scope)
    for warning in filter(None, (trained_on, unknown_warning(faces["split"]))):
        st.warning(warning)


def scope_words(shown: Shown, split: str, chosen: np.ndarray) -> str:
    """Protocol, split, set and n, such as ``protocol clean 0 · all faces · FERM v1 · n = 9``."""
    split = "all" if splits_unknown(shown.table) and split != FRESH else split
    return (
        f"protocol {shown.predictions.scope} · {'' if split == HEADLINE else split + ' '}faces"
        f"{' of folds 0 to 8' if split == HEADLINE else ''} · {shown.ferm.name} · "
        f"n = {len(chosen):,}"
    )


def split_words(split: str) -> str:
    """What a face was to the network, such as ``validation face for this network``."""
    if split == UNKNOWN:
        return "not known whether this network was trained on it"
    return f"{split} face for this network"
