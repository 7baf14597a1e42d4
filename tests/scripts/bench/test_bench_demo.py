"""The demo's part of the benchmark, with few users for a moment."""

from fermask.studies.performance import shown_timings
from scripts.bench.demo import bench_demo


def test_the_demo_is_started_asked_and_loaded():
    timings = bench_demo(1, lambda *_: None, users=2, seconds=0.2)
    table = shown_timings(timings).set_index("job")
    assert table["ms"].str.match(r"[\d,.]+ \(").all()
    assert "processor ms" not in table
    assert table.index[2].startswith("2 users at once")
