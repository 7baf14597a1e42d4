"""The detector table says what was measured, and how to measure where nothing was."""

import pytest

from fermask.reporting.detection_report import SCHEMA, detection_section
from fermask.system.files import read_json, write_json
from fermask.system.paths import DETECTION

RESULT = {
    "schema": SCHEMA,
    "masked": 60,
    "unmasked": 40,
    "pictures": 200,
    "timed_side": 640,
    "detectors": [
        {
            "name": "one",
            "masked_found": 30,
            "unmasked_found": 40,
            "false_boxes": 3,
            "ms_median": 24.4,
            "ms_p90": 31.0,
        }
    ],
    "half_by_half": {
        "thresholds": [0.3, 0.2],
        "photographs": 100,
        "found": 99,
        "pictures": 200,
        "false_boxes": 2,
    },
}


def test_without_a_measurement_the_command_is_named(tmp_path):
    assert "python -m scripts.studies.measure_detection" in detection_section(
        tmp_path / "none.json"
    )


def test_each_detector_is_a_row_with_intervals(tmp_path):
    write_json(tmp_path / "detection.json", RESULT)
    text = detection_section(tmp_path / "detection.json")
    (row,) = [line for line in text.splitlines() if line.startswith("| one")]
    assert row == "| one | 30 of 60 (38 to 62%) | 40 of 40 (91 to 100%) | 3 | 24 | 31 |"
    assert "(0.2 and 0.3)" in text
    assert "99 of 100" in text


@pytest.mark.parametrize("content", [{"schema": SCHEMA + 1}, []])
def test_another_version_is_refused(tmp_path, content):
    write_json(tmp_path / "detection.json", content)
    with pytest.raises(ValueError, match=r"scripts\.studies\.measure_detection"):
        detection_section(tmp_path / "detection.json")


def test_the_published_table_shows_this_detector_beside_the_others():
    result = read_json(DETECTION)
    named = {row["name"]: row for row in result["detectors"]}
    ours = next(row for name, row in named.items() if name.startswith("fermask.photographs"))
    assert len(named) > 3
    assert ours["masked_found"] == max(row["masked_found"] for row in named.values())
