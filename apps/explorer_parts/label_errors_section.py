"""Labels that cleanlab suspects, beside the votes they were made from."""

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.data import Shown, every_predictions
from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.lists import count_and_csv, in_url, with_interval
from apps.explorer_parts.words import no_predictions, picture_note
from fermask.evaluation.formatting import format_interval, format_percent
from fermask.evaluation.rates import Rate, rate
from fermask.exploring.label_errors import (
    Difference,
    errors_by_class,
    fer2013_sides_with_answer,
    find_label_errors,
    label_errors_csv,
    mean_difference,
    why_not_out_of_fold,
)
from fermask.faces.labels import CLASSES, FERPLUS_VOTERS

CARDS = 24
ORDERS = {"label quality": "rank", "least agreement": "agreement"}
_PAGE = "suspects_page"
_URL = in_url(_PAGE)


def show_label_errors(shown: Shown) -> None:
    """The section: what cleanlab suspects, what speaks for it, and the faces."""
    if shown.predictions is None:
        no_predictions()
    table, about = shown.table, shown.predictions.about
    known = np.flatnonzero(table["predicted"].notna())
    problem = why_not_out_of_fold(table["split"].iloc[known], about["protocol"])
    if problem:
        st.warning(f"Label errors are not looked for here. {problem}")
        _say_which_can(shown)
        return
    _, errors = _found(table, id(table), about["protocol"])
    share = rate(len(errors), len(known))
    seed = "" if about["seed"] is None else f" {about['seed']}"
    st.markdown(
        f"**{about['model']}** · protocol {about['protocol']}{seed} · out of fold · "
        f"{shown.ferm.name} · n = {len(known):,}"
    )
    st.markdown(
        f"[Confident learning](https://arxiv.org/abs/1911.00068) (cleanlab) suspects "
        f"**{share.value:.1%}** of the labels. Each face was judged by a network that was not "
        "trained on it, nor on another face of the same photograph."
    )
    _show_support(shown, known, errors)
    _show_faces(shown, errors)


