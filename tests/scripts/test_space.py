"""``python -m scripts.space``: folders to push, and what a stand-in of the Hub is told."""

import pytest

from fermask.hosting.spacefile import read_spacefile
from fermask.hosting.spaces import space_files
from scripts.space import main
from tests.hub import TOKEN, Hub, serving


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """The stand-in, in the place of the Hub; whoever pushes is logged in."""
    hub = Hub()
    with serving(hub) as address:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield hub


def complaint(capsys, *arguments):
    """The sentence on standard error of a command that fails, which never holds the token."""
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert TOKEN not in printed.err
    (sentence,) = printed.err.strip().splitlines()
    return sentence


def test_a_space_is_made_and_then_only_what_changed_is_sent(hub, monkeypatch, capsys):
    files = space_files(read_spacefile()["explorer"])
    command = ["push", "explorer", "--repo-id", "somebody/ferm"]
    assert main(command) == 0
    there = hub.repositories["spaces/somebody/ferm"]
    assert there == {".gitattributes": there[".gitattributes"], **files}
    assert hub.made == [("spaces/somebody/ferm", "docker")]
    hub.commits.clear()
    # The same again: nothing to send.
    assert main(command) == 0
    assert hub.commits == []
    changed = dict(files) | {"README.md": files["README.md"] + b"\nMore.\n"}
    del changed["docs/figures/figure_6.svg"]
    monkeypatch.setattr("scripts.space.space_files", lambda space, runtime: changed)
    assert main(command) == 0
    assert hub.commits == [({"README.md"}, {"docs/figures/figure_6.svg"})]
    assert ".gitattributes" in there
    printed = capsys.readouterr()
    assert "/spaces/somebody/ferm" in printed.out
    assert TOKEN not in printed.out + printed.err


@pytest.mark.parametrize(
    ("command", "place", "held"),
    [
        ("push-model", "models/somebody/ferm", "m_xception.onnx"),
        ("push-dataset", "datasets/somebody/ferm", "manifest.parquet"),
    ],
)
def test_weights_and_manifest_have_repositories_of_their_own(hub, command, place, held):
    assert main([command, "--repo-id", "somebody/ferm"]) == 0
    assert {held, "README.md"} <= set(hub.repositories[place])


@pytest.mark.parametrize(
    "command", [["push", "demo"], ["push", "explorer"], ["push-model"], ["push-dataset"]]
)
def test_a_dry_run_lists_and_asks_nobody(hub, monkeypatch, capsys, command):
    monkeypatch.delenv("HF_TOKEN")
    assert main([*command, "--repo-id", "somebody/ferm", "--dry-run"]) == 0
    printed = capsys.readouterr()
    assert "README.md" in printed.out
    assert " files" in printed.out.splitlines()[-1]
    assert "Nothing was sent" in printed.err
    assert hub.made == hub.commits == []


def test_a_build_is_what_would_be_pushed(tmp_path, capsys):
    assert main(["build", "demo", "--out", str(tmp_path / "demo")]) == 0
    files = space_files(read_spacefile()["demo"])
    built = {p.relative_to(tmp_path / "demo").as_posix() for p in (tmp_path / "demo").rglob("*.*")}
    assert set(files) - {"LICENSE"} <= built
    assert f"{sum(map(len, files.values())):,} bytes" in capsys.readouterr().out


def test_who_is_not_logged_in_is_told_how(hub, monkeypatch, capsys):
    monkeypatch.delenv("HF_TOKEN")
    said = complaint(capsys, "push", "explorer", "--repo-id", "somebody/ferm")
    assert "Nobody is logged in" in said
    assert "HF_TOKEN" in said
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    said = complaint(capsys, "push", "explorer", "--repo-id", "somebody/ferm")
    assert "does not let you write somebody/ferm" in said


def test_a_hub_that_refuses_or_is_away_is_a_sentence(hub, monkeypatch, capsys):
    command = ["push-model", "--repo-id", "somebody/ferm"]
    hub.refuses = 402
    assert "paid plan" in complaint(capsys, *command)
    hub.refuses = 500
    assert "The Hub refused somebody/ferm" in complaint(capsys, *command)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    assert "cannot be reached" in complaint(capsys, *command)


@pytest.mark.parametrize("name", ["ferm", "a/b/c", "a b/c", "/c"])
def test_a_wrong_name_is_told_before_anything_is_sent(hub, capsys, name):
    assert "expected USER/NAME" in complaint(capsys, "push", "demo", "--repo-id", name)
    assert hub.made == []


def test_a_space_that_is_not_in_the_spacefile(tmp_path, capsys):
    said = complaint(capsys, "build", "paint", "--out", str(tmp_path / "x"))
    assert "has no paint; there are demo, explorer" in said
