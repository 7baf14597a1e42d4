from dataclasses import replace

import numpy as np
import pytest

from fermask.dataset.manifest import load
from fermask.dataset.screening import RULES
from fermask.faces.labels import CLASSES
from fermask.hosting.set_facts import dropped_shares, facts, known_limits
from fermask.system.paths import PUBLISHED
from tests.small import small_ferm


@pytest.fixture(scope="module")
def published():
    return load(PUBLISHED)


def test_a_rule_s_share_is_of_the_faces_that_come_to_it(published):
    funnel = {"step": ["all", *RULES, "left"], "other": [0] * (len(RULES) + 2)}
    funnel |= {name: [10, 2, 0, 0, 4, *[0] * 5, 4] for name in CLASSES}
    funnel["sad"] = [0] * (len(RULES) + 2)
    shares = dropped_shares(replace(published, about={"funnel": funnel}), "no_face")
    assert shares["angry"] == 0.5
    assert np.isnan(shares["sad"])


def test_the_facts_come_from_the_set():
    ferm = small_ferm()
    said = facts(ferm)
    assert said["Faces"] == "16: 4 neutral, 4 sad, 4 surprise, 4 angry."
    assert said["Twins"].startswith("2 faces share their photograph")
    assert "at least 60%" in said["Labels"]
    apart = small_ferm(group_of_two=False)
    settings = apart.about["settings"] | {"quotas": None}
    other = replace(apart, about=apart.about | {"labels_from": "FER2013", "settings": settings})
    said = facts(other)
    assert said["Twins"] == (
        "No two faces show the same photograph. The photograph of 16 faces stands once in the file "
        "that the set was built from."
    )
    assert said["Drawing"] == "All faces that passed."
    uncounted = replace(apart, manifest=apart.manifest.drop(columns="copies"))
    assert facts(uncounted)["Twins"] == "No two faces show the same photograph."
    assert "each photograph once before any comes twice" in facts(apart)["Drawing"]
    assert "each photograph once" not in facts(uncounted)["Drawing"]
    assert "FER2013's own" in said["Labels"]


def test_the_limits_name_the_classes_that_dlib_finds_least_and_best(published):
    assert "47% of the sad ones" in known_limits(published)[0]
