import pytest

from fermask.evaluation.formatting import format_interval, format_mean, format_p, format_percent
from fermask.evaluation.rates import rate

NAN = float("nan")


def test_a_rate_is_printed_with_its_interval():
    # Newcombe (1998), Table I.
    assert str(rate(81, 263)) == "30.8% (25.5 to 36.6)"
    assert rate(81, 263).percent == "30.8"
    assert rate(81, 263).interval == "25.5 to 36.6"


def test_without_a_face_there_is_a_dash_and_no_number():
    assert str(rate(0, 0)) == rate(0, 0).percent == "–"


def test_differences_have_their_sign():
    assert format_percent(0.0512, "+.1f") == "+5.1"
    assert format_interval(-0.011, 0.1114, "+.1f") == "-1.1 to +11.1"


@pytest.mark.parametrize(("sd", "text"), [(0.0231, "83.0 ± 2.3"), (NAN, "83.0")])
def test_one_run_has_no_deviation(sd, text):
    assert format_mean(0.83, sd) == text


@pytest.mark.parametrize(("p", "text"), [(0.0004, "p < 0.001"), (0.0123, "p = 0.012")])
def test_a_tiny_p_is_not_printed_as_zero(p, text):
    assert format_p(p) == text
