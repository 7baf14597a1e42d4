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
    assert quality["rule"].tolist() == passed
    blurred = quality.set_index("rule").loc["blurred"]
    assert f"{measured['sharpness']:.2f}" in blurred["measured"]
    assert "0.15" in blurred["asked"]
