"""RESULTS.md's part on what landmarks alone can tell."""

from typing import Any

import pandas as pd

from fermask.evaluation.formatting import format_percent
from fermask.reporting.tables import folds_row
from fermask.system.markdown import markdown_table


def landmarks_section(geometry: dict[str, Any] | None) -> str:
    """The section, for ``landmarks_alone.geometry_record``; None where it was not asked yet."""
    title = "## What the landmarks alone can tell\n\n"
    if geometry is None:
        return f"{title}Not asked yet.\n"
    lost = sorted(geometry["lost"].items(), key=lambda each: -each[1])
    most = ", ".join(f"{number} ({format_percent(value)})" for number, value in lost[:8])
    return (
        f"{title}"
        "A support vector machine that sees where the landmarks lie (eyes level, their distance "
        "the unit) and no pixel, under `clean`, every fold but the development fold held back in "
        "turn. dlib found the landmarks on the bare face, so even the 27 above the mask may know "
        "something of the mouth.\n\n" + markdown_table(format_landmarks(geometry)) + "\n"
        "![Which of the 27 landmarks matter](docs/landmark_importance.svg)\n\n"
        "Points of accuracy lost when a landmark and its mirror image are shuffled among the "
        f"faces, the most first: {most}.\n"
    )


def format_landmarks(geometry: dict[str, Any]) -> pd.DataFrame:
    """What landmarks alone tell, as people read it, for ``landmarks_alone.geometry_record``."""
    return pd.DataFrame(
        {"landmarks": count} | folds_row(pd.DataFrame(folds))
        for count, folds in geometry["folds"].items()
    )
