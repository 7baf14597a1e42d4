import pandas as pd

from fermask.reporting.disturbances_report import format_disturbances
from fermask.studies.disturbances import (
    BARE,
    DISTURBANCES,
    SEVERITIES,
    UNDISTURBED,
    UNSEEN,
    WORN_LIKE,
)


def rows(noise_5):
    """Half of 200 faces right, whatever disturbs them, but for the worst noise."""
    kinds = [(name, severity) for name in DISTURBANCES for severity in SEVERITIES]
    kinds += [(name, 0) for name in (UNDISTURBED, UNSEEN, BARE)]
    table = pd.DataFrame(kinds, columns=["disturbance", "severity"]).assign(accuracy=0.5)
    worst = (table["disturbance"] == "noise") & (table["severity"] == 5)
    table.loc[worst, "accuracy"] = noise_5
    return table.to_dict("records")


def test_people_read_means_with_intervals_and_whether_faces_were_seen():
    entry = {"ferm": "FERM v2", "protocol": "clean", "seed": 9, "split": "validation"}
    entry |= {"n": 200, "warning": ""}
    record = {
        "one": entry | {"rows": rows(noise_5=0.1)},
        "two": entry | {"rows": rows(noise_5=0.5), "warning": "200 were trained on"},
    }
    record["two"]["rows"].append({"disturbance": WORN_LIKE, "severity": 0, "accuracy": 0.25})
    table = format_disturbances(record)
    assert list(table) == ["accuracy %", "one", "two"]
    one, two = (table.set_index("accuracy %")[name] for name in ("one", "two"))
    assert one["faces"] == "FERM v2, clean 9, validation, n = 200"
    assert two["faces"] == "FERM v2, clean 9, validation, n = 200; some seen in training"
    assert one["blur"] == two["noise"] == "50.0 (43.1 to 56.9)"
    assert one["noise"].startswith("42.0 (")
    assert one["worst of the 40"].startswith("10.0 (")
    assert one["worst of the 40"].endswith(", noise 5")
    worn_like = "bandana and lace, as worn"
    assert (one[worn_like], two[worn_like]) == ("not measured", "25.0 (19.5 to 31.4)")
    assert set(DISTURBANCES) < set(table["accuracy %"])
