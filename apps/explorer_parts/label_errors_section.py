"""Labels that cleanlab suspects, beside the votes they were made from."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from apps.explorer_parts.data import Shown
from apps.explorer_parts.gallery import gallery
from apps.explorer_parts.lists import (
    csv_button,
    in_a_row,
    in_url,
    list_and_faces,
    show_rows,
    with_interval,
)
from apps.explorer_parts.marking import by_marks
from apps.explorer_parts.matrix import asked_cell, show_matrix, take_cell
from apps.explorer_parts.sources import every_predictions
from apps.explorer_parts.words import in_sentences, no_predictions
from fermask.evaluation.confusion import confusion_matrix
from fermask.evaluation.formatting import format_interval, format_percent
from fermask.evaluation.rates import Rate
from fermask.exploring.label_errors import (
    Difference,
    errors_by_class,
    fer2013_sides_with_answer,
    find_label_errors,
    label_errors_csv,
    mean_difference,
    why_not_out_of_fold,
)
from fermask.faces.labels import FERPLUS_VOTERS

ORDERS = {"label quality": "rank", "least agreement": "agreement"}
_PAGE = "suspects_page"
_WORDS = ("labelled", "suggested")
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
    share = len(errors) / max(len(known), 1)
    seed = "" if about["seed"] is None else f" {about['seed']}"
    st.markdown(
        f"**{about['model']}** · protocol {about['protocol']}{seed} · out of fold · "
        f"{shown.ferm.name} · n = {len(known):,}, of which cleanlab suspects {share:.1%}"
    )
    _show_suspects(shown, errors)
    _show_support(shown, known, errors)


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
            show_rows(pd.DataFrame(rows))
            st.caption(
                "FER2013's own labels were given before FER+, by others: a second opinion. "
                "95% intervals are Wilson's."
            )
    st.caption(
        "[Confident learning](https://arxiv.org/abs/1911.00068) (cleanlab): each face was judged "
        "by a network that was not trained on it, nor on another face of the same photograph. "
        "People labelled the whole face, the network saw only what the mask leaves. So a suspect "
        "may be labelled rightly and hide its expression under the mask: show it bare, and see its "
        "votes, before you call the label wrong."
    )
    with st.expander("How many of each class"):
        counts = errors_by_class(table, errors)
        rates = counts[["share", "low", "high", "n"]].itertuples(index=False, name=None)
        share = [with_interval(Rate(*each)) for each in rates]
        counts = counts[["label", "n", "suspected"]].assign(share=share)
        show_rows(counts)


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


@st.fragment
@in_sentences
def _show_suspects(shown: Shown, errors: pd.DataFrame) -> None:
    """What labels are taken for, and beside it the faces of a cell, or all."""
    table = shown.table
    has_votes = bool(table["agreement"].notna().any())
    left, right = list_and_faces()
    with left:
        classes = shown.ferm.classes
        cell, on_click = asked_cell(classes), partial(take_cell, "suspects", _PAGE, classes)
        pair = (errors[name].map(classes.index) for name in ("label", "suggested"))
        counts = confusion_matrix(*pair, len(classes))
        show_matrix(counts, cell, "suspects", on_click, words=_WORDS, classes=classes)
    chosen = errors.assign(agreement=table["agreement"].to_numpy()[errors["position"]])
    for column, name in zip(("label", "suggested"), cell, strict=True):
        chosen = chosen if name is None else chosen[chosen[column] == name]
    with right:
        with in_a_row():
            st.markdown(f"**{len(chosen):,}** of {len(errors):,} suspected labels", width="content")
            with st.popover("Filter and sort", icon=":material/tune:", type="tertiary"):
                order = next(iter(ORDERS))
                if has_votes:
                    order = st.selectbox("By", list(ORDERS), key="sorted", **_URL)
                positions = chosen.sort_values(ORDERS[order], kind="stable")["position"].to_numpy()
                positions = by_marks(shown, positions, _PAGE)
        if len(positions) == 0:
            st.info("No suspected label is left here.")
            return
        at_position = chosen.set_index("position")
        gallery(
            shown,
            positions,
            _PAGE,
            wide=True,
            notes=lambda position: _note(at_position.loc[position], has_votes),
        )
        help = "These faces with suggested class, label quality, probabilities and votes"
        csv_button(lambda: label_errors_csv(table, chosen), "label_errors.csv", help)


def _note(error: pd.Series, has_votes: bool) -> str:
    words = f"rank {error['rank']}: rather {error['suggested']}"
    if has_votes:
        words += f" ({error['votes_for_suggested']:.0f} of {FERPLUS_VOTERS} votes)"
    words += f", label quality {error['label_quality']:.3f}"
    if has_votes and isinstance(error["fer2013_label"], str):
        words += f"; FER2013 says {error['fer2013_label']}"
    return words
