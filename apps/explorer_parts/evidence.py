"""What the shipped network saw in a masked face: its evidence map, for the explorer."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from fermask.dataset.ferm import Ferm
from fermask.evaluation.scope import training_faces
from fermask.faces.drawing import picture_url
from fermask.faces.labels import CLASSES
from fermask.networks.inference import load_network
from fermask.photographs.overlays import draw_evidence


@dataclass(frozen=True)
class Seen:
    """``url``: the map over the face. ``label``: the class it speaks for, the network's answer.

    ``probability``: of that class, 0…1.
    """

    url: str
    label: str
    probability: float


def evidence_of(masked: np.ndarray, factor: int) -> Seen:
    """The evidence for the class that the shipped network names.

    Args:
        masked: uint8 ``(48, 48)``.
        factor: how many times as wide and high the picture is.

    Raises:
        FileNotFoundError, ValueError: the network's file is missing or damaged.
    """
    # Streamlit knows no hash of a memory-mapped array.
    return _evidence_of(np.array(masked), factor)


@st.cache_data(show_spinner=False, max_entries=1024)
def _evidence_of(masked: np.ndarray, factor: int) -> Seen:
    answer = load_network().answer(masked[None])
    best = int(answer.probabilities[0].argmax())
    picture = draw_evidence(masked, answer.evidence[0], best, size=48 * factor)
    return Seen(picture_url(picture), CLASSES[best], float(answer.probabilities[0, best]))


def no_evidence(ferm: Ferm) -> str:
    """Why there can be no evidence maps, as a sentence, or ""."""
    if ferm.classes != CLASSES:
        return "The shipped network, whose evidence is shown, tells other classes apart."
    if ferm.masked is None:
        return (
            "An evidence map lies over the face's pixels, which are not at hand: the field "
            "FER2013 of the sidebar takes the path of your own copy."
        )
    try:
        load_network()
    except (FileNotFoundError, ValueError) as error:
        return str(error)
    return ""


def evidence_caption(manifest: pd.DataFrame) -> str:
    """What the colours mean, and how many of the faces the shipped network was trained on.

    Args:
        manifest: of the faces: ``row``, ``group``, ``file`` and ``emotion``.
    """
    network = load_network()
    meaning = (
        f"Where the shipped {network.name} found what speaks for the class it names (orange) "
        "and against it (blue); colours of two faces do not compare."
    )
    if "rows" not in network.record or (manifest["file"] != "").any():
        return f"{meaning} It cannot be told whether it was trained on these faces."
    seen = int(training_faces(manifest, network.record).sum())
    if len(manifest) == 1:
        share = "this face, or a twin of it" if seen else "neither this face nor a twin of it"
    elif seen in (0, len(manifest)):
        share = ("all" if seen else "none") + " of these faces, twins counted"
    else:
        share = f"{seen:,} of these {len(manifest):,} faces, twins counted"
    return f"{meaning} It was trained on {share}."
