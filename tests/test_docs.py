"""The README keeps up with the code."""

import re
from pathlib import Path

import pandas as pd
import pytest
import skimage.data
from PIL import Image

from fermask.cli.command import command_parser
from fermask.dataset.manifest import open_set
from fermask.evaluation.formatting import format_percent
from fermask.evaluation.headlines import (
    headlines,
    published_out_of_fold,
    stated_headlines,
)
from fermask.photographs.prediction import predict
from fermask.photographs.records import as_record
from fermask.studies.peers import FER_ANSWERS, out_of_fold, peer_table
from fermask.studies.reproduction import (
    LANDMARKS,
    cached,
    finished_runs,
    rows_of_best,
    table_3,
)
from fermask.system.files import read_json
from fermask.system.parquet import read_parquet
from fermask.system.paths import PUBLISHED, PUBLISHED_RUNS, SHIPPED

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
# Run by their path in the environment of a package that they ask.
ASKERS = {"bench.answering", "studies.ask_fer"}
COMMANDS = sorted(
    ".".join(path.relative_to(ROOT / "scripts").with_suffix("").parts).removesuffix(".__main__")
    for path in (ROOT / "scripts").rglob("*.py")
    if 'if __name__ == "__main__"' in path.read_text(encoding="utf-8")
)
COMMANDS = [name for name in COMMANDS if name not in ASKERS]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command):
    assert f"scripts.{command}" in README + CONTRIBUTING


def test_every_command_in_the_readme_exists():
    assert set(re.findall(r"python -m scripts\.([\w.]*\w)", README)) <= set(COMMANDS)


def test_every_subcommand_is_in_the_readme_and_every_one_there_exists():
    subcommands = set(re.findall(r"^    (\w+)  ", command_parser().format_help(), re.MULTILINE))
    assert subcommands >= {"predict", "mask"}
    assert set(re.findall(r"^fermask (\w+)", README, re.MULTILINE)) == subcommands


def test_the_readme_s_python_runs_as_typed(tmp_path, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    Image.fromarray(skimage.data.astronaut()).save(tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    # A smile is none of the four expressions, so it is not sure; and she wears no mask.
    assert capsys.readouterr().out.endswith("False False\n")


def test_every_field_of_the_json_is_in_the_readme():
    (face,) = predict(skimage.data.astronaut())
    for name in as_record("a.jpg", [face])["faces"][0]:
        assert f"`{name}`" in README


def test_every_dependency_has_its_reason_and_is_pinned():
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        name, version = re.match(r"([\w-]+)(.*)", line).groups()
        assert version.startswith("=="), line
        reason = re.compile(rf"^\|[^|]*\b{name.removesuffix('-cpu')}\b[^|]*\|", re.MULTILINE)
        assert reason.search(README), f"{name} has no line in the README's table"


def test_every_picture_in_the_readme_is_there():
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / picture).is_file(), picture


@pytest.mark.parametrize("path", [ROOT / "README.md", SHIPPED.parent / "README.md"])
def test_readme_and_model_card_state_the_same_two_accuracies(path):
    text = " ".join(path.read_text(encoding="utf-8").split())
    for share in headlines(open_set(PUBLISHED), published_out_of_fold()).values():
        assert f"**{share.percent}%**" in text
        assert f"n = {share.n:,}; " in text
        assert share.interval in text


@pytest.mark.parametrize("path", [ROOT / "README.md", SHIPPED.parent / "README.md"])
def test_readme_and_model_card_tell_the_pretrainings_apart(path):
    text = " ".join(path.read_text(encoding="utf-8").split())
    stated = headlines(open_set(PUBLISHED), published_out_of_fold()).values()
    told = "; ".join(f"{share.spread}%" for share in stated)
    assert f"pretrainings ({told}), of which the first ships" in text


def test_the_weights_record_states_the_same_two_accuracies():
    stated = stated_headlines(read_json(SHIPPED.with_suffix(".json")))
    assert stated == headlines(open_set(PUBLISHED), published_out_of_fold())


def test_the_readme_says_what_the_paper_s_recipe_comes_to():
    mean = rows_of_best(table_3(finished_runs(PUBLISHED_RUNS))).set_index("protocol")["mean"]
    clean, paper = (format_percent(mean[each]) for each in ("clean", "paper"))
    told = f"comes to {clean}% under `clean` 0 to 3 and {paper}% under the paper's random split"
    assert told in " ".join(README.split())


def test_the_readme_says_what_landmarks_alone_tell():
    folds = pd.DataFrame(cached(PUBLISHED_RUNS, LANDMARKS)["folds"]["27"])
    share = folds["correct"].sum() / folds["n"].sum()
    told = f"names {share:.0%} of the faces right (a support vector machine, `clean` 0–8"
    assert f"{told}, validation, n = {folds['n'].sum():,})" in " ".join(README.split())


def test_the_readme_sets_fer_beside_the_shipped_recipe():
    answers, about = read_parquet(PUBLISHED_RUNS / FER_ANSWERS)
    table = peer_table(answers, out_of_fold(about["ferm"]))
    masked = table[(table["over"] == "all") & (table["look"] == "masked")].set_index("network")
    fer, ours = (format_percent(masked.loc[name, "accuracy"]) for name in ("fer", "ours"))
    told = f"On the same {masked['n'].iloc[0]} masked faces of PublicTest the widely used `fer`"
    assert (
        f"{told} package is right on {fer}%, this recipe (first pretraining) on {ours}%."
        in " ".join(README.split())
    )
