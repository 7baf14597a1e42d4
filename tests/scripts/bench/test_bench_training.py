"""The training part: M-Xception beside Xception, as the paper has them."""

import pytest

from scripts.bench import training


@pytest.mark.slow
def test_m_xception_is_held_to_the_papers_ratios(monkeypatch):
    monkeypatch.setattr(training, "_BATCH", 4)
    monkeypatch.setattr(training, "_BATCHES", 1)
    timings = training.bench_training(1, lambda *told: None)
    assert all(each.compared for each in timings)
    assert {each.job: each.aim_ratio for each in timings if each.aim_ratio} == {
        "a batch of FERM, m_xception": 0.512,
        "a batch of FERM, m_xception_no_dropout": 0.547,
        "a batch of FER2013, m_xception_no_dropout": 0.646,
    }