@st.cache_resource(show_spinner="Looking for labels that are likely wrong.", max_entries=4)
def _found(_table: pd.DataFrame, table_id: int, protocol: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    # The table is kept beside what was found in it, or another one might be given its id.
    return _table, find_label_errors(_table, protocol)


def _say_which_can(shown: Shown) -> None:
    read, _ = every_predictions(shown.ferm, st.session_state["sources"])
    names = [
        f"**{name}**"
        for name, each in read.items()
        if each.about["ferm"] == shown.ferm.name
        and not why_not_out_of_fold(each.table["split"], each.about["protocol"])
    ]
    if names:
        st.markdown(f"Choose these predictions in the sidebar: {', '.join(names)}.")
    else:
        st.markdown(
            f"None of the predictions at hand can be used for {shown.ferm.name}: it takes ten "
            "networks, each trained on nine of the ten folds."
        )


def _show_support(shown: Shown, known: np.ndarray, errors: pd.DataFrame) -> None:
    """What other people's labels say of the suspects, and how many each class has."""
    table = shown.table
    wrong = (table["answer"] == "wrong").to_numpy()
    suspects = errors["position"].to_numpy()
    others = np.setdiff1d(np.flatnonzero(wrong), suspects)
    if table["agreement"].notna().any():
        agreement = table["agreement"]
        rest = mean_difference(agreement.iloc[suspects], agreement.drop(agreement.index[suspects]))
        mistakes = mean_difference(agreement.iloc[suspects], agreement.iloc[others])
        if rest is not None:
            st.markdown(_agreement_words(agreement.iloc[suspects].mean(), rest, mistakes))
        parts = {
            "suspected": suspects,
            "other mistakes": others,
            "named as labelled": known[~wrong[known]],
        }
        rows = [
            {
                "faces": name,
                "n": len(positions),
                "votes for the label": f"{agreement.iloc[positions].mean():.1%}",
                "FER2013's own label is the network's answer": with_interval(
                    fer2013_sides_with_answer(table, positions)
                ),
            }
            for name, positions in parts.items()
            if len(positions)
        ]
        with st.expander("What people said of these faces"):
            st.table(pd.DataFrame(rows).set_index("faces"))
            st.caption(
                "FER2013's own labels were given before FER+, by others: a second opinion. "
                "95% intervals are Wilson's."
            )
    st.caption(
        "People labelled the whole face, the network saw only what the mask leaves. So a suspect "
        "may be labelled rightly and hide its expression under the mask: see it without the mask, "
        "and its votes, before you call the label wrong."
    )
    with st.expander("How many of each class, and what they are taken for"):
        counts = errors_by_class(table, errors)
        st.table(_format_counts(counts).set_index("label"))


def _agreement_words(mean: float, rest: Difference, mistakes: Difference | None) -> str:
    low, high = sorted((abs(rest.low), abs(rest.high)))
    if not rest.is_clear:
        return (
            f"The ten voters agreed as much on the suspects ({mean:.1%}) as on all other faces: "
            "the difference is within chance."
        )
    direction = "less" if rest.value < 0 else "more"
    words = (
        f"The ten voters agreed {direction} on the suspects: {mean:.1%} chose the label, against "
        f"{mean - rest.value:.1%} on all other faces, {format_percent(abs(rest.value))} points "
        f"{direction} (95% interval {format_interval(low, high)})."
    )
    if mistakes is None:
        return words
    if not mistakes.is_clear:
        return words + (
            f" On the network's other mistakes they agreed no better ({mean - mistakes.value:.1%}; "
            "the difference is within chance): the votes doubt what the network gets wrong, "
            "whether cleanlab picks it out or not."
        )
    return words + f" On the network's other mistakes it is {mean - mistakes.value:.1%}."


def _format_counts(counts: pd.DataFrame) -> pd.DataFrame:
    rates = counts[["share", "low", "high", "n"]].itertuples(index=False, name=None)
    share = [with_interval(Rate(*each)) for each in rates]
    taken_for = counts[list(CLASSES)].rename(columns=lambda name: f"→ {name}")
    return pd.concat([counts[["label", "n", "suspected"]].assign(share=share), taken_for], axis=1)


def _show_faces(shown: Shown, errors: pd.DataFrame) -> None:
    table = shown.table
    has_votes = bool(table["agreement"].notna().any())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        labels = st.pills("Given label", CLASSES, selection_mode="multi", key="is", **_URL)
        suggested = st.pills("Suggested", CLASSES, selection_mode="multi", key="said", **_URL)
        order = "label quality"
        if has_votes:
            order = st.segmented_control(
                "By", list(ORDERS), default="label quality", required=True, key="sorted", **_URL
            )
    chosen = errors.assign(agreement=table["agreement"].to_numpy()[errors["position"]])
    for column, values in (("label", labels), ("suggested", suggested)):
        chosen = chosen[chosen[column].isin(values)] if values else chosen
    chosen = chosen.sort_values(ORDERS[order], kind="stable")
    count_and_csv(
        f"**{len(chosen):,}** of {len(errors):,} suspected labels",
        lambda: label_errors_csv(table, chosen),
        "label_errors.csv",
        "These faces with suggested class, label quality, probabilities and votes",
        empty=chosen.empty,
    )
    picture_note(shown)
    if chosen.empty:
        st.info("No suspected label is left with these filters.")
        return
    at_position = chosen.set_index("position")
    gallery(
        shown,
        chosen["position"].to_numpy(),
        _PAGE,
        wide=True,
        size=CARDS,
        notes=lambda position: _note(at_position.loc[position], has_votes),
    )


def _note(error: pd.Series, has_votes: bool) -> str:
    words = f"rank {error['rank']}: rather {error['suggested']}"
    if has_votes:
        words += f" ({error['votes_for_suggested']:.0f} of {FERPLUS_VOTERS} votes)"
    words += f", label quality {error['label_quality']:.3f}"
    if has_votes and isinstance(error["fer2013_label"], str):
        words += f"; FER2013 says {error['fer2013_label']}"
    return words
