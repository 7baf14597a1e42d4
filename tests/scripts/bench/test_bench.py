"""The benchmark: jobs take turns, and its figures say of what they are."""

import json

import numpy as np
import pytest

from fermask.dataset.manifest import load
from fermask.faces.labels import CLASSES
from fermask.studies.performance import (
    GROWTH_FIGURE,
    RATIOS_FIGURE,
    Spent,
    Timing,
    part_record,
    performance_markdown,
    record_parts,
    recorded_parts,
    shown_timings,
    take_turns,
    timings_of,
)
from fermask.system.files import write_json
from scripts.bench import __main__ as bench
from scripts.bench.__main__ import main
from scripts.bench.synthetic_set import synthetic_predictions, write_synthetic_set

SMALL = (Spent(0.001, 0.0), Spent(0.002, 0.001), Spent(0.003, 0.005))
LARGE = (Spent(0.004, 0.003), Spent(0.004, 0.003), Spent(0.0045, 0.003))
TIMINGS = [Timing("open", 10, SMALL), Timing("open", 1000, LARGE, 0.004, SMALL, "10 faces")]


def test_jobs_take_turns_and_the_first_round_does_not_count():
    ran = []
    jobs = {"a": lambda: ran.append("a"), "b": lambda: ran.append("b") or Spent(len(ran), 0)}
    spent = take_turns(jobs, 2, lambda step, done, total: None)
    assert ran == ["a", "b"] * 3
    assert len(spent["a"]) == 2
    # A job that has measured itself is believed.
    assert spent["b"] == (Spent(4, 0), Spent(6, 0))


def test_figures_have_their_spread_their_aim_and_a_ratio_within_each_round():
    small, large = shown_timings(TIMINGS).to_dict("records")
    assert small["ms"] == "2.00 (1.00 to 3.00)"
    assert (small["processor ms"], large["processor ms"]) == ("1.00", "3.00")
    assert (small["ratio"], small["aim"], small["reached"]) == ("", "", "")
    assert large["faces"] == "1,000"
    assert (large["aim"], large["reached"]) == ("under 4 ms", "no")
    assert (large["ratio"], large["to"]) == ("2.00 (1.50 to 4.00)", "10 faces")
    assert "MB" not in large


@pytest.mark.parametrize(("aim_ratio", "reached"), [(2.0, True), (1.9, False)])
def test_an_aim_may_be_a_ratio(aim_ratio, reached):
    timing = Timing("open", 1000, LARGE, compared=SMALL, aim_ratio=aim_ratio)
    assert timing.reached is reached


def test_what_is_recorded_stands_in_the_report_until_its_part_is_measured_again(tmp_path):
    path = tmp_path / "performance.json"
    assert "make bench" in performance_markdown(path)
    for name, timings in (("one", TIMINGS[:1]), ("two", TIMINGS[1:]), ("one", TIMINGS)):
        record_parts({name: part_record(timings)}, path)
    kept = {name: timings_of(part) for name, part in recorded_parts(path).items()}
    assert kept == {"one": TIMINGS, "two": TIMINGS[1:]}
    text = performance_markdown(path)
    assert "### two" in text
    assert "| open | 1,000 |" in text


def test_a_record_of_another_version_is_refused(tmp_path):
    write_json(tmp_path / "performance.json", {"schema": 99})
    with pytest.raises(ValueError, match="make bench"):
        recorded_parts(tmp_path / "performance.json")


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(bench, "PARTS", {"explorer": lambda rounds, progress: TIMINGS})


def test_the_report_names_the_machine_and_the_rounds(quick, capsys):
    assert main(["--only", "explorer", "--rounds", "3"]) == 0
    printed = capsys.readouterr().out
    assert "Median of 3 rounds" in printed
    assert "Python 3." in printed
    assert "## explorer" in printed
    assert "| open | 1,000 |" in printed


def test_json_is_one_object(quick, capsys):
    main(["--json"])
    (first, _) = json.loads(capsys.readouterr().out)["explorer"]["timings"]
    assert first["spent"][0] == {"clock": 0.001, "processor": 0.0}


def test_recording_writes_the_results_and_their_figures(quick, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    kept = {}
    monkeypatch.setattr(bench, "record_parts", kept.update)
    monkeypatch.setattr(bench, "recorded_parts", lambda: kept)
    kept["scaling"] = part_record([Timing("predict", n, SMALL) for n in (1_000, 10_000)])
    main(["--only", "explorer", "--record"])
    assert "explorer" in kept
    assert "# Results" in (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "open, 1,000 faces" in (tmp_path / RATIOS_FIGURE).read_text(encoding="utf-8")
    growth = (tmp_path / GROWTH_FIGURE).read_text(encoding="utf-8")
    assert ("predict" in growth, "open" in growth) == (True, False)


@pytest.fixture
def guarded(monkeypatch):
    """The guard measures TIMINGS, whose ratio is 2; gives a function that sets what it was."""
    monkeypatch.setattr(bench, "bench_guard", lambda rounds, progress: TIMINGS)

    def recorded(compared):
        then = [Timing("open", 1000, LARGE, compared=compared)]
        parts = {"guard": part_record(then)} if compared else {}
        monkeypatch.setattr(bench, "recorded_parts", lambda: parts)

    return recorded


@pytest.mark.parametrize(("share", "status"), [(1.0, 0), (1.4, 0), (1.6, 1)])
def test_the_guard_fails_where_a_ratio_is_a_third_worse_than_recorded(
    guarded, share, status, capsys
):
    guarded(tuple(Spent(each.clock * share) for each in SMALL))
    assert main(["--guard"]) == status
    assert ("Slower than recorded: open takes 2 of what" in capsys.readouterr().err) == bool(status)


def test_the_guard_says_how_to_record(guarded, capsys):
    guarded(())
    with pytest.raises(SystemExit):
        main(["--guard"])
    assert "--only guard --record" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--only", "nothing"], ["--rounds", "0"]])
def test_wrong_arguments_are_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert "--only" in capsys.readouterr().err


def test_a_made_up_set_is_one_that_can_be_loaded(tmp_path):
    write_synthetic_set(tmp_path, 501)
    ferm = load(tmp_path)
    assert ferm.manifest["row"].tolist() == list(range(501))
    assert ferm.masked.shape == (501, 48, 48)
    assert len(np.unique(ferm.masked, axis=0)) > 450
    table, about = synthetic_predictions(ferm.labels)
    said = np.array(CLASSES)[table.filter(like="p_").to_numpy().argmax(axis=1)]
    assert 0.6 < (said == ferm.manifest["label"]).mean() < 0.95
    assert {"model", "protocol", "seed", "ferm"} <= set(about)
