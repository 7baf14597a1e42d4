"""From a mistake to its reason: the label's, the photograph's, or the kind of face."""

import streamlit as st

from apps.explorer_parts.blind_spots import show_blind_spots
from apps.explorer_parts.duplicates_section import show_duplicates
from apps.explorer_parts.label_errors_section import show_label_errors
from apps.explorer_parts.lists import one_of

SECTIONS = {
    "label errors": show_label_errors,
    "duplicates": show_duplicates,
    "blind spots": show_blind_spots,
}

st.title("Mistakes")
section = one_of("Section", list(SECTIONS), "show")
SECTIONS[section](st.session_state["shown"])
