"""The detector table of RESULTS.md, from what ``scripts.studies.measure_detection`` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from fermask.evaluation.formatting import format_interval
from fermask.evaluation.rates import rate
from fermask.system.files import read_json
from fermask.system.kept import check_file
from fermask.system.markdown import markdown_table
from fermask.system.paths import DETECTION

SCHEMA = 1

_TITLE = "## Faces found in photographs\n\n"


def detection_section(path: Path = DETECTION) -> str:
    """The section of RESULTS.md, or a sentence that says how to measure.

    Raises:
        ValueError: the file is of another version, or no such file.
    """
    if not path.is_file():
        return f"{_TITLE}Not measured yet: `python -m scripts.studies.measure_detection PHOTOS`.\n"
    result = read_json(check_file(path))
    if not isinstance(result, dict) or result.get("schema") != SCHEMA:
        raise ValueError(
            f"{path} is not of version {SCHEMA}; scripts.studies.measure_detection writes it."
        )
    above = (
        f"{result['masked']} photographs of people who wear a mask, {result['unmasked']} of bare "
        f"faces, and {result['pictures']} pictures without a face: textures, landscapes, "
        "animals and things from Python packages, each also turned and cut into quarters. "
        "A photograph counts as found if a detector draws a box in it. Milliseconds are of "
        f"one processor core, for a photograph whose longer side is {result['timed_side']} "
        "pixels.\n"
    )
    table = markdown_table(format_detection(result))
    return f"{_TITLE}{above}\n{table}\n{_half_by_half(result['half_by_half'])}\n"


def format_detection(result: dict[str, Any]) -> pd.DataFrame:
    """A row a detector, as people read it: found, with intervals, false boxes, milliseconds."""
    return pd.DataFrame(
        {
            "detector": row["name"],
            "masked found": _found(row["masked_found"], result["masked"]),
            "bare found": _found(row["unmasked_found"], result["unmasked"]),
            "false boxes": row["false_boxes"],
            "ms": f"{row['ms_median']:.0f}",
            "ms, 90th percentile": f"{row['ms_p90']:.0f}",
        }
        for row in result["detectors"]
    )


def _found(count: int, n: int) -> str:
    share = rate(count, n)
    return f"{count} of {n} ({format_interval(share.low, share.high, '.0f')}%)"


def _half_by_half(halves: dict[str, Any]) -> str:
    low, high = sorted(halves["thresholds"])
    return (
        "With the threshold chosen on one half of the photographs and pictures and measured on "
        f"the other ({low:g} and {high:g}), our detector finds a face in "
        f"{_found(halves['found'], halves['photographs'])} and draws {halves['false_boxes']} "
        f"false boxes in {halves['pictures']} pictures."
    )
