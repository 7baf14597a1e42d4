"""The explorer's section on bad pictures, on its own."""

import pytest

from fermask.studies.disturbances import (
    BARE,
    DISTURBANCES,
    MEASURED,
    SEVERITIES,
    UNDISTURBED,
    UNSEEN,
)
from fermask.system.files import write_json
from tests.apps.exploring import charts, html, part


def section(folder):
    from apps.explorer_parts.disturbances_section import show_disturbances

    show_disturbances(folder)


def entry(correct, warning=""):
    pairs = [(name, severity) for name in DISTURBANCES for severity in SEVERITIES]
    rows = [
        {"disturbance": name, "severity": s, "correct": correct, "n": 10, "accuracy": correct / 10}
        for name, s in [(UNDISTURBED, 0), *pairs, (UNSEEN, 0), (BARE, 0)]
    ]
    about = {"ferm": "FERM v2", "protocol": "clean", "seed": 9, "split": "validation"}
    about |= {"n": 10, "warning": warning}
    return about | {"rows": rows}


def shown(folder):
    return part(section, folder)


def test_nothing_is_shown_where_nothing_was_measured(tmp_path):
    app = shown(tmp_path)
    assert not app.subheader
    assert not charts(app)


def test_one_network_is_a_heat_map_without_a_choice(tmp_path):
    write_json(tmp_path / MEASURED, {"m_xception": entry(7)})
    app = shown(tmp_path)
    assert not app.get("button_group")
    assert charts(app) == ["Accuracy of m_xception by disturbance and severity"]
    assert html(app).count("<td") == len(DISTURBANCES) * len(SEVERITIES)
    assert "m_xception, FERM v2, clean 9, validation, n = 10" in app.caption[0].value
    assert list(app.table[0].value) == ["m_xception"]


@pytest.mark.parametrize("name", ["first", "second"])
def test_of_several_networks_one_is_chosen(tmp_path, name):
    write_json(tmp_path / MEASURED, {"first": entry(7), "second": entry(4, "10 were trained on.")})
    app = shown(tmp_path)
    app.get("button_group")[0].set_value(name).run()
    assert f"of {name}, FERM v2, clean 9" in app.caption[0].value
    assert ("10 were trained on." in app.caption[0].value) == (name == "second")
    assert list(app.table[0].value) == ["first", "second"]
