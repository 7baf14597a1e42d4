from fermask.reporting.calibration_report import describe_calibration, format_calibration

SHARE = {"value": 0.8, "low": 0.75, "high": 0.85, "n": 540}
RECORD = {
    "rests_on": "clean 0 to 8, validation",
    "n": 1080,
    "temperature": 1.5,
    "not_sure_below": 0.62,
    "stated_accuracy": 0.9,
    "ece_by_chance": 0.031,
    "accuracy": SHARE,
    "before": {"ece": 0.1, "confidence": 0.9, "log_loss": 0.7},
    "after": {"ece": 0.02, "confidence": 0.81, "log_loss": 0.5},
    "sure": {"coverage": SHARE, "accuracy": SHARE | {"value": 0.9}, "rest": SHARE},
}


def test_what_calibration_changed_stands_side_by_side():
    table = format_calibration(RECORD).set_index("")
    assert table.loc["expected calibration error %"].tolist() == ["10.0", "2.0"]
    assert table.loc["accuracy %"].tolist() == ["80.0", "80.0"]
    assert table.loc["log loss, nats"].tolist() == ["0.700", "0.500"]


def test_the_threshold_is_described_with_how_often_each_side_of_it_is_right():
    text = describe_calibration(RECORD)
    assert "n = 1,080" in text
    assert "Under 62% it says “not sure”, so that 90%" in text
    assert "right for 90.0% (75.0 to 85.0) of these, for 80.0% (75.0 to 85.0) of the rest." in text


def test_a_network_that_is_always_sure_has_no_rest():
    record = RECORD | {"sure": RECORD["sure"] | {"rest": None}}
    assert describe_calibration(record).endswith("of these.")


def test_a_network_that_never_gets_there_is_described_so():
    record = RECORD | {"sure": RECORD["sure"] | {"accuracy": None}}
    assert "does not reach 90% right answers" in describe_calibration(record)
