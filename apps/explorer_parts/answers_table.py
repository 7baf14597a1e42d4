"""Every network's answer to one face, as a table."""

import streamlit as st

from apps.explorer_parts.data import Shown
from apps.explorer_parts.sources import Source, every_predictions
from fermask.exploring.comparison import answers_of
from fermask.exploring.faces_table import ANSWERS
from fermask.networks.predictions import probability_columns


def show_answers(shown: Shown, position: int, sources: dict[str, Source]) -> None:
    """A row for each predictions file that holds the face.

    Args:
        shown: what is shown.
        position: of the face.
        sources: all predictions files at hand, by name.
    """
    predictions, problems = every_predictions(shown.ferm, sources)
    answers, without = answers_of(predictions, shown.ferm, position)
    if len(answers):
        held_back = answers[answers["split"] == "validation"]
        right = int((held_back["answer"] == ANSWERS[0]).sum())
        st.markdown(
            f"Of the networks that held this face back, {right} of {len(held_back)} are right."
            if len(held_back)
            else "None of these networks is known to have held this face back."
        )
        # Streamlit's bars write what they measure.
        classes = shown.ferm.classes
        shares = probability_columns(classes)
        answers[shares] *= 100
        answers["says"] = [
            f"{predicted} ✓" if answer == ANSWERS[0] else predicted
            for predicted, answer in zip(answers["predicted"], answers["answer"], strict=True)
        ]
        columns = {
            "name": st.column_config.TextColumn("predictions", pinned=True),
            "says": st.column_config.TextColumn("says", help="✓ where it is the set's label"),
            **{
                column: st.column_config.ProgressColumn(
                    name, format="%.0f%%", min_value=0, max_value=100, width=100
                )
                for column, name in zip(shares, classes, strict=True)
            },
            "split": st.column_config.TextColumn(
                "the face was", help="What it was to this network"
            ),
            "scope": st.column_config.TextColumn("protocol"),
            "model": st.column_config.TextColumn("network"),
        }
        st.dataframe(
            answers[list(columns)], column_config=columns, hide_index=True, width="stretch"
        )
    else:
        st.info("No predictions file holds this face.")
    if without:
        st.caption(f"{without} other predictions files do not hold it.")
    if problems:
        with st.expander(f"{len(problems)} predictions files do not count"):
            st.markdown("\n".join(f"- {problem}" for problem in problems))
