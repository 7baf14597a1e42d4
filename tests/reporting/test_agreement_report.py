from fermask.dataset.manifest import load
from fermask.reporting.agreement_report import agreement_section
from fermask.system.paths import PUBLISHED


def test_the_report_has_every_face_but_the_development_fold_s():
    ferm = load(PUBLISHED)
    text = agreement_section(ferm)
    counts = [int(line.split("|")[2]) for line in text.splitlines() if "of 10 |" in line]
    assert sum(counts) == (ferm.manifest["fold"] != 9).sum()
    assert "79.0% of the cases" in text
