"""How long an epoch takes: every network in the same rounds."""

import pytest

from fermask.training import epoch_time
from fermask.training.epoch_time import PaceSettings, measure_pace, pace_table

NETWORKS = ("mini_xception", "cnn")


@pytest.mark.usefixtures("eagerly")
def test_every_network_is_timed_in_every_round(monkeypatch):
    # In place of Xception, which is built in seconds.
    monkeypatch.setattr(epoch_time, "REFERENCE", "cnn")
    rounds = []
    record = measure_pace(
        PaceSettings(rounds=2, batches=1, batch_size=4),
        lambda step, done, total: rounds.append((done, total)),
        NETWORKS,
    )
    assert {name: len(each) for name, each in record["seconds_a_batch"].items()} == dict.fromkeys(
        NETWORKS, 2
    )
    assert rounds[-1] == (2, 2)
    table = pace_table(record, faces=9)
    assert table["model"].tolist() == list(NETWORKS)
    assert (table["seconds"] > 0).all()
    assert (table["lowest"] <= table["ratio"]).all()
