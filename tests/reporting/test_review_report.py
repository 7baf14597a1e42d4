from fermask.reporting.review_report import describe_review


def test_a_review_is_described_by_what_it_changed():
    review = {
        "of": "tiny",
        "marks": 1_005,
        "left_out": {"wrong label": 1, "not a face": 0, "bad mask": 1},
        "relabelled": [{"from": "neutral", "to": "sad", "n": 2}],
        "kept": 1,
    }
    assert describe_review(review) == (
        "A review of tiny with 1,005 marks: 2 faces left out (1 wrong label, 1 bad mask), "
        "2 relabelled, 1 kept."
    )
