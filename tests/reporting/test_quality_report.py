import pandas as pd

from fermask.exploring.faces_table import faces_table
from fermask.reporting.quality_report import format_quality
from tests.small import small_ferm


def test_quality_lists_the_rules_asked():
    ferm = small_ferm()
    passed = ferm.passed_at(0)
    measured = faces_table(ferm).iloc[0]
    face = pd.concat([measured, pd.Series({"passed": passed})])
    quality = format_quality(face, ferm.about["settings"]["screening"])
    assert len(quality) == len(passed)
    sharp = quality.set_index("checked").loc["sharp"]
    assert sharp["found"] == f"yes, sharpness {measured['sharpness']:.2f}"
    assert "0.15" in sharp["asked"]
    assert quality.set_index("checked").loc["face found", "found"].startswith("yes, score ")
