"""A hosted explorer lets strangers name no file of its machine, and shows their texts as texts."""

import re

import pytest

from apps.explorer_parts import choosing, started
from apps.explorer_parts.started import Options, command_line
from fermask.hosting.spacefile import read_spacefile
from fermask.hosting.spaces import space_files
from fermask.system.markdown import escaped, plain_name
from fermask.system.paths import ROOT
from tests.apps.exploring import checked, explorer

TRICKY = "![x](http://example.org/a.png) <b>b</b> $x$ `c`"


@pytest.fixture
def hosted(monkeypatch):
    monkeypatch.setattr(started, "options", lambda: Options(hosted=True))


def run(**query):
    app = explorer()
    app.query_params = query
    app.run()
    assert not app.exception
    return app


def test_the_space_is_hosted():
    dockerfile = space_files(read_spacefile()["explorer"])["Dockerfile"].decode()
    assert '\nCMD ["python", "apps/hosted_explorer.py", ' in dockerfile
    assert command_line(["apps/explorer.py", "--hosted"]) == Options(hosted=True)


def test_a_visitor_names_no_path(hosted, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a secret line\n")
    app = run(predictions=str(secret), set=str(tmp_path))
    assert [each.label for each in app.text_input if "FER2013" in each.label] == []
    assert [each.label for each in app.text_input if "ath" in each.label] == []
    shown = " ".join(each.value for each in (*app.error, *app.markdown, *app.info, *app.caption))
    assert "secret" not in shown
    assert str(tmp_path) not in shown
    assert app.title[0].value == "FERM v2"


def test_a_hosted_page_reads_few_files_of_a_visit():
    assert choosing.MOST_FILES * choosing.MOST_MEGABYTES <= 100


VALUES = ("x" * 300, "inf", "1e400", "\0", TRICKY, "-1", ["a", "b", "c"])
PAGES = sorted(path.stem for path in (ROOT / "apps" / "explorer_pages").glob("[a-z]*.py"))
# Every parameter of a link is among the names in the explorer's code.
NAMES = sorted(
    {
        name
        for path in (ROOT / "apps").glob("explorer*/*.py")
        for name in re.findall(r'"([a-z][a-z_]{1,25})"', path.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("value", VALUES)
def test_odd_values_of_every_parameter_break_no_page(page, value):
    assert {"set", "face", "split", "sort", "view", "true"} <= set(NAMES)
    app = explorer()
    app.switch_page(f"{ROOT / 'apps' / 'explorer_pages' / page}.py")
    app.query_params = dict.fromkeys(NAMES, value)
    checked(app.run())
    for each in app.error:
        assert "](" not in each.value


def test_texts_from_outside_are_texts():
    assert plain_name(TRICKY) == "·x·(http·//example.org/a.png) ·b·b·/b· ·x· ·c·"
    assert plain_name("FERM screening of Training+PublicTest, all that pass") == (
        "FERM screening of Training+PublicTest, all that pass"
    )
    assert escaped("a_b [c](d)") == r"a\_b \[c\]\(d\)"
