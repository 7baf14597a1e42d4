"""``scripts.studies.reproduce``: what is cached is not computed again, and RESULTS.md says so."""

import shutil
from xml.etree import ElementTree

import pytest

from fermask.studies.reproduction import LANDMARKS, PACE
from fermask.system.paths import PUBLISHED_RUNS
from scripts.studies.reproduce import main


@pytest.fixture
def runs(tmp_path):
    """A folder with what takes minutes, and no run."""
    folder = tmp_path / "runs"
    folder.mkdir()
    for name in (LANDMARKS, PACE):
        shutil.copy(PUBLISHED_RUNS / name, folder)
    return folder


def arguments(runs, *more):
    recipe = ["--recipe", str(runs / "recipe")]
    return [*more, "--runs", str(runs), *recipe, "--out", str(runs.parent / "RESULTS.md")]


def test_a_table_that_needs_no_training_is_written_at_once(runs):
    before = {path.name: path.read_bytes() for path in runs.iterdir()}
    assert main(arguments(runs, "--table", "2")) == 0
    text = (runs.parent / "RESULTS.md").read_text(encoding="utf-8")
    assert "| neutral | 1120 | 1120 |" in text
    assert text.count("No run is there yet") == 5
    assert "`python -m scripts.studies.compare_peers`" in text
    assert {path.name: path.read_bytes() for path in runs.iterdir()} == before


def test_only_the_figures_asked_for_are_drawn(runs):
    assert main(arguments(runs, "--figure", "1", "3", "6")) == 0
    figures = runs.parent / "docs" / "figures"
    assert sorted(path.name for path in figures.iterdir()) == [
        "figure_1.svg",
        "figure_3.svg",
        "figure_6.svg",
    ]
    for path in figures.iterdir():
        assert ElementTree.parse(path).getroot().tag.endswith("svg")


def test_another_set_than_ferm_v1_is_refused(runs, tiny_set, capsys):
    with pytest.raises(SystemExit) as exit_status:
        main(arguments(runs, "--table", "3", "--ferm", str(tiny_set[1])))
    assert exit_status.value.code == 1
    assert "the published FERM alone" in capsys.readouterr().err
    assert not (runs.parent / "RESULTS.md").exists()


@pytest.mark.parametrize("part", [["--table", "1"], ["--expressions"]])
def test_without_fer2013_the_sentence_says_how_to_name_it(runs, part, capsys):
    with pytest.raises(SystemExit) as exit_status:
        main(arguments(runs, *part, "--fer2013", str(runs)))
    assert exit_status.value.code == 1
    assert "No FER2013 in" in capsys.readouterr().err
